// Packed collections that lie apart from their key: what they are after any steps, and what
// checkpoints write of them.
#include "engine/types/long_packed.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/prng.h"
#include "engine/types/intset.h"
#include "engine/types/listpack.h"
#include "engine/types/segments.h"
#include "tests/base/rounds.h"
#include "tests/engine/model.h"

namespace {

using engine::LongPacked;
using engine::Type;
using engine_test::Driver;
using Store = std::map<base::RowKey, std::string>;

constexpr std::size_t kSegment = LongPacked::kSegmentBytes;

// Everything stays packed, however large it is.
void allow_large(Driver& redis) {
  engine::BatchWriter batch;
  for (const char* name :
       {"hash-max-listpack-entries", "hash-max-listpack-value", "zset-max-listpack-entries",
        "zset-max-listpack-value", "set-max-intset-entries"})
    batch.setting(name, "1000000");
  batch.setting("list-max-listpack-size", "-5");
  redis.apply(batch.seal(redis.time_ms, 0));
}

void put(Store& store, std::vector<base::Row> rows) {
  for (base::Row& row : rows) {
    if (row.body.empty())
      store.erase(row.key);
    else
      store[row.key] = std::move(row.body);
  }
}

engine::Engine loaded(const Store& store) {
  std::vector<base::Row> rows;
  for (const auto& [key, body] : store) rows.push_back({key, body});
  return engine_test::import_rows(std::move(rows));
}

bool is_segment(const base::RowKey& key) {
  return (key.keyspace & engine::Segments::kKeyspaceBit) != 0;
}

std::size_t segments_in(const Store& store) {
  std::size_t count = 0;
  for (const auto& [key, body] : store) count += is_segment(key) ? 1U : 0U;
  return count;
}

void checkpoint(Driver& redis, Store& store) {
  put(store, engine_test::export_rows(redis.engine, false));
  ASSERT_EQ(loaded(store).digest(), redis.engine.digest());
}

bool take_some(Driver& redis, Store& store, std::size_t bytes) {
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  const bool is_done = redis.engine.take_checkpoint_rows(bytes, rows, dropped);
  put(store, std::move(rows));
  return is_done;
}

std::string bytes(base::Prng& prng, std::size_t most) {
  return std::string(1 + prng.below(most), static_cast<char>('a' + prng.below(26)));
}

std::vector<std::string> with_numbers(base::Prng& prng, std::vector<std::string> words) {
  for (std::uint64_t left = prng.below(4000); left > 0; --left)
    words.push_back(std::to_string(prng.below(30'000)));
  words.push_back("1");
  return words;
}

std::vector<std::string> random_change(base::Prng& prng) {
  const std::string one = std::to_string(prng.below(12));
  switch (prng.below(14)) {
    case 0:
    case 1: return {"HSET", "hash", one, bytes(prng, 30'000)};
    case 2: return {"HDEL", "hash", one, "1", "2", "3", "4", "5", "6"};
    case 3: return {"ZADD", "zset", one, bytes(prng, 20'000)};
    case 4: return {"ZREMRANGEBYRANK", "zset", "0", one};
    case 5: return {"RPUSH", "list", bytes(prng, 9000), bytes(prng, 9000)};
    case 6: return {"LPOP", "list", one};
    case 7: return with_numbers(prng, {"SADD", "set"});
    case 8: return with_numbers(prng, {"SREM", "set"});
    case 9: return {"SADD", "set", "no number"};
    case 10: return {"RENAME", "hash", "other"};
    case 11: return {"MOVE", "other", "1"};
    case 12: return {"COPY", "hash", "set", "REPLACE"};
    default:
      return prng.below(3) == 0 ? std::vector<std::string>{"SORT", "zset", "ALPHA"}
                                : std::vector<std::string>{"DEL", "set", "zset"};
  }
}

TEST(LongPacked, IsTheSameCollectionInCheckpointsThatAreTakenWhileItChanges) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(12U); ++seed) {
    base::Prng prng(seed);
    Driver redis;
    Store store;
    allow_large(redis);
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 15; ++i) redis.call(random_change(prng));
      redis.database = static_cast<std::uint32_t>(prng.below(2));
      const std::uint64_t frozen = redis.engine.digest();
      const std::string values = redis.engine.dataset_digest();
      const std::uint64_t content = redis.engine.content_bytes();
      redis.engine.begin_checkpoint(prng.below(6) == 0);
      while (!take_some(redis, store, prng.below(40'000))) redis.call(random_change(prng));
      redis.engine.finish_checkpoint();
      const engine::Engine from_rows = loaded(store);
      ASSERT_EQ(from_rows.digest(), frozen) << "seed " << seed << " round " << round;
      ASSERT_EQ(from_rows.dataset_digest(), values) << "seed " << seed << " round " << round;
      ASSERT_EQ(from_rows.content_bytes(), content) << "seed " << seed << " round " << round;
    }
  }
}

TEST(LongPacked, ACheckpointWritesItAsItWasWhenItBegan) {
  Driver redis, twin;
  Store store;
  for (Driver* driver : {&redis, &twin}) {
    allow_large(*driver);
    for (const char* field : {"a", "b", "c"})
      driver->call({"HSET", "k", field, std::string(2 * kSegment, *field)});
  }
  redis.engine.begin_checkpoint(false);
  for (int i = 0; i < 4; ++i) take_some(redis, store, 1);
  redis("HDEL k a");
  redis.call({"HSET", "k", "d", std::string(6 * kSegment, 'd')});
  redis("HDEL k b c d");
  while (!take_some(redis, store, 1000)) {
  }
  redis.engine.finish_checkpoint();
  EXPECT_EQ(loaded(store).dataset_digest(), twin.engine.dataset_digest());
  checkpoint(redis, store);
  EXPECT_EQ(segments_in(store), 0U);
}

TEST(LongPacked, KeepsItsRowsAsItChangesAndIsRenamed) {
  Driver redis;
  Store store;
  allow_large(redis);
  redis.call({"HSET", "k", "f", std::string(3 * kSegment, 'x')});
  checkpoint(redis, store);
  ASSERT_EQ(segments_in(store), 4U);
  const base::RowKey last = store.rbegin()->first;
  redis("EXPIRE k 1000");
  for (const base::Row& row : engine_test::export_rows(redis.engine, false))
    EXPECT_FALSE(is_segment(row.key)) << "nothing of it has changed";
  redis("RENAME k other");
  redis.call({"HSET", "other", "g", std::string(20'000, 'y')});
  redis("HSET other f short");
  checkpoint(redis, store);
  ASSERT_EQ(segments_in(store), 1U) << "those that it does not have any more are gone";
  EXPECT_EQ(store.rbegin()->first.position, last.position) << "the value id stays";
}

TEST(LongPacked, LeavesNoRowsWhenItIsShortOrDenseOrEmptyOrGone) {
  const std::vector<std::vector<std::string>> ends = {{"HSET", "k", "f", "short"},
                                                      {"HEXPIRE", "k", "100", "FIELDS", "1", "f"},
                                                      {"HDEL", "k", "f"},
                                                      {"DEL", "k"},
                                                      {"SET", "k", "string"}};
  for (const auto& words : ends) {
    Driver redis;
    Store store;
    allow_large(redis);
    redis.call({"HSET", "k", "f", std::string(2 * kSegment, 'x')});
    checkpoint(redis, store);
    ASSERT_EQ(segments_in(store), 3U);
    const std::uint64_t value = store.rbegin()->first.position;
    redis.call(words);
    checkpoint(redis, store);
    checkpoint(redis, store);
    for (const auto& [key, body] : store)
      EXPECT_FALSE(is_segment(key) && key.position == value) << words[0];
  }
}

// ---- hostile rows ----

std::string listpack_of(std::size_t size) {
  std::string bytes = engine::Listpack::empty();
  engine::Listpack::append(bytes, std::string(size, 'x'));
  return bytes;
}

bool loads(std::string_view head, const std::vector<std::string>& segments) {
  LongPacked packed(Type::kList);
  if (!packed.load_head(head)) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!packed.load_segment(i, segments[i])) return false;
  }
  return packed.finish_load();
}

TEST(LongPacked, RefusesSegmentsThatAreNotItsOwn) {
  const std::string head(1, '\0');
  const std::string bytes = listpack_of(kSegment + 100);
  const std::string first = bytes.substr(0, kSegment), rest = bytes.substr(kSegment);
  EXPECT_TRUE(loads(head, {first, rest}));
  EXPECT_FALSE(loads(head, {first})) << "one is missing";
  EXPECT_FALSE(loads(head, {rest, first})) << "only the last is short";
  EXPECT_FALSE(loads(head, {first, rest, rest}));
  EXPECT_FALSE(loads(head, {first, ""}));
  EXPECT_FALSE(loads(head, {bytes})) << "a segment has 64 KB";
  EXPECT_FALSE(loads(head, {first, std::string(rest.size(), 'z')})) << "no listpack";
  EXPECT_FALSE(loads(head, {listpack_of(100)})) << "it would lie in its entry";
  EXPECT_FALSE(loads(std::string(1, '\1'), {first, rest})) << "no intset";
  EXPECT_FALSE(loads(std::string(1, '\3'), {first, rest})) << "no packing";
  EXPECT_FALSE(loads("", {first, rest}));
  EXPECT_FALSE(loads(head + head, {first, rest}));
}

TEST(LongPacked, IsAnIntsetToo) {
  std::string bytes = engine::Intset::empty();
  for (int i = 0; i < 1000; ++i) engine::Intset::insert(bytes, i * 7);
  EXPECT_TRUE(loads(std::string(1, '\1'), {bytes}));
  EXPECT_FALSE(loads(std::string(1, '\1'), {bytes.substr(0, 1500)}));
}

}  // namespace
