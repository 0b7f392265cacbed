// Lua's string library with what it costs charged. Matching is in string_matching.cpp.
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/metered.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kBytesPerStep = 32;

int repeat(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const int count = luaL_checkint(lua, 2);
  Interpreter& self = Interpreter::of(lua);
  if (count <= 0 || size == 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  const std::uint64_t bytes = size * static_cast<std::uint64_t>(count);
  if (bytes > kMemoryBytesMax) self.end(lua, End::kMemory);
  self.charge(lua, bytes / kBytesPerStep + 1);
  auto* out = static_cast<char*>(lua_newuserdata(lua, bytes));
  for (int i = 0; i < count; ++i)
    std::char_traits<char>::copy(out + size * static_cast<std::size_t>(i), text, size);
  lua_pushlstring(lua, out, bytes);
  return 1;
}

}  // namespace

void open_string(lua_State* lua) {
  for (const char* name : {"byte", "char", "lower", "upper", "reverse", "sub", "format"})
    meter(lua, name);
  lua_pushcfunction(lua, repeat);
  lua_setfield(lua, -2, "rep");
  open_string_matching(lua);
}

}  // namespace engine::scripts
