// SET and its relatives: whole values in, with conditions and expiry.
#include <optional>
#include <string>

#include "base/number.h"
#include "engine/commands/expiry_time.h"
#include "engine/commands/families.h"
#include "engine/commands/look_up.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

enum class ExpiryOption : std::uint8_t { kNone, kTime, kKeep, kPersist };

struct Options {
  bool only_absent = false, only_present = false, wants_old = false;
  ExpiryOption expiry = ExpiryOption::kNone;
  TimeForm form;
  std::string_view time;
};

// An expiry option may be repeated, the last one counts; a different one next to it is an error
// (Redis 7.0).
bool is_free_for(const Options& options, ExpiryOption wanted, TimeForm form = {}) {
  if (options.expiry == ExpiryOption::kNone) return true;
  return options.expiry == wanted && (wanted != ExpiryOption::kTime || options.form == form);
}

// EX PX EXAT PXAT with a following argument; false if `word` is none of them or comes after a
// different expiry option.
bool take_time_option(const ReadContext& context, std::size_t& i, Options& options) {
  const std::string_view word = context.arg(i);
  const bool is_seconds = equals_ignoring_case(word, "EX") || equals_ignoring_case(word, "EXAT");
  const bool is_absolute = equals_ignoring_case(word, "EXAT") || equals_ignoring_case(word, "PXAT");
  if (!is_seconds && !is_absolute && !equals_ignoring_case(word, "PX")) return false;
  const TimeForm form{is_seconds, is_absolute};
  if (!is_free_for(options, ExpiryOption::kTime, form) || i + 1 >= context.argc()) return false;
  options.expiry = ExpiryOption::kTime;
  options.form = form;
  options.time = context.arg(++i);
  return true;
}

bool parse_set_options(const ReadContext& context, Options& options) {
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    if (equals_ignoring_case(word, "NX") && !options.only_present) {
      options.only_absent = true;
    } else if (equals_ignoring_case(word, "XX") && !options.only_absent) {
      options.only_present = true;
    } else if (equals_ignoring_case(word, "GET")) {
      options.wants_old = true;
    } else if (equals_ignoring_case(word, "KEEPTTL") && is_free_for(options, ExpiryOption::kKeep)) {
      options.expiry = ExpiryOption::kKeep;
    } else if (!take_time_option(context, i, options)) {
      return false;
    }
  }
  return true;
}

// The absolute expiry; an error is written and nullopt returned if it is none.
std::optional<std::int64_t> expiry_of(WriteContext& context, std::string_view time, TimeForm form,
                                      std::string_view command) {
  const auto value = base::parse_integer(time);
  if (!value) return context.error(errors::kNotInteger), std::nullopt;
  const auto at = *value <= 0 ? std::nullopt : absolute_ms(*value, form, context.now_ms());
  if (!at || *at <= 0) return context.error(invalid_expire(command)), std::nullopt;
  return at;
}

// False: it would be too large a reply, the error is written.
bool reply_with_string(WriteContext& context, const Entry* entry) {
  if (entry != nullptr && !context.reply_fits(entry->value().size())) return false;
  char scratch[kScratchBytes];
  entry == nullptr ? context.reply().null() : context.reply().bulk(entry->value().view(scratch));
  return true;
}

// A time that has passed already is stored like any other: the key is there for DBSIZE until it is
// swept (Redis 7.0).
void store(WriteContext& context, std::string_view key, std::string_view value,
           std::int64_t expiry_ms, bool has_new_expiry) {
  context.put(key, Value::from_string(value), expiry_ms);
  context.notify('$', "set", key);
  if (has_new_expiry) context.notify('g', "expire", key);
}

void set_with_expiry(WriteContext& context, TimeForm form, std::string_view command) {
  const auto expiry = expiry_of(context, context.arg(2), form, command);
  if (!expiry) return;
  context.drop_if_expired(context.arg(1));
  store(context, context.arg(1), context.arg(3), *expiry, true);
  context.reply().ok();
}

void set(WriteContext& context) {
  Options options;
  if (!parse_set_options(context, options)) return context.error(errors::kSyntax);
  std::int64_t expiry_ms = kNoExpiry;
  if (options.expiry == ExpiryOption::kTime) {
    const auto expiry = expiry_of(context, options.time, options.form, "set");
    if (!expiry) return;
    expiry_ms = *expiry;
  }
  const std::string_view key = context.arg(1);
  const Entry* old = options.wants_old ? look_up(context, key) : context.find_for_write(key);
  if (options.wants_old) {
    if (old != nullptr && old->value().type() != Type::kString)
      return context.error(errors::kWrongType);
    if (!reply_with_string(context, old)) return;
  }
  if ((options.only_absent && old != nullptr) || (options.only_present && old == nullptr)) {
    if (!options.wants_old) context.reply().null();
    return;
  }
  if (options.expiry == ExpiryOption::kKeep && old != nullptr) expiry_ms = old->expiry_ms();
  store(context, key, context.arg(2), expiry_ms, options.expiry == ExpiryOption::kTime);
  if (!options.wants_old) context.reply().ok();
}

void setnx(WriteContext& context) {
  if (context.find_for_write(context.arg(1)) != nullptr) return context.reply().integer(0);
  store(context, context.arg(1), context.arg(2), kNoExpiry, false);
  context.reply().integer(1);
}

void setex(WriteContext& context) { set_with_expiry(context, {.is_seconds = true}, "setex"); }
void psetex(WriteContext& context) { set_with_expiry(context, {}, "psetex"); }

void getset(WriteContext& context) {
  const Entry* old = look_up(context, context.arg(1));
  if (old != nullptr && old->value().type() != Type::kString)
    return context.error(errors::kWrongType);
  if (!reply_with_string(context, old)) return;
  store(context, context.arg(1), context.arg(2), kNoExpiry, false);
}

void getdel(WriteContext& context) {
  const Entry* entry = look_up(context, context.arg(1));
  if (entry != nullptr && entry->value().type() != Type::kString)
    return context.error(errors::kWrongType);
  if (!reply_with_string(context, entry) || entry == nullptr) return;
  context.remove(context.arg(1));
  context.notify('g', "del", context.arg(1));
}

void getex(WriteContext& context) {
  Options options;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    if (equals_ignoring_case(context.arg(i), "PERSIST") &&
        is_free_for(options, ExpiryOption::kPersist)) {
      options.expiry = ExpiryOption::kPersist;
    } else if (!take_time_option(context, i, options)) {
      return context.error(errors::kSyntax);
    }
  }
  const std::string_view key = context.arg(1);
  const Entry* entry = look_up(context, key);
  if (entry == nullptr) return context.reply().null();
  if (entry->value().type() != Type::kString) return context.error(errors::kWrongType);
  std::optional<std::int64_t> expiry;
  if (options.expiry == ExpiryOption::kTime) {
    expiry = expiry_of(context, options.time, options.form, "getex");
    if (!expiry) return;
  }
  if (!reply_with_string(context, entry)) return;
  if (expiry && *expiry <= context.now_ms()) {
    context.remove(key);
    context.notify('g', "del", key);
  } else if (expiry) {
    context.set_expiry(key, *expiry);
    context.notify('g', "expire", key);
  } else if (options.expiry == ExpiryOption::kPersist && entry->expiry_ms() != kNoExpiry) {
    context.set_expiry(key, kNoExpiry);
    context.notify('g', "persist", key);
  }
}

void mset(WriteContext& context) {
  if (context.argc() % 2 == 0)
    return context.error("ERR wrong number of arguments for 'mset' command");
  for (std::size_t i = 1; i < context.argc(); i += 2) {
    context.drop_if_expired(context.arg(i));
    store(context, context.arg(i), context.arg(i + 1), kNoExpiry, false);
  }
  context.reply().ok();
}

void msetnx(WriteContext& context) {
  if (context.argc() % 2 == 0)
    return context.error("ERR wrong number of arguments for 'msetnx' command");
  for (std::size_t i = 1; i < context.argc(); i += 2) {
    if (context.find_for_write(context.arg(i)) != nullptr) return context.reply().integer(0);
  }
  for (std::size_t i = 1; i < context.argc(); i += 2)
    store(context, context.arg(i), context.arg(i + 1), kNoExpiry, false);
  context.reply().integer(1);
}

// It reads only with GET.
std::string_view key_use_of_set(Arguments argv) {
  return has_option(argv, 3, {"GET"}) ? kKeyReadUpdate : kKeyOverwrite;
}

constexpr CommandRow kStringsSetRows[] = {
    row("getdel", 2, kFlagWrite | kFlagFast, one_key(kKeyTake),
        {"Reads a string and deletes its key.", "6.2.0", "O(1)"}, {.write = getdel}),
    row("getex", -2, kFlagWrite | kFlagFast,
        one_key(kKeyReadUpdate).noted("RW and UPDATE because it changes the TTL"),
        {"Reads a string and sets or clears its expiry.", "6.2.0", "O(1)"}, {.write = getex},
        {.traits = kTraitLargeReply}),
    row("getset", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Writes a string and answers the one before.", "1.0.0", "O(1)"}, {.write = getset}),
    row("mset", -3, kFlagWrite | kFlagDenyOom, keys_and_values(kKeyOverwrite),
        {"Writes several strings.", "1.0.1"}, {.write = mset},
        {.tips = "request_policy:multi_shard response_policy:all_succeeded"}),
    row("msetnx", -3, kFlagWrite | kFlagDenyOom, keys_and_values(kKeyCreate),
        {"Writes several strings if none of the keys exists.", "1.0.1"}, {.write = msetnx},
        {.tips = "request_policy:multi_shard response_policy:agg_min"}),
    row("psetex", 4, kFlagWrite | kFlagDenyOom, one_key(kKeyOverwrite),
        {"Writes a string that expires after milliseconds.", "2.6.0", "O(1)"}, {.write = psetex}),
    row("set", -3, kFlagWrite | kFlagDenyOom,
        one_key(kKeyVaries).noted("RW and ACCESS due to the optional `GET` argument"),
        {"Writes a string.", "1.0.0", "O(1)"}, {.write = set},
        {.traits = kTraitLargeReplyWithGet, .key_use = key_use_of_set}),
    row("setex", 4, kFlagWrite | kFlagDenyOom, one_key(kKeyOverwrite),
        {"Writes a string that expires after seconds.", "2.0.0", "O(1)"}, {.write = setex}),
    row("setnx", 3, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyCreate),
        {"Writes a string if the key does not exist.", "1.0.0", "O(1)"}, {.write = setnx}),
};

}  // namespace

constinit const Family kStringsSetFamily{"string", kStringsSetRows};

}  // namespace engine::commands
