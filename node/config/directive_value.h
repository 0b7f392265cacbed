// Values of directives: checked and brought to the form in which CONFIG GET shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "node/config/directive.h"

namespace node {

// "100mb" -> 104857600. Units b k kb m mb g gb, any case (Redis: k = 1000, kb = 1024). No digits
// are 0, too many are UINT64_MAX.
[[nodiscard]] std::optional<std::uint64_t> parse_memory(std::string_view text);

// The canonical value, or what is wrong in Redis's words ("argument must be 'yes' or 'no'") as
// Error::detail. `old_value` is for directives that are set in parts (client-output-buffer-limit).
[[nodiscard]] base::Result<std::string> canonical_value(const Directive& directive,
                                                        std::string_view text,
                                                        std::string_view old_value);

// Limits of one client class of client-output-buffer-limit.
struct OutputLimit {
  std::uint64_t hard_bytes = 0, soft_bytes = 0;
  std::int64_t soft_seconds = 0;
};
[[nodiscard]] OutputLimit output_limit(std::string_view value, std::string_view client_class);

[[nodiscard]] std::vector<std::string> split_blanks(std::string_view text);

}  // namespace node
