// Keys: deleting, renaming, copying, moving; whole databases.

#include <string>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

void rename_to(WriteContext& context, bool only_absent) {
  const std::string_view from = context.arg(1);
  const std::string_view to = context.arg(2);
  const Entry* source = context.find_for_write(from);
  if (source == nullptr) return context.error(errors::kNoSuchKey);
  if (from == to) return only_absent ? context.reply().integer(0) : context.reply().ok();
  const bool is_replaced = context.find_for_write(to) != nullptr;
  if (is_replaced && only_absent) return context.reply().integer(0);
  const std::int64_t expiry_ms = source->expiry_ms();
  Value value = context.take(from, context.database());
  context.put(to, std::move(value), expiry_ms);
  // Redis 7.0 removes what was there first, so the key is new.
  if (is_replaced) context.notify('n', "new", to);
  context.notify('g', "rename_from", from);
  context.notify('g', "rename_to", to);
  only_absent ? context.reply().integer(1) : context.reply().ok();
}

// SYNC and ASYNC differ by what INFO says: memory is always given back in slices.
bool is_flush_well_formed(WriteContext& context) {
  const bool is_known = context.argc() == 1 ||
                        (context.argc() == 2 && (equals_ignoring_case(context.arg(1), "ASYNC") ||
                                                 equals_ignoring_case(context.arg(1), "SYNC")));
  if (!is_known) context.error(errors::kSyntax);
  return is_known;
}

void flush(WriteContext& context, std::uint32_t number) {
  State& state = context.mutable_state();
  if (context.argc() == 2 && equals_ignoring_case(context.arg(1), "ASYNC"))
    state.statistics.lazyfreed_objects += state.database(number).table().count();
  state.flush_database(number);
  context.effects().has_flushed = true;
}

// Redis has a thread free what takes more than so many steps (lazyfreeGetFreeEffort): one for each
// element, or for each node of lists and streams.
bool is_freed_lazily(const Entry& entry) {
  constexpr std::uint64_t kLazyFreeThreshold = 64;
  const Collection* collection = entry.collection();
  if (collection == nullptr) return false;
  const bool has_nodes = collection->type() == Type::kList || collection->type() == Type::kStream;
  return (has_nodes ? collection->segment_end() : collection->count()) > kLazyFreeThreshold;
}

void remove_keys(WriteContext& context, bool is_lazy) {
  std::int64_t count = 0;
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Entry* entry = context.find_for_write(context.arg(i));
    if (entry == nullptr) continue;
    if (is_lazy && is_freed_lazily(*entry)) ++context.mutable_state().statistics.lazyfreed_objects;
    context.remove(context.arg(i));
    context.notify('g', "del", context.arg(i));
    ++count;
  }
  context.reply().integer(count);
}

void del(WriteContext& context) { remove_keys(context, false); }
void unlink(WriteContext& context) { remove_keys(context, true); }
void rename(WriteContext& context) { rename_to(context, false); }
void renamenx(WriteContext& context) { rename_to(context, true); }

void copy(WriteContext& context) {
  std::uint32_t target = context.database();
  bool replaces = false;
  for (std::size_t i = 3; i < context.argc(); ++i) {
    if (equals_ignoring_case(context.arg(i), "REPLACE")) {
      replaces = true;
    } else if (equals_ignoring_case(context.arg(i), "DB") && i + 1 < context.argc()) {
      const auto number = database_argument(context, ++i);
      if (!number) return;
      target = *number;
    } else {
      return context.error(errors::kSyntax);
    }
  }
  const std::string_view from = context.arg(1);
  const std::string_view to = context.arg(2);
  if (target == context.database() && from == to) return context.error(errors::kSameObject);
  const Entry* source = look_up(context, from);
  if (source == nullptr) return context.reply().integer(0);
  const bool is_replaced = context.find_for_write_in(target, to) != nullptr;
  if (is_replaced && !replaces) return context.reply().integer(0);
  if (!context.may_grow(source->content_bytes() + to.size())) return;
  const ValueView old = source->value();
  Value value = old.is_integer() ? Value::from_integer(old.integer(), true) : old.copy();
  const std::int64_t expiry_ms = source->expiry_ms();
  context.put_in(target, to, std::move(value), expiry_ms);
  if (is_replaced) context.notify_in(target, 'n', "new", to);  // as in rename_to
  context.notify_in(target, 'g', "copy_to", to);
  context.reply().integer(1);
}

void move(WriteContext& context) {
  const auto target = database_argument(context, 2);
  if (!target) return;
  if (*target == context.database()) return context.error(errors::kSameObject);
  const std::string_view key = context.arg(1);
  const Entry* source = context.find_for_write(key);
  if (source == nullptr || context.find_for_write_in(*target, key) != nullptr)
    return context.reply().integer(0);
  const std::int64_t expiry_ms = source->expiry_ms();
  Value value = context.take(key, *target);
  context.put_in(*target, key, std::move(value), expiry_ms);
  context.notify('g', "move_from", key);
  context.notify_in(*target, 'g', "move_to", key);
  context.reply().integer(1);
}

void swapdb(WriteContext& context) {
  const auto first = base::parse_integer(context.arg(1));
  const auto second = base::parse_integer(context.arg(2));
  const auto is_number = [](std::int64_t number) {
    return number >= INT32_MIN && number <= INT32_MAX;
  };
  if (!first || !is_number(*first)) return context.error("ERR invalid first DB index");
  if (!second || !is_number(*second)) return context.error("ERR invalid second DB index");
  const auto is_in_range = [](std::int64_t number) {
    return number >= 0 && number < base::limits::kDatabases;
  };
  if (!is_in_range(*first) || !is_in_range(*second)) return context.error(errors::kDatabaseRange);
  if (*first != *second) {
    context.mutable_state().swap_databases(static_cast<std::uint32_t>(*first),
                                           static_cast<std::uint32_t>(*second));
    context.effects().has_flushed = true;
  }
  context.reply().ok();
}

void flushdb(WriteContext& context) {
  if (!is_flush_well_formed(context)) return;
  flush(context, context.database());
  context.reply().ok();
}

void flushall(WriteContext& context) {
  if (!is_flush_well_formed(context)) return;
  for (std::uint32_t number = 0; number < base::limits::kDatabases; ++number)
    flush(context, number);
  context.reply().ok();
}

constexpr CommandRow kGenericRows[] = {
    row("copy", -3, kFlagWrite | kFlagDenyOom, two_keys(kKeyRead, kKeyOverwrite),
        {"Copies a value to another key.", "6.2.0"}, {.write = copy}),
    row("del", -2, kFlagWrite, all_keys(kKeyRemove), {"Deletes keys.", "1.0.0"}, {.write = del},
        {.tips = "request_policy:multi_shard response_policy:agg_sum"}),
    row("flushall", -1, kFlagWrite, kNoKeys, {"Deletes all keys of all databases.", "1.0.0"},
        {.write = flushall},
        {.group = "server",
         .acl = kAclKeyspace | kAclDangerous,
         .tips = "request_policy:all_shards response_policy:all_succeeded"}),
    row("flushdb", -1, kFlagWrite, kNoKeys, {"Deletes all keys of the database.", "1.0.0"},
        {.write = flushdb},
        {.group = "server",
         .acl = kAclKeyspace | kAclDangerous,
         .tips = "request_policy:all_shards response_policy:all_succeeded"}),
    row("move", 3, kFlagWrite | kFlagFast, one_key(kKeyReadUpdate),
        {"Moves a key to another database.", "1.0.0", "O(1)"}, {.write = move}),
    row("rename", 3, kFlagWrite, two_keys(kKeyTake, kKeyOverwrite),
        {"Renames a key.", "1.0.0", "O(1)"}, {.write = rename}),
    row("renamenx", 3, kFlagWrite | kFlagFast, two_keys(kKeyTake, kKeyCreate),
        {"Renames a key if the new name is free.", "1.0.0", "O(1)"}, {.write = renamenx}),
    row("swapdb", 3, kFlagWrite | kFlagFast, kNoKeys, {"Swaps two databases.", "4.0.0"},
        {.write = swapdb}, {.group = "server", .acl = kAclKeyspace | kAclDangerous}),
    row("unlink", -2, kFlagWrite | kFlagFast, all_keys(kKeyRemove),
        {"Deletes keys; their memory is freed in the background.", "4.0.0"}, {.write = unlink},
        {.tips = "request_policy:multi_shard response_policy:agg_sum"}),
};

}  // namespace

constinit const Family kGenericFamily{"generic", kGenericRows};

}  // namespace engine::commands
