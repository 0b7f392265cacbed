// Key specifications (Redis 7.0): how the keys of a call are found, for COMMAND INFO, GETKEYS and
// routing.
#pragma once

#include <cstdint>
#include <string_view>

namespace engine {

struct KeySpec {
  enum class Begin : std::uint8_t { kUnknown, kIndex, kKeyword };
  enum class Find : std::uint8_t { kUnknown, kRange, kKeynum };
  std::string_view notes = {};
  std::string_view flags = {};  // separated by blanks, as COMMAND INFO names them
  Begin begin = Begin::kUnknown;
  int index = 0;                  // kIndex
  std::string_view keyword = {};  // kKeyword
  int start_from = 0;             // kKeyword
  Find find = Find::kUnknown;
  int last_key = 0;  // kRange: relative to the first key; negative: from the end
  int key_step = 1;
  int limit = 0;         // kRange
  int keynum_index = 0;  // kKeynum
  int first_key = 0;     // kKeynum
};

}  // namespace engine
