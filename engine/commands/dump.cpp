// Values as payloads and back; see engine/rdb/.
#include <optional>
#include <utility>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/rdb/load.h"
#include "engine/rdb/payload.h"
#include "engine/types/hash.h"

namespace engine::commands {
namespace {

constexpr std::int64_t kFrequencyMax = 255;

struct RestoreOptions {
  bool replaces = false, is_absolute = false;
  std::optional<std::int64_t> idle_s, frequency;
};

// The number behind an option; nullopt: an error was written.
std::optional<std::int64_t> number_within(WriteContext& context, std::size_t i, std::int64_t max,
                                          std::string_view range_error) {
  const auto number = base::parse_integer(context.arg(i));
  if (number && *number >= 0 && *number <= max) return number;
  context.error(number ? range_error : errors::kNotInteger);
  return {};
}

std::optional<RestoreOptions> restore_options(WriteContext& context) {
  RestoreOptions options;
  for (std::size_t i = 4; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    const bool has_more = i + 1 < context.argc();
    if (equals_ignoring_case(word, "REPLACE")) {
      options.replaces = true;
    } else if (equals_ignoring_case(word, "ABSTTL")) {
      options.is_absolute = true;
    } else if (equals_ignoring_case(word, "IDLETIME") && has_more && !options.frequency) {
      options.idle_s =
          number_within(context, ++i, INT64_MAX, "ERR Invalid IDLETIME value, must be >= 0");
      if (!options.idle_s) return {};
    } else if (equals_ignoring_case(word, "FREQ") && has_more && !options.idle_s) {
      options.frequency = number_within(context, ++i, kFrequencyMax,
                                        "ERR Invalid FREQ value, must be >= 0 and <= 255");
      if (!options.frequency) return {};
    } else {
      context.error(errors::kSyntax);
      return {};
    }
  }
  return options;
}

// Milliseconds since 1970; one that overflows lies in the past, as in Redis 7.0.
std::int64_t expiry_of(std::int64_t ttl, const RestoreOptions& options, base::UnixMillis now_ms) {
  if (ttl == 0) return kNoExpiry;
  if (options.is_absolute) return ttl;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(ttl) +
                                   static_cast<std::uint64_t>(now_ms));
}

// A value that would be gone at once is not put; what it was to replace goes.
void drop_replaced(WriteContext& context, std::string_view key) {
  if (context.remove(key)) context.notify('g', "del", key);
}

// A hash whose fields expire, or have expired.
void dump_fields(ReadContext& context, const Entry& entry) {
  const HashView view(entry.value(), context.log_ms());
  if (view.has_times()) {
    return context.error(
        "ERR fields of this hash expire, which a payload of Redis 7.0 cannot say; HPERSIST keeps "
        "them");
  }
  Hash there(context.hash_secret());
  view.for_each([&](std::string_view field, std::string_view value) {
    there.set(field, value, {.entries_max = 0, .bytes_max = 0});
  });
  Value value = std::move(there).release();
  context.reply().bulk(rdb::dump(ValueView(value.take_collection())));
}

void dump(ReadContext& context) {
  const Entry* entry = context.find(context.arg(1));
  if (entry == nullptr) return context.reply().null();
  const Collection* collection = entry->collection();
  if (collection != nullptr && collection->has_times()) return dump_fields(context, *entry);
  context.reply().bulk(rdb::dump(entry->value()));
}

void restore(WriteContext& context) {
  const auto options = restore_options(context);
  if (!options) return;
  const std::string_view key = context.arg(1), payload = context.arg(3);
  const bool is_replaced = context.find_for_write(key) != nullptr;
  if (is_replaced && !options->replaces)
    return context.error("BUSYKEY Target key name already exists.");
  const auto ttl = number_within(context, 2, INT64_MAX, "ERR Invalid TTL value, must be >= 0");
  if (!ttl) return;
  if (!rdb::is_intact(payload))
    return context.error("ERR DUMP payload version or checksum are wrong");
  rdb::Reader reader(payload, context.growth_left());
  auto value = rdb::load_object(reader, context.state().settings);
  if (reader.is_too_large()) return context.error(errors::kGrowthTooLarge);
  if (!value) return context.error("ERR Bad data format");
  const std::int64_t expiry_ms = expiry_of(*ttl, *options, context.now_ms());
  if (expiry_ms != kNoExpiry && expiry_ms <= context.now_ms()) {
    drop_replaced(context, key);
    return context.reply().ok();
  }
  context.put(key, std::move(*value), expiry_ms);
  context.note_access(key, options->idle_s, options->frequency);
  if (is_replaced) context.notify('n', "new", key);  // Redis 7.0 removes the other first
  context.notify('g', "restore", key);
  context.reply().ok();
}

constexpr CommandRow kDumpRows[] = {
    row("dump", 2, kFlagReadonly, one_key(kKeyRead),
        {"Gives a value as bytes that RESTORE understands.", "2.6.0"}, {.read = dump},
        {.tips = "nondeterministic_output"}),
    row("restore", -4, kFlagWrite | kFlagDenyOom, one_key(kKeyOverwrite),
        {"Makes a value of what DUMP gave.", "2.6.0"}, {.write = restore},
        {.acl = kAclKeyspace | kAclDangerous}),
    row("restore-asking", -4, kFlagWrite | kFlagDenyOom | kFlagAsking, one_key(kKeyOverwrite),
        {"RESTORE, as one Redis Cluster node asks another.", "3.0.0"}, {.write = restore},
        {.group = "server", .acl = kAclKeyspace | kAclDangerous}),
};

}  // namespace

constinit const Family kDumpFamily{"generic", kDumpRows};

}  // namespace engine::commands
