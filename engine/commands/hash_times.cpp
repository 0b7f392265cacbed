// Fields of hashes that expire: HEXPIRE, HTTL, HPERSIST and their kin. Syntax, replies and order of
// checks as Redis 7.4.
#include <cstdint>
#include <optional>
#include <string>

#include "engine/commands/expiry_time.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/types/hash.h"

namespace engine::commands {
namespace {

enum Outcome : std::int64_t {
  kNoField = -2,
  kNoExpiryTime = -1,
  kRefused = 0,
  kDone = 1,
  kGone = 2
};
enum class Condition : std::uint8_t { kNone, kWithout, kWith, kGreater, kLess };

Condition condition_of(std::string_view word) {
  if (equals_ignoring_case(word, "NX")) return Condition::kWithout;
  if (equals_ignoring_case(word, "XX")) return Condition::kWith;
  if (equals_ignoring_case(word, "GT")) return Condition::kGreater;
  return equals_ignoring_case(word, "LT") ? Condition::kLess : Condition::kNone;
}

// A field that never expires counts as one with an infinite time.
bool allows(Condition condition, std::int64_t current, std::int64_t wanted) {
  const bool has_time = current != DenseHash::kNoTime;
  switch (condition) {
    case Condition::kNone: return true;
    case Condition::kWithout: return !has_time;
    case Condition::kWith: return has_time;
    case Condition::kGreater: return has_time && wanted > current;
    case Condition::kLess: return !has_time || wanted < current;
  }
  return false;
}

// FIELDS numfields field ... from argument `at` to the end; false: the error is written.
bool has_fields(ReadContext& context, std::size_t at, std::string_view count_error) {
  if (!equals_ignoring_case(context.arg(at), "FIELDS")) {
    context.error("ERR Mandatory argument FIELDS is missing or not at the right position");
    return false;
  }
  const auto count =
      at + 1 < context.argc() ? base::parse_integer(context.arg(at + 1)) : std::nullopt;
  if (!count || *count < 1) return context.error(count_error), false;
  if (static_cast<std::uint64_t>(*count) == context.argc() - at - 2) return true;
  context.error("ERR The `numfields` parameter must match the number of arguments");
  return false;
}

// The time that HEXPIRE and its kin give; nullopt: the error is written.
std::optional<std::int64_t> time_argument(WriteContext& context, TimeForm form,
                                          std::string_view command) {
  const auto value = integer_argument(context, 2);
  if (!value) return {};
  if (*value < 0) return context.error("ERR invalid expire time, must be >= 0"), std::nullopt;
  const auto at = absolute_ms(*value, form, context.now_ms());
  if (at && *at <= DenseHash::kTimeMax) return at;
  return context.error(invalid_expire(command)), std::nullopt;
}

void reply_absent(ReadContext& context, std::size_t first) {
  context.reply().array(context.argc() - first);
  for (std::size_t i = first; i < context.argc(); ++i) context.reply().integer(kNoField);
}

// Changes the fields from argument `first` on: `change(hash, field)` says what became of one, and
// is answered. `event` is fired if one was changed.
template <class Change>
void change_fields(WriteContext& context, std::size_t first, std::string_view event,
                   Change change) {
  const std::string_view key = context.arg(1);
  std::size_t changed = 0, gone = 0;
  context.reply().array(context.argc() - first);
  const Edited edited = context.edit<Hash>(key, [&](Hash& hash) {
    hash.look_at(context.log_ms());
    for (std::size_t i = first; i < context.argc(); ++i) {
      const Outcome outcome = change(hash, context.arg(i));
      changed += outcome == kDone ? 1 : 0;
      gone += outcome == kGone ? 1 : 0;
      context.reply().integer(outcome);
    }
    return changed + gone > 0;
  });
  if (gone > 0) context.notify('h', "hdel", key);
  if (changed > 0) context.notify('h', event, key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
}

void expire_fields(WriteContext& context, TimeForm form, std::string_view command) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kHash);
  if (entry.is_wrong()) return;
  const auto at = time_argument(context, form, command);
  if (!at) return;
  const Condition condition = condition_of(context.arg(3));
  const std::size_t fields = condition == Condition::kNone ? 3 : 4;
  if (!has_fields(context, fields, "ERR Parameter `numFields` should be greater than 0")) return;
  if (entry == nullptr) return reply_absent(context, fields + 2);
  change_fields(context, fields + 2, "hexpire", [&](Hash& hash, std::string_view field) {
    const auto current = hash.time_of(field);
    if (!current) return kNoField;
    if (!allows(condition, *current, *at)) return kRefused;
    if (*at > context.log_ms()) return hash.set_time(field, *at), kDone;
    hash.remove(field);
    return kGone;
  });
}

// What is answered for fields that are there and expire is `convert(time)`.
template <class Convert>
void reply_times(ReadContext& context, Convert convert) {
  const Found entry = context.find_of(context.arg(1), Type::kHash);
  if (entry.is_wrong() ||
      !has_fields(context, 2, "ERR Number of fields must be a positive integer"))
    return;
  if (entry == nullptr) return reply_absent(context, 4);
  const HashView hash(entry->value(), context.log_ms());
  context.reply().array(context.argc() - 4);
  for (std::size_t i = 4; i < context.argc(); ++i) {
    const auto time = hash.time_of(context.arg(i));
    const bool has_time = time && *time != DenseHash::kNoTime;
    context.reply().integer(has_time ? convert(*time) : time ? kNoExpiryTime : kNoField);
  }
}

std::int64_t seconds_of(std::int64_t ms) { return (ms + 999) / 1000; }

std::int64_t left_of(const ReadContext& context, std::int64_t time_ms) {
  return std::max<std::int64_t>(time_ms - context.now_ms(), 0);
}

void hexpire(WriteContext& context) { expire_fields(context, {.is_seconds = true}, "hexpire"); }
void hpexpire(WriteContext& context) { expire_fields(context, {}, "hpexpire"); }
void hexpireat(WriteContext& context) {
  expire_fields(context, {.is_seconds = true, .is_absolute = true}, "hexpireat");
}
void hpexpireat(WriteContext& context) {
  expire_fields(context, {.is_absolute = true}, "hpexpireat");
}

void hpersist(WriteContext& context) {
  const Found entry = context.find_of_for_write(context.arg(1), Type::kHash);
  if (entry.is_wrong() ||
      !has_fields(context, 2, "ERR Number of fields must be a positive integer"))
    return;
  if (entry == nullptr) return reply_absent(context, 4);
  change_fields(context, 4, "hpersist", [](Hash& hash, std::string_view field) {
    const auto current = hash.time_of(field);
    if (!current) return kNoField;
    if (*current == DenseHash::kNoTime) return kNoExpiryTime;
    hash.set_time(field, DenseHash::kNoTime);
    return kDone;
  });
}

void httl(ReadContext& context) {
  reply_times(context, [&](std::int64_t time_ms) { return seconds_of(left_of(context, time_ms)); });
}
void hpttl(ReadContext& context) {
  reply_times(context, [&](std::int64_t time_ms) { return left_of(context, time_ms); });
}
void hexpiretime(ReadContext& context) { reply_times(context, seconds_of); }
void hpexpiretime(ReadContext& context) {
  reply_times(context, [](std::int64_t time_ms) { return time_ms; });
}

constexpr CommandRow kHashTimesRows[] = {
    row("hexpire", -6, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Lets fields of a hash expire after seconds.", "7.4.0"}, {.write = hexpire}),
    row("hexpireat", -6, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Lets fields of a hash expire at a time in seconds.", "7.4.0"}, {.write = hexpireat}),
    row("hexpiretime", -5, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells when fields of a hash expire, in seconds.", "7.4.0"}, {.read = hexpiretime}),
    row("hpersist", -5, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Lets fields of a hash stay.", "7.4.0"}, {.write = hpersist}),
    row("hpexpire", -6, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Lets fields of a hash expire after milliseconds.", "7.4.0"}, {.write = hpexpire}),
    row("hpexpireat", -6, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Lets fields of a hash expire at a time in milliseconds.", "7.4.0"},
        {.write = hpexpireat}),
    row("hpexpiretime", -5, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells when fields of a hash expire, in milliseconds.", "7.4.0"}, {.read = hpexpiretime}),
    row("hpttl", -5, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how many milliseconds fields of a hash have left.", "7.4.0"}, {.read = hpttl}),
    row("httl", -5, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how many seconds fields of a hash have left.", "7.4.0"}, {.read = httl}),
};

}  // namespace

constinit const Family kHashTimesFamily{"hash", kHashTimesRows};

}  // namespace engine::commands
