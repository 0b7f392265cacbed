// Transcripts of what Redis 7.0 has not got and later versions have; redis-compat cannot compare
// it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

TEST(BeyondRedis7, RanksCanComeWithScores) {
  Driver redis;
  redis("ZADD z 1 a 2.5 b 3 c");
  EXPECT_EQ(redis("ZRANK z b WITHSCORE"), "*2\r\n:1\r\n$3\r\n2.5\r\n");
  EXPECT_EQ(redis("ZREVRANK z a withscore"), "*2\r\n:2\r\n$1\r\n1\r\n");
  EXPECT_EQ(redis("ZRANK z nobody WITHSCORE"), "*-1\r\n");
  EXPECT_EQ(redis("ZRANK nothing a WITHSCORE"), "*-1\r\n");
  EXPECT_EQ(redis("ZRANK z nobody"), "$-1\r\n");
  EXPECT_EQ(redis("ZRANK z a WITHSCORES"),
            "-ERR wrong number of arguments for 'zrank' command\r\n");
  EXPECT_EQ(redis("ZREVRANK z a WITHSCORE x"),
            "-ERR wrong number of arguments for 'zrevrank' command\r\n");
  redis.resp = 3;
  EXPECT_EQ(redis("ZRANK z b WITHSCORE"), "*2\r\n:1\r\n,2.5\r\n");
  EXPECT_EQ(redis("ZRANK z nobody WITHSCORE"), "_\r\n");
}

TEST(FieldExpiry, EachFieldIsAnsweredAndAnAbsentKeyAsItsFields) {
  Driver redis;
  redis("HSET h f 1 g 2");
  EXPECT_EQ(redis("HEXPIRE h 10 FIELDS 3 f g nothing"), "*3\r\n:1\r\n:1\r\n:-2\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS 2 f nothing"), "*2\r\n:10\r\n:-2\r\n");
  EXPECT_EQ(redis("HPTTL h fields 1 g"), "*1\r\n:10000\r\n");
  EXPECT_EQ(redis("HEXPIRETIME h FIELDS 1 f"), "*1\r\n:1700000010\r\n");
  EXPECT_EQ(redis("HPEXPIRETIME h FIELDS 1 f"), "*1\r\n:1700000010000\r\n");
  EXPECT_EQ(redis("HPERSIST h FIELDS 2 f nothing"), "*2\r\n:1\r\n:-2\r\n");
  EXPECT_EQ(redis("HPERSIST h FIELDS 1 f"), "*1\r\n:-1\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS 1 f"), "*1\r\n:-1\r\n");
  EXPECT_EQ(redis("HPEXPIRE h 1500 FIELDS 1 f"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS 1 f"), "*1\r\n:2\r\n") << "rounded up";
  EXPECT_EQ(redis("HEXPIREAT h 1700000020 FIELDS 1 f"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HPEXPIREAT h 1700000020001 FIELDS 1 g"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HEXPIRETIME h FIELDS 2 f g"), "*2\r\n:1700000020\r\n:1700000021\r\n");
  for (const char* line : {"HEXPIRE no 1 FIELDS 2 f g", "HTTL no FIELDS 2 f g",
                           "HPEXPIRETIME no FIELDS 2 f g", "HPERSIST no FIELDS 2 f g"})
    EXPECT_EQ(redis(line), "*2\r\n:-2\r\n:-2\r\n") << line;
}

TEST(FieldExpiry, ConditionsCountAFieldThatStaysAsOneWithAnInfiniteTime) {
  Driver redis;
  redis("HSET h f 1");
  EXPECT_EQ(redis("HEXPIRE h 10 XX FIELDS 1 f"), "*1\r\n:0\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 GT FIELDS 1 f"), "*1\r\n:0\r\n");
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$8\r\nlistpack\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 LT FIELDS 1 f"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 NX FIELDS 1 f"), "*1\r\n:0\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 LT FIELDS 1 f"), "*1\r\n:0\r\n") << "not sooner";
  EXPECT_EQ(redis("HEXPIRE h 10 GT FIELDS 1 f"), "*1\r\n:0\r\n") << "not later";
  EXPECT_EQ(redis("HEXPIRE h 11 gt FIELDS 1 f"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HEXPIRE h 9 xx FIELDS 1 f"), "*1\r\n:1\r\n");
}

TEST(FieldExpiry, ErrorsAreThoseOfRedis) {
  Driver redis;
  redis("HSET h f 1");
  redis("SET s 1");
  const std::string mandatory =
      "-ERR Mandatory argument FIELDS is missing or not at the right position\r\n";
  const std::string mismatch =
      "-ERR The `numfields` parameter must match the number of arguments\r\n";
  EXPECT_EQ(redis("HEXPIRE h 10 FIELDS 1"),
            "-ERR wrong number of arguments for 'hexpire' command\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS 1"), "-ERR wrong number of arguments for 'httl' command\r\n");
  EXPECT_EQ(redis("HEXPIRE s 10 FIELDS 1 f").substr(0, 10), "-WRONGTYPE");
  EXPECT_EQ(redis("HTTL s FIELDS 1 f").substr(0, 10), "-WRONGTYPE");
  EXPECT_EQ(redis("HEXPIRE h x FIELDS 1 f"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(redis("HEXPIRE h -1 FIELDS 1 f"), "-ERR invalid expire time, must be >= 0\r\n");
  EXPECT_EQ(redis("HEXPIRE h 9223372036854775807 FIELDS 1 f"),
            "-ERR invalid expire time in 'hexpire' command\r\n");
  EXPECT_EQ(redis("HPEXPIREAT h 281474976710655 FIELDS 1 f"),
            "-ERR invalid expire time in 'hpexpireat' command\r\n");
  EXPECT_EQ(redis("HPEXPIREAT h 281474976710654 FIELDS 1 f"), "*1\r\n:1\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 1 f FIELDS"), mandatory);
  EXPECT_EQ(redis("HEXPIRE h 10 NX 1 FIELDS f"), mandatory);
  EXPECT_EQ(redis("HPERSIST h 1 f FIELDS"), mandatory);
  EXPECT_EQ(redis("HEXPIRE h 10 FIELDS 0 f"),
            "-ERR Parameter `numFields` should be greater than 0\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS x f"), "-ERR Number of fields must be a positive integer\r\n");
  EXPECT_EQ(redis("HEXPIRE h 10 FIELDS 2 f"), mismatch);
  EXPECT_EQ(redis("HEXPIRE h 10 FIELDS 1 f g"), mismatch);
  EXPECT_EQ(redis("HTTL h FIELDS 3 f g"), mismatch);
  EXPECT_EQ(redis("HEXPIRE h 10 NX FIELDS 1"), mismatch);
}

TEST(FieldExpiry, AFieldIsAbsentExactlyWhenItsTimeIsNotAfterTheLogsTime) {
  Driver redis;
  redis("HSET h f 1 g 2 i 3");
  redis("HPEXPIRE h 100 FIELDS 1 f");
  redis.time_ms += 99;
  EXPECT_EQ(redis("HGET h f"), "$1\r\n1\r\n");
  EXPECT_EQ(redis("HPTTL h FIELDS 1 f"), "*1\r\n:1\r\n");
  redis.time_ms += 1;
  EXPECT_EQ(redis("HGET h f"), "$-1\r\n");
  EXPECT_EQ(redis("HMGET h f g"), "*2\r\n$-1\r\n$1\r\n2\r\n");
  EXPECT_EQ(redis("HEXISTS h f"), ":0\r\n");
  EXPECT_EQ(redis("HSTRLEN h f"), ":0\r\n");
  EXPECT_EQ(redis("HLEN h"), ":2\r\n");
  EXPECT_EQ(redis("HKEYS h"), "*2\r\n$1\r\ng\r\n$1\r\ni\r\n");
  EXPECT_EQ(redis("HVALS h"), "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
  EXPECT_EQ(redis("HGETALL h"), "*4\r\n$1\r\ng\r\n$1\r\n2\r\n$1\r\ni\r\n$1\r\n3\r\n");
  EXPECT_EQ(redis("HSCAN h 0 MATCH f"), "*2\r\n$1\r\n0\r\n*0\r\n");
  EXPECT_EQ(redis("HRANDFIELD h 9").substr(0, 4), "*2\r\n");
  EXPECT_EQ(redis("HTTL h FIELDS 1 f"), "*1\r\n:-2\r\n");
  EXPECT_EQ(redis("HEXPIRE h 9 FIELDS 1 f"), "*1\r\n:-2\r\n");
  EXPECT_EQ(redis("HPERSIST h FIELDS 1 f"), "*1\r\n:-2\r\n");
  EXPECT_EQ(redis("HDEL h f g"), ":1\r\n");
  redis("RPUSH l 1");
  EXPECT_EQ(redis("SORT l GET h->f BY nosort"), "*1\r\n$-1\r\n");
  EXPECT_EQ(redis("HSETNX h f 9"), ":1\r\n") << "it is new";
  EXPECT_EQ(redis("HTTL h FIELDS 1 f"), "*1\r\n:-1\r\n");
}

TEST(FieldExpiry, AHashWhoseFieldsAreAllPastTheirTimeIsNotThere) {
  Driver redis;
  redis("HSET h f 1 g 2");
  redis("HPEXPIRE h 100 FIELDS 1 f");
  redis("HPEXPIRE h 200 FIELDS 1 g");
  redis.time_ms += 200;
  EXPECT_EQ(redis("EXISTS h"), ":0\r\n");
  EXPECT_EQ(redis("TYPE h"), "+none\r\n");
  EXPECT_EQ(redis("KEYS *"), "*0\r\n");
  EXPECT_EQ(redis("HGETALL h"), "*0\r\n");
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$-1\r\n");
  EXPECT_EQ(redis("RENAME h other"), "-ERR no such key\r\n");
  EXPECT_EQ(redis("DBSIZE"), ":0\r\n") << "the write has deleted it";
  redis("HSET h f 1");
  redis("HPEXPIRE h 100 FIELDS 1 f");
  redis.time_ms += 100;
  EXPECT_EQ(redis("DEL h"), ":0\r\n");
  EXPECT_EQ(redis("HSET h f 1"), ":1\r\n");
  EXPECT_EQ(redis("HPEXPIRE h 0 FIELDS 1 f"), "*1\r\n:2\r\n");
  EXPECT_EQ(redis("EXISTS h"), ":0\r\n");
}

TEST(FieldExpiry, SettingAFieldClearsItsTimeAndCountingKeepsIt) {
  Driver redis;
  redis("HSET h a 1 b 2 c 3 d 4");
  redis("HEXPIRE h 10 FIELDS 4 a b c d");
  redis("HSET h a 5");
  redis("HINCRBY h b 1");
  redis("HINCRBYFLOAT h c 0.5");
  redis("HMSET h d 9");
  EXPECT_EQ(redis("HTTL h FIELDS 4 a b c d"), "*4\r\n:-1\r\n:10\r\n:10\r\n:-1\r\n");
  EXPECT_EQ(redis("HMGET h b c"), "*2\r\n$1\r\n3\r\n$3\r\n3.5\r\n");
  redis("RENAME h other");
  redis("COPY other copied");
  redis("MOVE copied 1");
  EXPECT_EQ(redis("HTTL other FIELDS 1 b"), "*1\r\n:10\r\n");
  redis.database = 1;
  EXPECT_EQ(redis("HTTL copied FIELDS 1 b"), "*1\r\n:10\r\n");
}

TEST(FieldExpiry, EncodingsAreThoseOfRedisAndDumpSaysWhatItCannot) {
  Driver redis;
  redis("HSET h f 1 g 2");
  const std::string plain = redis("DUMP h");
  redis("HEXPIRE h 10 FIELDS 1 f");
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$10\r\nlistpackex\r\n");
  EXPECT_EQ(redis("DUMP h"),
            "-ERR fields of this hash expire, which a payload of Redis 7.0 cannot say; HPERSIST "
            "keeps them\r\n");
  redis("HPERSIST h FIELDS 1 f");
  const std::string dumped = redis("DUMP h");
  EXPECT_EQ(dumped[0], '$');
  EXPECT_EQ(
      redis.call({"RESTORE", "r", "0",
                  dumped.substr(dumped.find('\n') + 1, dumped.size() - dumped.find('\n') - 3)}),
      "+OK\r\n");
  EXPECT_EQ(redis("HGETALL r"), redis("HGETALL h"));
  redis("HEXPIRE h 10 FIELDS 1 f");
  redis.call({"HSET", "h", "long", std::string(65, 'x')});
  EXPECT_EQ(redis("OBJECT ENCODING h"), "$9\r\nhashtable\r\n");
  redis.time_ms += 10000;
  EXPECT_EQ(redis("DUMP h")[0], '$') << "what expires is not there any more";
}

TEST(FieldExpiry, ManyExpiredFieldsGoInSlicesAndOnlyIfTheFirstIsStillTheOneSeen) {
  Driver redis;
  std::vector<std::string> set{"HSET", "h"}, expire{"HPEXPIRE", "h", "100", "FIELDS", "1000"};
  for (int i = 0; i < 1000; ++i) {
    set.insert(set.end(), {"f" + std::to_string(i), "v"});
    expire.push_back("f" + std::to_string(i));
  }
  redis.call(set);
  redis.call(expire);
  redis("HSET h stays 1");
  redis.time_ms += 100;
  const auto sweep = [&](base::UnixMillis first_ms) {
    engine::BatchWriter batch;
    batch.swept_fields({{0, "h", first_ms, 300}});
    redis.apply(batch.seal(redis.time_ms, 0));
    const auto left = redis.engine.expired_fields(redis.time_ms, 5000);
    return left.empty() ? 0 : left[0].count;
  };
  const auto found = redis.engine.expired_fields(redis.time_ms, 300);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].count, 300U) << "a bounded slice";
  EXPECT_EQ(sweep(redis.time_ms + 1), 1000U) << "another first time";
  EXPECT_EQ(redis("HLEN h"), ":1\r\n");
  EXPECT_EQ(sweep(redis.time_ms), 700U);
  EXPECT_EQ(redis("HSET h f1 again"), ":1\r\n") << "the command drops a few more";
  EXPECT_EQ(redis.engine.expired_fields(redis.time_ms, 5000)[0].count, 636U);
  for (int i = 0; i < 3; ++i) sweep(redis.time_ms);
  EXPECT_FALSE(redis.engine.has_field_times());
  EXPECT_EQ(redis("HLEN h"), ":2\r\n");
  EXPECT_EQ(redis("HMGET h stays f1"), "*2\r\n$1\r\n1\r\n$5\r\nagain\r\n");
}

TEST(FieldExpiry, AHashWithoutFieldTimesCostsWhatItCostBefore) {
  Driver redis;
  std::vector<std::string> set{"HSET", "h"};
  for (int i = 0; i < 1000; ++i) set.insert(set.end(), {"f" + std::to_string(i), "v"});
  redis.call(set);
  const std::string before = redis("MEMORY USAGE h");
  redis("HEXPIRE h 10 FIELDS 2 f1 f2");
  EXPECT_GT(std::stoi(redis("MEMORY USAGE h").substr(1)), std::stoi(before.substr(1)));
  redis("HPERSIST h FIELDS 2 f1 f2");
  EXPECT_LE(std::stoi(redis("MEMORY USAGE h").substr(1)), std::stoi(before.substr(1)) + 64);
}

TEST(FieldExpiry, ADigestKnowsTheTimes) {
  Driver redis;
  redis("HSET h f 1");
  redis("HEXPIRE h 10 FIELDS 1 f");
  const std::string dataset = redis.engine.dataset_digest();
  const std::uint64_t digest = redis.engine.digest();
  redis("HEXPIRE h 11 FIELDS 1 f");
  EXPECT_NE(redis.engine.dataset_digest(), dataset);
  EXPECT_NE(redis.engine.digest(), digest);
}

}  // namespace
