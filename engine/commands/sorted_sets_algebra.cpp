// Sorted sets: union, intersection and difference of several sets and sorted sets.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/score.h"
#include "engine/types/set.h"

namespace engine::commands {
namespace {

enum class Aggregate : std::uint8_t { kSum, kMin, kMax };

// One operand: a set counts as a sorted set with every score 1, an absent key as an empty one.
struct Operand {
  std::optional<SortedSetView> sorted;
  std::optional<SetView> plain;
  double weight = 1;

  [[nodiscard]] std::uint64_t count() const {
    return sorted ? sorted->count() : plain ? plain->count() : 0;
  }
  // Weighted; infinity times 0 counts as 0 (in an intersection only for the smallest operand).
  [[nodiscard]] double weighted(double score) const {
    const double value = weight * score;
    return std::isnan(value) ? 0 : value;
  }
  [[nodiscard]] std::optional<double> score(std::string_view member) const {
    if (sorted) return sorted->score(member);
    if (plain && plain->contains(member)) return 1;
    return {};
  }
  // Calls `visit(member, score)`, unweighted, until it returns false.
  template <class Visit>
  void for_each(Visit visit) const {
    if (sorted) sorted->visit_ranks(0, UINT64_MAX, false, visit);
    if (plain) plain->for_each([&](std::string_view member) { return visit(member, 1); });
  }
};

struct Query {
  std::vector<Operand> operands;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::int64_t limit = 0;
  Growth made{UINT64_MAX};  // how much may be put together, for a reply or a key
};

struct Shape {
  std::size_t numkeys = 1;  // argument of the number of keys
  bool has_weights = true;  // WEIGHTS and AGGREGATE
  bool has_scores = false;  // WITHSCORES
  bool has_limit = false;   // LIMIT
};

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return made;
}

bool find_operand(ReadContext& context, std::string_view key, Operand& operand) {
  const Entry* entry = context.find(key);
  if (entry == nullptr) return true;
  const ValueView value = entry->value();
  if (value.type() == Type::kSortedSet) {
    operand.sorted.emplace(value);
  } else if (value.type() == Type::kSet) {
    operand.plain.emplace(value);
  } else {
    context.error(errors::kWrongType);
    return false;
  }
  return true;
}

bool parse_weights(ReadContext& context, std::size_t first, Query& query) {
  for (std::size_t i = 0; i < query.operands.size(); ++i) {
    const auto weight = base::parse_double(context.arg(first + i));
    if (!weight) return context.error("ERR weight value is not a float"), false;
    query.operands[i].weight = *weight;
  }
  return true;
}

bool parse_aggregate(ReadContext& context, std::size_t i, Query& query) {
  const std::string_view word = context.arg(i);
  if (equals_ignoring_case(word, "SUM")) {
    query.aggregate = Aggregate::kSum;
  } else if (equals_ignoring_case(word, "MIN")) {
    query.aggregate = Aggregate::kMin;
  } else if (equals_ignoring_case(word, "MAX")) {
    query.aggregate = Aggregate::kMax;
  } else {
    return context.error(errors::kSyntax), false;
  }
  return true;
}

bool parse_limit(ReadContext& context, std::size_t i, Query& query) {
  const auto limit = integer_argument(context, i, "ERR LIMIT can't be negative");
  if (limit && *limit < 0) context.error("ERR LIMIT can't be negative");
  if (!limit || *limit < 0) return false;
  query.limit = *limit;
  return true;
}

bool parse_options(ReadContext& context, const Shape& shape, std::size_t i, Query& query) {
  const std::size_t keys = query.operands.size();
  for (; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    const std::size_t left = context.argc() - i;
    if (shape.has_weights && left > keys && equals_ignoring_case(word, "WEIGHTS")) {
      if (!parse_weights(context, i + 1, query)) return false;
      i += keys;
    } else if (shape.has_weights && left > 1 && equals_ignoring_case(word, "AGGREGATE")) {
      if (!parse_aggregate(context, ++i, query)) return false;
    } else if (shape.has_scores && equals_ignoring_case(word, "WITHSCORES")) {
      query.with_scores = true;
    } else if (shape.has_limit && left > 1 && equals_ignoring_case(word, "LIMIT")) {
      if (!parse_limit(context, ++i, query)) return false;
    } else {
      return context.error(errors::kSyntax), false;
    }
  }
  return true;
}

std::optional<Query> parse(ReadContext& context, const Shape& shape) {
  const auto keys = integer_argument(context, shape.numkeys);
  if (!keys) return {};
  if (*keys < 1) {
    context.error("ERR at least 1 input key is needed for '" + lower(context.arg(0)) + "' command");
    return {};
  }
  if (*keys > static_cast<std::int64_t>(context.argc() - shape.numkeys - 1))
    return context.error(errors::kSyntax), std::nullopt;
  Query query;
  query.operands.resize(static_cast<std::size_t>(*keys));
  for (std::size_t i = 0; i < query.operands.size(); ++i) {
    if (!find_operand(context, context.arg(shape.numkeys + 1 + i), query.operands[i])) return {};
  }
  if (!parse_options(context, shape, shape.numkeys + 1 + query.operands.size(), query)) return {};
  return query;
}

double aggregate(Aggregate how, double a, double b) {
  switch (how) {
    case Aggregate::kSum: return std::isnan(a + b) ? 0 : a + b;  // inf and -inf
    case Aggregate::kMin: return std::min(a, b);
    case Aggregate::kMax: return std::max(a, b);
  }
  return 0;
}

// Smallest first, as Redis does it: the last digits of a sum depend on the order.
void sort_by_count(Query& query) {
  std::stable_sort(query.operands.begin(), query.operands.end(),
                   [](const Operand& a, const Operand& b) { return a.count() < b.count(); });
}

using Scores = std::map<std::string, double, std::less<>>;

Scores unite(Query& query) {
  sort_by_count(query);
  Scores scores;
  for (const Operand& operand : query.operands) {
    if (query.made.is_over()) break;
    operand.for_each([&](std::string_view member, double score) {
      const double value = operand.weighted(score);
      const auto found = scores.find(member);
      if (found == scores.end()) {
        scores.emplace(member, value);
        return query.made.add(member.size());
      }
      found->second = aggregate(query.aggregate, found->second, value);
      return true;
    });
  }
  return scores;
}

// Calls `visit(member, score)` for what is in all, until it returns false.
template <class Visit>
void for_each_common(Query& query, Visit visit) {
  sort_by_count(query);
  const Operand& smallest = query.operands[0];
  smallest.for_each([&](std::string_view member, double score) {
    double value = smallest.weighted(score);
    for (std::size_t i = 1; i < query.operands.size(); ++i) {
      const auto other = query.operands[i].score(member);
      if (!other) return true;
      value = aggregate(query.aggregate, value, query.operands[i].weight * *other);
    }
    return visit(member, value);
  });
}

Scores intersect(Query& query) {
  Scores scores;
  for_each_common(query, [&](std::string_view member, double score) {
    scores.emplace(member, score);
    return query.made.add(member.size());
  });
  return scores;
}

Scores subtract(Query& query) {
  Scores scores;
  query.operands[0].for_each([&](std::string_view member, double score) {
    const bool is_elsewhere =
        std::any_of(query.operands.begin() + 1, query.operands.end(),
                    [&](const Operand& operand) { return operand.score(member).has_value(); });
    if (is_elsewhere) return true;
    scores.emplace(member, score);
    return query.made.add(member.size());
  });
  return scores;
}

using Combine = Scores (*)(Query&);

void write_combined(ReadContext& context, const Shape& shape, Combine combine) {
  auto query = parse(context, shape);
  if (!query) return;
  // What one costs here is at most what it counts in the reply, twice.
  query->made =
      Growth(context.reply().room() < UINT64_MAX / 2 ? 2 * context.reply().room() : UINT64_MAX);
  Scores scores = combine(*query);
  if (query->made.is_over()) return context.error(errors::kReplyTooLarge);
  std::vector<std::pair<double, std::string>> ordered;
  for (auto& [member, score] : scores) ordered.emplace_back(score, member);
  std::sort(ordered.begin(), ordered.end());
  resp::ReplyWriter& reply = context.reply();
  const bool is_nested = query->with_scores && reply.is_resp3();
  reply.array(ordered.size() * (query->with_scores && !is_nested ? 2 : 1));
  for (const auto& [score, member] : ordered) {
    if (is_nested) reply.array(2);
    reply.bulk(member);
    if (query->with_scores) reply.number(score);
    if (reply.is_over()) return;
  }
}

void store_combined(WriteContext& context, const Shape& shape, Combine combine,
                    std::string_view event) {
  const auto keys = base::parse_integer(context.arg(2)).value_or(0);
  for (std::int64_t i = 0; i < keys && i + 3 < static_cast<std::int64_t>(context.argc()); ++i)
    context.drop_if_expired(context.arg(static_cast<std::size_t>(i + 3)));
  auto query = parse(context, shape);
  if (!query) return;
  query->made = Growth(context.growth_left());
  const Scores scores = combine(*query);
  if (query->made.is_over()) return context.error(errors::kGrowthTooLarge);
  const PackedLimits limits = sorted_set_limits(context);
  // Whether it is packed is known before anything goes in: a packed score has no minus zero.
  const bool has_long = std::any_of(scores.begin(), scores.end(), [&](const auto& scored) {
    return scored.first.size() > limits.bytes_max;
  });
  SortedSet result(context.hash_secret());
  if (has_long || scores.size() > limits.entries_max) result.make_dense();
  for (const auto& [member, score] : scores) result.add(member, score, limits);
  const std::uint64_t count = store_sorted_set(context, context.arg(1), std::move(result), event);
  context.reply().integer(static_cast<std::int64_t>(count));
}

constexpr Shape kReading{.has_scores = true};
constexpr Shape kReadingDifference{.has_weights = false, .has_scores = true};
constexpr Shape kStoring{.numkeys = 2};
constexpr Shape kStoringDifference{.numkeys = 2, .has_weights = false};

void zunion(ReadContext& context) { write_combined(context, kReading, unite); }
void zinter(ReadContext& context) { write_combined(context, kReading, intersect); }
void zdiff(ReadContext& context) { write_combined(context, kReadingDifference, subtract); }
void zunionstore(WriteContext& context) { store_combined(context, kStoring, unite, "zunionstore"); }
void zinterstore(WriteContext& context) {
  store_combined(context, kStoring, intersect, "zinterstore");
}
void zdiffstore(WriteContext& context) {
  store_combined(context, kStoringDifference, subtract, "zdiffstore");
}

void zintercard(ReadContext& context) {
  auto query = parse(context, {.has_weights = false, .has_limit = true});
  if (!query) return;
  std::int64_t count = 0;
  for_each_common(*query, [&](std::string_view, double) { return ++count != query->limit; });
  context.reply().integer(count);
}

constexpr CommandRow kSortedSetsAlgebraRows[] = {
    row("zdiff", -3, kFlagReadonly | kFlagMovableKeys, counted_keys(kKeyRead),
        {"Lists what the first sorted set has and no other.", "6.2.0"}, {.read = zdiff}),
    row("zdiffstore", -4, kFlagWrite | kFlagDenyOom | kFlagMovableKeys,
        target_and_counted_keys(kKeyOverwrite, kKeyRead),
        {"Stores what the first sorted set has and no other.", "6.2.0"}, {.write = zdiffstore}),
    row("zinter", -3, kFlagReadonly | kFlagMovableKeys, counted_keys(kKeyRead),
        {"Lists what all sorted sets have.", "6.2.0"}, {.read = zinter}),
    row("zintercard", -3, kFlagReadonly | kFlagMovableKeys, counted_keys(kKeyRead),
        {"Counts what all sorted sets have.", "7.0.0"}, {.read = zintercard}),
    row("zinterstore", -4, kFlagWrite | kFlagDenyOom | kFlagMovableKeys,
        target_and_counted_keys(kKeyOverwrite, kKeyRead),
        {"Stores what all sorted sets have.", "2.0.0"}, {.write = zinterstore}),
    row("zunion", -3, kFlagReadonly | kFlagMovableKeys, counted_keys(kKeyRead),
        {"Lists what any of the sorted sets has.", "6.2.0"}, {.read = zunion}),
    row("zunionstore", -4, kFlagWrite | kFlagDenyOom | kFlagMovableKeys,
        target_and_counted_keys(kKeyOverwrite, kKeyRead),
        {"Stores what any of the sorted sets has.", "2.0.0"}, {.write = zunionstore}),
};

}  // namespace

constinit const Family kSortedSetsAlgebraFamily{"sorted-set", kSortedSetsAlgebraRows};

}  // namespace engine::commands
