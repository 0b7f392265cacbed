// Expiry: EXPIRE and its relatives, TTL and its relatives, PERSIST. Replies and order of checks as
// Redis 7.0.
#include <string>

#include "base/saturate.h"
#include "engine/commands/expiry_time.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

struct Conditions {
  bool only_without = false, only_with = false, only_greater = false, only_less = false;
};

bool parse_conditions(WriteContext& context, Conditions& conditions) {
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    if (equals_ignoring_case(word, "NX")) {
      conditions.only_without = true;
    } else if (equals_ignoring_case(word, "XX")) {
      conditions.only_with = true;
    } else if (equals_ignoring_case(word, "GT")) {
      conditions.only_greater = true;
    } else if (equals_ignoring_case(word, "LT")) {
      conditions.only_less = true;
    } else {
      context.error("ERR Unsupported option " + std::string(word));
      return false;
    }
  }
  if (conditions.only_without &&
      (conditions.only_with || conditions.only_greater || conditions.only_less)) {
    context.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions.only_greater && conditions.only_less) {
    context.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// No expiry counts as an infinite one for GT and LT.
bool allows(const Conditions& conditions, std::int64_t current, std::int64_t wanted) {
  const bool has_expiry = current != kNoExpiry;
  if (conditions.only_without && has_expiry) return false;
  if (conditions.only_with && !has_expiry) return false;
  if (conditions.only_greater && (!has_expiry || wanted <= current)) return false;
  return !(conditions.only_less && has_expiry && wanted >= current);
}

void expire_by(WriteContext& context, TimeForm form, std::string_view command) {
  Conditions conditions;
  if (!parse_conditions(context, conditions)) return;
  const auto value = integer_argument(context, 2);
  if (!value) return;
  const auto at = absolute_ms(*value, form, context.now_ms());
  if (!at) return context.error(invalid_expire(command));
  const std::string_view key = context.arg(1);
  const Entry* entry = context.find_for_write(key);
  if (entry == nullptr || !allows(conditions, entry->expiry_ms(), *at))
    return context.reply().integer(0);
  if (*at <= context.now_ms()) {
    context.remove(key);
    context.notify('g', "del", key);
  } else {
    context.set_expiry(key, *at);
    context.notify('g', "expire", key);
  }
  context.reply().integer(1);
}

// -2 absent, -1 without expiry, else `convert(expiry)`.
template <class Convert>
void reply_time(ReadContext& context, Convert convert) {
  const Entry* entry = context.find(context.arg(1), Lookup::kLook);
  if (entry == nullptr) return context.reply().integer(-2);
  context.reply().integer(entry->expiry_ms() == kNoExpiry ? -1 : convert(entry->expiry_ms()));
}

std::int64_t remaining(const ReadContext& context, std::int64_t expiry_ms) {
  return std::max<std::int64_t>(base::saturated_difference(expiry_ms, context.now_ms()), 0);
}

std::int64_t rounded_seconds(std::int64_t ms) {
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(ms) + 500) / 1000);
}

void expire(WriteContext& context) { expire_by(context, {.is_seconds = true}, "expire"); }
void pexpire(WriteContext& context) { expire_by(context, {}, "pexpire"); }
void expireat(WriteContext& context) {
  expire_by(context, {.is_seconds = true, .is_absolute = true}, "expireat");
}
void pexpireat(WriteContext& context) { expire_by(context, {.is_absolute = true}, "pexpireat"); }

void persist(WriteContext& context) {
  const Entry* entry = context.find_for_write(context.arg(1));
  if (entry == nullptr || entry->expiry_ms() == kNoExpiry) return context.reply().integer(0);
  context.set_expiry(context.arg(1), kNoExpiry);
  context.notify('g', "persist", context.arg(1));
  context.reply().integer(1);
}

void ttl(ReadContext& context) {
  reply_time(context, [&](std::int64_t expiry_ms) {
    return rounded_seconds(remaining(context, expiry_ms));
  });
}
void pttl(ReadContext& context) {
  reply_time(context, [&](std::int64_t expiry_ms) { return remaining(context, expiry_ms); });
}
void expiretime(ReadContext& context) {
  reply_time(context, [](std::int64_t expiry_ms) { return rounded_seconds(expiry_ms); });
}
void pexpiretime(ReadContext& context) {
  reply_time(context, [](std::int64_t expiry_ms) { return expiry_ms; });
}

constexpr CommandRow kExpireRows[] = {
    row("expire", -3, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Lets a key expire after seconds.", "1.0.0", "O(1)"}, {.write = expire}),
    row("expireat", -3, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Lets a key expire at a time in seconds.", "1.2.0", "O(1)"}, {.write = expireat}),
    row("expiretime", 2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells when a key expires, in seconds.", "7.0.0", "O(1)"}, {.read = expiretime}),
    row("persist", 2, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Clears the expiry of a key.", "2.2.0", "O(1)"}, {.write = persist}),
    row("pexpire", -3, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Lets a key expire after milliseconds.", "2.6.0", "O(1)"}, {.write = pexpire}),
    row("pexpireat", -3, kFlagWrite | kFlagFast, one_key(kKeyUpdate),
        {"Lets a key expire at a time in milliseconds.", "2.6.0", "O(1)"}, {.write = pexpireat}),
    row("pexpiretime", 2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells when a key expires, in milliseconds.", "7.0.0", "O(1)"}, {.read = pexpiretime}),
    row("pttl", 2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how long a key still lives, in milliseconds.", "2.6.0", "O(1)"}, {.read = pttl},
        {.tips = "nondeterministic_output"}),
    row("ttl", 2, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how long a key still lives, in seconds.", "1.0.0", "O(1)"}, {.read = ttl},
        {.tips = "nondeterministic_output"}),
};

}  // namespace

constinit const Family kExpireFamily{"generic", kExpireRows};

}  // namespace engine::commands
