#include "node/replica/settings.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/config/directive.h"

namespace node {

void follow_settings(const engine::Engine& engine, Config& config) {
  std::vector<Config::Change> changes;
  for (const Directive& directive : all_directives()) {
    const std::string name(directive.name);
    if ((directive.traits & kReplicated) == 0 || !directive.canonical.empty()) continue;
    std::optional<std::string> value = engine.setting(name);
    if (value && *value != config.text(name)) changes.push_back({name, std::move(*value), true});
  }
  config.adopt(changes);
}

}  // namespace node
