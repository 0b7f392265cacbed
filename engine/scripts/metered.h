// Functions of C that cost what they are given and give back: texts by their length, values by
// their number, for each of them is moved or copied by Lua's machine without a step of its own.
#pragma once

#include <lua5.1/lua.hpp>

namespace engine::scripts {

// Charges the values from `first` to the top of the stack.
void charge_values(lua_State* lua, int first);

// A function of C that charges what it is given, does what its upvalue does, another function of C
// without upvalues, and charges what that returns. Errors name what the script called.
int metered(lua_State* lua);

// The function `name` of the table on top of the stack becomes metered.
void meter(lua_State* lua, const char* name);

}  // namespace engine::scripts
