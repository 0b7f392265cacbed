// The keyed hash, and that a secret which is drawn late changes nothing that anybody sees.
#include "engine/types/hash_secret.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/keyspace/dense_table.h"
#include "engine/rules/settings.h"
#include "tests/engine/model.h"
#include "tests/engine/random_commands.h"

namespace engine {
namespace {

using engine_test::Driver;

constexpr std::string_view kDigits = "00112233445566778899aabbccddeeff";

std::string setting(std::string_view digits) {
  BatchWriter writer;
  writer.setting(Settings::kHashSecret, digits);
  return writer.seal(1, 1);
}

// As Python 3.11 has it: hash(bytes) with PYTHONHASHSEED=0.
TEST(HashSecret, IsSipHashWithOneAndThreeRounds) {
  EXPECT_EQ(kNoSecret.hash_of("a"), 0x407448d2b89b1813U);
  EXPECT_EQ(kNoSecret.hash_of("abc"), 0xc03bc3a0042630f2U);
  EXPECT_EQ(kNoSecret.hash_of("12345678"), 0x3489982430560a87U);
  EXPECT_EQ(kNoSecret.hash_of("Quorate keeps it"), 0x64b17a053df17ec5U);
  EXPECT_EQ(kNoSecret.hash_of("0123456789abcdefghijk"), 0x354c6986c30b56b7U);
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(kNoSecret.hash_of(bytes), 0x7176378efd9e8a23U);
}

TEST(HashSecret, IsReadFromDigits) {
  const auto secret = HashSecret::parse(kDigits);
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->first, 0x0011223344556677U);
  EXPECT_EQ(secret->second, 0x8899aabbccddeeffU);
  EXPECT_NE(secret->hash_of("a"), kNoSecret.hash_of("a"));
  for (const std::string_view wrong : {"", "0", "0011223344556677 899aabbccddeeff"})
    EXPECT_FALSE(HashSecret::parse(wrong)) << wrong;
}

// Keys that meet in one place of the index without a secret are spread with one.
TEST(HashSecret, WhatWasMadeUpToCollideIsSpread) {
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < 64; ++i) {
    std::string key = "key:" + std::to_string(i);
    if (kNoSecret.hash_of(key) >> 54 == 0) keys.push_back(std::move(key));
  }
  const auto secret = HashSecret::parse(kDigits);
  std::set<std::uint64_t> places;
  for (const std::string& key : keys) places.insert(secret->hash_of(key) >> 54);
  EXPECT_GT(places.size(), 50U);
}

TEST(HashSecret, NothingThatIsSeenDependsOnIt) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    base::Prng prng(seed);
    Driver without, with;
    without.apply(setting(std::string(std::string_view(kDigits).size(), '0')));
    with.apply(setting(kDigits));
    for (int i = 0; i < 400; ++i) {
      const auto words = engine_test::random_command(prng);
      ASSERT_EQ(without.call(words), with.call(words)) << seed << ' ' << i;
    }
    EXPECT_EQ(without.engine.dataset_digest(), with.engine.dataset_digest());
  }
}

TEST(HashSecret, ALateOneHoldsForWhatIsCreatedOrLoadedFromThenOn) {
  Driver redis;
  for (int i = 0; i < 3000; ++i) {
    redis.call({"SET", "key" + std::to_string(i), "v"});
    redis.call({"SADD", "set", "member" + std::to_string(i)});
  }
  redis.apply(setting(kDigits));
  const auto expect_all = [](Driver& driver, const char* told) {
    for (int i = 0; i < 3000; ++i) {
      ASSERT_EQ(driver.call({"EXISTS", "key" + std::to_string(i)}), ":1\r\n") << told << i;
      ASSERT_EQ(driver.call({"SISMEMBER", "set", "member" + std::to_string(i)}), ":1\r\n") << told;
    }
  };
  expect_all(redis, "kept");
  const std::string copied = redis.call({"COPY", "set", "copy"});
  EXPECT_EQ(copied, ":1\r\n");
  Driver loaded;
  loaded.engine = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
  EXPECT_EQ(loaded.engine.setting(Settings::kHashSecret), kDigits);
  EXPECT_EQ(loaded.engine.digest(), redis.engine.digest());
  expect_all(loaded, "loaded");
  redis.call({"FLUSHALL"});
  redis.call({"SET", "k", "v"});
  EXPECT_EQ(redis.call({"GET", "k"}), "$1\r\nv\r\n");
}

}  // namespace
}  // namespace engine
