#include <algorithm>

#include "base/check.h"
#include "node/clients/commands/local_command.h"

namespace node {
namespace {

std::vector<LocalCommand> join_families() {
  std::vector<LocalCommand> all;
  for (const auto family :
       {connection_commands(), persistence_commands(), debug_commands(), client_commands(),
        cluster_commands(), cluster_change_commands(), command_commands(), config_commands(),
        info_commands(), memory_commands(), slowlog_commands(), latency_commands(),
        scripting_commands()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  CHECK(twice == all.end());
  return all;
}

}  // namespace

const LocalCommand* find_local_command(std::string_view name) {
  static const std::vector<LocalCommand> all = join_families();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const LocalCommand& command, std::string_view key) { return command.name < key; });
  return found == all.end() || found->name != name ? nullptr : &*found;
}

}  // namespace node
