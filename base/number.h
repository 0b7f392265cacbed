// Numbers as Redis accepts and prints them; no locale, no allocation beyond the output.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// Strict decimal int64: optional '-', no plus, no leading zeros, no spaces, "-0" refused
// (Redis 7.0's integer arguments).
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text);

inline void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}
[[nodiscard]] inline std::string integer_text(std::int64_t value) {
  std::string out;
  append_integer(out, value);
  return out;
}

// A decimal or hexadecimal float that fills the whole text; no leading space; inf and infinity
// allowed, nan refused.
[[nodiscard]] std::optional<double> parse_double(std::string_view text);

// A double as Redis 7.0 replies it (ZSCORE, GEODIST's kin): 17 significant digits, shortest
// notation of %.17g, "inf", "-inf".
inline constexpr std::size_t kDoubleTextBytesMax = 32;
[[nodiscard]] std::string_view double_text(double value, char (&buffer)[kDoubleTextBytesMax]);

}  // namespace base
