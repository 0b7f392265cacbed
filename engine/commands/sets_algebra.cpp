// Sets: intersection, union and difference of several.
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/context/context.h"
#include "engine/types/set.h"

namespace engine::commands {
namespace {

using Operands = std::vector<std::optional<SetView>>;  // an absent key is nothing

// The sets at arguments first..end-1; nullopt: one is no set, and the error is written.
template <class Find>
std::optional<Operands> operands(ReadContext& context, std::size_t first, std::size_t end,
                                 Find find) {
  Operands sets;
  for (std::size_t i = first; i < end; ++i) {
    const Found entry = find(context.arg(i));
    if (entry.is_wrong()) return {};
    entry == nullptr ? sets.emplace_back() : sets.emplace_back(SetView(entry->value()));
  }
  return sets;
}

std::optional<Operands> operands(ReadContext& context, std::size_t first, std::size_t end) {
  return operands(context, first, end,
                  [&](std::string_view key) { return context.find_of(key, Type::kSet); });
}

// Expired ones are deleted before any is looked at: a deletion may move what was found.
std::optional<Operands> operands_for_write(WriteContext& context) {
  for (std::size_t i = 2; i < context.argc(); ++i) context.drop_if_expired(context.arg(i));
  return operands(context, 2, context.argc(),
                  [&](std::string_view key) { return look_up_of(context, key, Type::kSet); });
}

// Calls `visit(member)` for what is in all of them, until it returns false. The smallest leads.
template <class Visit>
void intersect(const Operands& sets, Visit visit) {
  const SetView* smallest = nullptr;
  for (const auto& set : sets) {
    if (!set) return;
    if (smallest == nullptr || set->count() < smallest->count()) smallest = &*set;
  }
  smallest->for_each([&](std::string_view member) {
    const bool is_in_all = std::all_of(sets.begin(), sets.end(), [&](const auto& set) {
      return &*set == smallest || set->contains(member);
    });
    return !is_in_all || visit(member);
  });
}

template <class Visit>
void subtract(const Operands& sets, Visit visit) {
  if (!sets[0]) return;
  sets[0]->for_each([&](std::string_view member) {
    const bool is_elsewhere = std::any_of(sets.begin() + 1, sets.end(), [&](const auto& set) {
      return set && set->contains(member);
    });
    return is_elsewhere || visit(member);
  });
}

// A member may be visited more than once. Ends when `visit` returns false.
template <class Visit>
void unite(const Operands& sets, Visit visit) {
  bool goes_on = true;
  for (const auto& set : sets) {
    if (set && goes_on)
      set->for_each([&](std::string_view member) { return goes_on = visit(member); });
  }
}

// Members on their way into a reply, no more than it has room for.
class Gathered {
 public:
  explicit Gathered(ReadContext& context) : context_(context) {}
  bool operator()(std::string_view member) {
    bytes_ += member.size();
    if (!context_.reply().has_room(bytes_, members_.size() + 1)) return is_whole_ = false;
    members_.emplace_back(member);
    return true;
  }
  void write() const {
    if (!is_whole_) return context_.error(errors::kReplyTooLarge);
    context_.reply().set(members_.size());
    for (const std::string& member : members_) context_.reply().bulk(member);
  }

 private:
  ReadContext& context_;
  std::vector<std::string> members_;
  std::uint64_t bytes_ = 0;
  bool is_whole_ = true;
};

// Whether Redis takes a copy of the first set and removes what the others have, instead of looking
// each member up in the others: then the copy's encoding stays, and a client can see it.
bool is_copied_to_subtract(const Operands& sets) {
  std::uint64_t lookups = 0, moves = 0;
  for (const auto& set : sets) {
    if (!set) continue;
    lookups += sets[0]->count();
    moves += set->count();
  }
  return lookups / 2 > moves;
}

bool fits_intset(const SetView& set, std::uint64_t intset_max) {
  if (set.count() > intset_max) return false;
  bool are_integers = true;
  set.for_each([&](std::string_view member) {
    return are_integers = base::parse_integer(member).has_value();
  });
  return are_integers;
}

// What a result is before its first member.
Set begun(WriteContext& context, bool is_intset) {
  Set result(context.hash_secret());
  if (!is_intset) result.leave_intset();
  return result;
}

// `begins_as_intset(sets, max)` says whether the result may be an intset at all.
template <class BeginsAsIntset, class Combine>
void store(WriteContext& context, std::string_view event, BeginsAsIntset begins_as_intset,
           Combine combine) {
  const auto sets = operands_for_write(context);
  if (!sets) return;
  const std::uint64_t intset_max = context.state().settings.set_max_intset_entries();
  Set result = begun(context, begins_as_intset(*sets, intset_max));
  std::int64_t count = 0;
  Growth growth(context.growth_left());
  combine(*sets, [&](std::string_view member) {
    if (!result.add(member, intset_max)) return true;
    ++count;
    return growth.add(member.size());
  });
  if (growth.is_over()) return context.error(errors::kGrowthTooLarge);
  const std::string_view target = context.arg(1);
  context.drop_if_expired(target);
  if (count > 0) {
    context.put(target, std::move(result).release(), kNoExpiry);
    context.notify('s', event, target);
  } else if (context.remove(target)) {
    context.notify('g', "del", target);
  }
  context.reply().integer(count);
}

struct CardOptions {
  std::size_t keys = 0;
  std::int64_t limit = 0;
};

std::optional<CardOptions> card_options(ReadContext& context) {
  const auto refuse = [&context](std::string_view text) -> std::optional<CardOptions> {
    context.error(text);
    return {};
  };
  const auto keys = integer_argument(context, 1, "ERR numkeys should be greater than 0");
  if (!keys) return {};
  if (*keys <= 0) return refuse("ERR numkeys should be greater than 0");
  if (*keys > static_cast<std::int64_t>(context.argc()) - 2)
    return refuse("ERR Number of keys can't be greater than number of args");
  CardOptions options{.keys = static_cast<std::size_t>(*keys)};
  for (std::size_t i = 2 + options.keys; i < context.argc(); i += 2) {
    if (!equals_ignoring_case(context.arg(i), "LIMIT") || i + 1 >= context.argc())
      return refuse(errors::kSyntax);
    const auto limit = integer_argument(context, i + 1, "ERR LIMIT can't be negative");
    if (!limit) return {};
    if (*limit < 0) return refuse("ERR LIMIT can't be negative");
    options.limit = *limit;
  }
  return options;
}

void sinter(ReadContext& context) {
  const auto sets = operands(context, 1, context.argc());
  if (!sets) return;
  Gathered members(context);
  intersect(*sets, std::ref(members));
  members.write();
}

void sintercard(ReadContext& context) {
  const auto options = card_options(context);
  if (!options) return;
  const auto sets = operands(context, 2, 2 + options->keys);
  if (!sets) return;
  std::int64_t count = 0;
  intersect(*sets, [&](std::string_view) { return ++count != options->limit; });
  context.reply().integer(count);
}

void sunion(ReadContext& context) {
  const auto sets = operands(context, 1, context.argc());
  if (!sets) return;
  Set result(context.hash_secret());
  std::uint64_t bytes = 0, count = 0;
  unite(*sets, [&](std::string_view member) {
    if (!result.add(member, 0)) return true;
    bytes += member.size();
    return context.reply().has_room(bytes, ++count);
  });
  if (!context.reply_fits(bytes, count)) return;
  Gathered members(context);
  const Entry entry("", std::move(result).release(), kNoExpiry);
  SetView(entry.value()).for_each(std::ref(members));
  members.write();
}

void sdiff(ReadContext& context) {
  const auto sets = operands(context, 1, context.argc());
  if (!sets) return;
  Gathered members(context);
  subtract(*sets, std::ref(members));
  members.write();
}

bool always(const Operands&, std::uint64_t) { return true; }

void sinterstore(WriteContext& context) {
  store(context, "sinterstore", always,
        [](const Operands& sets, auto visit) { intersect(sets, visit); });
}
void sunionstore(WriteContext& context) {
  store(context, "sunionstore", always,
        [](const Operands& sets, auto visit) { unite(sets, visit); });
}
void sdiffstore(WriteContext& context) {
  const auto begins_as_intset = [](const Operands& sets, std::uint64_t intset_max) {
    return !sets[0] || !is_copied_to_subtract(sets) || fits_intset(*sets[0], intset_max);
  };
  store(context, "sdiffstore", begins_as_intset,
        [](const Operands& sets, auto visit) { subtract(sets, visit); });
}

constexpr CommandRow kSetsAlgebraRows[] = {
    row("sdiff", -2, kFlagReadonly, all_keys(kKeyRead),
        {"Lists what the first set has and no other.", "1.0.0"}, {.read = sdiff},
        {.tips = "nondeterministic_output_order"}),
    row("sdiffstore", -3, kFlagWrite | kFlagDenyOom, target_and_keys(kKeyOverwrite, kKeyRead),
        {"Stores what the first set has and no other.", "1.0.0"}, {.write = sdiffstore}),
    row("sinter", -2, kFlagReadonly, all_keys(kKeyRead), {"Lists what all sets have.", "1.0.0"},
        {.read = sinter}, {.tips = "nondeterministic_output_order"}),
    row("sintercard", -3, kFlagReadonly | kFlagMovableKeys, counted_keys(kKeyRead),
        {"Counts what all sets have.", "7.0.0"}, {.read = sintercard}),
    row("sinterstore", -3, kFlagWrite | kFlagDenyOom, target_and_keys(kKeyUpdate, kKeyRead),
        {"Stores what all sets have.", "1.0.0"}, {.write = sinterstore}),
    row("sunion", -2, kFlagReadonly, all_keys(kKeyRead),
        {"Lists what any of the sets has.", "1.0.0"}, {.read = sunion},
        {.tips = "nondeterministic_output_order"}),
    row("sunionstore", -3, kFlagWrite | kFlagDenyOom, target_and_keys(kKeyOverwrite, kKeyRead),
        {"Stores what any of the sets has.", "1.0.0"}, {.write = sunionstore}),
};

}  // namespace

constinit const Family kSetsAlgebraFamily{"set", kSetsAlgebraRows};

}  // namespace engine::commands
