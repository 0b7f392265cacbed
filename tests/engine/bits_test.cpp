// Bits of strings against a naive model, and stories of the commands; redis-compat compares them
// all with a real server.
#include "engine/types/bits.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "tests/engine/model.h"

namespace {

namespace bits = engine::bits;
using engine_test::Driver;

std::string random_bytes(base::Prng& prng) {
  std::string bytes(1 + prng.below(80), prng.chance(1, 2) ? '\0' : '\xff');
  for (std::uint64_t i = prng.below(6); i > 0; --i)
    bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
  return bytes;
}

TEST(Bits, CountingAndSearchingAgreeWithLookingAtEachBit) {
  base::Prng prng(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = random_bytes(prng);
    const std::uint64_t first = prng.below(bytes.size() * 8);
    const std::uint64_t last = first + prng.below(bytes.size() * 8 - first);
    std::uint64_t ones = 0;
    std::optional<std::uint64_t> found[2];
    for (std::uint64_t i = first; i <= last; ++i) {
      const bool bit = bits::get(bytes, i);
      ones += bit ? 1 : 0;
      if (!found[bit]) found[bit] = i;
    }
    EXPECT_EQ(bits::count(bytes, {first, last}), ones);
    EXPECT_EQ(bits::find(bytes, {first, last}, false), found[0]);
    EXPECT_EQ(bits::find(bytes, {first, last}, true), found[1]);
  }
}

TEST(Bits, WhatIsWrittenInAFieldIsReadAndItsNeighboursStay) {
  base::Prng prng(2);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = random_bytes(prng) + std::string(9, '\x5a');
    const std::string before = bytes;
    const bool is_signed = prng.chance(1, 2);
    const bits::Field field{is_signed, 1 + static_cast<std::uint32_t>(prng.below(63)),
                            prng.below((before.size() - 9) * 8)};
    const auto value =
        bits::fitted(field, static_cast<std::int64_t>(prng.next()), 0, bits::Overflow::kWrap);
    bits::write_field(bytes, field, *value);
    EXPECT_EQ(bits::read_field(bytes, field), *value);
    for (std::uint64_t i = 0; i < bytes.size() * 8; ++i) {
      const bool is_inside = i >= field.offset && i < field.offset + field.width;
      ASSERT_TRUE(is_inside || bits::get(bytes, i) == bits::get(before, i));
    }
  }
}

TEST(Bits, AFieldWrapsSaturatesOrRefuses) {
  const bits::Field small{false, 4, 0}, byte{true, 8, 0}, whole{true, 64, 0};
  EXPECT_EQ(bits::fitted(small, 15, 2, bits::Overflow::kWrap), 1);
  EXPECT_EQ(bits::fitted(small, 15, 2, bits::Overflow::kSaturate), 15);
  EXPECT_EQ(bits::fitted(small, 1, -2, bits::Overflow::kSaturate), 0);
  EXPECT_EQ(bits::fitted(small, 15, 2, bits::Overflow::kFail), std::nullopt);
  EXPECT_EQ(bits::fitted(byte, 127, 1, bits::Overflow::kWrap), -128);
  EXPECT_EQ(bits::fitted(byte, -129, 0, bits::Overflow::kSaturate), -128);
  EXPECT_EQ(bits::fitted(whole, INT64_MAX, 1, bits::Overflow::kWrap), INT64_MIN);
  EXPECT_EQ(bits::fitted(byte, INT64_MIN, 0, bits::Overflow::kSaturate), 127) << "as Redis";
}

TEST(Bitmaps, ABitIsSetReadCountedAndFound) {
  Driver redis;
  EXPECT_EQ(redis("SETBIT k 100 1"), ":0\r\n");
  EXPECT_EQ(redis("SETBIT k 100 1"), ":1\r\n");
  EXPECT_EQ(redis("STRLEN k"), ":13\r\n");
  EXPECT_EQ(redis("GETBIT k 100"), ":1\r\n");
  EXPECT_EQ(redis("BITCOUNT k 96 -1 BIT"), ":1\r\n");
  EXPECT_EQ(redis("BITPOS k 1"), ":100\r\n");
  EXPECT_EQ(redis("BITPOS k 0 12 12 BYTE"), ":96\r\n");
  EXPECT_EQ(redis("SETBIT k 4294967296 1"),
            "-ERR bit offset is not an integer or out of range\r\n");
  EXPECT_EQ(redis("SETBIT k 1 2"), "-ERR bit is not an integer or out of range\r\n");
  EXPECT_EQ(redis("BITCOUNT k 0"), "-ERR syntax error\r\n");
  EXPECT_EQ(redis("BITPOS k 2"), "-ERR The bit argument must be 1 or 0.\r\n");
  redis("RPUSH l x");
  EXPECT_TRUE(redis("SETBIT l 0 1").starts_with("-WRONGTYPE"));
  EXPECT_TRUE(redis("BITCOUNT l").starts_with("-WRONGTYPE"));
}

TEST(Bitmaps, StringsAreCombinedAndAnEmptyResultRemovesTheTarget) {
  Driver redis;
  redis("SET a abc");
  redis("SET b ABCD");
  EXPECT_EQ(redis("BITOP XOR c a b"), ":4\r\n");
  EXPECT_EQ(redis("GET c"), "$4\r\n   D\r\n");
  EXPECT_EQ(redis("BITOP AND c a none"), ":3\r\n");
  EXPECT_EQ(redis("BITOP OR c none"), ":0\r\n");
  EXPECT_EQ(redis("EXISTS c"), ":0\r\n");
  EXPECT_EQ(redis("BITOP NOT c a b"),
            "-ERR BITOP NOT must be called with a single source key.\r\n");
  EXPECT_EQ(redis("BITOP NAND c a"), "-ERR syntax error\r\n");
}

TEST(Bitmaps, IntegersOfAnyWidthAreKeptWithinAString) {
  Driver redis;
  EXPECT_EQ(redis("BITFIELD k SET u8 #1 200 OVERFLOW SAT INCRBY u8 8 100 GET i8 8"),
            "*3\r\n:0\r\n:255\r\n:-1\r\n");
  EXPECT_EQ(redis("BITFIELD k OVERFLOW FAIL INCRBY u8 8 1"), "*1\r\n$-1\r\n");
  EXPECT_EQ(redis("BITFIELD_RO k GET u8 8"), "*1\r\n:255\r\n");
  EXPECT_EQ(redis("BITFIELD_RO k SET u8 8 1"),
            "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
  EXPECT_EQ(redis("BITFIELD none GET u8 8"), "*1\r\n:0\r\n");
  EXPECT_EQ(redis("EXISTS none"), ":0\r\n");
  EXPECT_TRUE(redis("BITFIELD k GET u64 0").starts_with("-ERR Invalid bitfield type"));
  EXPECT_EQ(redis("BITFIELD k OVERFLOW x"), "-ERR Invalid OVERFLOW type specified\r\n");
}

}  // namespace
