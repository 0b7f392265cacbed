// What DUMP answers and RESTORE takes: an object, the RDB version in two bytes, a CRC64 (Jones) of
// all before it in eight, both little-endian.
#pragma once

#include <string>
#include <string_view>

#include "engine/types/value.h"

namespace engine::rdb {

[[nodiscard]] std::string dump(const ValueView& value);
// Adds version and checksum.
void seal(std::string& payload);
// What stands before version and checksum. The payload is intact.
[[nodiscard]] std::string_view content_of(std::string_view payload);
// Whether version and checksum are right.
[[nodiscard]] bool is_intact(std::string_view payload);

}  // namespace engine::rdb
