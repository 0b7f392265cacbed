// Sorted sets: ZRANGE in all its forms, counting and removing ranges.
#include <optional>

#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/commands/score.h"
#include "engine/commands/sorted_set_range.h"

namespace engine::commands {
namespace {

enum class By : std::uint8_t { kAny, kRank, kScore, kLex };
enum class Direction : std::uint8_t { kAny, kForwards, kBackwards };

constexpr std::string_view kNotFloatRange = "ERR min or max is not a float";
constexpr std::string_view kNotLexRange = "ERR min or max not valid string range item";

// What a ZRANGE of any name asks for. `key` is the argument of the key; bounds and options follow
// it.
struct RangeQuery {
  By by = By::kAny;
  Direction direction = Direction::kAny;
  std::size_t key = 1;
  bool is_store = false;

  bool with_scores = false, has_limit = false;
  std::int64_t offset = 0, limit = -1;
  std::int64_t start = 0, stop = 0;
  std::optional<ScoreRange> scores = {};
  std::optional<LexRange> lex = {};

  [[nodiscard]] bool is_backwards() const { return direction == Direction::kBackwards; }
  [[nodiscard]] bool parse(ReadContext& context);
  [[nodiscard]] RankRange ranks(const SortedSetView& set) const;

 private:
  [[nodiscard]] bool parse_options(ReadContext& context);
  [[nodiscard]] bool parse_bounds(ReadContext& context);
};

bool RangeQuery::parse_options(ReadContext& context) {
  for (std::size_t i = key + 3; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    if (!is_store && equals_ignoring_case(word, "WITHSCORES")) {
      with_scores = true;
    } else if (equals_ignoring_case(word, "LIMIT") && context.argc() - i > 2) {
      const auto given_offset = integer_argument(context, i + 1);
      if (!given_offset) return false;
      const auto given_limit = integer_argument(context, i + 2);
      if (!given_limit) return false;
      offset = *given_offset;
      limit = *given_limit;
      has_limit = limit != -1;
      i += 2;
    } else if (direction == Direction::kAny && equals_ignoring_case(word, "REV")) {
      direction = Direction::kBackwards;
    } else if (by == By::kAny && equals_ignoring_case(word, "BYLEX")) {
      by = By::kLex;
    } else if (by == By::kAny && equals_ignoring_case(word, "BYSCORE")) {
      by = By::kScore;
    } else {
      return context.error(errors::kSyntax), false;
    }
  }
  return true;
}

bool RangeQuery::parse_bounds(ReadContext& context) {
  std::string_view min = context.arg(key + 1), max = context.arg(key + 2);
  if (is_backwards() && by != By::kRank) std::swap(min, max);
  if (by == By::kScore) {
    scores = parse_score_range(min, max);
    if (!scores) context.error(kNotFloatRange);
    return scores.has_value();
  }
  if (by == By::kLex) {
    lex = parse_lex_range(min, max);
    if (!lex) context.error(kNotLexRange);
    return lex.has_value();
  }
  const auto first = integer_argument(context, key + 1);
  if (!first) return false;
  const auto last = integer_argument(context, key + 2);
  if (!last) return false;
  start = *first;
  stop = *last;
  return true;
}

bool RangeQuery::parse(ReadContext& context) {
  if (!parse_options(context)) return false;
  if (direction == Direction::kAny) direction = Direction::kForwards;
  if (by == By::kAny) by = By::kRank;
  if (has_limit && by == By::kRank) {
    context.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (with_scores && by == By::kLex) {
    context.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return parse_bounds(context);
}

RankRange RangeQuery::ranks(const SortedSetView& set) const {
  if (by == By::kRank) return index_range(start, stop, set.count(), is_backwards());
  return limited(by == By::kScore ? scores->ranks(set) : lex->ranks(set), offset, limit,
                 is_backwards());
}

void write_range(ReadContext& context, RangeQuery query) {
  if (!query.parse(context)) return;
  const Found entry = context.find_of(context.arg(query.key), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().array(0);
  const SortedSetView set(entry->value());
  const RankRange range = query.ranks(set);
  resp::ReplyWriter& reply = context.reply();
  const bool is_nested = query.with_scores && reply.is_resp3();
  reply.array(range.count() * (query.with_scores && !is_nested ? 2 : 1));
  set.visit_ranks(range.first, range.end, query.is_backwards(),
                  [&](std::string_view member, double score) {
                    if (is_nested) reply.array(2);
                    reply.bulk(member);
                    if (query.with_scores) reply.number(score);
                    return !reply.is_over();
                  });
}

void write_count(ReadContext& context, By by) {
  RangeQuery query{.by = by, .direction = Direction::kForwards};
  if (!query.parse(context)) return;
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  const std::uint64_t count =
      entry == nullptr ? 0 : query.ranks(SortedSetView(entry->value())).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void remove_range(WriteContext& context, By by, std::string_view event) {
  RangeQuery query{.by = by, .direction = Direction::kForwards};
  if (!query.parse(context)) return;
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  const RankRange range = query.ranks(SortedSetView(entry->value()));
  if (range.count() > 0) {
    const Edited edited = context.edit<SortedSet>(key, [&](SortedSet& set) {
      set.remove_ranks(range.first, range.end);
      return true;
    });
    context.notify('z', event, key);
    if (edited == Edited::kEmptied) context.notify('g', "del", key);
  }
  context.reply().integer(static_cast<std::int64_t>(range.count()));
}

void zrange(ReadContext& context) { write_range(context, {}); }
void zrevrange(ReadContext& context) {
  write_range(context, {.by = By::kRank, .direction = Direction::kBackwards});
}
void zrangebyscore(ReadContext& context) {
  write_range(context, {.by = By::kScore, .direction = Direction::kForwards});
}
void zrevrangebyscore(ReadContext& context) {
  write_range(context, {.by = By::kScore, .direction = Direction::kBackwards});
}
void zrangebylex(ReadContext& context) {
  write_range(context, {.by = By::kLex, .direction = Direction::kForwards});
}
void zrevrangebylex(ReadContext& context) {
  write_range(context, {.by = By::kLex, .direction = Direction::kBackwards});
}

void zcount(ReadContext& context) { write_count(context, By::kScore); }
void zlexcount(ReadContext& context) { write_count(context, By::kLex); }

void zremrangebyrank(WriteContext& context) { remove_range(context, By::kRank, "zremrangebyrank"); }
void zremrangebyscore(WriteContext& context) {
  remove_range(context, By::kScore, "zremrangebyscore");
}
void zremrangebylex(WriteContext& context) { remove_range(context, By::kLex, "zremrangebylex"); }

void zrangestore(WriteContext& context) {
  RangeQuery query{.key = 2, .is_store = true};
  if (!query.parse(context)) return;
  const Found entry = look_up_of(context, context.arg(2), Type::kSortedSet);
  if (entry.is_wrong()) return;
  SortedSet result(context.hash_secret());
  Growth growth(context.growth_left());
  if (entry != nullptr) {
    const SortedSetView set(entry->value());
    const RankRange range = query.ranks(set);
    if (range.count() > sorted_set_limits(context).entries_max) result.make_dense();
    set.visit_ranks(range.first, range.end, query.is_backwards(),
                    [&](std::string_view member, double score) {
                      result.add(member, score, sorted_set_limits(context));
                      return growth.add(member.size());
                    });
  }
  if (growth.is_over()) return context.error(errors::kGrowthTooLarge);
  const std::uint64_t count =
      store_sorted_set(context, context.arg(1), std::move(result), "zrangestore");
  context.reply().integer(static_cast<std::int64_t>(count));
}

constexpr CommandRow kSortedSetsRangeRows[] = {
    row("zcount", 4, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Counts the members within a range of scores.", "2.0.0"}, {.read = zcount}),
    row("zlexcount", 4, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Counts the members within a range of names.", "2.8.9"}, {.read = zlexcount}),
    row("zrange", -4, kFlagReadonly, one_key(kKeyRead), {"Lists a range of members.", "1.2.0"},
        {.read = zrange}),
    row("zrangebylex", -4, kFlagReadonly, one_key(kKeyRead),
        {"Lists the members within a range of names.", "2.8.9"}, {.read = zrangebylex}),
    row("zrangebyscore", -4, kFlagReadonly, one_key(kKeyRead),
        {"Lists the members within a range of scores.", "1.0.5"}, {.read = zrangebyscore}),
    row("zrangestore", -5, kFlagWrite | kFlagDenyOom, two_keys(kKeyOverwrite, kKeyRead),
        {"Stores a range of members.", "6.2.0"}, {.write = zrangestore}),
    row("zremrangebylex", 4, kFlagWrite, one_key(kKeyDelete),
        {"Removes the members within a range of names.", "2.8.9"}, {.write = zremrangebylex}),
    row("zremrangebyrank", 4, kFlagWrite, one_key(kKeyDelete),
        {"Removes the members within a range of ranks.", "2.0.0"}, {.write = zremrangebyrank}),
    row("zremrangebyscore", 4, kFlagWrite, one_key(kKeyDelete),
        {"Removes the members within a range of scores.", "1.2.0"}, {.write = zremrangebyscore}),
    row("zrevrange", -4, kFlagReadonly, one_key(kKeyRead),
        {"Lists a range of members, from the highest.", "1.2.0"}, {.read = zrevrange}),
    row("zrevrangebylex", -4, kFlagReadonly, one_key(kKeyRead),
        {"Lists the members within a range of names, from the last.", "2.8.9"},
        {.read = zrevrangebylex}),
    row("zrevrangebyscore", -4, kFlagReadonly, one_key(kKeyRead),
        {"Lists the members within a range of scores, from the highest.", "2.2.0"},
        {.read = zrevrangebyscore}),
};

}  // namespace

constinit const Family kSortedSetsRangeFamily{"sorted-set", kSortedSetsRangeRows};

}  // namespace engine::commands
