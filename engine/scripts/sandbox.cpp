// The globals of scripts: which there are, how they are protected, and sources into functions.
#include <utility>

#include "engine/scripts/errors.h"
#include "engine/scripts/guards.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr const char* kRealGlobals = "quorate.globals";
constexpr const char* kProtectedGlobals = "quorate.protected_globals";
constexpr const char* kLoadingGlobals = "quorate.loading_globals";
constexpr std::string_view kReadonly = "Attempt to modify a readonly table";

int refuse_write(lua_State* lua) { return luaL_error(lua, "%s", kReadonly.data()); }

int missing_global(lua_State* lua) {
  if (lua_gettop(lua) != 2)
    return luaL_error(lua, "Wrong number of arguments to luaProtectedTableError");
  if (lua_type(lua, 2) != LUA_TSTRING && lua_type(lua, 2) != LUA_TNUMBER)
    return luaL_error(lua, "Second argument to luaProtectedTableError must be a string or number");
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    lua_tostring(lua, 2));
}

// The table on top becomes its own stand-in.
void protect_top(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_write);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

void open_shared(lua_State* lua, const char* name, void (*open)(lua_State*)) {
  lua_newtable(lua);
  open(lua);
  protect_top(lua);
  lua_setfield(lua, LUA_GLOBALSINDEX, name);
}

// As lua's own libraries, for what is taken over from them.
void open_stock(lua_State* lua, const char* name, lua_CFunction open) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

void extend_stock(lua_State* lua, const char* name, void (*extend)(lua_State*)) {
  lua_getfield(lua, LUA_GLOBALSINDEX, name);
  extend(lua);
  protect_top(lua);
  lua_setfield(lua, LUA_GLOBALSINDEX, name);
}

void remove_globals(lua_State* lua) {
  for (const char* name : {"dofile", "loadfile", "newproxy", "print", "getfenv", "setfenv"}) {
    lua_pushnil(lua);
    lua_setfield(lua, LUA_GLOBALSINDEX, name);
  }
}

// Methods of strings are found in the real table; what getmetatable("") answers only looks so.
void protect_strings(lua_State* lua) {
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_getfield(lua, LUA_GLOBALSINDEX, "string");
  push_real_table(lua, -1);
  lua_setfield(lua, -3, "__index");
  lua_pushvalue(lua, -2);
  open_guard(lua);
  lua_pop(lua, 1);
  lua_newtable(lua);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "__index");
  protect_top(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, "quorate.string_metatable");
  lua_pop(lua, 2);
}

// From here on the stand-in is what functions find as their globals.
void protect_globals(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcfunction(lua, missing_global);
  lua_setfield(lua, -2, "__index");
  lua_pushvalue(lua, -1);
  protect_top(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, "quorate.global_metatable");
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_insert(lua, -2);
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, kRealGlobals);
  protect_top(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_REGISTRYINDEX, kProtectedGlobals);
  lua_pushvalue(lua, -1);
  set_real_global(lua, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
}

struct Source {
  std::string_view text;
  bool is_first = true;
};

const char* read_source(lua_State*, void* from, std::size_t* size) {
  auto& source = *static_cast<Source*>(from);
  static constexpr char kNoBytecode = 1;
  if (source.text.empty()) return nullptr;
  // What begins as bytecode does is made text that is in error at the same place.
  if (std::exchange(source.is_first, false) && source.text[0] == LUA_SIGNATURE[0]) {
    source.text.remove_prefix(1);
    *size = 1;
    return &kNoBytecode;
  }
  *size = source.text.size();
  const char* bytes = source.text.data();
  source.text = {};
  return bytes;
}

}  // namespace

bool is_protected(lua_State* lua, int index) {
  if (!lua_istable(lua, index) || lua_getmetatable(lua, index) == 0) return false;
  lua_pushliteral(lua, "__newindex");
  lua_rawget(lua, -2);
  const bool is_ours = lua_tocfunction(lua, -1) == refuse_write;
  lua_pop(lua, 2);
  return is_ours;
}

void push_real_table(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  if (!is_protected(lua, -1)) return;
  lua_getmetatable(lua, -1);
  lua_pushliteral(lua, "__index");
  lua_rawget(lua, -2);
  lua_replace(lua, -3);
  lua_pop(lua, 1);
}

void check_writable(lua_State* lua, int index) {
  if (!is_protected(lua, index)) return;
  lua_pushlstring(lua, kReadonly.data(), kReadonly.size());
  lua_error(lua);
}

void set_real_global(lua_State* lua, const char* name) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kRealGlobals);
  lua_pushstring(lua, name);
  lua_pushvalue(lua, -3);
  lua_rawset(lua, -3);
  lua_pop(lua, 2);
}

void check_key_order(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
    case LUA_TTHREAD:
    case LUA_TUSERDATA:
      luaL_error(lua,
                 "the table has a %s as a key: its order would differ between nodes, so it cannot "
                 "be iterated",
                 luaL_typename(lua, index));
      return;
    default: return;
  }
}

void load_text(lua_State* lua, std::string_view text, const char* chunk) {
  Interpreter::of(lua).charge(lua, text.size() / 4 + 1);
  Source source{text};
  const bool was_bytecode = !text.empty() && text[0] == LUA_SIGNATURE[0];
  if (lua_load(lua, read_source, &source, chunk) == 0) return add_guards(lua, chunk);
  if (was_bytecode && lua_isstring(lua, -1))
    luaL_gsub(lua, lua_tostring(lua, -1), "char(1)", "char(27)");
  lua_error(lua);
}

namespace {

void open_all(lua_State* lua, void (*open_redis_table)(lua_State*)) {
  open_stock(lua, "", luaopen_base);
  open_stock(lua, LUA_TABLIBNAME, luaopen_table);
  open_stock(lua, LUA_STRLIBNAME, luaopen_string);
  open_stock(lua, LUA_MATHLIBNAME, luaopen_math);
  remove_globals(lua);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  open_base(lua);
  lua_pop(lua, 1);
  extend_stock(lua, LUA_COLIBNAME, open_coroutine);
  extend_stock(lua, LUA_TABLIBNAME, open_table);
  extend_stock(lua, LUA_STRLIBNAME, open_string);
  extend_stock(lua, LUA_MATHLIBNAME, open_math);
  open_shared(lua, "redis", open_redis_table);
  open_shared(lua, "cjson", open_json);
  open_shared(lua, "cmsgpack", open_msgpack);
  open_shared(lua, "struct", open_struct);
  open_shared(lua, "bit", open_bit);
  protect_strings(lua);
  protect_globals(lua);
}

// Whatever is not there is an error, as in the globals.
void set_missing_index(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcfunction(lua, missing_global);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
}

}  // namespace

void open_libraries(lua_State* lua) { open_all(lua, open_redis); }

void open_libraries_for_functions(lua_State* lua) {
  open_all(lua, open_redis_for_functions);
  lua_pushnil(lua);
  set_real_global(lua, "__redis__err__handler");
  lua_newtable(lua);
  lua_newtable(lua);
  open_loading_redis(lua);
  set_missing_index(lua);
  protect_top(lua);
  lua_setfield(lua, -2, "redis");
  set_missing_index(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kLoadingGlobals);
}

void use_loading_globals(lua_State* lua, bool is_loading) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kProtectedGlobals);
  lua_getmetatable(lua, -1);
  lua_getfield(lua, LUA_REGISTRYINDEX, is_loading ? kLoadingGlobals : kRealGlobals);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 2);
}

}  // namespace engine::scripts
