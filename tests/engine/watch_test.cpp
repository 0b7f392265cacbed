// WATCH, MULTI and EXEC as entries (DESIGN decision 6): judged when applied, with Redis 7.0's rules
// for expired keys.
#include <gtest/gtest.h>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

constexpr std::string_view kRan = "*1\r\n+OK\r\n";
constexpr std::string_view kBroken = "*-1\r\n";

class Watching : public testing::Test {
 protected:
  static engine::ClientRef client(std::uint64_t connection, std::uint64_t node = 1,
                                  std::uint64_t epoch = 1) {
    return {base::NodeId(node), epoch, base::ConnectionId(connection)};
  }
  std::string watch(const engine::ClientRef& who, std::string_view key,
                    std::uint32_t database = 0) {
    const std::string_view keys[] = {key};
    engine::BatchWriter batch;
    batch.watch(who, database, keys);
    return redis.apply(batch.seal(redis.time_ms, 0));
  }
  std::string exec(const engine::ClientRef& who) {
    engine::BatchWriter batch;
    batch.exec(who, true, {}, false, {{0, false, {"SET", "done", "1"}}});
    return redis.apply(batch.seal(redis.time_ms, 0));
  }
  Driver redis;
};

TEST_F(Watching, AWriteToTheKeyBreaksItAndExecForgetsTheWatch) {
  EXPECT_EQ(watch(client(1), "k"), "+OK\r\n");
  redis("SET k v");
  EXPECT_EQ(exec(client(1)), kBroken);
  EXPECT_EQ(redis("EXISTS done"), ":0\r\n");
  watch(client(1), "k");
  EXPECT_EQ(exec(client(1)), kRan);
}

TEST_F(Watching, AnotherKeyOrTheSameNameInAnotherDatabaseDoesNotBreakIt) {
  watch(client(1), "k");
  redis("SET other v");
  redis.database = 1;
  redis("SET k v");
  EXPECT_EQ(exec(client(1)), kRan);
}

TEST_F(Watching, EveryKindOfChangeBreaksIt) {
  const auto changes = {"APPEND k x", "DEL k",         "EXPIRE k 100",
                        "RENAME k b", "RENAME src k",  "COPY src k REPLACE",
                        "MOVE k 1",   "GETEX k EX 9",  "INCR n",
                        "GETDEL k",   "SETRANGE k 1 x"};
  for (const std::string_view change : changes) {
    Driver fresh;
    redis = std::move(fresh);
    redis("MSET k v src s n 1");
    watch(client(1), change.starts_with("INCR") ? "n" : "k");
    redis(change);
    EXPECT_EQ(exec(client(1)), kBroken) << change;
  }
}

TEST_F(Watching, ACommandThatChangesNothingDoesNotBreakIt) {
  redis("SET k v");
  watch(client(1), "k");
  for (const char* change : {"SET k w NX", "GETEX k", "PERSIST k", "SETNX k w", "SETRANGE k 0 ",
                             "MSETNX k 1 x 2", "MOVE k 0"})
    redis(change);
  EXPECT_EQ(exec(client(1)), kRan);
}

TEST_F(Watching, TheExpiryOfAWatchedKeyBreaksItEvenBeforeItIsDeleted) {
  redis("SET k v PX 100");
  watch(client(1), "k");
  redis.time_ms += 100;
  EXPECT_EQ(exec(client(1)), kBroken);
}

TEST_F(Watching, TheRemovalOfAKeyThatHadExpiredBeforeDoesNotBreakIt) {
  redis("SET k v PX 100");
  redis.time_ms += 100;
  watch(client(1), "k");
  watch(client(2), "k");
  redis("DEL k");
  EXPECT_EQ(exec(client(1)), kRan);
  redis("SET k w");
  EXPECT_EQ(exec(client(2)), kBroken) << "it is a live key now";
}

TEST_F(Watching, FlushBreaksOnlyWatchesOfKeysThatWereThere) {
  redis("SET k v");
  watch(client(1), "k");
  watch(client(2), "absent");
  redis("FLUSHDB");
  EXPECT_EQ(exec(client(1)), kBroken);
  EXPECT_EQ(exec(client(2)), kRan);
}

TEST_F(Watching, SwapBreaksWatchesOfKeysInEitherDatabase) {
  redis("SET first v");
  redis.database = 1;
  redis("SET second v");
  redis.database = 0;
  watch(client(1), "first");
  watch(client(2), "second");
  watch(client(3), "absent");
  watch(client(4), "first", 1);
  redis("SWAPDB 0 1");
  EXPECT_EQ(exec(client(1)), kBroken);
  EXPECT_EQ(exec(client(2)), kBroken);
  EXPECT_EQ(exec(client(3)), kRan);
  EXPECT_EQ(exec(client(4)), kBroken);
}

TEST_F(Watching, SwappingInAKeyThatHasExpiredIsNoChangeForWhoWatchesItsAbsence) {
  redis.database = 1;
  redis("SET k v PX 10");
  redis.database = 0;
  redis.time_ms += 10;
  watch(client(1), "k");
  redis("SWAPDB 0 1");
  EXPECT_EQ(exec(client(1)), kRan);
}

TEST_F(Watching, UnwatchForgetsAndExecWithoutItsWatchIsBroken) {
  watch(client(1), "k");
  engine::BatchWriter batch;
  batch.unwatch(client(1));
  EXPECT_EQ(redis.apply(batch.seal(redis.time_ms, 0)), "+OK\r\n");
  EXPECT_EQ(exec(client(1)), kBroken) << "a watch that is gone may have been broken";
}

TEST_F(Watching, ANewTermDropsTheWatchesOfNodesThatAreNotKept) {
  watch(client(1, 1), "k");
  watch(client(1, 2), "k");
  engine::BatchWriter batch;
  batch.drop_clients({base::NodeId(2)});
  EXPECT_EQ(redis.apply(batch.seal(redis.time_ms, 0)), "");
  EXPECT_EQ(exec(client(1, 1)), kBroken);
  EXPECT_EQ(exec(client(1, 2)), kRan);
}

TEST_F(Watching, AWatchFromALaterRunOfANodeDropsThoseOfItsEarlierRuns) {
  watch(client(1, 1, 1), "k");
  watch(client(2, 2, 1), "k");
  watch(client(1, 1, 2), "k");
  EXPECT_EQ(exec(client(1, 1, 1)), kBroken);
  EXPECT_EQ(exec(client(2, 2, 1)), kRan);
  EXPECT_EQ(exec(client(1, 1, 2)), kRan);
}

TEST_F(Watching, WatchesSurviveACheckpointBrokenOnesAndAll) {
  watch(client(1), "k");
  watch(client(2), "other");
  redis("SET k v");
  redis.engine = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
  EXPECT_EQ(exec(client(1)), kBroken);
  EXPECT_EQ(exec(client(2)), kRan);
}

struct Echo : engine::LocalCommands {
  void run_local(std::size_t position, const engine::QueuedCommand& command,
                 resp::ReplyWriter& reply) override {
    reply.bulk(std::to_string(position) + std::string(command.argv[0]));
  }
};

TEST(Exec, GivesErrorsAndLocalAnswersAtTheirPlace) {
  engine::BatchWriter batch;
  batch.exec({}, false, {}, false,
             {{0, false, {"SET", "k", "v"}},
              {0, false, {"INCR", "k"}},
              {0, true, {"PING"}},
              {0, false, {"GET", "k"}},
              {1, false, {"GET", "k"}},
              {0, false, {"nosuch"}},
              {0, false, {"PING"}}});
  const std::string payload = batch.seal(1, 1);
  engine::BatchReader reader(payload);
  engine::Element element;
  ASSERT_TRUE(reader.next(element));
  engine::Engine engine{engine_test::commands_for_scripts()};
  engine.begin_entry({base::LogIndex(1), 1, 1});
  std::string out;
  resp::ReplyWriter reply(out, 2);
  engine::Effects effects;
  Echo local;
  engine.apply(element, reply, effects, &local);
  EXPECT_EQ(out,
            "*7\r\n+OK\r\n-ERR value is not an integer or out of "
            "range\r\n$5\r\n2PING\r\n$1\r\nv\r\n$-1\r\n"
            "-ERR unknown command 'nosuch', with args beginning with: \r\n-ERR command is not "
            "allowed here\r\n");
}

TEST(Exec, IsOneStepAKeyThatReturnsWithinItTakesItsOldPlace) {
  Driver redis;
  redis("MSET a 1 b 2 c 3");
  engine::BatchWriter batch;
  batch.exec({}, false, {}, false,
             {{0, false, {"DEL", "a"}},
              {0, false, {"DBSIZE"}},
              {0, false, {"KEYS", "*"}},
              {0, false, {"SET", "a", "9"}},
              {0, false, {"DEL", "b"}}});
  EXPECT_EQ(redis.apply(batch.seal(redis.time_ms, 0)),
            "*5\r\n:1\r\n:2\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n+OK\r\n:1\r\n");
  EXPECT_EQ(redis("KEYS *"), "*2\r\n$1\r\na\r\n$1\r\nc\r\n");
}

}  // namespace
