// What Redis does with one string key, as a relation: when an expiry has been set the key may
// vanish at any later moment, since wall clocks jump in this world.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/history.h"

namespace sim {

struct KeyState {
  std::optional<std::string> value;
  bool may_expire = false;
  [[nodiscard]] std::string text() const;
};

// All states in which `operation` may leave a key that was in `before`; none if its results cannot
// be. Of an unknown one the results do not count.
[[nodiscard]] std::vector<KeyState> after(const KeyState& before, const Operation& operation);

}  // namespace sim
