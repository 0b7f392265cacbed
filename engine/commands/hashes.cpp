// Hashes: the commands that change one.

#include <string>

#include "base/extended.h"
#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/types/hash.h"

namespace engine::commands {
namespace {

// Some fields that have expired go whenever a hash is written to; the rest is hidden until it is
// swept, so that no command pays for all of them.
constexpr std::uint64_t kDroppedPerCommand = 64;

void begin(WriteContext& context, Hash& hash) {
  hash.look_at(context.log_ms());
  if (hash.drop_expired(kDroppedPerCommand) > 0) context.notify('h', "hexpired", context.arg(1));
}

// Changes the hash at the first key, which is made if it is not there. False: it is no hash, and
// the error is written.
template <class Change>
bool change_hash(WriteContext& context, Change change) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kHash);
  if (entry.is_wrong()) return false;
  if (entry != nullptr) {
    context.edit<Hash>(key, [&](Hash& hash) {
      begin(context, hash);
      change(hash);
      return true;
    });
    return true;
  }
  Hash hash(context.hash_secret());
  change(hash);
  context.put(key, std::move(hash).release(), kNoExpiry);
  return true;
}

PackedLimits limits(WriteContext& context) { return context.state().settings.hash_limits(); }

// The fields and values of HSET; nullopt: an error was written.
std::optional<std::int64_t> set_fields(WriteContext& context) {
  std::int64_t added = 0;
  const bool is_set = change_hash(context, [&](Hash& hash) {
    hash.make_room(context.argv(), 2, limits(context));
    for (std::size_t i = 2; i + 1 < context.argc(); i += 2)
      added += hash.set(context.arg(i), context.arg(i + 1), limits(context)) ? 1 : 0;
  });
  if (!is_set) return {};
  context.notify('h', "hset", context.arg(1));
  return added;
}

bool has_pairs(WriteContext& context, std::string_view name) {
  if (context.argc() % 2 == 0) return true;
  context.error("ERR wrong number of arguments for '" + std::string(name) + "' command");
  return false;
}

std::optional<std::string> value_of(WriteContext& context, const Entry* entry) {
  if (entry == nullptr) return {};
  char scratch[kScratchBytes];
  const auto value = HashView(entry->value(), context.log_ms()).find(context.arg(2), scratch);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

void set_number(WriteContext& context, const std::string& text, std::string_view event) {
  change_hash(context, [&](Hash& hash) { hash.set(context.arg(2), text, limits(context), true); });
  context.notify('h', event, context.arg(1));
}

void hset(WriteContext& context) {
  if (!has_pairs(context, "hset")) return;
  if (const auto added = set_fields(context)) context.reply().integer(*added);
}

void hmset(WriteContext& context) {
  if (!has_pairs(context, "hmset")) return;
  if (set_fields(context)) context.reply().ok();
}

void hsetnx(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  if (entry != nullptr && HashView(entry->value(), context.log_ms()).contains(context.arg(2)))
    return context.reply().integer(0);
  if (const auto added = set_fields(context)) context.reply().integer(*added);
}

void hdel(WriteContext& context) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kHash);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  std::int64_t removed = 0;
  const Edited edited = context.edit<Hash>(key, [&](Hash& hash) {
    begin(context, hash);
    for (std::size_t i = 2; i < context.argc() && !hash.is_empty(); ++i)
      removed += hash.remove(context.arg(i)) ? 1 : 0;
    return removed > 0;
  });
  if (edited != Edited::kUnchanged) context.notify('h', "hdel", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().integer(removed);
}

void hincrby(WriteContext& context) {
  const auto by = integer_argument(context, 3);
  if (!by) return;
  const Found entry = context.find_of_for_write(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  std::int64_t value = 0;
  if (const auto text = value_of(context, entry)) {
    const auto number = base::parse_integer(*text);
    if (!number) return context.error("ERR hash value is not an integer");
    value = *number;
  }
  if (__builtin_add_overflow(value, *by, &value)) return context.error(errors::kOverflow);
  set_number(context, base::integer_text(value), "hincrby");
  context.reply().integer(value);
}

void hincrbyfloat(WriteContext& context) {
  const auto by = base::parse_extended(context.arg(3));
  if (!by) return context.error(errors::kNotFloat);
  if (by->is_infinite()) return context.error("ERR value is NaN or Infinity");
  const Found entry = context.find_of_for_write(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  base::Extended value;
  if (const auto text = value_of(context, entry)) {
    const auto number = base::parse_extended(*text);
    if (!number) return context.error("ERR hash value is not a float");
    value = *number;
  }
  const auto sum = base::Extended::sum(value, *by);
  if (!sum || sum->is_infinite()) return context.error(errors::kNanOrInfinity);
  const std::string text = sum->text();
  if (!context.reply_fits(text.size())) return;
  set_number(context, text, "hincrbyfloat");
  context.reply().bulk(text);
}

constexpr CommandRow kHashesRows[] = {
    row("hdel", -3, kFlagWrite | kFlagFast, one_key(kKeyDelete),
        {"Removes fields of a hash.", "2.0.0"}, {.write = hdel}),
    row("hincrby", 4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds an integer to a field of a hash.", "2.0.0", "O(1)"}, {.write = hincrby}),
    row("hincrbyfloat", 4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds a decimal fraction to a field of a hash.", "2.6.0", "O(1)"},
        {.write = hincrbyfloat}),
    row("hmset", -4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Writes several fields of a hash.", "2.0.0"}, {.write = hmset}),
    row("hset", -4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Writes fields of a hash.", "2.0.0"}, {.write = hset}),
    row("hsetnx", 4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Writes a field of a hash if it is not there.", "2.0.0", "O(1)"}, {.write = hsetnx}),
};

}  // namespace

constinit const Family kHashesFamily{"hash", kHashesRows};

}  // namespace engine::commands
