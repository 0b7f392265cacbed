// Keys at neighbouring positions share a row of the checkpoint (docs/formats.md, chapter Rows).
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/codec.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;
using Store = std::map<base::RowKey, std::string>;

std::string name(int i) { return "key" + std::to_string(i); }

void put(Store& store, std::vector<base::Row> rows) {
  for (base::Row& row : rows) {
    if (row.body.empty())
      store.erase(row.key);
    else
      store[row.key] = std::move(row.body);
  }
}

std::vector<base::Row> all(const Store& store) {
  std::vector<base::Row> rows;
  for (const auto& [key, body] : store) rows.push_back({key, body});
  return rows;
}

std::size_t key_rows(const Store& store) {
  std::size_t count = 0;
  for (const auto& [key, body] : store) count += key.keyspace != 0 ? 1U : 0U;
  return count;
}

// A checkpoint of all that is begun and has written nothing when `meanwhile` happens.
template <class Meanwhile>
void checkpoint_around(Driver& redis, Store& store, Meanwhile meanwhile) {
  const std::uint64_t frozen = redis.engine.digest();
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  redis.engine.begin_checkpoint(true);
  meanwhile();
  while (!redis.engine.take_checkpoint_rows(1000, rows, dropped)) {
  }
  redis.engine.finish_checkpoint();
  put(store, std::move(rows));
  ASSERT_EQ(engine_test::import_rows(all(store)).digest(), frozen);
}

void checkpoint(Driver& redis, Store& store) {
  put(store, engine_test::export_rows(redis.engine, false));
  ASSERT_EQ(engine_test::import_rows(all(store)).digest(), redis.engine.digest());
}

TEST(KeyspaceRows, SixtyFourKeysAreOneRowAndAChangeWritesThatOne) {
  Driver redis;
  Store store;
  for (int i = 0; i < 200; ++i) redis.call({"SET", name(i), "value"});
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 4U);
  redis.call({"SET", name(70), "other"});
  std::vector<base::Row> changed = engine_test::export_rows(redis.engine, false);
  std::erase_if(changed, [](const base::Row& row) { return row.key.keyspace == 0; });
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].key.position, 64U);
}

TEST(KeyspaceRows, ALargeOneIsCutIntoPiecesAndWhatIsTooManyIsDeleted) {
  Driver redis;
  Store store;
  for (int i = 0; i < 100; ++i) redis.call({"SET", name(i), std::string(10'000, 'v')});
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 10U + 6U) << "of 7 values each, behind the 64 KB";
  for (const auto& [key, body] : store) EXPECT_LT(body.size(), 80'000U);
  for (int i = 0; i < 50; ++i) redis.call({"SET", name(i), "short"});
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 2U + 6U);
  // What a load knows of the pieces is enough to delete them.
  Driver loaded;
  loaded.engine = engine_test::import_rows(all(store));
  for (int i = 0; i < 100; ++i) loaded.call({"DEL", name(i)});
  checkpoint(loaded, store);
  EXPECT_EQ(key_rows(store), 0U);
}

// What earlier versions wrote: a row for each key.
Store one_by_one(int count) {
  Driver redis;
  for (int i = 0; i < count; ++i) redis.call({"SET", name(i), std::to_string(i)});
  Store store;
  put(store, engine_test::export_rows(redis.engine, true));
  const std::uint64_t keyspace = store.rbegin()->first.keyspace;
  std::erase_if(store, [](const auto& row) { return row.first.keyspace != 0; });
  for (int i = 0; i < count; ++i) {
    const engine::Entry entry(name(i), engine::Value::from_string(std::to_string(i)),
                              engine::kNoExpiry);
    store[{keyspace, static_cast<std::uint64_t>(i), 0, 0}] = engine::encode_row(entry);
  }
  EXPECT_EQ(engine_test::import_rows(all(store)).digest(), redis.engine.digest());
  return store;
}

TEST(KeyspaceRows, RowsOfOneKeyAreReadAndGoAsTheirKeysChange) {
  Store store = one_by_one(150);
  Driver redis;
  redis.engine = engine_test::import_rows(all(store));
  redis.call({"SET", name(70), "changed"});
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 64U + 1 + 22);
  redis.call({"DEL", name(149)});
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 64U + 1 + 1);
  Driver again;
  again.engine = engine_test::import_rows(all(store));
  for (int i = 0; i < 149; ++i) again.call({"DEL", name(i)});
  checkpoint(again, store);
  EXPECT_EQ(key_rows(store), 0U);
}

TEST(KeyspaceRows, RowsOfOneKeyGoThoughTheCheckpointBeforeWasGivenUp) {
  Store store = one_by_one(100);
  Driver redis;
  redis.engine = engine_test::import_rows(all(store));
  redis.call({"SET", name(3), "changed"});
  std::vector<base::Row> lost;
  std::vector<std::uint64_t> dropped;
  redis.engine.begin_checkpoint(false);
  while (!redis.engine.take_checkpoint_rows(100, lost, dropped)) {
  }
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 1U + 36);
}

std::string field(int i) { return "field" + std::to_string(i); }

// A hash that is written in segments.
void put_large(Driver& redis, const std::string& key, const std::string& value) {
  for (int i = 0; i < 3000; ++i) redis.call({"HSET", key, field(i), value + std::to_string(i)});
}

TEST(KeyspaceRows, ALargeValueThatMovesDuringACheckpointIsWrittenAsItWas) {
  Driver redis;
  Store store;
  put_large(redis, "big", "before");
  checkpoint_around(redis, store, [&] {
    redis("MOVE big 1");
    redis.database = 1;
    put_large(redis, "big", "later");
  });
  checkpoint(redis, store);
  // And back, twice in one checkpoint.
  checkpoint_around(redis, store, [&] {
    redis("MOVE big 0");
    redis.database = 0;
    redis.call({"HDEL", "big", field(7)});
    redis("MOVE big 1");
    redis("SWAPDB 1 2");
    redis.database = 2;
    put_large(redis, "big", "at last");
  });
  checkpoint(redis, store);
  redis("DEL big");
  checkpoint(redis, store);
  EXPECT_EQ(key_rows(store), 0U);
}

TEST(KeyspaceRows, ALargeValueThatMovesDuringACheckpointThatFailsIsWrittenByTheNext) {
  Driver redis;
  Store store;
  put_large(redis, "big", "before");
  checkpoint(redis, store);
  std::vector<base::Row> lost;
  std::vector<std::uint64_t> dropped;
  redis.engine.begin_checkpoint(true);
  ASSERT_FALSE(redis.engine.take_checkpoint_rows(1000, lost, dropped));
  redis("MOVE big 1");
  redis.engine.abandon_checkpoint();
  redis.database = 1;
  put_large(redis, "big", "later");
  checkpoint(redis, store);
  checkpoint(redis, store);
}

TEST(KeyspaceRows, AHoleInALargeValueThatIsDroppedInTheSameStepLeavesItsRowsAlone) {
  const std::vector<std::string> ends[] = {
      {"DEL", "big"}, {"SET", "big", "1"}, {"RENAME", "other", "big"}, {"MOVE", "big", "1"}};
  for (const std::vector<std::string>& end : ends) {
    Driver redis;
    Store store;
    put_large(redis, "big", "v");
    redis("SET other 1");
    const std::vector<std::string> hole{"HDEL", "big", field(3)};
    checkpoint_around(redis, store, [&] {
      engine::BatchWriter batch;
      const std::vector<engine::QueuedCommand> queued = {{0, false, {hole.begin(), hole.end()}},
                                                         {0, false, {end.begin(), end.end()}}};
      batch.exec({base::NodeId(1), 1, base::ConnectionId(1)}, false, {}, false, queued);
      redis.apply(batch.seal(redis.time_ms, 1));
    });
    checkpoint(redis, store);
  }
}

// Far apart, a few entries of a stream are not one row of mostly nothing.
TEST(KeyspaceRows, AStreamThatWasTrimmedALotIsWrittenInSegments) {
  Driver redis;
  Store store;
  engine::BatchWriter batch;
  batch.setting("stream-node-max-entries", "1");
  redis.apply(batch.seal(redis.time_ms, 1));
  for (int i = 0; i < 5000; ++i) redis("XADD x * f v");
  redis("XTRIM x MAXLEN 1");
  checkpoint(redis, store);
  std::size_t bytes = 0;
  for (const auto& [key, body] : store) bytes += key.keyspace != 0 ? body.size() : 0;
  EXPECT_LT(bytes, 1000U);
  redis("COPY x y");
  redis("XADD y * f v");
  checkpoint(redis, store);
}

TEST(KeyspaceRows, NothingIsKeptForACheckpointThatFailed) {
  Driver redis;
  Store store;
  put_large(redis, "big", "before");
  for (int i = 0; i < 300; ++i) redis.call({"SET", name(i), std::string(100'000, 'a')});
  redis.engine.begin_checkpoint(true);
  std::vector<base::Row> lost;
  std::vector<std::uint64_t> dropped;
  ASSERT_FALSE(redis.engine.take_checkpoint_rows(1000, lost, dropped));
  redis("FLUSHDB");
  redis.engine.abandon_checkpoint();
  EXPECT_EQ(redis.engine.checkpoint_backlog_bytes(), 0U);
  for (int i = 0; i < 300; ++i) redis.call({"SET", name(i), std::string(100'000, 'b')});
  EXPECT_EQ(redis.engine.checkpoint_backlog_bytes(), 0U);
  checkpoint(redis, store);
}

// More is changed before the sweep comes to it than may be kept.
TEST(KeyspaceRows, WhatIsKeptForTheSweepIsBoundedAndGoesEarlyThen) {
  Driver redis;
  Store store;
  constexpr int kKeys = 70'000;
  for (int i = 0; i < kKeys; ++i) redis.call({"SET", name(i), std::string(300, 'a')});
  const std::uint64_t frozen = redis.engine.digest();
  redis.engine.begin_checkpoint(true);
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  ASSERT_FALSE(redis.engine.take_checkpoint_rows(1000, rows, dropped));
  put(store, std::move(rows));
  for (int i = kKeys - 1; i >= 0; i -= 3) redis.call({"SET", name(i), "b"});
  EXPECT_EQ(redis.engine.checkpoint_backlog_bytes(), 0U);
  for (int i = kKeys - 2; i >= 0; i -= 3) redis.call({"DEL", name(i)});
  EXPECT_GT(redis.engine.checkpoint_backlog_bytes(), 0U);
  rows.clear();
  ASSERT_FALSE(redis.engine.take_checkpoint_rows(10'000'000, rows, dropped));
  EXPECT_EQ(redis.engine.checkpoint_backlog_bytes(), 0U);
  put(store, std::move(rows));
  rows.clear();
  while (!redis.engine.take_checkpoint_rows(1'000'000, rows, dropped)) {
  }
  put(store, std::move(rows));
  redis.engine.finish_checkpoint();
  EXPECT_EQ(engine_test::import_rows(all(store)).digest(), frozen);
}

}  // namespace
