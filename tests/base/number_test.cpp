// Numbers as Redis 7.0 accepts and prints them; the expectations were asked of a real server (ZADD,
// ZSCORE, INCRBYFLOAT).
#include "base/number.h"

#include <gtest/gtest.h>

#include "base/extended.h"

#include <cmath>
#include <limits>

namespace {

std::string printed(double value) {
  char buffer[base::kDoubleTextBytesMax];
  return std::string(base::double_text(value, buffer));
}

// What INCRBYFLOAT answers for a key that holds `a`.
std::string sum(const char* a, const char* b) {
  const auto left = base::parse_extended(a);
  const auto right = base::parse_extended(b);
  EXPECT_TRUE(left && right) << a << " " << b;
  return left && right ? base::Extended::sum(*left, *right)->text() : "";
}

TEST(Number, IntegersAreCanonicalOrRefused) {
  EXPECT_EQ(base::parse_integer("0"), 0);
  EXPECT_EQ(base::parse_integer("-1"), -1);
  EXPECT_EQ(base::parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(base::parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text :
       {"", "-", "+1", "01", "-01", "-0", "00", " 1", "1 ", "1x", "0x1", "1.0",
        "9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
    EXPECT_FALSE(base::parse_integer(text)) << text;
  }
  EXPECT_FALSE(base::parse_integer(std::string_view("1\0", 2)));
}

TEST(Number, UnsignedReachesTheLast64BitValueAndNoSign) {
  EXPECT_EQ(base::parse_unsigned("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", "-1", "+1", "01", "18446744073709551616"})
    EXPECT_FALSE(base::parse_unsigned(text)) << text;
}

TEST(Number, AnIntegerSurvivesItsText) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(base::parse_integer(base::integer_text(value)), value);
  }
}

TEST(Number, DoublesFillTheWholeText) {
  EXPECT_EQ(base::parse_double("3.5"), 3.5);
  EXPECT_EQ(base::parse_double("+1"), 1.0);
  EXPECT_EQ(base::parse_double(".5"), 0.5);
  EXPECT_EQ(base::parse_double("5."), 5.0);
  EXPECT_EQ(base::parse_double("1e3"), 1000.0);
  EXPECT_EQ(base::parse_double("0x1p-3"), 0.125);
  EXPECT_EQ(base::parse_double("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(base::parse_double("5e-324"), std::numeric_limits<double>::denorm_min());
  for (const char* text : {"", " 1", "1 ", "\t1", "nan", "NaN(1)", "1e", "1_0", "e5", "1e400",
                           "-1e400", "1e-400", "0x"}) {
    EXPECT_FALSE(base::parse_double(text)) << text;
  }
  EXPECT_FALSE(base::parse_double(std::string_view("1\0", 2)));
}

TEST(Number, ADoubleMayBeOfAnyLengthAnExtendedOfFewerThan5120Bytes) {
  const auto one_of = [](std::size_t size) { return std::string(size - 1, '0') + "1"; };
  for (const std::size_t size : {255U, 256U, 257U, 5119U, 5120U, 20000U})
    EXPECT_EQ(base::parse_double(one_of(size)), 1.0);
  EXPECT_TRUE(base::parse_extended(one_of(5119)));
  EXPECT_FALSE(base::parse_extended(one_of(5120)));
}

TEST(Number, DoublesArePrintedWithSeventeenDigits) {
  EXPECT_EQ(printed(3.141), "3.141");
  EXPECT_EQ(printed(3.3), "3.2999999999999998");
  EXPECT_EQ(printed(1e17), "1e+17");
  EXPECT_EQ(printed(123456789012345678.0), "1.2345678901234568e+17");
  EXPECT_EQ(printed(1e-7), "9.9999999999999995e-08");
  EXPECT_EQ(printed(1e300), "1.0000000000000001e+300");
  EXPECT_EQ(printed(-std::numeric_limits<double>::max()), "-1.7976931348623157e+308");
  EXPECT_EQ(printed(5e-324), "4.9406564584124654e-324");
  EXPECT_EQ(printed(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(printed(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Number, SumsOfIncrbyfloatAreRediss) {
  EXPECT_EQ(sum("10.5", "0.1"), "10.6");
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(sum("3", "1.000000000000000005"), "4.00000000000000001");
  EXPECT_EQ(sum("1e17", "0.3"), "100000000000000000.296875");
  EXPECT_EQ(sum("18446744073709551615", "1"), "18446744073709551616");
  EXPECT_EQ(sum("18446744073709551616", "0.5"), "18446744073709551616");
  EXPECT_EQ(sum("0x.8", "0X1P2"), "4.5");
  EXPECT_EQ(sum("0", "1e300").substr(0, 25), "1000000000000000000008997");
  EXPECT_EQ(sum("1e4932", "0").substr(0, 30), "100000000000000000000601894938");
}

TEST(Number, WhatRoundsToNothingIsZeroWithoutSign) {
  EXPECT_EQ(sum("-0", "-0"), "0");
  EXPECT_EQ(sum("-5e-18", "0"), "0");
  EXPECT_EQ(sum("-6e-18", "0"), "-0.00000000000000001");
  EXPECT_EQ(sum("0", "1e-4940"), "0");
}

TEST(Number, ExtendedsOutOfRangeAreRefused) {
  for (const char* text : {"", " 1", "nan", "nan(1)", "1e4933", "1.2e4932", "1e-4960", "1e-5000",
                           "0x1p-16446", "1 "}) {
    EXPECT_FALSE(base::parse_extended(text)) << text;
  }
  EXPECT_TRUE(base::parse_extended("0x1p-16445"));
  EXPECT_TRUE(base::parse_extended("inf"));  // INCRBYFLOAT refuses the sum instead
}

}  // namespace
