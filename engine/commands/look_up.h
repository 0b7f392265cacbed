// Some commands that write look a key up as a read does (Redis 7.0, lookupKeyRead): it counts as a
// hit or a miss, and a miss is told (keymiss).
#pragma once

#include <string_view>

#include "engine/context/context.h"

namespace engine {

inline const Entry* look_up(WriteContext& context, std::string_view key) {
  context.drop_if_expired(key);
  return context.find(key, Lookup::kLook);
}
// WRONGTYPE is written if it is of another type.
inline Found look_up_of(WriteContext& context, std::string_view key, Type type) {
  static_cast<void>(look_up(context, key));
  return context.find_of_for_write(key, type);
}

}  // namespace engine
