#include "engine/commands/sorted_set_range.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace engine::commands {
namespace {

std::optional<double> parse_bound(std::string_view text, bool& is_excluded) {
  is_excluded = !text.empty() && text[0] == '(';
  const std::string number(is_excluded ? text.substr(1) : text);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0' || std::isnan(value)) return {};
  return value;
}

std::optional<LexBound> parse_lex_bound(std::string_view text) {
  if (text == "-") return LexBound{LexBound::Kind::kLowest, {}};
  if (text == "+") return LexBound{LexBound::Kind::kHighest, {}};
  if (!text.empty() && text[0] == '[') return LexBound{LexBound::Kind::kIncluded, text.substr(1)};
  if (!text.empty() && text[0] == '(') return LexBound{LexBound::Kind::kExcluded, text.substr(1)};
  return {};
}

// How many members lie below a bound, or at it if `with_equal`.
std::uint64_t count_below(const SortedSetView& set, const LexBound& bound, bool with_equal) {
  if (bound.kind == LexBound::Kind::kLowest) return 0;
  if (bound.kind == LexBound::Kind::kHighest) return set.count();
  return set.count_before_by_halving([&](std::string_view member, double) {
    return with_equal ? member <= bound.member : member < bound.member;
  });
}

}  // namespace

std::optional<ScoreRange> parse_score_range(std::string_view min, std::string_view max) {
  ScoreRange range;
  const auto low = parse_bound(min, range.is_min_excluded);
  const auto high = parse_bound(max, range.is_max_excluded);
  if (!low || !high) return {};
  range.min = *low;
  range.max = *high;
  return range;
}

RankRange ScoreRange::ranks(const SortedSetView& set) const {
  const std::uint64_t first = set.count_before([this](std::string_view, double score) {
    return is_min_excluded ? score <= min : score < min;
  });
  const std::uint64_t end = set.count_before([this](std::string_view, double score) {
    return is_max_excluded ? score < max : score <= max;
  });
  return {first, end};
}

std::optional<LexRange> parse_lex_range(std::string_view min, std::string_view max) {
  const auto low = parse_lex_bound(min);
  const auto high = parse_lex_bound(max);
  if (!low || !high) return {};
  return LexRange{*low, *high};
}

RankRange LexRange::ranks(const SortedSetView& set) const {
  return {count_below(set, min, min.kind == LexBound::Kind::kExcluded),
          count_below(set, max, max.kind == LexBound::Kind::kIncluded)};
}

RankRange index_range(std::int64_t start, std::int64_t stop, std::uint64_t count,
                      bool is_backwards) {
  const auto size = static_cast<std::int64_t>(count);
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (stop < 0) stop += size;
  if (start > stop || start >= size) return {};
  stop = std::min(stop, size - 1);
  const auto first = static_cast<std::uint64_t>(start), last = static_cast<std::uint64_t>(stop);
  return is_backwards ? RankRange{count - 1 - last, count - first} : RankRange{first, last + 1};
}

RankRange limited(RankRange range, std::int64_t offset, std::int64_t count, bool is_backwards) {
  if (offset < 0 || static_cast<std::uint64_t>(offset) >= range.count()) return {};
  const auto skipped = static_cast<std::uint64_t>(offset);
  is_backwards ? range.end -= skipped : range.first += skipped;
  if (count < 0 || static_cast<std::uint64_t>(count) >= range.count()) return range;
  const auto kept = static_cast<std::uint64_t>(count);
  is_backwards ? range.first = range.end - kept : range.end = range.first + kept;
  return range;
}

}  // namespace engine::commands
