// The extended precision against the processor's own, where it has one.
#include "base/extended.h"

#include <gtest/gtest.h>

#include <bit>
#include <cerrno>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/prng.h"

namespace {

using base::Extended;
using base::parse_extended;

#if LDBL_MANT_DIG == 64

std::string native_text(long double value) {
  static char buffer[6 * 1024];
  const int size = std::snprintf(buffer, sizeof buffer, "%.17Lf", value);
  std::string text(buffer, static_cast<std::size_t>(size));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

// nullopt: refused, as parse_extended says it.
std::optional<long double> native(const std::string& text) {
  if (text.empty() || text[0] == ' ') return {};  // strtold minds neither
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(text.c_str(), &end);
  if (end != text.c_str() + text.size() || std::isnan(value)) return {};
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return {};
  return value;
}

void expect_same(const std::string& text) {
  const auto ours = parse_extended(text);
  const auto theirs = native(text);
  ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
  if (!ours || std::isinf(*theirs)) return;
  ASSERT_EQ(ours->text(), native_text(*theirs)) << text;
}

std::string random_number(base::Prng& prng) {
  std::string text(prng.chance(1, 3) ? "-" : "");
  const bool is_hexadecimal = prng.chance(1, 8);
  if (is_hexadecimal) text += "0x";
  const std::string_view digits = is_hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
  const auto some = [&](std::uint64_t most) {
    for (std::uint64_t left = prng.below(most); left > 0; --left)
      text += prng.chance(1, 4) ? '0' : digits[prng.below(digits.size())];
  };
  const std::uint64_t most = prng.chance(1, 20) ? 900 : 24;
  some(most);
  if (prng.chance(2, 3)) text += ".", some(most);
  if (prng.chance(1, 3)) {
    text += is_hexadecimal ? 'p' : 'e';
    const std::uint64_t range = prng.chance(1, 8) ? 17000 : prng.chance(1, 8) ? 5000 : 30;
    if (prng.chance(1, 2)) text += '-';
    text += std::to_string(prng.below(range));
  }
  return text;
}

TEST(Extended, ReadsAndPrintsWhatTheProcessorDoes) {
  base::Prng prng(1);
  for (int i = 0; i < 4'000; ++i) expect_same(random_number(prng));
  for (const char* text : {"",
                           ".",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "0",
                           "-0",
                           "1e",
                           "1e+",
                           "1e5x",
                           "0x",
                           "0x.",
                           "0x1p",
                           "0x1p-16445",
                           "0x1p-16446",
                           "0x1.8p-16446",
                           "0x1p16383",
                           "0x1p16384",
                           "1e4932",
                           "1e4933",
                           "1.18973149535723176502e4932",
                           "1.18973149535723176508575932662800702e4932",
                           "3.6e-4951",
                           "1.8e-4951",
                           "1.9e-4951",
                           "1e99999999999",
                           "1e-99999999999",
                           "0e99999999999",
                           "9223372036854775808",
                           "18446744073709551615.5",
                           "18446744073709551616.5",
                           "36893488147419103231",
                           "36893488147419103233",
                           "0.000000000000000005",
                           "0.0000000000000000049999",
                           "inf",
                           "-Infinity",
                           "infinit",
                           "nan",
                           "1e-4960",
                           " 1",
                           "1 "})
    expect_same(text);
}

TEST(Extended, AddsAsTheProcessorDoes) {
  base::Prng prng(2);
  for (int i = 0; i < 4'000; ++i) {
    const std::string a = random_number(prng), b = random_number(prng);
    const auto first = parse_extended(a), second = parse_extended(b);
    if (!first || !second) continue;
    const long double sum = *native(a) + *native(b);
    const auto ours = Extended::sum(*first, *second);
    ASSERT_TRUE(ours);
    ASSERT_EQ(ours->is_infinite(), std::isinf(sum)) << a << " + " << b;
    if (!std::isinf(sum)) {
      ASSERT_EQ(ours->text(), native_text(sum)) << a << " + " << b;
    }
  }
}

TEST(Extended, AddsInfinitiesAsTheProcessorDoes) {
  for (const char* a : {"0", "-0", "1", "-3.5", "inf", "-inf"}) {
    for (const char* b : {"0", "1", "inf", "-inf"}) {
      const long double sum = *native(a) + *native(b);
      const auto ours = Extended::sum(*parse_extended(a), *parse_extended(b));
      ASSERT_EQ(ours.has_value(), !std::isnan(sum)) << a << " + " << b;
      if (ours) {
        EXPECT_EQ(ours->is_infinite(), std::isinf(sum)) << a << " + " << b;
      }
    }
  }
}

TEST(Extended, BecomesMillisecondsAsTheProcessorRoundsThem) {
  base::Prng prng(3);
  for (int i = 0; i < 4'000; ++i) {
    const std::string text = random_number(prng);
    const auto ours = parse_extended(text);
    if (!ours) continue;
    const long double ms = *native(text) * 1000;
    const bool fits = ms > -1 && ms <= static_cast<long double>(INT64_MAX);
    ASSERT_EQ(ours->milliseconds().has_value(), fits) << text;
    if (fits) {
      ASSERT_EQ(*ours->milliseconds(), static_cast<std::int64_t>(std::ceil(ms))) << text;
    }
  }
}

TEST(Extended, OfADoubleIsTheDouble) {
  base::Prng prng(4);
  for (int i = 0; i < 4'000; ++i) {
    const auto value =
        std::bit_cast<double>(prng.chance(1, 2) ? prng.next() : prng.below(1ULL << 53));
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(Extended(value).text(), native_text(static_cast<long double>(value))) << value;
    const double degrees = static_cast<double>(prng.below(360'000'000)) / 1e6 - 180;
    ASSERT_EQ(Extended(degrees).text(), native_text(static_cast<long double>(degrees)));
  }
}

#endif

TEST(Extended, SumsOfNearNeighboursLoseNothing) {
  const auto sum = [](const char* a, const char* b) {
    return Extended::sum(*parse_extended(a), *parse_extended(b))->text();
  };
  EXPECT_EQ(sum("18446744073709551615", "-18446744073709551614"), "1");
  EXPECT_EQ(sum("9223372036854775808", "-0.5"), "9223372036854775807.5");
  EXPECT_EQ(sum("1", "-1"), "0");
  EXPECT_FALSE(Extended::sum(*parse_extended("inf"), *parse_extended("-inf")));
}

}  // namespace
