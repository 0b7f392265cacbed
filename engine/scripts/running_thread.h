// The Lua thread (the script's own, or a coroutine) that runs on this thread of the process, for
// what the C library is asked by Lua itself (engine/scripts/charged_libc.cpp).
#pragma once

#include <lua5.1/lua.hpp>

namespace engine::scripts {

// nullptr: no script runs, or one waits for a command.
[[nodiscard]] lua_State* running_thread();

// Invariant: while it lives, what runs is charged to `lua` (nullptr: to nobody).
class RunningThread {
 public:
  explicit RunningThread(lua_State* lua);
  ~RunningThread();
  RunningThread(const RunningThread&) = delete;
  RunningThread& operator=(const RunningThread&) = delete;

 private:
  lua_State* before_;
};

}  // namespace engine::scripts
