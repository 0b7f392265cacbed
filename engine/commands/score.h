// What the commands on sorted sets share: scores as arguments, and making or changing a set.
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include "engine/context/context.h"
#include "engine/types/sorted_set.h"

namespace engine::commands {

[[nodiscard]] inline PackedLimits sorted_set_limits(const ReadContext& context) {
  return context.state().settings.sorted_set_limits();
}

// Puts `set` at `key` in place of whatever is there, or removes the key if it is empty; notifies
// `event`, or "del". Returns the count.
std::uint64_t store_sorted_set(WriteContext& context, std::string_view key, SortedSet set,
                               std::string_view event);

// ZADD; GEOADD is the same in other words.
void zadd(WriteContext& context);

}  // namespace engine::commands
