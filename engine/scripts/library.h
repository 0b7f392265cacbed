// What is known of a library of functions (FUNCTION LOAD) without running it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine::scripts {

// As a script's first line, or redis.register_function, says them.
enum ScriptFlag : std::uint8_t {
  kNoWrites = 1U << 0,
  kAllowOom = 1U << 1,
  kAllowStale = 1U << 2,
  kNoCluster = 1U << 3,
  kAllowCrossSlotKeys = 1U << 4,
};

struct LibraryFunction {
  std::string name;
  std::string description;
  bool has_description = false;
  std::uint8_t flags = 0;
};

}  // namespace engine::scripts
