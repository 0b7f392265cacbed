// CONFIG GET, SET, RESETSTAT, REWRITE.
#include <map>

#include "engine/errors.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
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

// Settings of this node take effect at once, replicated ones when the log says so; of both together
// all or none. Inside EXEC the replicated ones came with its entry.
void set(LocalCall& call) {
  auto changes = config_changes(call.node.config, call.argv);
  if (!changes.ok()) return call.reply.error("ERR " + changes.error().detail);
  std::vector<Config::Change> own, replicated;
  for (Config::Change& change : changes.value())
    (change.is_replicated ? replicated : own).push_back(std::move(change));
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

constexpr LocalCommand kCommands[] = {{"config|get", get},
                                      {"config|set", set},
                                      {"config|resetstat", reset_statistics},
                                      {"config|rewrite", rewrite},
                                      {"config|help", write_help}};

}  // namespace

base::Result<std::vector<Config::Change>> config_changes(const Config& config,
                                                         engine::Arguments argv) {
  if (argv.size() % 2 != 0) {
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "CONFIG SET",
                       .object = {},
                       .detail = "wrong number of arguments for 'config|set' command"};
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 2; i < argv.size(); i += 2) pairs.emplace_back(argv[i], argv[i + 1]);
  return config.check(pairs);
}

std::span<const LocalCommand> config_commands() { return kCommands; }

}  // namespace node
