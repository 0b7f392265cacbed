// Coroutines. Each new one is charged what the hook of instructions would miss of it; how deep they
// resume each other is bounded, and no coroutine catches the end of a run.
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/metered.h"
#include "engine/scripts/running_thread.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kNewSteps = 1000;
// Each may be 200 calls of C deep: together they fit in a thread's stack.
constexpr int kDepthMax = 64;

lua_State* checked(lua_State* lua) {
  lua_State* other = lua_tothread(lua, 1);
  luaL_argcheck(lua, other != nullptr, 1, "coroutine expected");
  return other;
}

int create(lua_State* lua) {
  luaL_argcheck(lua, lua_isfunction(lua, 1) && lua_iscfunction(lua, 1) == 0, 1,
                "Lua function expected");
  Interpreter::of(lua).charge(lua, kNewSteps);
  lua_State* made = lua_newthread(lua);
  lua_pushvalue(lua, 1);
  lua_xmove(lua, made, 1);
  return 1;
}

enum class Status { kRunning, kSuspended, kNormal, kDead };

Status status_of(lua_State* lua, lua_State* other) {
  if (lua == other) return Status::kRunning;
  const int status = lua_status(other);
  if (status == LUA_YIELD) return Status::kSuspended;
  if (status != 0) return Status::kDead;
  lua_Debug debug;
  if (lua_getstack(other, 0, &debug) > 0) return Status::kNormal;
  return lua_gettop(other) == 0 ? Status::kDead : Status::kSuspended;
}

const char* status_name(Status status) {
  switch (status) {
    case Status::kRunning: return "running";
    case Status::kSuspended: return "suspended";
    case Status::kNormal: return "normal";
    case Status::kDead: return "dead";
  }
  return "";
}

int status(lua_State* lua) {
  lua_pushstring(lua, status_name(status_of(lua, checked(lua))));
  return 1;
}

// How many results are on top of `lua`; -1: one, the error.
int resume_with(lua_State* lua, lua_State* other, int arguments) {
  const Status before = status_of(lua, other);
  if (lua_checkstack(other, arguments) == 0) luaL_error(lua, "too many arguments to resume");
  if (before != Status::kSuspended) {
    lua_pushfstring(lua, "cannot resume %s coroutine", status_name(before));
    return -1;
  }
  Interpreter& self = Interpreter::of(lua);
  if (self.modes().coroutine_depth >= kDepthMax) {
    lua_pushliteral(lua, "C stack overflow");
    return -1;
  }
  charge_values(lua, lua_gettop(lua) - arguments + 1);
  lua_xmove(lua, other, arguments);
  ++self.modes().coroutine_depth;
  const int result = [&] {
    const RunningThread running(other);
    return lua_resume(other, arguments);
  }();
  --self.modes().coroutine_depth;
  self.check_end(lua);
  if (result != 0 && result != LUA_YIELD) {
    lua_xmove(other, lua, 1);
    return -1;
  }
  const int count = lua_gettop(other);
  if (lua_checkstack(lua, count + 1) == 0) luaL_error(lua, "too many results to resume");
  lua_xmove(other, lua, count);
  charge_values(lua, lua_gettop(lua) - count + 1);
  return count;
}

int resume(lua_State* lua) {
  lua_State* other = checked(lua);
  const int count = resume_with(lua, other, lua_gettop(lua) - 1);
  lua_pushboolean(lua, count < 0 ? 0 : 1);
  lua_insert(lua, -1 - (count < 0 ? 1 : count));
  return 1 + (count < 0 ? 1 : count);
}

int resume_wrapped(lua_State* lua) {
  const int count = resume_with(lua, lua_tothread(lua, lua_upvalueindex(1)), lua_gettop(lua));
  if (count >= 0) return count;
  if (lua_isstring(lua, -1) != 0) {
    luaL_where(lua, 1);
    lua_insert(lua, -2);
    lua_concat(lua, 2);
  }
  return lua_error(lua);
}

int wrap(lua_State* lua) {
  create(lua);
  lua_pushcclosure(lua, resume_wrapped, 1);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"create", create}, {"resume", resume}, {"status", status}, {"wrap", wrap}, {nullptr, nullptr}};

}  // namespace

void open_coroutine(lua_State* lua) { luaL_register(lua, nullptr, kFunctions); }

}  // namespace engine::scripts
