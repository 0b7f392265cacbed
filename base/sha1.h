// SHA-1 (FIPS 180-4), by which Redis names scripts. No security depends on it.
#pragma once

#include <string>
#include <string_view>

namespace base {

// 40 lower-case hex digits.
[[nodiscard]] std::string sha1_hex(std::string_view bytes);

}  // namespace base
