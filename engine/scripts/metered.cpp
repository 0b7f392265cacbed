#include "engine/scripts/metered.h"

#include "engine/scripts/interpreter.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kBytesPerStep = 32, kValuesPerStep = 4;

}  // namespace

void charge_values(lua_State* lua, int first) {
  const int top = lua_gettop(lua);
  std::uint64_t bytes = 0;
  for (int i = first; i <= top; ++i)
    if (lua_type(lua, i) == LUA_TSTRING) bytes += lua_objlen(lua, i);
  const auto values = static_cast<std::uint64_t>(top - first + 1);
  const std::uint64_t steps = bytes / kBytesPerStep + values / kValuesPerStep;
  if (steps > 0) Interpreter::of(lua).charge(lua, steps);
}

int metered(lua_State* lua) {
  charge_values(lua, 1);
  const int count = lua_tocfunction(lua, lua_upvalueindex(1))(lua);
  charge_values(lua, lua_gettop(lua) - count + 1);
  return count;
}

void meter(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, metered, 1);
  lua_setfield(lua, -2, name);
}

}  // namespace engine::scripts
