// Errors of scripts: tables with the fields `err`, `source` and `line`, as Redis 7.0 has them.
#pragma once

#include <lua5.1/lua.hpp>
#include <string>
#include <string_view>

namespace engine::scripts {

// Raises { err = text }; returns only in name.
int raise(lua_State* lua, std::string_view text);
// Pushes { err = text }.
void push_error(lua_State* lua, std::string_view text);
// The handler of errors at the top: makes any error a table, and adds where it came from.
int add_place_to_error(lua_State* lua);
// The error on top of the stack without its place.
[[nodiscard]] std::string bare_error_text(lua_State* lua);
// What a client is told of the error on top of the stack.
[[nodiscard]] std::string error_text(lua_State* lua, std::string_view script);

}  // namespace engine::scripts
