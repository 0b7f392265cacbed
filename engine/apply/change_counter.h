// Counts the commands that changed something, for INFO and the rules of `save`.
#pragma once

#include <cstdint>

#include "engine/state/state.h"

namespace engine {

// Counts the command that runs while it lives as one change if any key changed meanwhile.
class ChangeCounter {
 public:
  explicit ChangeCounter(State& state) : state_(state), before_(state.key_changes) {}
  ChangeCounter(const ChangeCounter&) = delete;
  ChangeCounter& operator=(const ChangeCounter&) = delete;
  ~ChangeCounter() { state_.changes += state_.key_changes != before_ ? 1 : 0; }

 private:
  State& state_;
  std::uint64_t before_;
};

}  // namespace engine
