// Strings: reading, changing in place, counting.

#include <algorithm>
#include <string>

#include "base/extended.h"
#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

bool is_too_long(WriteContext& context, std::uint64_t size) {
  if (size <= context.state().settings.proto_max_bulk_len()) return false;
  context.error(errors::kTooLong);
  return true;
}

// Puts a new value under the key; an existing key keeps position and expiry.
void put_value(WriteContext& context, const Entry* old, Value value) {
  old != nullptr ? context.replace(context.arg(1), std::move(value))
                 : context.put(context.arg(1), std::move(value), kNoExpiry);
}

void increment(WriteContext& context, std::int64_t by) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  std::int64_t value = 0;
  if (entry != nullptr) {
    char scratch[kScratchBytes];
    const auto number = base::parse_integer(entry->value().view(scratch));
    if (!number) return context.error(errors::kNotInteger);
    value = *number;
  }
  std::int64_t sum = 0;
  if (__builtin_add_overflow(value, by, &sum)) return context.error(errors::kOverflow);
  put_value(context, entry, Value::from_integer(sum));
  context.notify('$', "incrby", context.arg(1));
  context.reply().integer(sum);
}

void get(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  char scratch[kScratchBytes];
  entry == nullptr ? context.reply().null() : context.reply().bulk(entry->value().view(scratch));
}

void mget(ReadContext& context) {
  context.reply().array(context.argc() - 1);
  for (std::size_t i = 1; i < context.argc(); ++i) {
    const Entry* entry = context.find(context.arg(i));
    char scratch[kScratchBytes];
    const bool is_string = entry != nullptr && entry->value().type() == Type::kString;
    is_string ? context.reply().bulk(entry->value().view(scratch)) : context.reply().null();
  }
}

void strlen(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  context.reply().integer(entry == nullptr ? 0 : static_cast<std::int64_t>(entry->value().size()));
}

void getrange(ReadContext& context) {
  const auto start_argument = integer_argument(context, 2);
  if (!start_argument) return;
  const auto end_argument = integer_argument(context, 3);
  if (!end_argument) return;
  const Found entry = context.find_of(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().bulk("");
  char scratch[kScratchBytes];
  const std::string_view bytes = entry->value().view(scratch);
  const auto size = static_cast<std::int64_t>(bytes.size());
  std::int64_t start = *start_argument;
  std::int64_t end = *end_argument;
  if (start < 0 && end < 0 && start > end) return context.reply().bulk("");
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (end < 0) end = std::max<std::int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end || size == 0) return context.reply().bulk("");
  context.reply().bulk(
      bytes.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)));
}

void append(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  const std::string_view more = context.arg(2);
  std::size_t size = more.size();
  if (entry == nullptr) {
    context.put(context.arg(1), Value::from_string(more), kNoExpiry);
  } else {
    size += entry->value().size();
    if (is_too_long(context, size)) return;
    context.edit<TextEdit>(context.arg(1), [more](TextEdit& text) {
      text.append(more);
      return true;
    });
  }
  context.notify('$', "append", context.arg(1));
  context.reply().integer(static_cast<std::int64_t>(size));
}

void setrange(WriteContext& context) {
  const auto offset = integer_argument(context, 2);
  if (!offset) return;
  if (*offset < 0) return context.error(errors::kOffset);
  const std::string_view patch = context.arg(3);
  const Found entry = context.find_of_for_write(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  const std::size_t old_size = entry == nullptr ? 0 : entry->value().size();
  if (patch.empty()) return context.reply().integer(static_cast<std::int64_t>(old_size));
  const std::size_t end = static_cast<std::size_t>(*offset) + patch.size();
  if (is_too_long(context, end) || !context.may_grow(end - std::min(end, old_size))) return;
  if (entry == nullptr) context.put(context.arg(1), Value::from_text({}, true), kNoExpiry);
  context.edit<TextEdit>(context.arg(1), [&](TextEdit& text) {
    if (text.view().size() < end) text.resize(end);
    text.write(static_cast<std::size_t>(*offset), patch);
    return true;
  });
  context.notify('$', "setrange", context.arg(1));
  context.reply().integer(static_cast<std::int64_t>(std::max(old_size, end)));
}

void incr(WriteContext& context) { increment(context, 1); }
void decr(WriteContext& context) { increment(context, -1); }

void incrby(WriteContext& context) {
  const auto by = integer_argument(context, 2);
  if (by) increment(context, *by);
}

void decrby(WriteContext& context) {
  const auto by = integer_argument(context, 2);
  if (!by) return;
  if (*by == INT64_MIN) return context.error("ERR decrement would overflow");
  increment(context, -*by);
}

void incrbyfloat(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kString);
  if (entry.is_wrong()) return;
  base::Extended value;
  if (entry != nullptr) {
    const auto number = base::parse_extended(entry->value().string());
    if (!number) return context.error(errors::kNotFloat);
    value = *number;
  }
  const auto by = base::parse_extended(context.arg(2));
  if (!by) return context.error(errors::kNotFloat);
  const auto sum = base::Extended::sum(value, *by);
  if (!sum || sum->is_infinite()) return context.error(errors::kNanOrInfinity);
  const std::string text = sum->text();
  if (!context.reply_fits(text.size())) return;
  put_value(context, entry, Value::from_text(text, false));
  context.notify('$', "incrbyfloat", context.arg(1));
  context.reply().bulk(text);
}

constexpr CommandRow kStringsRows[] = {
    row("append", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyInsert),
        {"Adds bytes to the end of a string.", "2.0.0"}, {.write = append}),
    row("decr", 2, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Subtracts one from a number.", "1.0.0", "O(1)"}, {.write = decr}),
    row("decrby", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Subtracts an integer from a number.", "1.0.0", "O(1)"}, {.write = decrby}),
    row("get", 2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads a string.", "1.0.0", "O(1)"}, {.read = get}),
    row("getrange", 4, kFlagReadonly, one_key(kKeyRead), {"Reads a part of a string.", "2.4.0"},
        {.read = getrange}),
    row("incr", 2, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds one to a number.", "1.0.0", "O(1)"}, {.write = incr}),
    row("incrby", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds an integer to a number.", "1.0.0", "O(1)"}, {.write = incrby}),
    row("incrbyfloat", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds a decimal fraction to a number.", "2.6.0", "O(1)"}, {.write = incrbyfloat}),
    row("mget", -2, kFlagReadonly | kFlagFast, all_keys(kKeyRead),
        {"Reads several strings.", "1.0.0"}, {.read = mget},
        {.tips = "request_policy:multi_shard"}),
    row("setrange", 4, kFlagWrite | kFlagDenyOom, one_key(kKeyUpdate),
        {"Overwrites a part of a string.", "2.2.0"}, {.write = setrange}),
    row("strlen", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Tells how long a string is.", "2.2.0", "O(1)"}, {.read = strlen}),
    row("substr", 4, kFlagReadonly, one_key(kKeyRead), {"Reads a part of a string.", "1.0.0"},
        {.read = getrange}),
};

}  // namespace

constinit const Family kStringsFamily{"string", kStringsRows};

}  // namespace engine::commands
