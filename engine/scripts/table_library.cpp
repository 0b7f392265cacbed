// Lua's table library, with what it costs charged and shared tables refused. And math's random
// numbers, which come from the entry.
#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/metered.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kElementsPerStep = 4;

// Lua's own function in the place of the one that was called: its errors name what the script
// wrote.
int call_stock(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

// The whole table is gone through, or moved, at worst.
int charged(lua_State* lua) {
  if (lua_istable(lua, 1))
    Interpreter::of(lua).charge(lua, lua_objlen(lua, 1) / kElementsPerStep + 1);
  const int count = call_stock(lua);
  charge_values(lua, lua_gettop(lua) - count + 1);  // what concat has made
  return count;
}

int charged_write(lua_State* lua) {
  check_writable(lua, 1);
  return charged(lua);
}

int less_than(lua_State* lua) {
  Interpreter::of(lua).charge(lua, 2);
  lua_pushboolean(lua, lua_lessthan(lua, 1, 2));
  return 1;
}

// A comparison that is a function of C does not count its own steps.
int compare_charged(lua_State* lua) {
  Interpreter::of(lua).charge(lua, 2);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, 2, 1);
  return 1;
}

// Numbers alone, none of them NaN: equal ones cannot be told apart, so any algorithm will do.
bool sort_numbers(lua_State* lua) {
  std::vector<double> numbers;
  const auto count = static_cast<int>(lua_objlen(lua, 1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(lua, 1, i);
    const bool is_number = lua_type(lua, -1) == LUA_TNUMBER;
    const double number = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    if (!is_number || std::isnan(number)) return false;
    numbers.push_back(number);
  }
  std::stable_sort(numbers.begin(), numbers.end());
  for (int i = 1; i <= count; ++i) {
    lua_pushnumber(lua, numbers[static_cast<std::size_t>(i - 1)]);
    lua_rawseti(lua, 1, i);
  }
  return true;
}

// Lua's sort compares as often as the elements make it: each comparison is charged.
int sort(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  check_writable(lua, 1);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_settop(lua, 2);
  const std::uint64_t count = lua_objlen(lua, 1);
  Interpreter::of(lua).charge(lua, count * static_cast<std::uint64_t>(std::bit_width(count)) + 1);
  if (lua_isnil(lua, 2)) {
    if (sort_numbers(lua)) return 0;
    lua_pushcfunction(lua, less_than);
    lua_replace(lua, 2);
  } else if (lua_iscfunction(lua, 2) != 0) {
    lua_pushcclosure(lua, compare_charged, 1);
  }
  return call_stock(lua);
}

int for_each(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  push_real_table(lua, 1);
  lua_replace(lua, 1);
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    check_key_order(lua, -2);
    lua_pushvalue(lua, 2);
    lua_pushvalue(lua, -3);
    lua_pushvalue(lua, -3);
    lua_call(lua, 2, 1);
    if (!lua_isnil(lua, -1)) return 1;
    lua_pop(lua, 2);
  }
  return 0;
}

void wrap_stock(lua_State* lua, const char* name, lua_CFunction around) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, around, 1);
  lua_setfield(lua, -2, name);
}

// ---- numbers by chance: those of POSIX's lrand48 ----

constexpr std::uint64_t kFactor = 0x5DEECE66D, kAddend = 0xB, kSeedTail = 0x330E;
constexpr std::uint64_t kMask48 = (std::uint64_t{1} << 48) - 1;
constexpr double kRandomMax = 2147483647.0;

std::uint64_t seeded(std::int32_t seed) {
  return (std::uint64_t{static_cast<std::uint32_t>(seed)} << 16) + kSeedTail;
}

int random(lua_State* lua) {
  std::uint64_t& state = Interpreter::of(lua).modes().random;
  state = (state * kFactor + kAddend) & kMask48;
  const auto bits = static_cast<std::uint32_t>(state >> 17);
  const double share = static_cast<double>(bits % 2147483647U) / kRandomMax;
  switch (lua_gettop(lua)) {
    case 0: lua_pushnumber(lua, share); return 1;
    case 1: {
      const int most = luaL_checkint(lua, 1);
      luaL_argcheck(lua, 1 <= most, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(share * most) + 1);
      return 1;
    }
    case 2: {
      const int least = luaL_checkint(lua, 1), most = luaL_checkint(lua, 2);
      luaL_argcheck(lua, least <= most, 2, "interval is empty");
      const double span = static_cast<double>(std::int64_t{most} - least + 1);
      lua_pushnumber(lua, std::floor(share * span) + least);
      return 1;
    }
    default: return luaL_error(lua, "wrong number of arguments");
  }
}

int random_seed(lua_State* lua) {
  Interpreter::of(lua).modes().random = seeded(luaL_checkint(lua, 1));
  return 0;
}

constexpr luaL_Reg kMath[] = {{"random", random}, {"randomseed", random_seed}, {nullptr, nullptr}};

}  // namespace

void open_table(lua_State* lua) {
  for (const char* name : {"concat", "maxn", "foreachi", "getn"}) wrap_stock(lua, name, charged);
  for (const char* name : {"insert", "remove", "setn"}) wrap_stock(lua, name, charged_write);
  wrap_stock(lua, "sort", sort);
  lua_pushcfunction(lua, for_each);
  lua_setfield(lua, -2, "foreach");
}

void open_math(lua_State* lua) { luaL_register(lua, nullptr, kMath); }

}  // namespace engine::scripts
