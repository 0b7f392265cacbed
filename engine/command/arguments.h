// Arguments of commands: numbers and words, with Redis's errors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "engine/command/errors.h"

namespace engine {

class ReadContext;

// The timeout of a blocking command in ms, 0 for none, or Redis's error is written.
[[nodiscard]] std::optional<std::int64_t> timeout_argument(ReadContext& context, std::size_t i);
// An integer argument, or Redis's error is written and nullopt returned.
[[nodiscard]] std::optional<std::int64_t> integer_argument(
    ReadContext& context, std::size_t i, std::string_view error = errors::kNotInteger);
[[nodiscard]] std::optional<std::uint32_t> database_argument(ReadContext& context, std::size_t i);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
// Whether one of the words from the position `first` is one of the options, in any case.
[[nodiscard]] bool has_option(std::span<const std::string_view> argv, std::size_t first,
                              std::initializer_list<std::string_view> options);

}  // namespace engine
