// Bytecode that counts what Lua's own machine does not: joining strings and comparing them costs
// time by their length, and where the result is there already nothing is allocated, so nothing is
// charged. Before each CONCAT, LT and LE stands an instruction for each operand, which calls the
// guard with it: "guard" ^ operand, a power that strings do not have but for the guard
// (open_guard).
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
