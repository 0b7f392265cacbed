// What cjson lets scripts choose, for its own table and for each that cjson.new makes.
#pragma once

#include <cstdint>
#include <lua5.1/lua.hpp>

namespace engine::scripts {

struct JsonSettings {
  bool is_sparse_converted = false;
  int sparse_ratio = 2, sparse_safe = 10;
  int encode_depth_max = 1000, decode_depth_max = 1000;
  int encode_invalid_numbers = 0;  // 0: refused, 1: as text, 2: null
  bool decodes_invalid_numbers = true;
  bool keeps_buffer = true;
  int precision = 14;
};

// Those of the function that runs.
[[nodiscard]] JsonSettings& json_settings(lua_State* lua);

int encode_json(lua_State* lua);
int decode_json(lua_State* lua);

}  // namespace engine::scripts
