// What a command is told that its user may not carry out. Values.
#pragma once

#include <cstdint>
#include <string>

namespace engine::users {

// What was refused. In the order of what is looked at: of several selectors that refuse, the one
// that came farthest counts.
enum class Denied : std::uint8_t { kNothing, kCommand, kKey, kChannel };

// Where a command was refused, for the ACL log.
enum class Where : std::uint8_t { kTopLevel, kMulti, kScript };

struct Denial {
  Denied what = Denied::kNothing;
  Where where = Where::kTopLevel;
  std::string object;  // the command's full name, or the key or channel
};

}  // namespace engine::users
