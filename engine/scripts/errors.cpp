#include "engine/scripts/errors.h"

namespace engine::scripts {
namespace {

// The string field of the table at `index`; it stays valid while the table does.
bool string_field(lua_State* lua, int index, const char* name, std::string_view& text) {
  lua_pushstring(lua, name);
  lua_rawget(lua, index < 0 ? index - 1 : index);
  std::size_t size = 0;
  const char* bytes = lua_isstring(lua, -1) ? lua_tolstring(lua, -1, &size) : nullptr;
  text = bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
  lua_pop(lua, 1);
  return bytes != nullptr;
}

// As Lua's tostring says it, but for what has an address.
std::string plain_text(lua_State* lua, int index) {
  if (lua_isstring(lua, index)) return lua_tostring(lua, index);
  if (lua_isboolean(lua, index)) return lua_toboolean(lua, index) != 0 ? "true" : "false";
  return luaL_typename(lua, index);
}

}  // namespace

void push_error(lua_State* lua, std::string_view text) {
  lua_newtable(lua);
  lua_pushlstring(lua, text.data(), text.size());
  lua_setfield(lua, -2, "err");
}

int raise(lua_State* lua, std::string_view text) {
  push_error(lua, text);
  return lua_error(lua);
}

// The function that raised the error is at level 1; where that is one of C, the place is that of
// the Lua function behind it.
int add_place_to_error(lua_State* lua) {
  lua_settop(lua, 1);
  if (!lua_istable(lua, 1)) {
    const std::string text = "ERR " + plain_text(lua, 1);
    push_error(lua, text);
    lua_replace(lua, 1);
  }
  lua_Debug place{};
  int level = 1;
  bool is_found = false;
  for (; lua_getstack(lua, level, &place) != 0; ++level) {
    lua_getinfo(lua, "nSl", &place);
    is_found = place.what[0] != 'C';
    if (is_found) break;
  }
  if (!is_found) return 1;
  lua_pushstring(lua, place.source);
  lua_setfield(lua, 1, "source");
  lua_pushinteger(lua, place.currentline);
  lua_setfield(lua, 1, "line");
  return 1;
}

std::string bare_error_text(lua_State* lua) {
  std::string_view text;
  if (!lua_istable(lua, -1)) return "ERR " + plain_text(lua, -1);
  if (!string_field(lua, -1, "err", text)) text = "ERR unknown error";
  return std::string(text);
}

std::string error_text(lua_State* lua, std::string_view script) {
  std::string out = bare_error_text(lua);
  std::string_view source, line;
  if (!lua_istable(lua, -1)) return out;
  if (string_field(lua, -1, "source", source) && string_field(lua, -1, "line", line)) {
    out += " script: " + std::string(script) + ", on " + std::string(source) + ":" +
           std::string(line) + ".";
  }
  return out;
}

}  // namespace engine::scripts
