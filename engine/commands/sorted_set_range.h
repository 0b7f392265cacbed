// Ranges of sorted sets: by score, by member, by rank, as arguments and as ranks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/types/sorted_set.h"

namespace engine::commands {

// Ranks first..end-1; empty if end <= first.
struct RankRange {
  std::uint64_t first = 0, end = 0;
  [[nodiscard]] std::uint64_t count() const { return end > first ? end - first : 0; }
};

struct ScoreRange {
  double min = 0, max = 0;
  bool is_min_excluded = false, is_max_excluded = false;
  [[nodiscard]] RankRange ranks(const SortedSetView& set) const;
};
// As Redis 7.0 takes them: "(" excludes, anything strtod reads is a number, nothing at all is 0.
[[nodiscard]] std::optional<ScoreRange> parse_score_range(std::string_view min,
                                                          std::string_view max);

struct LexBound {
  enum class Kind : std::uint8_t { kLowest, kHighest, kIncluded, kExcluded };
  Kind kind = Kind::kIncluded;
  std::string_view member;
};
struct LexRange {
  LexBound min, max;
  [[nodiscard]] RankRange ranks(const SortedSetView& set) const;
};
[[nodiscard]] std::optional<LexRange> parse_lex_range(std::string_view min, std::string_view max);

// Indices as in ZRANGE, counted from the end if negative, from the other end if backwards.
[[nodiscard]] RankRange index_range(std::int64_t start, std::int64_t stop, std::uint64_t count,
                                    bool is_backwards);
// LIMIT: a negative offset leaves nothing, a negative count everything.
[[nodiscard]] RankRange limited(RankRange range, std::int64_t offset, std::int64_t count,
                                bool is_backwards);

}  // namespace engine::commands
