// Between Lua's values and RESP, as Redis 7.0 converts them.
#pragma once

#include <lua5.1/lua.hpp>
#include <string_view>

#include "resp/reply_writer.h"

namespace engine::scripts {

// Pushes what a command answered, one whole reply of RESP2 or RESP3 that we wrote ourselves. An
// error becomes { err = ..., ignore_error_stats_update = true }; true: it was one.
bool push_reply(lua_State* lua, std::string_view reply);
// Whether the value on top is an error that a command has answered. Takes no memory and no step of
// the script: nothing of what follows depends on it.
[[nodiscard]] bool is_error_of_command(lua_State* lua);
// Pops the value on top and writes it as a reply.
void write_reply(lua_State* lua, resp::ReplyWriter& reply);

}  // namespace engine::scripts
