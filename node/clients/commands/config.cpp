// CONFIG GET, SET, RESETSTAT, REWRITE.
#include <algorithm>
#include <map>

#include "engine/command/errors.h"
#include "engine/rules/rules.h"
#include "engine/users/users_setting.h"
#include "node/clients/accounts.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/config/directive.h"

namespace node {
namespace {

void get(LocalCall& call) {
  std::map<std::string, std::string> found;
  for (std::size_t i = 2; i < call.argv.size(); ++i)
    found.merge(call.node.config.matching(call.argv[i]));
  call.reply.map(found.size());
  for (const auto& [name, value] : found) {
    call.reply.bulk(name);
    const Directive* directive = find_directive(name);
    const bool is_replicated = (directive->traits & kReplicated) != 0;
    const auto canonical = directive->canonical.empty() ? name : std::string(directive->canonical);
    call.reply.bulk(is_replicated ? call.node.engine.setting(canonical).value_or(value) : value);
  }
}

bool names_password(const std::vector<Config::Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Config::Change& change) {
    return change.name == engine::users::kPasswordSetting;
  });
}

// Settings of this node take effect at once, replicated ones when the log says so; of both together
// all or none. Inside EXEC the replicated ones came with its entry.
void set(LocalCall& call) {
  auto changes = config_changes(call.node.config, call.argv);
  if (!changes.ok()) return call.reply.error("ERR " + changes.error().detail);
  std::vector<Config::Change> own, replicated;
  for (Config::Change& change : changes.value())
    (change.is_replicated ? replicated : own).push_back(std::move(change));
  if (names_password(replicated) && call.node.engine.rules() < engine::kRulesWithUsers)
    return call.reply.error(engine::users::kTooOldMembers);
  call.reply.ok();
  if (replicated.empty() || call.is_in_exec) return call.node.config.adopt(own);
  call.requests.settings = std::move(replicated);
  call.requests.own_settings = std::move(own);
}

void reset_statistics(LocalCall& call) {
  const base::Instant started = call.node.statistics.started;
  call.node.statistics = Statistics{};
  call.node.statistics.started = started;
  call.requests.resets_statistics = true;
  call.reply.ok();
}

void rewrite(LocalCall& call) {
  if (call.node.options.config_file.empty())
    return call.reply.error("ERR The server is running without a config file");
  call.requests.config_rewrite =
      "";  // the driver reads the file and asks Config::rewritten for the new text
}

// Values that CONFIG GET hides.
void hide_secrets(std::vector<std::string_view>& words) {
  for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
    const Directive* directive = find_directive(words[i]);
    if (directive != nullptr && (directive->traits & kSecret) != 0) words[i + 1] = engine::kHidden;
  }
}

constexpr CommandRow kConfigRows[] = {
    row("config", -2, 0, kNoKeys, {"Reads and changes the configuration.", "2.0.0"}),
    row("config|get", -3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Reads settings.", "2.0.0"}, {.local = get}),
    row("config|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
    row("config|resetstat", 2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Sets the statistics of INFO back.", "2.0.0", "O(1)"}, {.local = reset_statistics}),
    row("config|rewrite", 2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Writes the configuration file anew.", "2.8.0", "O(1)"}, {.local = rewrite}),
    row("config|set", -4, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Changes settings.", "2.0.0"}, {.local = set},
        {.tips = "request_policy:all_nodes response_policy:all_succeeded",
         .traits = kTraitSetsConfig,
         .hide_secrets = hide_secrets}),
};

}  // namespace

base::Result<std::vector<Config::Change>> config_changes(const Config& config,
                                                         engine::Arguments argv) {
  if (argv.size() % 2 != 0) {
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "CONFIG SET",
                       .object = {},
                       .detail = "syntax error"};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 2; i < argv.size(); i += 2) pairs.emplace_back(argv[i], argv[i + 1]);
  auto changes = config.check(pairs);
  if (!changes.ok()) return changes;
  // The password is the default user's, on all nodes; the log has its hash alone.
  for (std::size_t i = 0; i < changes.value().size(); ++i) {
    const Config::Change& change = changes.value()[i];
    if (change.name != "requirepass") continue;
    changes.value().push_back(
        {std::string(engine::users::kPasswordSetting), password_hash(change.value), true});
    break;
  }
  return changes;
}

constinit const Family kConfigFamily{"server", kConfigRows};

}  // namespace node
