// Expiry times as commands give them: relative or absolute, seconds or milliseconds, with
// Redis 7.0's overflow rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace engine {

struct TimeForm {
  bool is_seconds = false;
  bool is_absolute = false;
  friend bool operator==(const TimeForm&, const TimeForm&) = default;
};

// Absolute milliseconds; nullopt when it overflows. `now_ms` counts for relative ones only.
[[nodiscard]] inline std::optional<std::int64_t> absolute_ms(std::int64_t value, TimeForm form,
                                                             base::UnixMillis now_ms) {
  constexpr std::int64_t kMax = INT64_MAX;
  if (form.is_seconds) {
    if (value > kMax / 1000 || value < -(kMax / 1000)) return {};
    value *= 1000;
  }
  if (!form.is_absolute) {
    if (value > kMax - now_ms) return {};
    value += now_ms;
  }
  return value;
}

[[nodiscard]] inline std::string invalid_expire(std::string_view command) {
  return "ERR invalid expire time in '" + std::string(command) + "' command";
}

}  // namespace engine
