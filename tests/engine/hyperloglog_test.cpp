// HyperLogLogs: both forms against plain registers, and hostile bytes; redis-compat compares the
// bytes with those of a real server.
#include "engine/types/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.h"
#include "engine/context/context.h"
#include "tests/base/rounds.h"
#include "tests/engine/model.h"

namespace {

namespace hll = engine::hyperloglog;
using engine_test::Driver;

constexpr std::string_view kCorrupt = "-INVALIDOBJ Corrupted HLL object detected\r\n";

TEST(Hyperloglog, SparseAndDenseHoldTheSameRegisters) {
  base::Prng prng(3);
  for (const std::uint64_t bytes_max : {0U, 100U, 3000U, 100000U}) {
    std::string bytes = hll::make();
    hll::Registers expected{};
    for (int i = 0; i < 6000; ++i) {
      const auto index = static_cast<std::uint32_t>(prng.below(hll::kRegisters) /
                                                    (1 + static_cast<std::uint64_t>(i) % 7));
      const auto value = static_cast<std::uint8_t>(1 + prng.below(prng.chance(1, 500) ? 50 : 5));
      const bool is_higher = value > expected[index];
      expected[index] = std::max(expected[index], value);
      EXPECT_EQ(hll::raise(bytes, index, value, bytes_max),
                is_higher ? hll::Outcome::kChanged : hll::Outcome::kUnchanged);
    }
    hll::Registers found{};
    ASSERT_TRUE(hll::is_one(bytes));
    ASSERT_TRUE(hll::merge(bytes, found));
    EXPECT_EQ(found, expected);
    EXPECT_EQ(hll::count(bytes), hll::count(expected));
    ASSERT_TRUE(hll::make_dense(bytes));
    EXPECT_EQ(hll::count(bytes), hll::count(expected));
  }
}

TEST(Hyperloglog, TheEstimateIsNearTheTruth) {
  std::string bytes = hll::make();
  for (int i = 0; i < 50000; ++i)
    static_cast<void>(hll::add(bytes, "element " + std::to_string(i), 3000));
  EXPECT_TRUE(hll::is_dense(bytes));
  EXPECT_NEAR(static_cast<double>(*hll::count(bytes)), 50000, 1500);
}

TEST(Hyperloglog, NoBytesOfAClientDoHarm) {
  base::Prng prng(4);
  for (int round = 0; round < base_test::rounds(3000); ++round) {
    std::string bytes = hll::make().substr(0, 16);
    for (std::uint64_t i = prng.below(200); i > 0; --i)
      bytes.push_back(static_cast<char>(prng.chance(1, 3) ? 0x7f : prng.below(256)));
    hll::Registers registers{};
    static_cast<void>(hll::decoded(bytes));
    static_cast<void>(hll::count(bytes));
    static_cast<void>(hll::merge(bytes, registers));
    for (int i = 0; i < 20; ++i) {
      const auto index = static_cast<std::uint32_t>(prng.below(hll::kRegisters));
      static_cast<void>(
          hll::raise(bytes, index, static_cast<std::uint8_t>(1 + prng.below(51)), 300));
    }
    ASSERT_TRUE(hll::is_one(bytes));
  }
}

TEST(Hyperloglog, CountKeepsItsEstimateInTheStringUntilTheNextChange) {
  Driver redis;
  redis("PFADD k a b c");
  const std::string stale = redis("GET k");
  EXPECT_EQ(redis("PFCOUNT k"), ":3\r\n");
  const std::string kept = redis("GET k");
  EXPECT_NE(stale, kept);
  EXPECT_EQ(redis("PFADD k a"), ":0\r\n");
  EXPECT_EQ(redis("GET k"), kept);
  EXPECT_EQ(redis("PFADD k d"), ":1\r\n");
  EXPECT_EQ(redis("PFCOUNT k"), ":4\r\n");
  EXPECT_EQ(redis("PFCOUNT k none"), ":4\r\n");
}

TEST(Hyperloglog, MergedIntoAnother) {
  Driver redis;
  redis("PFADD a 1 2 3");
  redis("PFADD b 3 4");
  EXPECT_EQ(redis("PFMERGE c a b none"), "+OK\r\n");
  EXPECT_EQ(redis("PFCOUNT c"), ":4\r\n");
  EXPECT_EQ(redis("PFDEBUG ENCODING c"), "+sparse\r\n");
  EXPECT_EQ(redis("PFDEBUG TODENSE a"), ":1\r\n");
  EXPECT_EQ(redis("PFMERGE c a"), "+OK\r\n");
  EXPECT_EQ(redis("PFDEBUG ENCODING c"), "+dense\r\n") << "as one of its sources";
  EXPECT_EQ(redis("PFDEBUG DECODE c"), "-ERR HLL encoding is not sparse\r\n");
  EXPECT_EQ(redis("PFDEBUG ENCODING none"), "-ERR The specified key does not exist\r\n");
  EXPECT_EQ(redis("PFDEBUG x c"), "-ERR Unknown PFDEBUG subcommand 'x'\r\n");
  EXPECT_EQ(redis("PFSELFTEST"), "+OK\r\n");
}

TEST(Hyperloglog, WhatIsNoneIsRefused) {
  Driver redis;
  redis("SET s text");
  redis("SET n 12345");
  redis("RPUSH l x");
  for (const std::string key : {"s", "n"}) {
    EXPECT_EQ(redis("PFADD " + key + " a"),
              "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n");
    EXPECT_TRUE(redis("PFCOUNT " + key).starts_with("-WRONGTYPE Key"));
    EXPECT_TRUE(redis("PFMERGE t " + key).starts_with("-WRONGTYPE Key"));
  }
  EXPECT_TRUE(redis("PFADD l a").starts_with("-WRONGTYPE Operation"));
  redis("PFADD h a b");
  redis("SETRANGE h 18 xxxxx");
  EXPECT_EQ(redis("PFCOUNT h"), kCorrupt);
  EXPECT_EQ(redis("PFCOUNT h none"), kCorrupt);
  EXPECT_EQ(redis("PFMERGE t h"), kCorrupt);
  EXPECT_EQ(redis("PFDEBUG TODENSE h"), kCorrupt);
  EXPECT_EQ(redis("PFDEBUG GETREG h"), kCorrupt);
}

}  // namespace
