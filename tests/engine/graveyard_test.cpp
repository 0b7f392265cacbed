// What nobody uses any more is freed in slices: no step pays for all of it, and what a checkpoint
// still reads stays.
#include "engine/types/graveyard.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/keyspace.h"
#include "engine/types/hash.h"

namespace engine {
namespace {

constexpr int kFields = 2000;

CollectionRef large_hash(bool expires) {
  auto hash = std::make_unique<DenseHash>();
  for (int i = 0; i < kFields; ++i) {
    const auto position = hash->insert("field" + std::to_string(i), std::string(50, 'v'));
    if (expires) hash->set(position, "v", 1000 + i);
  }
  return CollectionRef(std::move(hash));
}

TEST(Graveyard, ASliceFreesWhatItIsAskedForAndNoMore) {
  for (const bool expires : {false, true}) {
    CollectionRef hash = large_hash(expires);
    const Collection* buried = hash.get();
    Graveyard graveyard;
    graveyard.bury(std::move(hash));
    int slices = 0;
    for (std::uint64_t before = kFields; !graveyard.empty(); ++slices) {
      ASSERT_LT(slices, 200);
      graveyard.free_some(64);
      if (graveyard.empty()) break;
      ASSERT_LE(before - buried->count(), 64U);
      before = buried->count();
    }
    EXPECT_GE(slices, kFields / 64);
  }
}

TEST(Graveyard, WhatACheckpointReadsStaysUntilItIsLetGo) {
  CollectionRef read = large_hash(true);
  Graveyard graveyard;
  graveyard.bury(CollectionRef(read));
  graveyard.bury(large_hash(false));
  for (int i = 0; i < 200; ++i) graveyard.free_some(64);
  EXPECT_FALSE(graveyard.empty());
  EXPECT_EQ(read->count(), static_cast<std::uint64_t>(kFields));
  read = {};
  for (int i = 0; i < 200; ++i) graveyard.free_some(64);
  EXPECT_TRUE(graveyard.empty());
}

TEST(Graveyard, AFlushedKeyspaceGoesInSlicesWithTheTimesOfItsFields) {
  Graveyard graveyard;
  Keyspace keyspace(1, graveyard);
  for (int i = 0; i < kFields; ++i) {
    Hash hash;
    hash.set("f", "v", {.entries_max = 9, .bytes_max = 9});
    hash.set_time("f", 1000 + i);
    keyspace.assign("key" + std::to_string(i), std::move(hash).release(), kNoExpiry);
  }
  ASSERT_EQ(keyspace.field_times().size(), static_cast<std::size_t>(kFields));
  int slices = 0;
  while (!keyspace.free_some(64)) ASSERT_LT(++slices, 200);
  EXPECT_GE(slices, kFields / 64 - 1);
  EXPECT_TRUE(keyspace.field_times().empty());
}

}  // namespace
}  // namespace engine
