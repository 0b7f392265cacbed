// An engine that another has replaced (a snapshot was installed) is freed in slices by its
// successor, and counts as memory until then.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/allocated.h"
#include "tests/engine/model.h"

namespace engine {
namespace {

using engine_test::Driver;
using Words = std::vector<std::string>;

constexpr int kKeys = 20'000, kElements = 30'000;
constexpr std::size_t kSlice = 500;
// What a slice may free at most: so many elements of a keyspace and as many of what was buried, and
// an element of these states is smaller, and so is its share of a chunk of some table.
constexpr std::size_t kSliceBytesMax = 2 * kSlice * 600;

void add(Driver& redis, const Words& begin, bool has_value) {
  for (int first = 0; first < kElements; first += 1000) {
    Words words = begin;
    for (int i = first; i < first + 1000; ++i) {
      if (has_value) words.push_back(std::to_string(i));
      words.push_back("element:" + std::to_string(i));
    }
    redis.call(words);
  }
}

void fill(Driver& redis) {
  for (int i = 0; i < kKeys; ++i)
    redis.call({"SET", "key:" + std::to_string(i), "value", "EX", "1000"});
  add(redis, {"HSET", "hash"}, true);
  add(redis, {"ZADD", "sorted set"}, true);
  add(redis, {"SADD", "set"}, false);
  add(redis, {"RPUSH", "list"}, false);
  redis.database = 3;
  add(redis, {"RPUSH", "another list"}, false);
  redis.database = 0;
}

// Each slice is a small one; how many it took.
int free_all(Engine& engine) {
  int slices = 0;
  std::size_t before = allocated_bytes();
  for (bool has_more = true; has_more; ++slices) {
    has_more = engine.free_buried(kSlice);
    const std::size_t now = allocated_bytes();
    EXPECT_LE(before, now + kSliceBytesMax) << "slice " << slices;
    before = now;
    if (slices > 10'000) break;
  }
  EXPECT_EQ(engine.buried_bytes(), 0U);
  return slices;
}

TEST(Predecessors, AReplacedEngineIsFreedInSlicesAndCountsUntilThen) {
  Driver redis;
  fill(redis);
  const std::uint64_t held = redis.engine.memory_bytes();
  Engine loaded = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
  const std::uint64_t digest = loaded.digest();
  const std::size_t with_both = allocated_bytes();
  loaded.bury(std::move(redis.engine));
  EXPECT_LE(with_both, allocated_bytes() + kSliceBytesMax);
  EXPECT_EQ(loaded.buried_bytes(), held);
  EXPECT_EQ(loaded.memory_bytes(), held) << "maxmemory is about what can be evicted";
  EXPECT_GE(free_all(loaded), (kKeys + 5 * kElements) / static_cast<int>(2 * kSlice));
  EXPECT_LT(allocated_bytes(), with_both - held * 9 / 10);
  EXPECT_EQ(loaded.digest(), digest);
}

// A checkpoint of it was under way, and it had buried something itself.
TEST(Predecessors, WhatItHadNotFreedYetAndWhatACheckpointWasReadingGoesToo) {
  Driver redis;
  fill(redis);
  redis.engine.begin_checkpoint(true);
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  EXPECT_FALSE(redis.engine.take_checkpoint_rows(100'000, rows, dropped));
  redis.call({"FLUSHALL"});
  redis.call({"RPUSH", "list", "new"});
  Engine successor;
  successor.bury(std::move(redis.engine));
  EXPECT_GE(free_all(successor), kKeys / static_cast<int>(kSlice));
}

TEST(Predecessors, AnEngineThatWasHalfLoadedIsFreedInSlices) {
  Driver redis;
  fill(redis);
  std::vector<base::Row> rows = engine_test::export_rows(redis.engine, true);
  std::sort(rows.begin(), rows.end(),
            [](const base::Row& left, const base::Row& right) { return left.key < right.key; });
  for (const std::size_t parts : {2U, 3U, 20U}) {
    Engine half;
    for (std::size_t i = 0; i < rows.size() * (parts - 1) / parts; ++i)
      ASSERT_TRUE(half.load_row(rows[i]).ok());
    Engine successor;
    successor.bury(std::move(half));
    free_all(successor);
  }
}

TEST(Predecessors, OneThatIsReplacedHandsOnWhatItHasNotFreed) {
  Engine engine;
  std::uint64_t held = 0;
  for (int i = 0; i < 3; ++i) {
    Driver redis;
    redis.call({"SET", "key", "value"});
    add(redis, {"SADD", "set"}, false);
    held += redis.engine.memory_bytes();
    Engine loaded = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
    redis.engine.bury(std::exchange(engine, std::move(loaded)));
    engine.bury(std::move(redis.engine));
  }
  EXPECT_GT(engine.buried_bytes(), held);
  free_all(engine);
}

TEST(Predecessors, WhoeverAllocatesFreesAsMuch) {
  Driver old;
  fill(old);
  Driver redis;
  redis.engine.bury(std::move(old.engine));
  const std::uint64_t held = redis.engine.buried_bytes();
  add(redis, {"SADD", "set"}, false);
  EXPECT_LE(redis.engine.buried_bytes() + redis.engine.memory_bytes(), held + held / 20);
}

}  // namespace
}  // namespace engine
