// Lists: the commands that change one, or two.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/pops.h"
#include "engine/context/context.h"
#include "engine/types/list.h"

namespace engine::commands {
namespace {

ListLimits limits(const WriteContext& context) {
  return ListLimits::from_setting(context.state().settings.list_max_listpack_size());
}

// Pushes the arguments first.. to the list at `key`, made if `is_there` is false. Returns its
// length.
std::uint64_t push_to(WriteContext& context, std::string_view key, bool is_there, bool at_head,
                      std::span<const std::string_view> elements) {
  std::uint64_t count = 0;
  const auto push_all = [&](List& list) {
    for (const std::string_view element : elements) list.push(element, at_head, limits(context));
    count = list.count();
    return true;
  };
  if (is_there) {
    context.edit<List>(key, push_all);
  } else {
    List list;
    push_all(list);
    context.put(key, std::move(list).release(), kNoExpiry);
  }
  context.notify('l', at_head ? "lpush" : "rpush", key);
  return count;
}

void push(WriteContext& context, bool at_head, bool only_present) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr && only_present) return context.reply().integer(0);
  const std::uint64_t count =
      push_to(context, key, entry != nullptr, at_head, context.argv().subspan(2));
  context.reply().integer(static_cast<std::int64_t>(count));
}

// Whether the reply has room for up to `count` elements from an end of the list at `key`, and for
// `named`; if not, the error is written.
bool elements_fit(WriteContext& context, std::string_view key, bool at_head, std::uint64_t count,
                  std::string_view named = {}) {
  const ListView list(context.find_for_write(key)->value());
  std::uint64_t bytes = named.size(), scalars = 1;
  list.visit(at_head ? 0 : list.count() - 1, count, !at_head,
             [&](const Listpack::Element& element) {
               bytes += element.size();
               return context.reply().has_room(bytes, ++scalars);
             });
  return context.reply_fits(bytes, scalars);
}

// Takes up to `count` elements from an end of a list that is there.
std::vector<std::string> pop_from(WriteContext& context, std::string_view key, bool at_head,
                                  std::uint64_t count) {
  std::vector<std::string> popped;
  const Edited edited = context.edit<List>(key, [&](List& list) {
    for (count = std::min(count, list.count()); count > 0; --count)
      popped.push_back(list.pop(at_head));
    return true;
  });
  context.notify('l', at_head ? "lpop" : "rpop", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  return popped;
}

void write_elements(ReadContext& context, const std::vector<std::string>& elements) {
  context.reply().array(elements.size());
  for (const std::string& element : elements) context.reply().bulk(element);
}

void pop(WriteContext& context, bool at_head) {
  constexpr std::string_view kPositive = "ERR value is out of range, must be positive";
  if (context.argc() > 3) {
    return context.error(std::string("ERR wrong number of arguments for '") +
                         (at_head ? "lpop" : "rpop") + "' command");
  }
  const bool has_count = context.argc() == 3;
  std::int64_t count = 1;
  if (has_count) {
    const auto given = integer_argument(context, 2, kPositive);
    if (!given) return;
    if (*given < 0) return context.error(kPositive);
    count = *given;
  }
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return has_count ? context.reply().null_array() : context.reply().null();
  if (count == 0) return context.reply().array(0);
  if (!elements_fit(context, key, at_head, static_cast<std::uint64_t>(count))) return;
  const auto popped = pop_from(context, key, at_head, static_cast<std::uint64_t>(count));
  has_count ? write_elements(context, popped) : context.reply().bulk(popped[0]);
}

// LEFT is true; nullopt: neither.
std::optional<bool> parse_end(std::string_view word) {
  if (equals_ignoring_case(word, "LEFT")) return true;
  if (equals_ignoring_case(word, "RIGHT")) return false;
  return {};
}

// With a timeout it waits for an element, else it answers null where there is none.
void move_element(WriteContext& context, bool from_head, bool to_head,
                  std::optional<std::int64_t> timeout_ms = {}) {
  const std::string_view from = context.arg(1), to = context.arg(2);
  context.drop_if_expired(to);
  const Found source = context.find_of_for_write(from, Type::kList);
  if (source.is_wrong()) return;
  if (source == nullptr && timeout_ms && context.may_wait())
    return context.wait_for(1, 2, *timeout_ms);
  if (source == nullptr) return context.reply().null();
  if (context.find_of_for_write(to, Type::kList).is_wrong()) return;
  if (!elements_fit(context, from, from_head, 1)) return;
  if (from == to) {  // the list must not go in between
    std::string element;
    context.edit<List>(from, [&](List& list) {
      element = list.pop(from_head);
      list.push(element, to_head, limits(context));
      return true;
    });
    context.notify('l', to_head ? "lpush" : "rpush", to);
    context.notify('l', from_head ? "lpop" : "rpop", from);
    return context.reply().bulk(element);
  }
  std::string element;
  const Edited edited = context.edit<List>(from, [&](List& list) {
    element = list.pop(from_head);
    return true;
  });
  const std::string_view elements[] = {element};
  push_to(context, to, context.find_for_write(to) != nullptr, to_head, elements);
  context.notify('l', from_head ? "lpop" : "rpop", from);
  if (edited == Edited::kEmptied) context.notify('g', "del", from);
  context.reply().bulk(element);
}

// The reply of LMPOP: the key and what it gave.
void pop_many_from(WriteContext& context, std::string_view key, const PopMany& query) {
  if (!elements_fit(context, key, query.is_first_end, query.count, key)) return;
  context.reply().array(2);
  context.reply().bulk(key);
  write_elements(context, pop_from(context, key, query.is_first_end, query.count));
}

bool pop_many(WriteContext& context, const PopMany& query) {
  return pop_first(context, Type::kList, query.first_key, query.end(),
                   [&](std::string_view key, const Entry&) { pop_many_from(context, key, query); });
}

void blocking_pop(WriteContext& context, bool at_head) {
  const auto timeout_ms = timeout_argument(context, context.argc() - 1);
  if (!timeout_ms) return;
  const auto take = [&](std::string_view key, const Entry&) {
    if (!elements_fit(context, key, at_head, 1, key)) return;
    context.reply().array(2);
    context.reply().bulk(key);
    context.reply().bulk(pop_from(context, key, at_head, 1)[0]);
  };
  if (pop_first(context, Type::kList, 1, context.argc() - 1, take)) return;
  context.wait_for(1, context.argc() - 1, *timeout_ms);
}

void lpush(WriteContext& context) { push(context, true, false); }
void rpush(WriteContext& context) { push(context, false, false); }
void lpushx(WriteContext& context) { push(context, true, true); }
void rpushx(WriteContext& context) { push(context, false, true); }
void lpop(WriteContext& context) { pop(context, true); }
void rpop(WriteContext& context) { pop(context, false); }

void linsert(WriteContext& context) {
  const bool after = equals_ignoring_case(context.arg(2), "AFTER");
  if (!after && !equals_ignoring_case(context.arg(2), "BEFORE"))
    return context.error(errors::kSyntax);
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  std::uint64_t count = 0;
  const Edited edited = context.edit<List>(key, [&](List& list) {
    const bool is_inserted = list.insert(context.arg(3), context.arg(4), after, limits(context));
    count = list.count();
    return is_inserted;
  });
  if (edited == Edited::kUnchanged) return context.reply().integer(-1);
  context.notify('l', "linsert", key);
  context.reply().integer(static_cast<std::int64_t>(count));
}

void lset(WriteContext& context) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.error(errors::kNoSuchKey);
  const auto index = integer_argument(context, 2);
  if (!index) return;
  const auto count = static_cast<std::int64_t>(ListView(entry->value()).count());
  const std::int64_t at = *index < 0 ? *index + count : *index;
  if (at < 0 || at >= count) return context.error("ERR index out of range");
  context.edit<List>(key, [&](List& list) {
    list.set(static_cast<std::uint64_t>(at), context.arg(3), limits(context));
    return true;
  });
  context.notify('l', "lset", key);
  context.reply().ok();
}

void lrem(WriteContext& context) {
  const auto count = integer_argument(context, 2);
  if (!count) return;
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  const auto wanted = static_cast<std::uint64_t>(*count);
  std::uint64_t removed = 0;
  const Edited edited = context.edit<List>(key, [&](List& list) {
    removed = list.remove(context.arg(3), *count < 0 ? 0 - wanted : wanted, *count < 0);
    return removed > 0;
  });
  if (edited != Edited::kUnchanged) context.notify('l', "lrem", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().integer(static_cast<std::int64_t>(removed));
}

void ltrim(WriteContext& context) {
  const auto start = integer_argument(context, 2);
  if (!start) return;
  const auto stop = integer_argument(context, 3);
  if (!stop) return;
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().ok();
  const auto count = static_cast<std::int64_t>(ListView(entry->value()).count());
  std::int64_t first = *start < 0 ? std::max<std::int64_t>(*start + count, 0) : *start;
  std::int64_t last = *stop < 0 ? *stop + count : std::min(*stop, count - 1);
  if (first > last || first >= count) first = count, last = count - 1;
  const Edited edited = context.edit<List>(key, [&](List& list) {
    list.erase_range(static_cast<std::uint64_t>(last + 1),
                     static_cast<std::uint64_t>(count - last - 1));
    list.erase_range(0, static_cast<std::uint64_t>(first));
    return true;
  });
  context.notify('l', "ltrim", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().ok();
}

void lmove(WriteContext& context) {
  const auto from_head = parse_end(context.arg(3));
  const auto to_head = parse_end(context.arg(4));
  if (!from_head || !to_head) return context.error(errors::kSyntax);
  move_element(context, *from_head, *to_head);
}

void rpoplpush(WriteContext& context) { move_element(context, false, true); }

void lmpop(WriteContext& context) {
  const auto query = pop_many_arguments(context, 1, "LEFT", "RIGHT");
  if (!query || pop_many(context, *query)) return;
  context.reply().null_array();
}

void blmpop(WriteContext& context) {
  const auto timeout_ms = timeout_argument(context, 1);
  if (!timeout_ms) return;
  const auto query = pop_many_arguments(context, 2, "LEFT", "RIGHT");
  if (!query || pop_many(context, *query)) return;
  context.wait_for(query->first_key, query->end(), *timeout_ms);
}

void blpop(WriteContext& context) { blocking_pop(context, true); }
void brpop(WriteContext& context) { blocking_pop(context, false); }

void blmove(WriteContext& context) {
  const auto from_head = parse_end(context.arg(3));
  const auto to_head = parse_end(context.arg(4));
  if (!from_head || !to_head) return context.error(errors::kSyntax);
  const auto timeout_ms = timeout_argument(context, 5);
  if (timeout_ms) move_element(context, *from_head, *to_head, timeout_ms);
}

void brpoplpush(WriteContext& context) {
  const auto timeout_ms = timeout_argument(context, 3);
  if (timeout_ms) move_element(context, false, true, timeout_ms);
}

constexpr CommandRow kListsRows[] = {
    row("blmove", 6, kFlagWrite | kFlagDenyOom | kFlagNoScript | kFlagBlocking,
        two_keys(kKeyTake, kKeyInsert),
        {"Moves an element from one list to another; waits for one.", "6.2.0", "O(1)"},
        {.write = blmove}, {.waits_at = Type::kList}),
    row("blmpop", -5, kFlagWrite | kFlagBlocking | kFlagMovableKeys, counted_keys(kKeyTake, 2),
        {"Takes elements from the first list that has any; waits.", "7.0.0"}, {.write = blmpop},
        {.waits_at = Type::kList}),
    row("blpop", -3, kFlagWrite | kFlagNoScript | kFlagBlocking, keys_but_last(kKeyTake),
        {"Takes an element from the head of the first list that has any; waits.", "2.0.0"},
        {.write = blpop}, {.waits_at = Type::kList}),
    row("brpop", -3, kFlagWrite | kFlagNoScript | kFlagBlocking, keys_but_last(kKeyTake),
        {"Takes an element from the tail of the first list that has any; waits.", "2.0.0"},
        {.write = brpop}, {.waits_at = Type::kList}),
    row("brpoplpush", 4, kFlagWrite | kFlagDenyOom | kFlagNoScript | kFlagBlocking,
        two_keys(kKeyTake, kKeyInsert),
        {"Moves the last element of a list to the head of another; waits for one.", "2.2.0",
         "O(1)"},
        {.write = brpoplpush}, {.waits_at = Type::kList}),
    row("linsert", 5, kFlagWrite | kFlagDenyOom, one_key(kKeyInsert),
        {"Inserts an element next to another.", "2.2.0"}, {.write = linsert}),
    row("lmove", 5, kFlagWrite | kFlagDenyOom, two_keys(kKeyTake, kKeyInsert),
        {"Moves an element from one list to another.", "6.2.0", "O(1)"}, {.write = lmove},
        {.traits = kTraitLargeReply}),
    row("lmpop", -4, kFlagWrite | kFlagMovableKeys, counted_keys(kKeyTake),
        {"Takes elements from the first list that has any.", "7.0.0"}, {.write = lmpop}),
    row("lpop", -2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Takes elements from the head of a list.", "1.0.0"}, {.write = lpop}),
    row("lpush", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds elements at the head of a list.", "1.0.0"}, {.write = lpush}),
    row("lpushx", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds elements at the head of a list that exists.", "2.2.0"}, {.write = lpushx}),
    row("lrem", 4, kFlagWrite, one_key(kKeyDelete), {"Removes elements by their value.", "1.0.0"},
        {.write = lrem}),
    row("lset", 4, kFlagWrite | kFlagDenyOom, one_key(kKeyUpdate),
        {"Overwrites an element of a list.", "1.0.0"}, {.write = lset}),
    row("ltrim", 4, kFlagWrite, one_key(kKeyDelete), {"Removes what is outside a range.", "1.0.0"},
        {.write = ltrim}),
    row("rpop", -2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Takes elements from the tail of a list.", "1.0.0"}, {.write = rpop}),
    row("rpoplpush", 3, kFlagWrite | kFlagDenyOom, two_keys(kKeyTake, kKeyInsert),
        {"Moves the last element of a list to the head of another.", "1.2.0", "O(1)"},
        {.write = rpoplpush}, {.traits = kTraitLargeReply}),
    row("rpush", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds elements at the tail of a list.", "1.0.0"}, {.write = rpush}),
    row("rpushx", -3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds elements at the tail of a list that exists.", "2.2.0"}, {.write = rpushx}),
};

}  // namespace

constinit const Family kListsFamily{"list", kListsRows};

}  // namespace engine::commands
