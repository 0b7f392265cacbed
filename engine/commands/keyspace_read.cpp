// Keys: counting, listing, walking, describing.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/scan_options.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

constexpr int kRandomTries = 100;
constexpr std::int64_t kSharedIntegersEnd = 10000;  // Redis shares the objects of small integers
constexpr std::int64_t kSharedReferenceCount = 2147483647;

constexpr std::string_view kPolicyHint =
    "Please note that when switching between policies at runtime LRU and LFU data will take some "
    "time to adjust.";

std::int64_t count_present(ReadContext& context, Lookup lookup) {
  std::int64_t count = 0;
  for (std::size_t i = 1; i < context.argc(); ++i)
    count += context.find(context.arg(i), lookup) != nullptr ? 1 : 0;
  return count;
}

const Entry* object_or_null(ReadContext& context) {
  const Entry* entry = context.find(context.arg(2), Lookup::kInspect);
  if (entry == nullptr) context.reply().null();
  return entry;
}

void exists(ReadContext& context) {
  context.reply().integer(count_present(context, Lookup::kLook));
}
void touch(ReadContext& context) { context.reply().integer(count_present(context, Lookup::kUse)); }

void type(ReadContext& context) {
  const Entry* entry = context.find(context.arg(1), Lookup::kLook);
  context.reply().status(entry == nullptr ? "none" : entry->value().type_name());
}

void keys(ReadContext& context) {
  const DenseTable& table = context.keyspace().table();
  std::vector<std::uint64_t> matches;
  std::uint64_t bytes = 0;
  for (std::uint64_t position = 0; position < table.size(); ++position) {
    const Entry& entry = table.at(position);
    if (!base::glob_match(context.arg(1), entry.key()) || !context.is_visible(entry)) continue;
    matches.push_back(position);
    bytes += entry.key().size();
    if (!context.reply().has_room(bytes, matches.size())) break;
  }
  if (!context.reply_fits(bytes, matches.size())) return;
  context.reply().array(matches.size());
  for (const std::uint64_t position : matches) context.reply().bulk(table.at(position).key());
}

// Positions are walked downward from the end: an entry only ever moves down, so one that stays is
// never missed. The cursor is the number of positions still to be walked.
void scan(ReadContext& context) {
  ScanOptions options;
  const auto cursor = scan_cursor(context, 1);
  if (!cursor || !parse_scan_options(context, 2, true, options)) return;
  const DenseTable& table = context.keyspace().table();
  std::uint64_t left = *cursor == 0 ? table.size() : std::min<std::uint64_t>(*cursor, table.size());
  std::vector<std::uint64_t> found;
  for (std::int64_t looks = 0; looks < options.count && left > 0; ++looks) {
    const Entry& entry = table.at(--left);
    const bool is_of_type =
        options.type.empty() || equals_ignoring_case(options.type, entry.value().type_name());
    if (context.is_visible(entry) && is_of_type && base::glob_match(options.pattern, entry.key()))
      found.push_back(left);
  }
  context.reply().array(2);
  context.reply().bulk(std::to_string(left));
  context.reply().array(found.size());
  for (const std::uint64_t position : found) context.reply().bulk(table.at(position).key());
}

void randomkey(ReadContext& context) {
  const DenseTable& table = context.keyspace().table();
  const std::uint64_t size = table.size();
  for (int tries = 0; tries < kRandomTries && size > 0; ++tries) {
    const Entry& entry = table.at(context.prng().below(size));
    if (context.is_visible(entry)) return context.reply().bulk(entry.key());
  }
  for (std::uint64_t position = 0; position < size; ++position) {
    if (context.is_visible(table.at(position)))
      return context.reply().bulk(table.at(position).key());
  }
  context.reply().null();
}

void dbsize(ReadContext& context) {
  context.reply().integer(static_cast<std::int64_t>(context.keyspace().table().count()));
}

void object_encoding(ReadContext& context) {
  if (const Entry* entry = object_or_null(context)) context.reply().bulk(entry->value().encoding());
}

void object_refcount(ReadContext& context) {
  const Entry* entry = object_or_null(context);
  if (entry == nullptr) return;
  const ValueView value = entry->value();
  const bool is_shared = value.is_integer() && !value.is_raw() && value.integer() >= 0 &&
                         value.integer() < kSharedIntegersEnd;
  context.reply().integer(is_shared ? kSharedReferenceCount : 1);
}

void object_idletime(ReadContext& context) {
  const Entry* entry = object_or_null(context);
  if (entry == nullptr) return;
  const AccessClock& access = context.state().access;
  if (access.rules().is_frequency) {
    return context.error("ERR An LFU maxmemory policy is selected, idle time not tracked. " +
                         std::string(kPolicyHint));
  }
  context.reply().integer(access.idle_s(*entry, context.now_ms()));
}

void object_freq(ReadContext& context) {
  const Entry* entry = object_or_null(context);
  if (entry == nullptr) return;
  const AccessClock& access = context.state().access;
  if (access.rules().is_frequency)
    return context.reply().integer(access.frequency(*entry, context.now_ms()));
  context.error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. " +
                std::string(kPolicyHint));
}

void object_help(ReadContext& context) {
  static constexpr std::string_view kLines[] = {
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    How the value of <key> is kept in memory.",
      "FREQ <key>",
      "    The access frequency of <key>, with an LFU policy.",
      "IDLETIME <key>",
      "    Seconds since <key> was last read or written.",
      "REFCOUNT <key>",
      "    The number of references to the value of <key>.",
      "HELP",
      "    This text."};
  context.reply().array(std::size(kLines));
  for (const std::string_view line : kLines) context.reply().status(line);
}

constexpr CommandRow kKeyspaceReadRows[] = {
    row("dbsize", 1, kFlagReadonly | kFlagFast, kNoKeys,
        {"Counts the keys of the database.", "1.0.0", "O(1)"}, {.read = dbsize},
        {.group = "server",
         .acl = kAclKeyspace,
         .tips = "request_policy:all_shards response_policy:agg_sum"}),
    row("exists", -2, kFlagReadonly | kFlagFast, all_keys(kKeyLook),
        {"Counts which of the keys exist.", "1.0.0"}, {.read = exists},
        {.tips = "request_policy:multi_shard response_policy:agg_sum"}),
    row("keys", 2, kFlagReadonly, kNoKeys, {"Lists the keys that match a pattern.", "1.0.0"},
        {.read = keys},
        {.acl = kAclKeyspace | kAclDangerous,
         .tips = "request_policy:all_shards nondeterministic_output_order"}),
    row("object", -2, 0, kNoKeys, {"Looks at how a value is kept.", "2.2.3"}),
    row("object|encoding", 3, kFlagReadonly, one_key(kKeyLook, 2),
        {"Tells the encoding of a value.", "2.2.3", "O(1)"}, {.read = object_encoding},
        {.tips = "nondeterministic_output"}),
    row("object|freq", 3, kFlagReadonly, one_key(kKeyLook, 2),
        {"Tells how often a key is accessed.", "4.0.0", "O(1)"}, {.read = object_freq},
        {.tips = "nondeterministic_output"}),
    row("object|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "6.2.0", "O(1)"}, {.read = object_help}),
    row("object|idletime", 3, kFlagReadonly, one_key(kKeyLook, 2),
        {"Tells how long a key has not been accessed.", "2.2.3", "O(1)"}, {.read = object_idletime},
        {.tips = "nondeterministic_output"}),
    row("object|refcount", 3, kFlagReadonly, one_key(kKeyLook, 2),
        {"Tells how many references a value has.", "2.2.3", "O(1)"}, {.read = object_refcount},
        {.tips = "nondeterministic_output"}),
    row("randomkey", 1, kFlagReadonly, kNoKeys, {"Answers some key.", "1.0.0", "O(1)"},
        {.read = randomkey}, {.tips = "request_policy:all_shards nondeterministic_output"}),
    row("scan", -2, kFlagReadonly, kNoKeys, {"Walks the keys in steps.", "2.8.0"}, {.read = scan},
        {.tips = "nondeterministic_output request_policy:special"}),
    row("touch", -2, kFlagReadonly | kFlagFast, all_keys(kKeyLook),
        {"Counts which of the keys exist and marks them as accessed.", "3.2.1"}, {.read = touch},
        {.tips = "request_policy:multi_shard response_policy:agg_sum"}),
    row("type", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Tells the type of a value.", "1.0.0", "O(1)"}, {.read = type}),
};

}  // namespace

constinit const Family kKeyspaceReadFamily{"generic", kKeyspaceReadRows};

}  // namespace engine::commands
