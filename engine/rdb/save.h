// Values as RDB objects, as Redis 7.0 writes them: the type's byte, then what the type is made of.
// Equal to Redis's bytes but for what LZF makes of long strings and the order of what lies in
// Redis's hash tables.
#pragma once

#include <string>

#include "engine/types/value.h"

namespace engine::rdb {

// Appends. O(size of the value).
void save_object(std::string& out, const ValueView& value);

}  // namespace engine::rdb
