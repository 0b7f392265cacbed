// The packed forms of Redis before 7.0, read only: what a payload brings in them becomes a
// listpack. Layouts, all little-endian unless said:
//
//   ziplist: bytes u32 | offset of the last entry u32 | count u16 (65535: unknown) | entries | 0xFF
//     entry: length of the entry before, 1 byte or 0xFE and u32 | encoding | data
//   zipmap: count u8 (254: unknown) | pairs | 0xFF
//     pair: length, field, length, unused bytes u8, value, unused; a length is 1 byte or 0xFE and
//     u32
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace engine::rdb {

// nullopt: malformed. O(size); the result is no larger than twice the input and a few bytes.
[[nodiscard]] std::optional<std::string> listpack_of_ziplist(std::string_view bytes);
// Fields and values in turn.
[[nodiscard]] std::optional<std::string> listpack_of_zipmap(std::string_view bytes);

}  // namespace engine::rdb
