#include "engine/scripts/pattern.h"

#include <cctype>

namespace engine::scripts {
namespace {

constexpr char kEscape = '%';
constexpr std::uint64_t kStepsAtOnce = 256;
constexpr int kDepthMax = 4000;  // of matches within each other

bool is_of_class(unsigned char c, char name) {
  bool is_in = false;
  switch (std::tolower(static_cast<unsigned char>(name))) {
    case 'a': is_in = std::isalpha(c) != 0; break;
    case 'c': is_in = std::iscntrl(c) != 0; break;
    case 'd': is_in = std::isdigit(c) != 0; break;
    case 'l': is_in = std::islower(c) != 0; break;
    case 'p': is_in = std::ispunct(c) != 0; break;
    case 's': is_in = std::isspace(c) != 0; break;
    case 'u': is_in = std::isupper(c) != 0; break;
    case 'w': is_in = std::isalnum(c) != 0; break;
    case 'x': is_in = std::isxdigit(c) != 0; break;
    case 'z': is_in = c == 0; break;
    default: return static_cast<unsigned char>(name) == c;
  }
  const bool is_negated = std::isupper(static_cast<unsigned char>(name)) != 0;
  return is_in != is_negated;
}

}  // namespace

void PatternMatcher::step() {
  if (++steps_ % kStepsAtOnce == 0) meter_.on_steps(kStepsAtOnce);
}

std::optional<std::size_t> PatternMatcher::match(std::size_t begin) {
  level_ = 0;
  depth_ = 0;
  return match_rest(begin, 0);
}

// Behind the single-character class that begins at `item`.
std::size_t PatternMatcher::class_end(std::size_t item) {
  if (at_pattern(item) == kEscape) {
    if (item + 1 >= pattern_.size()) meter_.on_error("malformed pattern (ends with '%')");
    return item + 2;
  }
  if (at_pattern(item) != '[') return item + 1;
  std::size_t at = item + 1;
  if (at_pattern(at) == '^') ++at;
  do {  // a ']' right at the beginning is a member
    step();
    if (at >= pattern_.size()) meter_.on_error("malformed pattern (missing ']')");
    const char c = pattern_[at++];
    if (c == kEscape && at < pattern_.size()) ++at;
  } while (at_pattern(at) != ']' || at >= pattern_.size());
  return at + 1;
}

// `set`: the place of '[', `last`: of its ']'.
bool PatternMatcher::matches_set(unsigned char c, std::size_t set, std::size_t last) const {
  bool is_member = true;
  std::size_t at = set + 1;
  if (pattern_[at] == '^') is_member = false, ++at;
  for (; at < last; ++at) {
    if (pattern_[at] == kEscape) {
      if (is_of_class(c, pattern_[++at])) return is_member;
    } else if (at_pattern(at + 1) == '-' && at + 2 < last) {
      const auto low = static_cast<unsigned char>(pattern_[at]);
      const auto high = static_cast<unsigned char>(pattern_[at + 2]);
      at += 2;
      if (low <= c && c <= high) return is_member;
    } else if (static_cast<unsigned char>(pattern_[at]) == c) {
      return is_member;
    }
  }
  return !is_member;
}

bool PatternMatcher::matches_one(std::size_t at, std::size_t item, std::size_t end) {
  step();
  const auto c = static_cast<unsigned char>(text_[at]);
  switch (pattern_[item]) {
    case '.': return true;
    case kEscape: return is_of_class(c, pattern_[item + 1]);
    case '[': steps_ += (end - item) / 8; return matches_set(c, item, end - 1);
    default: return static_cast<unsigned char>(pattern_[item]) == c;
  }
}

// What follows `item` is matched by a loop where that can be: only choices go deeper.
PatternMatcher::Place PatternMatcher::match_rest(std::size_t at, std::size_t item) {
  if (++depth_ > kDepthMax) meter_.on_error("pattern too complex");
  Place found;
  for (;;) {
    step();
    if (item >= pattern_.size()) {
      found = at;
      break;
    }
    bool is_special = true;
    found = match_special(at, item, is_special);
    if (is_special) break;
    const std::size_t end = class_end(item);
    const bool is_one = at < text_.size() && matches_one(at, item, end);
    const char suffix = at_pattern(end);
    if (suffix == '?') {
      if (is_one && (found = match_rest(at + 1, end + 1))) break;
      item = end + 1;
    } else if (suffix == '*') {
      found = most(at, item, end);
      break;
    } else if (suffix == '+') {
      found = is_one ? most(at + 1, item, end) : Place();
      break;
    } else if (suffix == '-') {
      found = least(at, item, end);
      break;
    } else {
      if (!is_one) {
        found = {};
        break;
      }
      ++at;
      item = end;
    }
  }
  --depth_;
  return found;
}

// Captures, '$' at the end, and what '%' makes special.
PatternMatcher::Place PatternMatcher::match_special(std::size_t at, std::size_t item,
                                                    bool& is_special) {
  const char next = at_pattern(item + 1);
  switch (pattern_[item]) {
    case '(':
      return next == ')' ? open_capture(at, item + 2, kPosition)
                         : open_capture(at, item + 1, kUnfinished);
    case ')': return close_capture(at, item + 1);
    case '$':
      if (item + 1 != pattern_.size()) break;
      return at == text_.size() ? Place(at) : Place();
    case kEscape:
      if (next == 'b' && item + 1 < pattern_.size()) {
        const Place behind = balanced(at, item + 2);
        return behind ? match_rest(*behind, item + 4) : behind;
      }
      if (next == 'f') return frontier(at, item + 2);
      if (std::isdigit(static_cast<unsigned char>(next)) != 0) {
        const Place behind = back_reference(at, item + 1);
        return behind ? match_rest(*behind, item + 2) : behind;
      }
      break;
    default: break;
  }
  is_special = false;
  return {};
}

PatternMatcher::Place PatternMatcher::balanced(std::size_t at, std::size_t item) {
  if (item + 1 >= pattern_.size()) meter_.on_error("unbalanced pattern");
  if (at >= text_.size() || text_[at] != pattern_[item]) return {};
  const char open = pattern_[item], close = pattern_[item + 1];
  int depth = 1;
  for (std::size_t i = at + 1; i < text_.size(); ++i) {
    step();
    if (text_[i] == close) {
      if (--depth == 0) return i + 1;
    } else if (text_[i] == open) {
      ++depth;
    }
  }
  return {};
}

PatternMatcher::Place PatternMatcher::frontier(std::size_t at, std::size_t item) {
  if (at_pattern(item) != '[') meter_.on_error("missing '[' after '%f' in pattern");
  const std::size_t end = class_end(item);
  const unsigned char before = at == 0 ? 0 : static_cast<unsigned char>(text_[at - 1]);
  const unsigned char here = at < text_.size() ? static_cast<unsigned char>(text_[at]) : 0;
  if (matches_set(before, item, end - 1) || !matches_set(here, item, end - 1)) return {};
  return match_rest(at, end);
}

PatternMatcher::Place PatternMatcher::back_reference(std::size_t at, std::size_t item) {
  const auto number = static_cast<std::ptrdiff_t>(pattern_[item] - '1');
  const bool is_there = number >= 0 && static_cast<std::size_t>(number) < level_ &&
                        captures_[static_cast<std::size_t>(number)].size != kUnfinished;
  if (!is_there) meter_.on_error("invalid capture index");
  const Capture& capture = captures_[static_cast<std::size_t>(number)];
  const auto size = static_cast<std::size_t>(capture.size);
  if (text_.size() - at < size) return {};
  steps_ += size / 16;
  return text_.substr(at, size) == text_.substr(capture.begin, size) ? Place(at + size) : Place();
}

PatternMatcher::Place PatternMatcher::most(std::size_t at, std::size_t item, std::size_t end) {
  std::size_t count = 0;
  while (at + count < text_.size() && matches_one(at + count, item, end)) ++count;
  for (;; --count) {
    if (const Place found = match_rest(at + count, end + 1)) return found;
    if (count == 0) return {};
  }
}

PatternMatcher::Place PatternMatcher::least(std::size_t at, std::size_t item, std::size_t end) {
  for (;; ++at) {
    if (const Place found = match_rest(at, end + 1)) return found;
    if (at >= text_.size() || !matches_one(at, item, end)) return {};
  }
}

PatternMatcher::Place PatternMatcher::open_capture(std::size_t at, std::size_t item,
                                                   std::ptrdiff_t what) {
  if (level_ >= kCapturesMax) meter_.on_error("too many captures");
  captures_[level_] = {at, what};
  ++level_;
  const Place found = match_rest(at, item);
  if (!found) --level_;
  return found;
}

PatternMatcher::Place PatternMatcher::close_capture(std::size_t at, std::size_t item) {
  std::size_t open = level_;
  while (open > 0 && captures_[open - 1].size != kUnfinished) --open;
  if (open == 0) meter_.on_error("invalid pattern capture");
  Capture& capture = captures_[open - 1];
  capture.size = static_cast<std::ptrdiff_t>(at - capture.begin);
  const Place found = match_rest(at, item);
  if (!found) captures_[open - 1].size = kUnfinished;
  return found;
}

}  // namespace engine::scripts
