// Bytecode that counts what Lua's own machine does not. Joining strings costs time by their length,
// but where the result is there already nothing is allocated, so nothing is charged: behind each
// CONCAT stands a power, "guard" ^ result, which strings do not have but for the guard
// (open_guard). And `...` copies as many values as there are in one step: before each VARARG that
// takes all stands a call with them.
//
// Invariant: guarded code does what the code did, and each of its errors says the same.
#pragma once

#include <lua5.1/lua.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace engine::scripts {

// `chunk`: what lua_dump writes, debug information included. nullopt: a function is too large for
// the instructions that it would need.
[[nodiscard]] std::optional<std::string> with_guards(std::string_view chunk);

// The function on top of the stack, which was just compiled, becomes one with guards; raises an
// error that it is too large.
void add_guards(lua_State* lua, const char* chunk_name);

// Sets the guard in the metatable of strings, which is on top of the stack.
void open_guard(lua_State* lua);

}  // namespace engine::scripts
