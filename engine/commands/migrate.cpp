// MIGRATE: nothing is sent to another server from here, so it answers what it can answer without.
#include <algorithm>
#include <optional>

#include "base/number.h"
#include "engine/command/arguments.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

constexpr std::size_t kKey = 3, kOptions = 6;
constexpr std::string_view kKeysWithKey =
    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
constexpr std::string_view kNotHere =
    "ERR MIGRATE sends nothing from here: every node of a cluster has all keys, and other servers "
    "take them by DUMP and RESTORE";

// The keys that it names; nullopt: its options are wrong, and the error is written.
std::optional<Arguments> keys_named(ReadContext& context) {
  const Arguments argv = context.argv();
  for (std::size_t i = kOptions; i < argv.size(); ++i) {
    const std::size_t left = argv.size() - i - 1;
    if (equals_ignoring_case(argv[i], "copy") || equals_ignoring_case(argv[i], "replace")) {
      continue;
    } else if (equals_ignoring_case(argv[i], "auth") && left >= 1) {
      i += 1;
    } else if (equals_ignoring_case(argv[i], "auth2") && left >= 2) {
      i += 2;
    } else if (equals_ignoring_case(argv[i], "keys")) {
      if (argv[kKey].empty()) return argv.subspan(i + 1);
      context.error(kKeysWithKey);
      return {};
    } else {
      context.error(errors::kSyntax);
      return {};
    }
  }
  return argv.subspan(kKey, 1);
}

void migrate(ReadContext& context) {
  const std::optional<Arguments> keys = keys_named(context);
  if (!keys) return;
  if (!base::parse_integer(context.arg(5)) || !base::parse_integer(context.arg(4)))
    return context.error(errors::kNotInteger);
  for (const std::string_view key : *keys)
    if (context.find(key, Lookup::kLook) != nullptr) return context.error(kNotHere);
  context.reply().status("NOKEY");
}

// The passwords behind AUTH and AUTH2.
void hide_passwords(std::vector<std::string_view>& words) {
  for (std::size_t i = kOptions; i < words.size(); ++i) {
    const bool has_name = equals_ignoring_case(words[i], "auth2");
    if (!has_name && !equals_ignoring_case(words[i], "auth")) continue;
    const std::size_t end = std::min(words.size(), i + (has_name ? 3 : 2));
    while (++i < end) words[i] = kHidden;
  }
}

constexpr KeyShape kKeys = [] {
  KeyShape shape = one_key(kKeyTake, kKey);
  shape.specs[0].may_be_empty = true;
  return shape.with(key_shapes::behind("RW access delete incomplete", "KEYS", -2, -1, 0));
}();

constexpr CommandRow kMigrateRows[] = {
    row("migrate", -6, kFlagWrite | kFlagMovableKeys, kKeys,
        {"Moves keys to another server: not from here.", "2.6.0", "O(N) in the keys named."},
        {.read = migrate},
        {.acl = kAclKeyspace | kAclDangerous,
         .tips = "nondeterministic_output",
         .hide_secrets = hide_passwords}),
};

}  // namespace

constinit const Family kMigrateFamily{"generic", kMigrateRows};

}  // namespace engine::commands
