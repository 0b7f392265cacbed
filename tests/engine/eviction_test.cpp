// Eviction: who is chosen by each policy, and that what is applied is judged by what was seen.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>

#include "engine/state/eviction.h"
#include "engine/types/long_text.h"
#include "tests/base/rounds.h"
#include "tests/engine/model.h"
#include "tests/engine/random_commands.h"

namespace {

using engine::EvictionOrder;
using engine_test::Driver;

std::set<std::string> chosen(const Driver& redis, const engine::EvictionPolicy& policy,
                             std::size_t count, std::uint64_t seed = 1) {
  base::Prng prng(seed);
  std::set<std::string> keys;
  for (const auto& victim : redis.engine.victims(policy, redis.time_ms, UINT64_MAX, count, prng))
    keys.insert(victim.key);
  return keys;
}

engine::EvictionPolicy policy_of(EvictionOrder order, bool is_volatile = false) {
  return {.is_off = false, .is_volatile = is_volatile, .order = order, .samples = 64};
}

// Takes out what was seen now, when it is applied.
std::string evict(Driver& redis, const std::vector<engine::Engine::Victim>& victims) {
  engine::BatchWriter batch;
  std::vector<engine::EvictedKey> keys;
  for (const auto& one : victims) keys.push_back({one.database, one.key, one.fingerprint});
  batch.evicted(keys);
  return redis.apply(batch.seal(redis.time_ms, 0));
}

std::vector<engine::Engine::Victim> victim(const Driver& redis) {
  base::Prng prng(1);
  return redis.engine.victims(policy_of(EvictionOrder::kRandom), redis.time_ms, 1, 1, prng);
}

TEST(Eviction, LeastRecentlyUsedKeysGoFirstAndReadingCounts) {
  Driver redis;
  redis("SET old 1");
  redis("SET read 1");
  redis.time_ms += 60'000;
  redis("SET young 1");
  redis("GET read");
  EXPECT_EQ(chosen(redis, policy_of(EvictionOrder::kLeastRecent), 1), std::set<std::string>{"old"});
  EXPECT_EQ(redis("OBJECT IDLETIME old"), ":60\r\n");
  EXPECT_EQ(redis("OBJECT IDLETIME read"), ":0\r\n");
}

TEST(Eviction, LeastFrequentlyUsedKeysGoFirst) {
  Driver redis;
  redis.engine.set_access_rules({.is_frequency = true});
  redis("SET seldom 1");
  redis("SET often 1");
  EXPECT_EQ(redis("OBJECT FREQ seldom"), ":5\r\n");
  for (int i = 0; i < 100; ++i) redis("GET often");
  EXPECT_NE(redis("OBJECT FREQ often"), ":5\r\n");
  EXPECT_EQ(chosen(redis, policy_of(EvictionOrder::kLeastFrequent), 1),
            std::set<std::string>{"seldom"});
}

TEST(Eviction, AFrequencyDecaysByTheMinute) {
  Driver redis;
  redis.engine.set_access_rules({.is_frequency = true, .decay_minutes = 2});
  redis("SET k 1");
  redis.time_ms += 4 * 60'000;
  EXPECT_EQ(redis("OBJECT FREQ k"), ":3\r\n");
  redis.time_ms += 60 * 60'000;
  EXPECT_EQ(redis("OBJECT FREQ k"), ":0\r\n");
  redis.engine.set_access_rules({.is_frequency = true, .decay_minutes = 0});
  EXPECT_EQ(redis("OBJECT FREQ k"), ":5\r\n") << "0: never";
}

TEST(Eviction, OneOfIdletimeAndFreqIsRefusedByThePolicy) {
  Driver redis;
  redis("SET k 1");
  EXPECT_EQ(redis("OBJECT FREQ k").substr(0, 48),
            "-ERR An LFU maxmemory policy is not selected, ac");
  redis.engine.set_access_rules({.is_frequency = true});
  EXPECT_EQ(redis("OBJECT IDLETIME k").substr(0, 46),
            "-ERR An LFU maxmemory policy is selected, idle");
  EXPECT_EQ(redis("OBJECT IDLETIME none"), "$-1\r\n");
}

TEST(Eviction, VolatilePoliciesTouchOnlyKeysThatExpireAndTtlTakesTheSoonest) {
  Driver redis;
  redis("SET stays 1");
  EXPECT_FALSE(redis.engine.has_victims(policy_of(EvictionOrder::kSoonest, true)));
  EXPECT_TRUE(redis.engine.has_victims(policy_of(EvictionOrder::kRandom)));
  redis("SET late 1 EX 1000");
  redis("SET soon 1 EX 100");
  EXPECT_EQ(chosen(redis, policy_of(EvictionOrder::kSoonest, true), 1),
            std::set<std::string>{"soon"});
  EXPECT_EQ(chosen(redis, policy_of(EvictionOrder::kLeastRecent, true), 10),
            (std::set<std::string>{"late", "soon"}));
  EXPECT_EQ(chosen(redis, {}, 10), std::set<std::string>{}) << "noeviction";
}

TEST(Eviction, VictimsComeFromAllDatabasesAndOnlyAsManyAsAreWanted) {
  Driver redis;
  redis("SET a 1");
  redis("SET b 1");
  redis("MOVE b 1");
  EXPECT_EQ(chosen(redis, policy_of(EvictionOrder::kRandom), 10),
            (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(victim(redis).size(), 1U);
}

TEST(Eviction, AKeyThatIsStillWhatWasSeenGoesWithItsEventAndIsCounted) {
  Driver redis;
  redis("SET k v");
  evict(redis, victim(redis));
  EXPECT_EQ(redis("EXISTS k"), ":0\r\n");
  EXPECT_EQ(redis.engine.statistics().evicted_keys, 1U);
}

TEST(Eviction, AKeyThatChangedMeanwhileStays) {
  for (const char* change : {"SET k w", "EXPIRE k 100", "APPEND k w", "RENAME k l"}) {
    Driver redis;
    redis("SET k v");
    const auto seen = victim(redis);
    redis(change);
    evict(redis, seen);
    EXPECT_EQ(redis("DBSIZE"), ":1\r\n") << change;
    EXPECT_EQ(redis.engine.statistics().evicted_keys, 0U);
  }
  Driver redis;
  redis("SADD s a b");
  const auto seen = victim(redis);
  redis("SADD s c");
  evict(redis, seen);
  EXPECT_EQ(redis("SCARD s"), ":3\r\n");
}

TEST(Eviction, UsesToldByAnotherNodeCountHereAndAreNoState) {
  Driver redis, other;
  redis.engine.set_access_rules({.is_gathering = true});
  for (Driver* node : {&redis, &other}) {
    (*node)("SET hot 1");
    (*node)("SET cold 1");
    node->time_ms += 60'000;
  }
  redis("GET hot");
  const std::string uses = redis.engine.take_uses();
  EXPECT_EQ(redis.engine.take_uses(), "") << "told once";
  const std::uint64_t before = other.engine.digest();
  other.engine.note_uses(uses, other.time_ms);
  other.engine.note_uses(uses.substr(1), other.time_ms);
  other.engine.note_uses(
      "\xff"
      "12345678junk",
      other.time_ms);
  EXPECT_EQ(other.engine.digest(), before);
  EXPECT_EQ(chosen(other, policy_of(EvictionOrder::kLeastRecent), 1),
            std::set<std::string>{"cold"});
}

TEST(Eviction, AFingerprintIsOfTheContentAndNotOfHowItLies) {
  using engine::Entry;
  using engine::Value;
  const std::string text(1000, 'x');
  const auto long_text =
      engine::CollectionRef(std::make_unique<engine::LongText>(std::string_view(text)));
  EXPECT_EQ(
      engine::eviction_fingerprint(
          Entry("k", Value::from_collection(long_text), engine::kNoExpiry)),
      engine::eviction_fingerprint(Entry("k", Value::from_text(text, true), engine::kNoExpiry)));
}

TEST(Eviction, FingerprintsAreTheSameAfterExportAndImport) {
  const auto fingerprints = [](const Driver& redis) {
    base::Prng prng(1);
    std::map<std::string, std::uint64_t> found;
    for (const auto& victim : redis.engine.victims(policy_of(EvictionOrder::kRandom), redis.time_ms,
                                                   UINT64_MAX, 5000, prng))
      found[std::to_string(victim.database) + victim.key] = victim.fingerprint;
    return found;
  };
  for (std::uint64_t seed = 1; seed <= base_test::rounds(10U); ++seed) {
    base::Prng prng(seed);
    Driver redis;
    for (int i = 0; i < 500; ++i) redis.call(engine_test::random_command(prng));
    const auto before = fingerprints(redis);
    EXPECT_FALSE(before.empty());
    redis.engine = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
    const auto after = fingerprints(redis);
    for (const auto& [key, fingerprint] : before) {
      const auto found = after.find(key);
      if (found != after.end()) {
        EXPECT_EQ(found->second, fingerprint) << seed << ' ' << key;
      }
    }
  }
}

TEST(Eviction, WhatWasLoadedCountsAsUsedThen) {
  Driver redis;
  redis("SET k 1");
  redis.time_ms += 100'000;
  redis("SET other 1");
  redis.engine = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
  redis.time_ms += 5'000;
  EXPECT_EQ(redis("OBJECT IDLETIME k"), ":5\r\n");
}

}  // namespace
