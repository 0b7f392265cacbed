// What a script's first line says that it does or may do.
#pragma once

#include <cstdint>

namespace engine::scripts {

enum ScriptFlag : std::uint8_t {
  kNoWrites = 1U << 0,
  kAllowOom = 1U << 1,
  kAllowStale = 1U << 2,
  kNoCluster = 1U << 3,
  kAllowCrossSlotKeys = 1U << 4,
};

}  // namespace engine::scripts
