// Stories of single commands; redis-compat compares them all with a real server.
#include <gtest/gtest.h>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

TEST(Strings, SetWithItsConditionsAndGet) {
  Driver redis;
  EXPECT_EQ(redis("SET k v"), "+OK\r\n");
  EXPECT_EQ(redis("SET k w NX"), "$-1\r\n");
  EXPECT_EQ(redis("SET k w XX GET"), "$1\r\nv\r\n");
  EXPECT_EQ(redis("GET k"), "$1\r\nw\r\n");
  EXPECT_EQ(redis("SET k v NX XX"), "-ERR syntax error\r\n");
  EXPECT_EQ(redis("SET k v EX 0"), "-ERR invalid expire time in 'set' command\r\n");
  EXPECT_EQ(redis("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
}

TEST(Expiry, AKeyIsAbsentExactlyWhenItsTimeIsNotAfterTheLogsTime) {
  Driver redis;
  redis("SET k v PX 100");
  redis.time_ms += 99;
  EXPECT_EQ(redis("GET k"), "$1\r\nv\r\n");
  redis.time_ms += 1;
  EXPECT_EQ(redis("GET k"), "$-1\r\n");
  EXPECT_EQ(redis("DBSIZE"), ":1\r\n") << "it goes only by a write or a sweep";
  EXPECT_EQ(redis("SETNX k w"), ":1\r\n");
}

TEST(Expiry, ASweptKeyGoesOnlyIfItsExpiryIsStillTheOneSeen) {
  Driver redis;
  redis("SET k v PX 100");
  const auto seen = redis.time_ms + 100;
  redis.time_ms += 50;
  redis("PEXPIRE k 10000");
  engine::BatchWriter batch;
  batch.swept({{0, "k", seen}});
  redis.apply(batch.seal(seen + 1, 0));
  redis.time_ms = seen + 1;
  EXPECT_EQ(redis("EXISTS k"), ":1\r\n");
}

TEST(Watch, ExecIsJudgedWhenAppliedAndAWriteInBetweenBreaksIt) {
  Driver redis;
  const engine::ClientRef client{base::NodeId(1), 1, base::ConnectionId(9)};
  const auto exec = [&] {
    const std::string_view argv[] = {"INCR", "k"};
    engine::BatchWriter batch;
    batch.exec(client, true, {}, false, {{0, false, {argv[0], argv[1]}}});
    return redis.apply(batch.seal(redis.time_ms, 0));
  };
  const auto watch = [&] {
    const std::string_view keys[] = {"k"};
    engine::BatchWriter batch;
    batch.watch(client, 0, keys);
    redis.apply(batch.seal(redis.time_ms, 0));
  };
  watch();
  EXPECT_EQ(exec(), "*1\r\n:1\r\n");
  watch();
  redis("SET k 5");
  EXPECT_EQ(exec(), "*-1\r\n");
  watch();
  redis("FLUSHALL");
  EXPECT_EQ(exec(), "*-1\r\n");
  EXPECT_EQ(redis("GET k"), "$-1\r\n");
}

TEST(Keyspace, ARemovedKeyIsReplacedByTheLastAndARenameKeepsThePlaceOfItsTarget) {
  Driver redis;
  for (const char* key : {"a", "b", "c", "d"}) redis.call({"SET", key, key});
  EXPECT_EQ(redis("KEYS *"), "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
  redis("DEL b");
  EXPECT_EQ(redis("KEYS *"), "*3\r\n$1\r\na\r\n$1\r\nd\r\n$1\r\nc\r\n");
  redis("RENAME c a");
  EXPECT_EQ(redis("KEYS *"), "*2\r\n$1\r\na\r\n$1\r\nd\r\n");
}

TEST(Hashes, AnOverwriteConvertsAHashAboveALimitThatWasLowered) {
  Driver redis;
  redis("HSET h f v");
  engine::BatchWriter batch;
  batch.setting("hash-max-listpack-entries", "0");
  redis.apply(batch.seal(redis.time_ms, 0));
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$8\r\nlistpack\r\n");
  redis("HSET h f w");
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$9\r\nhashtable\r\n");
  EXPECT_EQ(redis("HGET h f"), "$1\r\nw\r\n");
}

TEST(Batch, EveryTruncationIsRefused) {
  engine::BatchWriter batch;
  const std::string_view argv[] = {"SET", "key", "value"};
  batch.command(3, "alice", true, argv);
  batch.swept({{0, "k", 5}});
  const std::string payload = batch.seal(123, 456);
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    engine::BatchReader reader(std::string_view(payload).substr(0, size));
    engine::Element element;
    while (reader.next(element)) {
    }
    EXPECT_EQ(reader.ok(), size == payload.size()) << size;
  }
}

}  // namespace
