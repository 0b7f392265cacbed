// Sorted sets: taking from the ends, random members, walking.
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/picks.h"
#include "engine/commands/scan_options.h"
#include "engine/commands/score.h"

namespace engine::commands {
namespace {

using Popped = std::vector<std::pair<std::string, double>>;

// nullopt: the reply would be too large, the error is written. `named` counts with it.
std::optional<Popped> pop(WriteContext& context, std::string_view key, const SortedSetView& set,
                          std::uint64_t count, bool is_max, std::string_view named = {}) {
  const std::uint64_t size = set.count();
  count = std::min(count, size);
  const std::uint64_t first = is_max ? size - count : 0;
  Popped popped;
  std::uint64_t bytes = named.size();
  set.visit_ranks(first, first + count, is_max, [&](std::string_view member, double score) {
    popped.emplace_back(member, score);
    bytes += member.size() + base::kDoubleTextBytesMax;
    return context.reply().has_room(bytes, 2 * popped.size() + 1);
  });
  if (!context.reply_fits(bytes, 2 * popped.size() + 1)) return {};
  const Edited edited = context.edit<SortedSet>(key, [&](SortedSet& owner) {
    owner.remove_ranks(first, first + count);
    return true;
  });
  context.notify('z', is_max ? "zpopmax" : "zpopmin", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  return popped;
}

void write_popped(ReadContext& context, const Popped& popped, bool is_nested) {
  resp::ReplyWriter& reply = context.reply();
  reply.array(popped.size() * (is_nested ? 1 : 2));
  for (const auto& [member, score] : popped) {
    if (is_nested) reply.array(2);
    reply.bulk(member);
    reply.number(score);
  }
}

void pop_command(WriteContext& context, bool is_max) {
  if (context.argc() > 3) return context.error(errors::kSyntax);
  constexpr std::string_view kPositive = "ERR value is out of range, must be positive";
  const bool has_count = context.argc() == 3;
  std::int64_t count = 1;
  if (has_count) {
    const auto given = integer_argument(context, 2, kPositive);
    if (!given) return;
    if (*given < 0) return context.error(kPositive);
    count = *given;
  }
  const Found entry = context.find_of_for_write(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr || count == 0) return context.reply().array(0);
  const auto popped = pop(context, context.arg(1), SortedSetView(entry->value()),
                          static_cast<std::uint64_t>(count), is_max);
  if (popped) write_popped(context, *popped, has_count && context.reply().is_resp3());
}

struct PopMany {
  std::size_t keys = 0;
  bool is_max = false;
  std::int64_t count = 1;
};

std::optional<std::int64_t> positive(ReadContext& context, std::size_t i, std::string_view error) {
  const auto value = base::parse_integer(context.arg(i));
  if (value && *value > 0) return value;
  context.error(error);
  return {};
}

// `first`: the argument that says how many keys there are.
std::optional<PopMany> parse_zmpop(ReadContext& context, std::size_t first) {
  const auto refuse = [&context]() -> std::optional<PopMany> {
    context.error(errors::kSyntax);
    return {};
  };
  const auto keys = positive(context, first, "ERR numkeys should be greater than 0");
  if (!keys) return {};
  if (*keys > static_cast<std::int64_t>(context.argc() - first) - 2) return refuse();
  PopMany query{.keys = static_cast<std::size_t>(*keys)};
  const std::string_view where = context.arg(first + 1 + query.keys);
  query.is_max = equals_ignoring_case(where, "MAX");
  if (!query.is_max && !equals_ignoring_case(where, "MIN")) return refuse();
  bool has_count = false;
  for (std::size_t i = first + 2 + query.keys; i < context.argc(); i += 2) {
    if (has_count || !equals_ignoring_case(context.arg(i), "COUNT") || i + 1 >= context.argc())
      return refuse();
    const auto count = positive(context, i + 1, "ERR count should be greater than 0");
    if (!count) return {};
    query.count = *count;
    has_count = true;
  }
  return query;
}

// True: a key had something, or was of the wrong type; the reply is written.
bool pop_first(WriteContext& context, const PopMany& query, std::size_t first_key) {
  for (std::size_t i = first_key; i < first_key + query.keys; ++i) {
    if (!context.tries(context.arg(i))) continue;
    const Found entry = context.find_of_for_write(context.arg(i), Type::kSortedSet);
    if (entry.is_wrong()) return true;
    if (entry == nullptr) continue;
    const auto popped = pop(context, context.arg(i), SortedSetView(entry->value()),
                            static_cast<std::uint64_t>(query.count), query.is_max, context.arg(i));
    if (!popped) return true;
    context.reply().array(2);
    context.reply().bulk(context.arg(i));
    write_popped(context, *popped, true);
    return true;
  }
  return false;
}

void blocking_pop(WriteContext& context, bool is_max) {
  const auto timeout_ms = timeout_argument(context, context.argc() - 1);
  if (!timeout_ms) return;
  for (std::size_t i = 1; i + 1 < context.argc(); ++i) {
    if (!context.tries(context.arg(i))) continue;
    const Found entry = context.find_of_for_write(context.arg(i), Type::kSortedSet);
    if (entry.is_wrong()) return;
    if (entry == nullptr) continue;
    const auto popped =
        pop(context, context.arg(i), SortedSetView(entry->value()), 1, is_max, context.arg(i));
    if (!popped) return;
    context.reply().array(3);
    context.reply().bulk(context.arg(i));
    context.reply().bulk((*popped)[0].first);
    return context.reply().number((*popped)[0].second);
  }
  context.wait_for(1, context.argc() - 1, *timeout_ms);
}

// What ZRANDMEMBER picks from: a packed set is unpacked once.
class Members {
 public:
  explicit Members(const SortedSetView& set) : set_(set), places_(set) {
    if (!set.is_packed()) return;
    set.visit_ranks(0, UINT64_MAX, false, [this](std::string_view member, double score) {
      unpacked_.emplace_back(member, score);
      return true;
    });
  }
  [[nodiscard]] std::uint64_t size() const { return places_.size(); }
  void write(std::uint64_t i, bool with_score, resp::ReplyWriter& reply) const {
    const auto write_one = [&](std::string_view member, double score) {
      if (with_score && reply.is_resp3()) reply.array(2);
      reply.bulk(member);
      if (with_score) reply.number(score);
    };
    if (set_.is_packed()) return write_one(unpacked_[i].first, unpacked_[i].second);
    set_.visit_place(places_.at(i), write_one);
  }

 private:
  const SortedSetView& set_;
  LivePlaces<SortedSetView> places_;
  Popped unpacked_;
};

void write_random(ReadContext& context, const Members& members, std::int64_t count,
                  bool with_scores) {
  resp::ReplyWriter& reply = context.reply();
  const std::size_t replies_each = with_scores && !reply.is_resp3() ? 2 : 1;
  if (count < 0) {
    const std::uint64_t wanted = 0 - static_cast<std::uint64_t>(count);
    if (!context.reply_fits(0, with_scores ? 2 * wanted : wanted)) return;
    reply.array(wanted * replies_each);
    for (std::uint64_t i = 0; i < wanted && !reply.is_over(); ++i)
      members.write(context.prng().below(members.size()), with_scores, reply);
    return;
  }
  const auto picks =
      distinct_picks(context.prng(), members.size(), static_cast<std::uint64_t>(count));
  reply.array(picks.size() * replies_each);
  for (const std::uint64_t pick : picks) members.write(pick, with_scores, reply);
}

void zpopmin(WriteContext& context) { pop_command(context, false); }
void zpopmax(WriteContext& context) { pop_command(context, true); }

void zmpop(WriteContext& context) {
  const auto query = parse_zmpop(context, 1);
  if (!query || pop_first(context, *query, 2)) return;
  context.reply().null_array();
}

void bzpopmin(WriteContext& context) { blocking_pop(context, false); }
void bzpopmax(WriteContext& context) { blocking_pop(context, true); }

void bzmpop(WriteContext& context) {
  const auto timeout_ms = timeout_argument(context, 1);
  if (!timeout_ms) return;
  const auto query = parse_zmpop(context, 2);
  if (!query || pop_first(context, *query, 3)) return;
  context.wait_for(3, 3 + query->keys, *timeout_ms);
}

void zrandmember(ReadContext& context) {
  const bool has_count = context.argc() >= 3;
  std::int64_t count = 1;
  bool with_scores = false;
  if (has_count) {
    const auto given = integer_argument(context, 2);
    if (!given) return;
    count = *given;
    if (count == INT64_MIN)
      return context.error(
          "ERR value is out of range, value must between -9223372036854775807 and "
          "9223372036854775807");
    with_scores = context.argc() > 3;
    if (context.argc() > 4 || (with_scores && !equals_ignoring_case(context.arg(3), "WITHSCORES")))
      return context.error(errors::kSyntax);
    if (with_scores && (count < -(INT64_MAX / 2) || count > INT64_MAX / 2))
      return context.error("ERR value is out of range");
  }
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return has_count ? context.reply().array(0) : context.reply().null();
  const SortedSetView set(entry->value());
  const Members members(set);
  if (!has_count)
    return members.write(context.prng().below(members.size()), false, context.reply());
  write_random(context, members, count, with_scores);
}

// ZSCAN shows the elements of a listpack as they are kept there: a score that is an integer has all
// its digits, unlike everywhere else.
std::string_view scanned_score(double score, bool is_packed,
                               char (&buffer)[base::kDoubleTextBytesMax]) {
  const auto integer = is_packed ? packed_integer(score) : std::nullopt;
  if (!integer) return base::double_text(score, buffer);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, *integer).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

void zscan(ReadContext& context) {
  const auto cursor = scan_cursor(context, 2);
  if (!cursor) return;
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  ScanOptions options;
  if (entry == nullptr) return scan_places(context, 0, 0, true, options, [](auto) { return 0U; });
  if (!parse_scan_options(context, 3, false, options)) return;
  const SortedSetView set(entry->value());
  scan_places(context, *cursor, set.place_end(), set.is_packed(), options,
              [&](std::uint64_t place) {
                std::size_t replies = 0;
                set.visit_place(place, [&](std::string_view member, double score) {
                  if (!options.matches(member)) return;
                  char buffer[base::kDoubleTextBytesMax];
                  context.reply().bulk(member);
                  context.reply().bulk(scanned_score(score, set.is_packed(), buffer));
                  replies = 2;
                });
                return replies;
              });
}

constexpr CommandRow kRows[] = {
    row("bzmpop", -5, kFlagWrite | kFlagBlocking | kFlagMovableKeys, counted_keys(kKeyTake, 2),
        {"Takes members from the first sorted set that has any; waits.", "7.0.0"},
        {.write = bzmpop}, {.waits_at = Type::kSortedSet}),
    row("bzpopmax", -3, kFlagWrite | kFlagNoScript | kFlagBlocking | kFlagFast,
        keys_but_last(kKeyTake),
        {"Takes the member with the highest score from the first sorted set that has any; waits.",
         "5.0.0"},
        {.write = bzpopmax}, {.waits_at = Type::kSortedSet}),
    row("bzpopmin", -3, kFlagWrite | kFlagNoScript | kFlagBlocking | kFlagFast,
        keys_but_last(kKeyTake),
        {"Takes the member with the lowest score from the first sorted set that has any; waits.",
         "5.0.0"},
        {.write = bzpopmin}, {.waits_at = Type::kSortedSet}),
    row("zmpop", -4, kFlagWrite | kFlagMovableKeys, counted_keys(kKeyTake),
        {"Takes members from the first sorted set that has any.", "7.0.0"}, {.write = zmpop}),
    row("zpopmax", -2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Takes the members with the highest scores.", "5.0.0"}, {.write = zpopmax}),
    row("zpopmin", -2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Takes the members with the lowest scores.", "5.0.0"}, {.write = zpopmin}),
    row("zrandmember", -2, kFlagReadonly, one_key(kKeyRead),
        {"Answers some members of a sorted set.", "6.2.0"}, {.read = zrandmember},
        {.tips = "nondeterministic_output"}),
    row("zscan", -3, kFlagReadonly, one_key(kKeyRead),
        {"Walks the members of a sorted set in steps.", "2.8.0"}, {.read = zscan},
        {.tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kSortedSetsPopFamily{"sorted-set", kRows};

}  // namespace engine::commands
