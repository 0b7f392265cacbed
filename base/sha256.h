// SHA-256 (FIPS 180-4), as which passwords are kept, and a comparison that tells nothing by the
// time it takes.
#pragma once

#include <string>
#include <string_view>

namespace base {

inline constexpr std::size_t kSha256HexDigits = 64;

// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

// Whether two texts are equal. Takes time by their lengths alone, whatever they say.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace base
