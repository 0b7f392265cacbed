// The extended precision of x87 (a significand of 64 bits, an exponent of 15) in which Redis keeps
// the sums of INCRBYFLOAT and HINCRBYFLOAT and its timeouts, in integers: the same bits on every
// machine, whatever its long double is. Every result is rounded to nearest, ties to even.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/prng.h"

namespace base {

class Extended {
 public:
  Extended() = default;  // 0
  // Exact. A finite one.
  explicit Extended(double value);

  [[nodiscard]] bool is_infinite() const { return is_infinite_; }
  // nullopt: infinities of both signs.
  [[nodiscard]] static std::optional<Extended> sum(const Extended& a, const Extended& b);
  // Times 1000 and rounded up to a whole number, as seconds become milliseconds; nullopt: it is
  // below 0 or above INT64_MAX.
  [[nodiscard]] std::optional<std::int64_t> milliseconds() const;
  // 17 decimals, trailing zeros and a trailing point removed; never an exponent. "-0" becomes "0".
  // Of a finite one. At most some 5,000 bytes.
  [[nodiscard]] std::string text() const;

 private:
  friend std::optional<Extended> parse_extended(std::string_view text);
  friend class ExtendedParser;
  Extended(bool is_negative, std::uint64_t significand, int exponent)
      : significand_(significand), exponent_(exponent), is_negative_(is_negative) {}
  // The nearest to significand * 2^exponent, and a little more than that if `is_more`.
  [[nodiscard]] static Extended rounded(bool is_negative, Wide significand, int exponent,
                                        bool is_more);

  // significand * 2^exponent; the highest bit is set, but for the exponent that is the lowest.
  std::uint64_t significand_ = 0;
  int exponent_ = 0;
  bool is_negative_ = false, is_infinite_ = false;
};

// A decimal or hexadecimal float that fills the whole text, of at most 5,119 bytes; no leading
// space; inf and infinity allowed, nan refused, and what is too large or rounds to 0.
[[nodiscard]] std::optional<Extended> parse_extended(std::string_view text);

}  // namespace base
