// The functions of Lua's base library that must not show the process, must not be escaped from, or
// meet protected tables. The others are Lua's own.
#include <climits>
#include <string>
#include <string_view>

#include "engine/scripts/errors.h"
#include "engine/scripts/guards.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/metered.h"

namespace engine::scripts {
namespace {

constexpr int kInventedMemory = 64;  // in KB, for collectgarbage("count")
constexpr std::size_t kBytesPerStep = 16;
constexpr char kNoBytecode = 1;  // in the place of what bytecode begins with

// Redis 7.0's pcall: an error that is a table with a text is that text.
int protected_call(lua_State* lua) {
  if (lua_gettop(lua) == 0) {
    lua_pushboolean(lua, 0);
    lua_pushliteral(lua, "bad argument #1 to 'pcall' (value expected)");
    return 2;
  }
  charge_values(lua, 2);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  Interpreter::of(lua).check_end(lua);
  charge_values(lua, 1);
  if (status != 0 && lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    lua_isstring(lua, -1) != 0 ? lua_replace(lua, -2) : lua_pop(lua, 1);
  }
  lua_pushboolean(lua, status == 0 ? 1 : 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// Invariant: the handler runs where steps are counted. Lua itself would call it before unwinding,
// and so inside of the hook if that raised the error, where there are no hooks.
int protected_call_with_handler(lua_State* lua) {
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  lua_pushvalue(lua, 1);
  const bool is_done = lua_pcall(lua, 0, LUA_MULTRET, 0) == 0;
  Interpreter::of(lua).check_end(lua);
  charge_values(lua, 3);
  if (!is_done) {
    lua_remove(lua, 1);
    if (lua_pcall(lua, 1, 1, 0) != 0) lua_pushliteral(lua, "error in error handling");
    Interpreter::of(lua).check_end(lua);
    lua_pushboolean(lua, 0);
    lua_insert(lua, -2);
    return 2;
  }
  lua_pushboolean(lua, 1);
  lua_replace(lua, 2);
  return lua_gettop(lua) - 1;
}

int next_pair(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  push_real_table(lua, 1);
  lua_replace(lua, 1);
  if (lua_next(lua, 1) == 0) {
    lua_pushnil(lua);
    return 1;
  }
  check_key_order(lua, -2);
  return 2;
}

int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

// No address: two tables look the same.
int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (luaL_callmeta(lua, 1, "__tostring") != 0) return 1;
  switch (lua_type(lua, 1)) {
    case LUA_TNUMBER: lua_pushstring(lua, lua_tostring(lua, 1)); return 1;
    case LUA_TSTRING: lua_pushvalue(lua, 1); return 1;
    case LUA_TBOOLEAN: lua_pushstring(lua, lua_toboolean(lua, 1) != 0 ? "true" : "false"); return 1;
    case LUA_TNIL: lua_pushliteral(lua, "nil"); return 1;
    case LUA_TLIGHTUSERDATA: lua_pushliteral(lua, "userdata: (nil)"); return 1;
    default: lua_pushfstring(lua, "%s: 0x00000000", luaL_typename(lua, 1)); return 1;
  }
}

int get_metatable(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (lua_type(lua, 1) == LUA_TSTRING) {
    lua_getfield(lua, LUA_REGISTRYINDEX, "quorate.string_metatable");
    return 1;
  }
  if (is_protected(lua, 1)) {
    lua_getfield(lua, LUA_REGISTRYINDEX, "quorate.protected_globals");
    const bool is_globals = lua_rawequal(lua, 1, -1) != 0;
    if (is_globals) lua_getfield(lua, LUA_REGISTRYINDEX, "quorate.global_metatable");
    if (!is_globals) lua_pushnil(lua);
    return 1;
  }
  if (lua_getmetatable(lua, 1) == 0) {
    lua_pushnil(lua);
    return 1;
  }
  luaL_getmetafield(lua, 1, "__metatable");
  return 1;
}

int set_metatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argcheck(lua, lua_isnoneornil(lua, 2) ? lua_gettop(lua) >= 2 : lua_istable(lua, 2), 2,
                "nil or table expected");
  check_writable(lua, 1);
  if (luaL_getmetafield(lua, 1, "__metatable") != 0)
    return luaL_error(lua, "cannot change a protected metatable");
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

int raw_get(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  push_real_table(lua, 1);
  lua_insert(lua, 2);
  lua_rawget(lua, 2);
  return 1;
}

int raw_set(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  luaL_checkany(lua, 3);
  check_writable(lua, 1);
  lua_settop(lua, 3);
  lua_rawset(lua, 1);
  return 1;
}

int load_string(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* chunk = luaL_optstring(lua, 2, text);
  lua_pushcfunction(lua, [](lua_State* inner) {
    std::size_t inner_size = 0;
    const char* source = lua_tolstring(inner, 1, &inner_size);
    load_text(inner, {source, inner_size}, lua_tostring(inner, 2));
    return 1;
  });
  lua_pushvalue(lua, 1);
  lua_pushstring(lua, chunk);
  const int status = lua_pcall(lua, 2, 1, 0);
  Interpreter::of(lua).check_end(lua);
  if (status == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

// The next piece of a source, which stays in its place on the stack while it is read.
const char* read_piece(lua_State* lua, void* data, std::size_t* size) {
  constexpr int kPlace = 3;
  luaL_checkstack(lua, 4, "too many nested functions");
  lua_pushvalue(lua, 1);
  lua_call(lua, 0, 1);
  *size = 0;
  if (lua_isnil(lua, -1)) return lua_pop(lua, 1), nullptr;
  if (lua_isstring(lua, -1) == 0) luaL_error(lua, "reader function must return a string");
  std::string_view piece(lua_tostring(lua, -1), lua_objlen(lua, -1));
  Interpreter::of(lua).charge(lua, piece.size() / 4 + 1);
  auto& is_first = *static_cast<bool*>(data);
  if (is_first && piece.starts_with(LUA_SIGNATURE[0])) {
    const std::string text = kNoBytecode + std::string(piece.substr(1));
    lua_pushlstring(lua, text.data(), text.size());
    lua_replace(lua, -2);
  }
  is_first = false;
  lua_replace(lua, kPlace);
  return lua_tolstring(lua, kPlace, size);
}

int load_pieces(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  const char* chunk = luaL_optstring(lua, 2, "=(load)");
  lua_settop(lua, 3);
  bool is_first = true;
  const int status = lua_load(lua, read_piece, &is_first, chunk);
  Interpreter::of(lua).check_end(lua);
  if (status == 0) return add_guards(lua, chunk), 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

// The collector is nobody's business: it runs when it does.
int collect_garbage(lua_State* lua) {
  static const char* const kOptions[] = {"stop", "restart",  "collect",    "count",
                                         "step", "setpause", "setstepmul", nullptr};
  const int option = luaL_checkoption(lua, 1, "collect", kOptions);
  luaL_optint(lua, 2, 0);
  Interpreter& self = Interpreter::of(lua);
  if (option == 2) {
    self.charge(lua, self.memory_used() / kBytesPerStep);
    lua_gc(lua, LUA_GCCOLLECT, 0);
  }
  if (option == 4) {
    lua_pushboolean(lua, 0);
    return 1;
  }
  lua_pushinteger(lua, option == 3 ? kInventedMemory : option >= 5 ? 200 : 0);
  return 1;
}

int garbage_info(lua_State* lua) {
  lua_pushinteger(lua, kInventedMemory);
  return 1;
}

int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int first = luaL_optint(lua, 2, 1);
  const int last = luaL_opt(lua, luaL_checkint, 3, static_cast<int>(lua_objlen(lua, 1)));
  if (first > last) return 0;
  const std::int64_t count = std::int64_t{last} - first + 1;
  if (count >= INT_MAX || lua_checkstack(lua, static_cast<int>(count)) == 0)
    return luaL_error(lua, "too many results to unpack");
  Interpreter::of(lua).charge(lua, static_cast<std::uint64_t>(count));
  for (std::int64_t i = first; i <= last; ++i) lua_rawgeti(lua, 1, static_cast<int>(i));
  return static_cast<int>(count);
}

// What Redis's handler makes of an error, which scripts can call by its name.
int as_error(lua_State* lua) { return add_place_to_error(lua); }

constexpr luaL_Reg kFunctions[] = {{"pcall", protected_call},
                                   {"xpcall", protected_call_with_handler},
                                   {"next", next_pair},
                                   {"tostring", to_string},
                                   {"getmetatable", get_metatable},
                                   {"setmetatable", set_metatable},
                                   {"rawget", raw_get},
                                   {"rawset", raw_set},
                                   {"loadstring", load_string},
                                   {"load", load_pieces},
                                   {"collectgarbage", collect_garbage},
                                   {"gcinfo", garbage_info},
                                   {"unpack", unpack},
                                   {"__redis__err__handler", as_error},
                                   {nullptr, nullptr}};

}  // namespace

void open_base(lua_State* lua) {
  luaL_register(lua, nullptr, kFunctions);
  for (const char* name : {"assert", "error", "select", "tonumber"}) meter(lua, name);
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, pairs, 1);
  lua_setfield(lua, -2, "pairs");
}

}  // namespace engine::scripts
