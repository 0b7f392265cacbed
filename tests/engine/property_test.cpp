// DESIGN decision 2: applying everything equals importing an export of a prefix and applying the
// rest, by digest and by reply bytes; and a checkpoint taken in slices while commands go on is the
// state at its beginning.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/limits.h"

#include "tests/base/rounds.h"
#include "tests/engine/model.h"
#include "tests/engine/random_commands.h"

namespace {

using engine_test::Driver;

// Half single commands, half entries of several elements.
std::string random_step(base::Prng& prng, Driver& driver) {
  driver.time_ms += static_cast<std::int64_t>(prng.below(40));
  if (prng.chance(1, 2))
    return driver.apply(engine_test::random_entry(prng, driver.engine, driver.time_ms));
  return driver.call(engine_test::random_command(prng));
}

TEST(Determinism, ReplayFromAnExportOfAPrefixGivesTheSameStateAndReplies) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(25U); ++seed) {
    base::Prng prng(seed);
    Driver whole;
    const std::size_t cut = 50 + prng.below(200);
    std::vector<base::Row> rows;
    std::size_t entries_before = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      if (i == cut) {
        rows = engine_test::export_rows(whole.engine, true);
        entries_before = whole.log.size();
      }
      random_step(prng, whole);
    }
    Driver suffix;
    suffix.engine = engine_test::import_rows(rows);
    for (std::size_t i = entries_before; i < whole.log.size(); ++i) {
      ASSERT_EQ(suffix.apply(whole.log[i]), whole.replies[i]) << seed << " " << i;
    }
    ASSERT_EQ(suffix.engine.users().describe(), whole.engine.users().describe()) << seed;
    ASSERT_EQ(suffix.engine.digest(), whole.engine.digest()) << "seed " << seed;
    ASSERT_EQ(suffix.engine.content_bytes(), whole.engine.content_bytes()) << "seed " << seed;
  }
}

// Nodes compare it: it must not tell nodes apart that have come to the same in different ways
// (DESIGN decision 26).
TEST(Determinism, TheRunningDigestIsTheSameWhateverTheRepliesLookLikeAndAfterAnImport) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(10U); ++seed) {
    base::Prng prng(seed);
    Driver whole;
    std::size_t entries_before = 0;
    std::vector<base::Row> rows;
    for (std::size_t i = 0; i < 300; ++i) {
      if (i == 150) rows = engine_test::export_rows(whole.engine, true);
      if (i == 150) entries_before = whole.log.size();
      random_step(prng, whole);
    }
    ASSERT_FALSE(whole.engine.applied_digest().since.is_none());
    Driver other;
    other.resp = 3;
    for (const std::string& entry : whole.log) other.apply(entry);
    Driver loaded;
    loaded.engine = engine_test::import_rows(rows);
    loaded.index = entries_before;
    for (std::size_t i = entries_before; i < whole.log.size(); ++i) loaded.apply(whole.log[i]);
    for (const Driver* driver : {&other, &loaded}) {
      EXPECT_EQ(driver->engine.applied_digest().value, whole.engine.applied_digest().value) << seed;
      EXPECT_EQ(driver->engine.applied_digest().since, whole.engine.applied_digest().since) << seed;
    }
  }
}

TEST(Determinism, AnyWriteThatComesToSomethingElseChangesTheRunningDigest) {
  const auto digest_after = [](const std::vector<std::string>& words) {
    Driver redis;
    redis("SADD s a b c");
    redis("ZADD z 1 a 2 b");
    for (int i = 0; i < 200; ++i) redis.call({"HSET", "big", "f" + std::to_string(i), "v"});
    redis.call(words);
    return redis.engine.applied_digest().value;
  };
  const std::vector<std::vector<std::string>> different = {
      {"SET", "a", "1"},
      {"SET", "a", "2"},
      {"SET", "b", "1"},
      {"SET", "a", "1", "PX", "5000"},
      {"APPEND", "a", "12"},
      {"SREM", "s", "a"},
      {"SREM", "s", "b"},
      {"ZINCRBY", "z", "1", "a"},
      {"ZINCRBY", "z", "2", "a"},
      {"HDEL", "big", "f1", "f2"},
      {"HDEL", "big", "f1"},
      {"DEL", "big"},
      {"RENAME", "s", "t"},
      {"EXPIRE", "s", "10"},
      {"SET", "a", std::string(5000, 'a') + "b"},
      {"SET", "a", std::string(5000, 'a') + "c"}};
  std::set<std::uint64_t> digests;
  for (const auto& words : different) digests.insert(digest_after(words));
  EXPECT_EQ(digests.size(), different.size());
}

// Redis leaves open what a range of names is if scores differ; here it must be the same on a node
// that has loaded the set, whose tree has another shape.
TEST(Determinism, ARangeOfNamesAmongDifferentScoresDoesNotDependOnTheShapeOfTheTree) {
  base::Prng prng(1);
  Driver grown;
  for (int i = 0; i < 5000; ++i) {
    const std::string member = "m" + std::to_string(prng.below(3000));
    grown.call({"ZADD", "z", std::to_string(prng.below(50)), member});
    if (prng.chance(1, 3)) grown.call({"ZREM", "z", "m" + std::to_string(prng.below(3000))});
  }
  Driver loaded;
  loaded.engine = engine_test::import_rows(engine_test::export_rows(grown.engine, true));
  for (int i = 0; i < 300; ++i) {
    const std::string low = "[m" + std::to_string(prng.below(3000));
    const std::string high = "(m" + std::to_string(prng.below(3000));
    ASSERT_EQ(loaded.call({"ZLEXCOUNT", "z", low, high}), grown.call({"ZLEXCOUNT", "z", low, high}))
        << low << " " << high;
  }
}

using Store = std::map<base::RowKey, std::string>;

// One checkpoint in slices, commands in between; false if it was given up on the way.
bool checkpoint_under_load(base::Prng& prng, Driver& driver, Store& store, bool gives_up) {
  Store staged = store;
  std::vector<std::uint64_t> dropped;
  driver.engine.begin_checkpoint(prng.chance(1, 6));
  bool is_done = false;
  for (int slice = 0; !is_done; ++slice) {
    std::vector<base::Row> rows;
    is_done = driver.engine.take_checkpoint_rows(prng.below(3000), rows, dropped);
    for (base::Row& row : rows) {
      EXPECT_LE(row.body.size(), base::limits::kRecordBytesMax);
      staged[row.key] = std::move(row.body);
    }
    if (!is_done) random_step(prng, driver);
    if (gives_up && slice == 30) return false;
  }
  driver.engine.finish_checkpoint();
  EXPECT_EQ(driver.engine.checkpoint_backlog_bytes(), 0U);
  for (const std::uint64_t keyspace : dropped) {
    std::erase_if(staged, [keyspace](const auto& row) { return row.first.keyspace == keyspace; });
  }
  std::erase_if(staged, [](const auto& row) { return row.second.empty(); });
  store = std::move(staged);
  return true;
}

TEST(Checkpoint, TakenInSlicesUnderLoadIsTheStateAtItsBeginning) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(25U); ++seed) {
    base::Prng prng(seed);
    Driver driver;
    Store store;
    for (int round = 0; round < 8; ++round) {
      for (std::uint64_t i = prng.below(120); i > 0; --i) random_step(prng, driver);
      const std::uint64_t frozen = driver.engine.digest();
      const std::uint64_t content = driver.engine.content_bytes();
      if (!checkpoint_under_load(prng, driver, store, prng.chance(1, 3))) continue;
      std::vector<base::Row> all;
      for (const auto& [key, body] : store) all.push_back({key, body});
      const engine::Engine loaded = engine_test::import_rows(all);
      ASSERT_EQ(loaded.digest(), frozen) << "seed " << seed << " round " << round;
      ASSERT_EQ(loaded.content_bytes(), content) << "seed " << seed << " round " << round;
    }
  }
}

TEST(Scan, NeverMissesAKeyThatStaysWhileOthersComeAndGo) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    base::Prng prng(seed);
    Driver driver;
    for (int i = 0; i < 40; ++i) driver.call({"SET", "stay" + std::to_string(i), "1"});
    for (int i = 0; i < 60; ++i) driver.call({"SET", "go" + std::to_string(i), "1"});
    std::string seen, cursor = "0";
    do {
      const std::string reply = driver.call({"SCAN", cursor, "COUNT", "5"});
      seen += reply;
      const std::size_t begin = reply.find("\r\n", 4) + 2;
      cursor = reply.substr(begin, reply.find("\r\n", begin) - begin);
      driver.call({"DEL", "go" + std::to_string(prng.below(60))});
      driver.call({"SET", "new" + std::to_string(prng.below(1000)), "1"});
      driver.call({"SET", "stay" + std::to_string(prng.below(40)), "2"});
    } while (cursor != "0");
    for (int i = 0; i < 40; ++i)
      ASSERT_NE(seen.find("\r\nstay" + std::to_string(i) + "\r\n"), std::string::npos) << i;
  }
}

}  // namespace
