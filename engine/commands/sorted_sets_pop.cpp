// Sorted sets: taking from the ends, random members, walking.
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/picks.h"
#include "engine/commands/pops.h"
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

// The reply of ZMPOP: the key and what it gave.
void pop_many_from(WriteContext& context, std::string_view key, const Entry& entry,
                   const PopMany& query) {
  const auto popped =
      pop(context, key, SortedSetView(entry.value()), query.count, !query.is_first_end, key);
  if (!popped) return;
  context.reply().array(2);
  context.reply().bulk(key);
  write_popped(context, *popped, true);
}

bool pop_many(WriteContext& context, const PopMany& query) {
  return pop_first(
      context, Type::kSortedSet, query.first_key, query.end(),
      [&](std::string_view key, const Entry& entry) { pop_many_from(context, key, entry, query); });
}

void blocking_pop(WriteContext& context, bool is_max) {
  const auto timeout_ms = timeout_argument(context, context.argc() - 1);
  if (!timeout_ms) return;
  const auto take = [&](std::string_view key, const Entry& entry) {
    const auto popped = pop(context, key, SortedSetView(entry.value()), 1, is_max, key);
    if (!popped) return;
    context.reply().array(3);
    context.reply().bulk(key);
    context.reply().bulk((*popped)[0].first);
    context.reply().number((*popped)[0].second);
  };
  if (pop_first(context, Type::kSortedSet, 1, context.argc() - 1, take)) return;
  context.wait_for(1, context.argc() - 1, *timeout_ms);
}

// What ZRANDMEMBER picks from.
using Members = Pairs<SortedSetView, double>;

Members::Unpacked unpacked(const SortedSetView& set) {
  Members::Unpacked members;
  if (!set.is_packed()) return members;
  set.visit_ranks(0, UINT64_MAX, false, [&](std::string_view member, double score) {
    members.emplace_back(member, score);
    return true;
  });
  return members;
}

void zpopmin(WriteContext& context) { pop_command(context, false); }
void zpopmax(WriteContext& context) { pop_command(context, true); }

void zmpop(WriteContext& context) {
  const auto query = pop_many_arguments(context, 1, "MIN", "MAX");
  if (!query || pop_many(context, *query)) return;
  context.reply().null_array();
}

void bzpopmin(WriteContext& context) { blocking_pop(context, false); }
void bzpopmax(WriteContext& context) { blocking_pop(context, true); }

void bzmpop(WriteContext& context) {
  const auto timeout_ms = timeout_argument(context, 1);
  if (!timeout_ms) return;
  const auto query = pop_many_arguments(context, 2, "MIN", "MAX");
  if (!query || pop_many(context, *query)) return;
  context.wait_for(query->first_key, query->end(), *timeout_ms);
}

void zrandmember(ReadContext& context) {
  const auto arguments = pick_arguments(context, "WITHSCORES");
  if (!arguments) return;
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return arguments->count ? context.reply().array(0) : context.reply().null();
  const SortedSetView set(entry->value());
  const Members members(set, unpacked(set));
  write_picks(context, members.size(), *arguments, [&](std::uint64_t i, bool with_score) {
    members.write(i, with_score, context.reply());
  });
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
  const auto view = [](const Entry& entry) { return SortedSetView(entry.value()); };
  scan_collection(context, Type::kSortedSet, view,
                  [&](const SortedSetView& set, std::uint64_t place, const ScanOptions& options) {
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

constexpr CommandRow kSortedSetsPopRows[] = {
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

constinit const Family kSortedSetsPopFamily{"sorted-set", kSortedSetsPopRows};

}  // namespace engine::commands
