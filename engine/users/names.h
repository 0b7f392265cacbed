// Words as the lists of users allow them: no blank and no zero byte in names and patterns.
#pragma once

#include <string_view>

namespace engine::users {

[[nodiscard]] inline bool is_plain_word(std::string_view word) {
  for (const char c : word) {
    if (c == '\0' || c == ' ' || (c >= '\t' && c <= '\r')) return false;
  }
  return true;
}

}  // namespace engine::users
