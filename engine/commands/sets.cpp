// Sets: one set at a time.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/picks.h"
#include "engine/commands/scan_options.h"
#include "engine/context/context.h"
#include "engine/types/set.h"

namespace engine::commands {
namespace {

// Redis 7.0 moves the members that stay to a new set when SPOP takes more than five times as many.
constexpr std::uint64_t kSpopMovesFactor = 5;

std::uint64_t intset_max(const WriteContext& context) {
  return context.state().settings.set_max_intset_entries();
}

std::int64_t add_members(WriteContext& context, Set& set, std::size_t first, std::size_t end) {
  std::int64_t added = 0;
  for (std::size_t i = first; i < end; ++i)
    added += set.add(context.arg(i), intset_max(context)) ? 1 : 0;
  return added;
}

// Adds the arguments first..end-1 to the set at `key`, which may be absent.
std::int64_t add_to(WriteContext& context, std::string_view key, bool is_there, std::size_t first,
                    std::size_t end) {
  std::int64_t added = 0;
  if (is_there) {
    context.edit<Set>(key, [&](Set& set) {
      added = add_members(context, set, first, end);
      return added > 0;
    });
  } else {
    Set set(context.hash_secret());
    added = add_members(context, set, first, end);
    context.put(key, std::move(set).release(), kNoExpiry);
  }
  if (added > 0) context.notify('s', "sadd", key);
  return added;
}

void pop_one(WriteContext& context, std::string_view key, const SetView& set) {
  char scratch[kScratchBytes];
  const LivePlaces<SetView> places(set);
  const std::string member(set.at(places.at(context.prng().below(places.size())), scratch));
  if (!context.reply_fits(member.size())) return;
  const Edited edited = context.edit<Set>(key, [&](Set& owner) { return owner.remove(member); });
  context.notify('s', "spop", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().bulk(member);
}

std::vector<std::string> all_members(const SetView& set) {
  std::vector<std::string> members;
  set.for_each([&](std::string_view member) {
    members.emplace_back(member);
    return true;
  });
  return members;
}

bool members_fit(WriteContext& context, const std::vector<std::string>& members) {
  std::uint64_t bytes = 0;
  for (const std::string& member : members) bytes += member.size();
  return context.reply_fits(bytes, members.size());
}

void write_members(WriteContext& context, const std::vector<std::string>& members) {
  context.reply().set(members.size());
  for (const std::string& member : members) context.reply().bulk(member);
}

void pop_all(WriteContext& context, std::string_view key, const SetView& set) {
  const std::vector<std::string> members = all_members(set);
  if (!members_fit(context, members)) return;
  write_members(context, members);
  context.remove(key);
  context.notify('s', "spop", key);
  context.notify('g', "del", key);
}

// `count` different places, fewer than there are members. Holes are met only within an EXEC: each
// costs a draw, so that as many pops as there are members cost n log n together.
std::vector<std::uint64_t> picked_places(WriteContext& context, const SetView& set,
                                         std::uint64_t count) {
  if (set.place_end() == set.count()) return distinct_picks(context.prng(), set.count(), count);
  std::vector<std::uint64_t> places;
  std::set<std::uint64_t> chosen;
  while (places.size() < count) {
    const std::uint64_t place = context.prng().below(set.place_end());
    if (!set.is_hole(place) && chosen.insert(place).second) places.push_back(place);
  }
  return places;
}

// A set of the other members, in their order.
Value all_but(WriteContext& context, const SetView& set, const std::vector<std::uint64_t>& places) {
  std::vector<bool> goes(set.place_end(), false);
  for (const std::uint64_t place : places) goes[place] = true;
  Set rest(context.hash_secret());
  char scratch[kScratchBytes];
  for (std::uint64_t place = 0; place < set.place_end(); ++place) {
    if (!goes[place] && !set.is_hole(place)) rest.add(set.at(place, scratch), intset_max(context));
  }
  return std::move(rest).release();
}

// Costs what `count` says, not the set.
void pop_some(WriteContext& context, std::string_view key, const SetView& set,
              std::uint64_t count) {
  char scratch[kScratchBytes];
  const std::vector<std::uint64_t> places = picked_places(context, set, count);
  std::vector<std::string> popped;
  popped.reserve(places.size());
  for (const std::uint64_t place : places) popped.emplace_back(set.at(place, scratch));
  if (!members_fit(context, popped)) return;
  if ((set.count() - count) * kSpopMovesFactor > count) {
    context.edit<Set>(key, [&](Set& owner) {
      for (const std::string& member : popped) owner.remove(member);
      return true;
    });
  } else {
    context.replace(key, all_but(context, set, places));
  }
  context.notify('s', "spop", key);
  write_members(context, popped);
}

std::optional<std::uint64_t> positive_count(WriteContext& context) {
  const auto count = integer_argument(context, 2, "ERR value is out of range, must be positive");
  if (!count) return {};
  if (*count >= 0) return static_cast<std::uint64_t>(*count);
  context.error("ERR value is out of range, must be positive");
  return {};
}

void sadd(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  context.reply().integer(add_to(context, context.arg(1), entry != nullptr, 2, context.argc()));
}

void srem(WriteContext& context) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  std::int64_t removed = 0;
  const Edited edited = context.edit<Set>(key, [&](Set& set) {
    for (std::size_t i = 2; i < context.argc() && !set.is_empty(); ++i)
      removed += set.remove(context.arg(i)) ? 1 : 0;
    return removed > 0;
  });
  if (edited != Edited::kUnchanged) context.notify('s', "srem", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().integer(removed);
}

void smove(WriteContext& context) {
  const std::string_view from = context.arg(1), to = context.arg(2), member = context.arg(3);
  const Entry* source = context.find_for_write(from);
  const bool has_target = context.find_for_write(to) != nullptr;
  source = context.find_for_write(from);
  if (source == nullptr) return context.reply().integer(0);
  if (context.find_of_for_write(from, Type::kSet).is_wrong()) return;
  if (context.find_of_for_write(to, Type::kSet).is_wrong()) return;
  const bool is_member = SetView(source->value()).contains(member);
  if (from == to || !is_member) return context.reply().integer(is_member ? 1 : 0);
  const Edited edited = context.edit<Set>(from, [&](Set& set) { return set.remove(member); });
  context.notify('s', "srem", from);
  if (edited == Edited::kEmptied) context.notify('g', "del", from);
  add_to(context, to, has_target, 3, 4);
  context.reply().integer(1);
}

void spop(WriteContext& context) {
  if (context.argc() > 3) return context.error(errors::kSyntax);
  const bool has_count = context.argc() == 3;
  std::uint64_t count = 1;
  if (has_count) {
    const auto given = positive_count(context);
    if (!given) return;
    count = *given;
  }
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr && !has_count) return context.reply().null();
  if (entry == nullptr || count == 0) return context.reply().set(0);
  const SetView set(entry->value());
  if (!has_count) return pop_one(context, key, set);
  count >= set.count() ? pop_all(context, key, set) : pop_some(context, key, set, count);
}

void scard(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  const std::uint64_t count = entry == nullptr ? 0 : SetView(entry->value()).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void sismember(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  const bool is_member = entry != nullptr && SetView(entry->value()).contains(context.arg(2));
  context.reply().integer(is_member ? 1 : 0);
}

void smismember(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  context.reply().array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const bool is_member = entry != nullptr && SetView(entry->value()).contains(context.arg(i));
    context.reply().integer(is_member ? 1 : 0);
  }
}

void smembers(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().set(0);
  const SetView set(entry->value());
  context.reply().set(set.count());
  set.for_each([&](std::string_view member) {
    context.reply().bulk(member);
    return !context.reply().is_over();
  });
}

void srandmember(ReadContext& context) {
  const auto arguments = pick_arguments(context, {});
  if (!arguments) return;
  const Found entry = context.find_of(context.arg(1), Type::kSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return arguments->count ? context.reply().array(0) : context.reply().null();
  const SetView set(entry->value());
  const LivePlaces<SetView> places(set);
  char scratch[kScratchBytes];
  write_picks(context, places.size(), *arguments,
              [&](std::uint64_t i, bool) { context.reply().bulk(set.at(places.at(i), scratch)); });
}

void sscan(ReadContext& context) {
  const auto view = [](const Entry& entry) { return SetView(entry.value()); };
  scan_collection(
      context, Type::kSet, view,
      [&](const SetView& set, std::uint64_t place, const ScanOptions& options) -> std::size_t {
        char scratch[kScratchBytes];
        if (set.is_hole(place)) return 0;
        const std::string_view member = set.at(place, scratch);
        if (!options.matches(member)) return 0;
        context.reply().bulk(member);
        return 1;
      });
}

constexpr CommandRow kSetsRows[] = {
    row("sadd", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds members to a set.", "1.0.0"}, {.write = sadd}),
    row("scard", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Counts the members of a set.", "1.0.0", "O(1)"}, {.read = scard}),
    row("sismember", 3, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Tells whether a set has a member.", "1.0.0", "O(1)"}, {.read = sismember}),
    row("smembers", 2, kFlagReadonly, one_key(kKeyRead), {"Lists the members of a set.", "1.0.0"},
        {.read = smembers}, {.tips = "nondeterministic_output_order"}),
    row("smismember", -3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells which members a set has.", "6.2.0"}, {.read = smismember}),
    row("smove", 4, kFlagWrite | kFlagFast, two_keys(kKeyTake, kKeyInsert),
        {"Moves a member from one set to another.", "1.0.0", "O(1)"}, {.write = smove}),
    row("spop", -2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Takes some members out of a set.", "1.0.0"}, {.write = spop},
        {.tips = "nondeterministic_output"}),
    row("srandmember", -2, kFlagReadonly, one_key(kKeyRead),
        {"Answers some members of a set.", "1.0.0"}, {.read = srandmember},
        {.tips = "nondeterministic_output"}),
    row("srem", -3, kFlagWrite | kFlagFast, one_key(kKeyDelete),
        {"Removes members of a set.", "1.0.0"}, {.write = srem}),
    row("sscan", -3, kFlagReadonly, one_key(kKeyRead),
        {"Walks the members of a set in steps.", "2.8.0"}, {.read = sscan},
        {.tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kSetsFamily{"set", kSetsRows};

}  // namespace engine::commands
