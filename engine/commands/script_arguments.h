// How EVAL and FCALL say which of their words are keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/context/context.h"

namespace engine::commands {

// How many of the words after the second are keys, or Redis's error is written.
inline std::optional<std::size_t> script_key_count(ReadContext& context,
                                                   std::string_view no_number) {
  const auto count = integer_argument(context, 2, no_number);
  if (!count) return {};
  if (*count > static_cast<std::int64_t>(context.argc()) - 3) {
    context.error("ERR Number of keys can't be greater than number of args");
    return {};
  }
  if (*count < 0) {
    context.error("ERR Number of keys can't be negative");
    return {};
  }
  return static_cast<std::size_t>(*count);
}

}  // namespace engine::commands
