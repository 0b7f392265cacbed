// DEBUG DIGEST and DIGEST-VALUE: what the dataset says, and nothing about how it lies.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

std::string digest_after(const std::string& script) {
  Driver redis;
  for (std::size_t at = 0; at < script.size();) {
    const std::size_t end = std::min(script.find('|', at), script.size());
    redis(script.substr(at, end - at));
    at = end + 1;
  }
  return redis.engine.value_digest(0, "k");
}

// Turns dense and becomes small again: a collection never goes back.
std::string grown(const std::string& add, const std::string& remove, int count) {
  std::string script;
  for (int i = 0; i < count; ++i) script += add + std::to_string(1000 + i) + "|";
  for (int i = 0; i < count; ++i) script += remove + std::to_string(1000 + i) + "|";
  return script;
}

TEST(Digest, ACollectionSaysTheSameWhateverItsPacking) {
  EXPECT_EQ(digest_after("SADD k 1 a 2"),
            digest_after("SADD k 2 a 1|" + grown("SADD k ", "SREM k ", 600)));
  EXPECT_EQ(digest_after("HSET k f 1 g x"),
            digest_after("HSET k g x f 1|" + std::string() + "HSET k long " +
                         std::string(100, 'x') + "|HDEL k long"));
  EXPECT_EQ(digest_after("ZADD k 1.5 a 0 b"),
            digest_after("ZADD k -0 b 1.5 a|" + grown("ZADD k 7 ", "ZREM k ", 200)));
  EXPECT_EQ(digest_after("RPUSH k a 1 b"),
            digest_after("RPUSH k a 1 b|RPUSH k " + std::string(9000, 'x') + "|RPOP k"));
}

TEST(Digest, EveryElementAndItsPlaceCount) {
  std::set<std::string> digests;
  const char* scripts[] = {
      "GET k",
      "SET k a",
      "SET k b",
      "SADD k a",
      "SADD k b",
      "SADD k a b",
      "RPUSH k a",
      "RPUSH k a b",
      "RPUSH k b a",
      "RPUSH k a a",
      "HSET k a b",
      "HSET k b a",
      "HSET k a b b a",
      "ZADD k 1 a",
      "ZADD k 2 a",
      "ZADD k 1 b",
      "XADD k 1-1 a b",
      "XADD k 1-2 a b",
      "XADD k 1-1 a c",
      "XADD k 1-1 a b|XDEL k 1-1",
      "XADD k 1-1 a b|XGROUP CREATE k g 0",
      "XADD k 1-1 a b|XGROUP CREATE k g 1-1",
      "XADD k 1-1 a b|XGROUP CREATE k h 0",
      "XADD k 1-1 a b|XGROUP CREATE k g 0|XREADGROUP GROUP g c STREAMS k >",
      "XADD k 1-1 a b|XGROUP CREATE k g 0|XREADGROUP GROUP g d STREAMS k >",
      "XADD k 1-1 a b|XGROUP CREATE k g 0|XREADGROUP GROUP g c STREAMS k >|XACK k g 1-1"};
  for (const char* script : scripts)
    EXPECT_TRUE(digests.insert(digest_after(script)).second) << script;
}

// What was answered is part of it, also where it changed nothing.
TEST(AppliedDigest, TellsRepliesOfOtherLengthsApart) {
  for (const std::uint32_t rules : {engine::kRulesWithDigest, engine::kRulesWithReplies}) {
    std::vector<std::uint64_t> digests;
    for (const char* value : {"short", "longer"}) {
      Driver redis;
      const std::vector<std::string_view> set{"SET", "k", value}, get{"GET", "k"};
      engine::BatchWriter before, after;
      before.command(0, {}, false, set);
      redis.apply(before.seal(redis.time_ms, 0, 0, 0));  // older rules: no digest yet
      after.exec({}, false, {}, false, {{0, false, get}});
      redis.apply(after.seal(redis.time_ms, 0, 0, rules));
      digests.push_back(redis.engine.applied_digest().value);
    }
    EXPECT_EQ(digests[0] != digests[1], rules == engine::kRulesWithReplies) << rules;
  }
}

}  // namespace
