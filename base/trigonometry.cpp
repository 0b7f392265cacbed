#include "base/trigonometry.h"

#include <array>
#include <cmath>

#include "base/check.h"

namespace base {
namespace {

// A value as the unevaluated sum of two doubles, low no more than half a unit of high.
struct Pair {
  double high = 0, low = 0;
};

// Exact for |a| >= |b|.
constexpr Pair quick_sum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}
constexpr Pair exact_sum(double a, double b) {
  const double sum = a + b;
  const double from_b = sum - a;
  return {sum, (a - (sum - from_b)) + (b - from_b)};
}
// Into two halves of 26 bits.
constexpr Pair split(double a) {
  const double scaled = 134217729.0 * a;  // 2^27 + 1
  const double high = scaled - (scaled - a);
  return {high, a - high};
}
constexpr Pair exact_product(double a, double b) {
  const double product = a * b;
  const Pair x = split(a), y = split(b);
  const double error = ((x.high * y.high - product) + x.high * y.low + x.low * y.high);
  return {product, error + x.low * y.low};
}
constexpr Pair operator+(Pair a, Pair b) {
  const Pair sum = exact_sum(a.high, b.high);
  return quick_sum(sum.high, sum.low + (a.low + b.low));
}
constexpr Pair operator-(Pair a) { return {-a.high, -a.low}; }
constexpr Pair operator-(Pair a, Pair b) { return a + -b; }
constexpr Pair operator*(Pair a, Pair b) {
  const Pair product = exact_product(a.high, b.high);
  return quick_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}
constexpr Pair divided(Pair a, double by) {
  const double quotient = a.high / by;
  const Pair rest = a - exact_product(quotient, by);
  return quick_sum(quotient, (rest.high + rest.low) / by);
}

constexpr Pair kPi{3.141592653589793116, 1.2246467991473532e-16};
constexpr Pair kHalfPi{1.570796326794896558, 6.123233995736766e-17};
constexpr double kQuarterPi = 0.785398163397448279;

// With the terms up to 28 the rest of either series is below 2^-100 at a quarter of pi.
constexpr std::size_t kTerms = 29;

constexpr std::array<Pair, kTerms> inverse_factorials() {
  std::array<Pair, kTerms> inverse{};
  inverse[0] = {1, 0};
  for (std::size_t n = 1; n < kTerms; ++n)
    inverse[n] = divided(inverse[n - 1], static_cast<double>(n));
  return inverse;
}
constexpr auto kInverseFactorials = inverse_factorials();

// The alternating series from the term `last` down to `first`, in steps of two, as a polynomial of
// the square.
constexpr Pair series(Pair square, std::size_t first, std::size_t last) {
  Pair sum = kInverseFactorials[last];
  for (std::size_t n = last; n > first; n -= 2) sum = kInverseFactorials[n - 2] - square * sum;
  return sum;
}

// 0 <= angle <= pi / 4.
constexpr Pair small_sine(Pair angle) { return angle * series(angle * angle, 1, 27); }
constexpr Pair small_cosine(Pair angle) { return series(angle * angle, 0, 28); }

// 0 <= angle <= pi / 2.
constexpr Pair quadrant_sine(Pair angle) {
  return angle.high <= kQuarterPi ? small_sine(angle) : small_cosine(kHalfPi - angle);
}

// The arc sine of at most the square root of a half, by Newton's method.
Pair small_arc_sine(Pair value) {
  double angle = value.high + value.high * value.high * value.high / 6;
  for (int round = 0; round < 3; ++round)
    angle += (value.high - small_sine({angle, 0}).high) / small_cosine({angle, 0}).high;
  const Pair rest = value - small_sine({angle, 0});
  return quick_sum(angle, rest.high / small_cosine({angle, 0}).high);
}

}  // namespace

double sine(double angle) {
  CHECK(std::fabs(angle) <= 4);
  if (angle < 0) return -sine(-angle);
  if (angle <= kHalfPi.high) return quadrant_sine({angle, 0}).high;
  const Pair rest = kPi - Pair{angle, 0};
  return rest.high >= 0 ? quadrant_sine(rest).high : -quadrant_sine(-rest).high;
}

double cosine(double angle) {
  CHECK(std::fabs(angle) <= 4);
  const Pair rest = kHalfPi - Pair{std::fabs(angle), 0};
  if (rest.high >= 0) return quadrant_sine(rest).high;
  if (-rest.high <= kHalfPi.high) return -quadrant_sine(-rest).high;
  return -quadrant_sine(kPi + rest).high;
}

double arc_sine(double value) {
  CHECK(value >= 0 && value <= 1);
  if (value <= 0.70703125) return small_arc_sine({value, 0}).high;
  const double half = (1 - value) / 2;  // exact
  if (half == 0) return kHalfPi.high;
  const double root = std::sqrt(half);
  const Pair rest = Pair{half, 0} - exact_product(root, root);
  const Pair angle = small_arc_sine(quick_sum(root, rest.high / (2 * root)));
  return (kHalfPi - (angle + angle)).high;
}

}  // namespace base
