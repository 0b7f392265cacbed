// cjson, as lua-cjson 2.1.0 has it: its table, its settings.
#include <cstdio>
#include <new>

#include "engine/scripts/json_settings.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

int integer_option(lua_State* lua, int index, int& value, int least, int most) {
  char text[64];
  if (!lua_isnil(lua, index)) {
    const int wanted = luaL_checkint(lua, index);
    std::snprintf(text, sizeof text, "expected integer between %d and %d", least, most);
    luaL_argcheck(lua, least <= wanted && wanted <= most, 1, text);
    value = wanted;
  }
  lua_pushinteger(lua, value);
  return 1;
}

void boolean_value(lua_State* lua, int index, bool& value) {
  if (!lua_isnil(lua, index)) {
    static const char* const kOptions[] = {"off", "on", nullptr};
    value = lua_isboolean(lua, index) ? lua_toboolean(lua, index) != 0
                                      : luaL_checkoption(lua, index, nullptr, kOptions) != 0;
  }
  lua_pushboolean(lua, value ? 1 : 0);
}

// At most so many arguments, nil for those that are missing.
JsonSettings& begin(lua_State* lua, int most) {
  luaL_argcheck(lua, lua_gettop(lua) <= most, most + 1, "found too many arguments");
  while (lua_gettop(lua) < most) lua_pushnil(lua);
  return json_settings(lua);
}

int sparse_array(lua_State* lua) {
  JsonSettings& settings = begin(lua, 3);
  boolean_value(lua, 1, settings.is_sparse_converted);
  integer_option(lua, 2, settings.sparse_ratio, 0, INT32_MAX);
  integer_option(lua, 3, settings.sparse_safe, 0, INT32_MAX);
  return 3;
}
int encode_depth(lua_State* lua) {
  return integer_option(lua, 1, begin(lua, 1).encode_depth_max, 1, INT32_MAX);
}
int decode_depth(lua_State* lua) {
  return integer_option(lua, 1, begin(lua, 1).decode_depth_max, 1, INT32_MAX);
}
int number_precision(lua_State* lua) {
  return integer_option(lua, 1, begin(lua, 1).precision, 1, 14);
}
int keep_buffer(lua_State* lua) {
  boolean_value(lua, 1, begin(lua, 1).keeps_buffer);
  return 1;
}
int encode_invalid(lua_State* lua) {
  static const char* const kOptions[] = {"off", "on", "null", nullptr};
  JsonSettings& settings = begin(lua, 1);
  if (lua_isboolean(lua, 1)) {
    settings.encode_invalid_numbers = lua_toboolean(lua, 1);
  } else if (!lua_isnil(lua, 1)) {
    settings.encode_invalid_numbers = luaL_checkoption(lua, 1, nullptr, kOptions);
  }
  if (settings.encode_invalid_numbers == 2) {
    lua_pushliteral(lua, "null");
  } else {
    lua_pushboolean(lua, settings.encode_invalid_numbers);
  }
  return 1;
}
int decode_invalid(lua_State* lua) {
  boolean_value(lua, 1, begin(lua, 1).decodes_invalid_numbers);
  return 1;
}

int make_new(lua_State* lua);

constexpr luaL_Reg kFunctions[] = {{"encode", encode_json},
                                   {"decode", decode_json},
                                   {"encode_sparse_array", sparse_array},
                                   {"encode_max_depth", encode_depth},
                                   {"decode_max_depth", decode_depth},
                                   {"encode_number_precision", number_precision},
                                   {"encode_keep_buffer", keep_buffer},
                                   {"encode_invalid_numbers", encode_invalid},
                                   {"decode_invalid_numbers", decode_invalid},
                                   {"new", make_new}};

void fill(lua_State* lua) {
  new (lua_newuserdata(lua, sizeof(JsonSettings))) JsonSettings();
  for (const luaL_Reg& function : kFunctions) {
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, function.func, 1);
    lua_setfield(lua, -3, function.name);
  }
  lua_pop(lua, 1);
  lua_pushlightuserdata(lua, nullptr);
  lua_setfield(lua, -2, "null");
  lua_pushliteral(lua, "cjson");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "2.1.0");
  lua_setfield(lua, -2, "_VERSION");
}

int make_new(lua_State* lua) {
  lua_newtable(lua);
  fill(lua);
  return 1;
}

}  // namespace

JsonSettings& json_settings(lua_State* lua) {
  return *static_cast<JsonSettings*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

void open_json(lua_State* lua) { fill(lua); }

}  // namespace engine::scripts
