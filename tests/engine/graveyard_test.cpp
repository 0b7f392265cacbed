// What nobody uses any more is freed in slices: no step pays for all of it, and what a checkpoint
// still reads stays.
#include "engine/keyspace/graveyard.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/state/keyspace.h"
#include "engine/types/hash.h"
#include "tests/engine/model.h"

namespace engine {
namespace {

constexpr int kFields = 2000;

CollectionRef large_hash(bool expires) {
  auto hash = std::make_unique<DenseHash>(kNoSecret);
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

TEST(Graveyard, ASliceGoesOverManyAndTheBytesGoWithIt) {
  Graveyard graveyard;
  for (int i = 0; i < 100; ++i) graveyard.bury(large_hash(false));
  const std::size_t bytes = graveyard.bytes();
  EXPECT_GT(bytes, 100U * kFields * 50);
  EXPECT_TRUE(graveyard.free_some(50 * kFields));
  EXPECT_NEAR(static_cast<double>(graveyard.bytes()), static_cast<double>(bytes) / 2,
              static_cast<double>(bytes) / 50);
  while (graveyard.free_some(10 * kFields)) {
  }
  EXPECT_TRUE(graveyard.empty());
  EXPECT_EQ(graveyard.bytes(), 0U);
}

// Values are made and dropped much faster than 64 elements a step.
TEST(Graveyard, WhoeverAllocatesFreesAsMuch) {
  engine_test::Driver redis;
  for (int i = 0; i < 2000; ++i)
    redis.call({"ZADD", "source", std::to_string(i), "member" + std::to_string(i)});
  const std::uint64_t live = redis.engine.memory_bytes();
  std::uint64_t most = 0;
  for (int i = 0; i < 300; ++i) {
    redis.call({"ZUNIONSTORE", "made", "1", "source"});
    if (i % 2 == 0) redis.call({"DEL", "made"});
    most = std::max(most, redis.engine.buried_bytes());
  }
  EXPECT_LT(most, 4 * live);
  // And when nothing is asked for.
  redis.call({"FLUSHALL"});
  EXPECT_GT(redis.engine.buried_bytes(), 0U);
  int slices = 0;
  while (redis.engine.free_buried(1000)) ASSERT_LT(++slices, 1000);
  EXPECT_EQ(redis.engine.buried_bytes(), 0U);
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
  Keyspace keyspace(1, graveyard, kNoSecret);
  for (int i = 0; i < kFields; ++i) {
    Hash hash(kNoSecret);
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
