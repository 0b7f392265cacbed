// What DUMP answers and RESTORE takes: an object, the RDB version in two bytes, a CRC64 (Jones) of
// all before it in eight, both little-endian.
#pragma once

#include <string>
#include <string_view>

#include "engine/types/value.h"

namespace engine::rdb {

[[nodiscard]] std::string dump(const ValueView& value);
// Whether version and checksum are right.
[[nodiscard]] bool is_intact(std::string_view payload);

}  // namespace engine::rdb
