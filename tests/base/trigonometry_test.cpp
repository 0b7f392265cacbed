// Sine, cosine and arc sine against long double, which has 11 bits more.
#include "base/trigonometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/prng.h"

namespace {

using base::arc_sine;
using base::cosine;
using base::sine;

double between(base::Prng& prng, double low, double high) {
  return low + (high - low) * (static_cast<double>(prng.next() >> 11) / 9007199254740992.0);
}

// Half a unit of the last place, and what long double itself may be off.
void expect_nearest(double got, long double exact, double argument) {
  const double unit = std::nextafter(std::fabs(got), INFINITY) - std::fabs(got);
  EXPECT_LE(std::fabs(static_cast<double>(exact - static_cast<long double>(got))), 0.503 * unit)
      << argument;
}

TEST(Trigonometry, RoundsToTheNearestDouble) {
  base::Prng prng(7);
  for (int i = 0; i < 40'000; ++i) {
    const double angle = between(prng, -3.2, 3.2), value = between(prng, 0, 1);
    const double tiny = between(prng, 0, 1e-6);
    if (std::fabs(std::fabs(angle) - std::numbers::pi) > 1e-3)
      expect_nearest(sine(angle), std::sin(static_cast<long double>(angle)), angle);
    if (std::fabs(std::fabs(angle) - std::numbers::pi / 2) > 1e-3)
      expect_nearest(cosine(angle), std::cos(static_cast<long double>(angle)), angle);
    expect_nearest(arc_sine(value), std::asin(static_cast<long double>(value)), value);
    expect_nearest(arc_sine(tiny), std::asin(static_cast<long double>(tiny)), tiny);
    expect_nearest(sine(tiny), std::sin(static_cast<long double>(tiny)), tiny);
  }
}

TEST(Trigonometry, KnowsTheEnds) {
  EXPECT_EQ(sine(0), 0);
  EXPECT_EQ(cosine(0), 1);
  EXPECT_EQ(arc_sine(0), 0);
  EXPECT_EQ(arc_sine(1), std::numbers::pi / 2);
  EXPECT_EQ(sine(std::numbers::pi), 1.2246467991473532e-16);
  EXPECT_EQ(sine(-std::numbers::pi), -1.2246467991473532e-16);
  EXPECT_EQ(cosine(std::numbers::pi), -1);
  EXPECT_EQ(cosine(std::numbers::pi / 2), 6.123233995736766e-17);
}

}  // namespace
