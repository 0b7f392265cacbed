// The string match of KEYS, SCAN MATCH, CONFIG GET and their like: * ? [abc] [a-z] [^x] and \ as
// escape. Cost is bounded by pattern times text: only the last star is ever tried again. As in
// Redis 7.0 an empty text matches the empty pattern and a lone star only ("**" does not match it),
// and a range takes whatever stands behind its '-', a ']' or '\' too.
#pragma once

#include <string_view>

namespace base {

[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text,
                              bool ignores_case = false);

}  // namespace base
