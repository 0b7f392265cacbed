// What a script's first line, or a function's registration, says that it does or may do.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace engine::scripts {

enum ScriptFlag : std::uint8_t {
  kNoWrites = 1U << 0,
  kAllowOom = 1U << 1,
  kAllowStale = 1U << 2,
  kNoCluster = 1U << 3,
  kAllowCrossSlotKeys = 1U << 4,
};

struct ScriptFlagName {
  std::string_view name;
  ScriptFlag flag;
};
// In the order in which Redis lists them.
inline constexpr ScriptFlagName kScriptFlagNames[] = {
    {"no-writes", kNoWrites},
    {"allow-oom", kAllowOom},
    {"allow-stale", kAllowStale},
    {"no-cluster", kNoCluster},
    {"allow-cross-slot-keys", kAllowCrossSlotKeys}};

[[nodiscard]] inline std::optional<ScriptFlag> script_flag(std::string_view name) {
  for (const ScriptFlagName& each : kScriptFlagNames) {
    if (each.name == name) return each.flag;
  }
  return {};
}

}  // namespace engine::scripts
