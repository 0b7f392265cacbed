// What scripts find in their globals, one file per library, and how these are protected: a shared
// table is an empty stand-in whose metatable leads to the real one and refuses to be written.
#pragma once

#include <lua5.1/lua.hpp>
#include <string_view>

namespace engine::scripts {

// All of them, into a fresh interpreter.
void open_libraries(lua_State* lua);
// Those that functions know, and what their libraries find while they are loaded.
void open_libraries_for_functions(lua_State* lua);
// Of the latter alone: whether functions find the globals that there are while a library is loaded.
void use_loading_globals(lua_State* lua, bool is_loading);
// Where the function to be called is kept in the registry once it was registered.
inline constexpr const char* kWantedFunction = "quorate.wanted";

// ---- sandbox.cpp ----
// Whether the value at `index` is the stand-in of a shared table.
[[nodiscard]] bool is_protected(lua_State* lua, int index);
// Pushes the table at `index`, or the one that it stands for.
void push_real_table(lua_State* lua, int index);
// Refuses the table at `index` if it is shared.
void check_writable(lua_State* lua, int index);
// Pops a value into the real globals.
void set_real_global(lua_State* lua, const char* name);
// A table with address-hashed keys has another order on another node: raises for such a key at
// `index`.
void check_key_order(lua_State* lua, int index);
// Pushes the function that a source compiles to; raises what is wrong with it. Bytecode is no
// source.
void load_text(lua_State* lua, std::string_view source, const char* chunk);

// ---- what each file registers in the table on top of the stack ----
void open_base(lua_State* lua);
void open_coroutine(lua_State* lua);
void open_string(lua_State* lua);
void open_string_matching(lua_State* lua);
void open_table(lua_State* lua);
void open_math(lua_State* lua);
void open_redis(lua_State* lua);
void open_redis_for_functions(lua_State* lua);
void open_log(lua_State* lua);  // redis.log, and the versions
void open_loading_redis(lua_State* lua);
void open_json(lua_State* lua);
void open_msgpack(lua_State* lua);
void open_struct(lua_State* lua);
void open_bit(lua_State* lua);

}  // namespace engine::scripts
