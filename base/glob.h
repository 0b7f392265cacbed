// The string match of KEYS, SCAN MATCH, CONFIG GET and their like: * ? [abc] [a-z] [^x] and \ as escape. Cost is bounded by
// pattern times text: only the last star is ever tried again.
#pragma once

#include <string_view>

namespace base {

[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text, bool ignores_case = false);

}  // namespace base
