#include "base/glob.h"

#include <utility>

namespace base {
namespace {

unsigned char fold(char c, bool ignores_case) {
  const auto byte = static_cast<unsigned char>(c);
  return ignores_case && byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

// One [...] class at pattern[at] == '['. Moves `at` behind it; an unclosed class ends with the
// pattern.
bool class_matches(std::string_view pattern, std::size_t& at, char c, bool ignores_case) {
  ++at;
  const bool is_negated = at < pattern.size() && pattern[at] == '^';
  if (is_negated) ++at;
  const unsigned char byte = fold(c, ignores_case);
  bool is_match = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      is_match |= fold(pattern[at], ignores_case) == byte;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      unsigned char low = fold(pattern[at], ignores_case);
      unsigned char high = fold(pattern[at + 2], ignores_case);
      if (low > high) std::swap(low, high);
      is_match |= byte >= low && byte <= high;
      at += 2;
    } else {
      is_match |= fold(pattern[at], ignores_case) == byte;
    }
    ++at;
  }
  if (at < pattern.size()) ++at;
  return is_match != is_negated;
}

// One pattern element that is no star against one character; moves `at` behind the element.
bool element_matches(std::string_view pattern, std::size_t& at, char c, bool ignores_case) {
  if (pattern[at] == '?') return ++at, true;
  if (pattern[at] == '[') return class_matches(pattern, at, c, ignores_case);
  if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
  return fold(pattern[at++], ignores_case) == fold(c, ignores_case);
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignores_case) {
  if (text.empty()) return pattern.empty() || pattern == "*";
  std::size_t at = 0, position = 0;
  std::size_t star = std::string_view::npos, star_position = 0;
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      star_position = position;
      continue;
    }
    if (at < pattern.size() && element_matches(pattern, at, text[position], ignores_case)) {
      ++position;
      continue;
    }
    if (star == std::string_view::npos) return false;
    at = star;
    position = ++star_position;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace base
