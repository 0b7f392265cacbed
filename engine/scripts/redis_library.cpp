// The table `redis`: commands, errors, and what Redis 7.0 offers beside them.
#include <array>
#include <cmath>
#include <cstdio>

#include "base/number.h"
#include "base/sha1.h"
#include "engine/scripts/errors.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/reply.h"
#include "engine/scripts/running_thread.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kCallSteps = 100, kBytesPerStep = 16;
constexpr double kIntegerMax = 9007199254740992.0;  // up to here "%.17g" is all digits

constexpr std::string_view kNoArguments =
    "ERR Please specify at least one argument for this redis lib call";
constexpr std::string_view kArgumentTypes =
    "ERR Lua redis lib command arguments must be strings or integers";

std::string number_text(double value) {
  if (std::abs(value) < kIntegerMax && value == std::floor(value) &&
      !(value == 0 && std::signbit(value)))
    return base::integer_text(static_cast<std::int64_t>(value));
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.17g", value);
  return {text.data(), static_cast<std::size_t>(size)};
}

// The arguments as the words of a command, valid until the next call; false: there is one that is
// no word.
bool take_words(lua_State* lua) {
  Interpreter::Buffers& buffers = Interpreter::of(lua).buffers();
  buffers.words.clear();
  buffers.numbers.clear();
  const int count = lua_gettop(lua);
  std::uint64_t bytes = 0;
  // Numbers become text in place: their strings live as long as the arguments.
  for (int i = 1; i <= count; ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) {
      const std::string text = number_text(lua_tonumber(lua, i));
      lua_pushlstring(lua, text.data(), text.size());
      lua_replace(lua, i);
    }
    if (lua_type(lua, i) != LUA_TSTRING) return false;
    std::size_t size = 0;
    const char* word = lua_tolstring(lua, i, &size);
    buffers.words.emplace_back(word, size);
    bytes += size;
  }
  Interpreter::of(lua).charge(lua, kCallSteps + bytes / kBytesPerStep);
  return true;
}

// Leaves the reply, or the error as a table; true: it is one.
bool call_command(lua_State* lua) {
  Interpreter& self = Interpreter::of(lua);
  self.charge(lua, 1);
  if (lua_gettop(lua) == 0) return push_error(lua, kNoArguments), true;
  if (!take_words(lua)) return push_error(lua, kArgumentTypes), true;
  Interpreter::Buffers& buffers = self.buffers();
  buffers.reply.clear();
  if (self.host() == nullptr)
    return push_error(lua, "ERR redis.call/pcall can only be called inside a script invocation"),
           true;
  {
    const RunningThread nobody(nullptr);
    self.host()->call(buffers.words, self.modes().version, buffers.reply);
  }
  return push_reply(lua, buffers.reply);
}

int call(lua_State* lua) { return call_command(lua) ? lua_error(lua) : 1; }

int protected_call(lua_State* lua) {
  call_command(lua);
  return 1;
}

// { field = text }, or an error instead.
int single_field(lua_State* lua, const char* field) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING)
    return push_error(lua, "ERR wrong number or type of arguments"), 1;
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, field);
  return 1;
}

int error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) return single_field(lua, "err");
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  std::string_view text(bytes, size);
  Interpreter::of(lua).charge(lua, size / kBytesPerStep + 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  // One word is no code.
  const bool has_code = text.find(' ') != std::string_view::npos;
  push_error(lua, has_code ? std::string(text) : "ERR " + std::string(text));
  return 1;
}

int status_reply(lua_State* lua) { return single_field(lua, "ok"); }

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR wrong number of arguments");
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  Interpreter::of(lua).charge(lua, size / kBytesPerStep + 1);
  const std::string hex =
      base::sha1_hex({bytes == nullptr ? "" : bytes, bytes == nullptr ? 0 : size});
  lua_pushlstring(lua, hex.data(), hex.size());
  return 1;
}

// Checked and then forgotten: every node runs the script, a log line each would say nothing.
int log(lua_State* lua) {
  if (lua_gettop(lua) < 2) return raise(lua, "ERR redis.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0)
    return raise(lua, "ERR First argument must be a number (log level).");
  const double level = lua_tonumber(lua, 1);
  if (level < 0 || level > 3) return raise(lua, "ERR Invalid debug level.");
  return 0;
}

int set_version(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR redis.setresp() requires one argument.");
  const double version = lua_tonumber(lua, 1);
  if (version != 2 && version != 3) return raise(lua, "ERR RESP version must be 2 or 3.");
  Interpreter::of(lua).modes().version = static_cast<int>(version);
  return 0;
}

// Replication is of the script itself: there is nothing to choose.
int set_replication(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR redis.set_repl() requires two arguments.");
  const double flags = lua_tonumber(lua, 1);
  if (flags < 0 || flags >= 4) {
    return raise(lua,
                 "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                 "REPL_NONE.");
  }
  return 0;
}

int replicate_commands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int break_point(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int debug(lua_State*) { return 0; }

int check_command(lua_State* lua) {
  if (lua_gettop(lua) == 0) return raise(lua, kNoArguments);
  if (!take_words(lua)) return raise(lua, kArgumentTypes);
  Interpreter& self = Interpreter::of(lua);
  const auto may_run =
      self.host() == nullptr ? std::nullopt : self.host()->may_run(self.buffers().words);
  if (!may_run) return raise(lua, "ERR Invalid command passed to redis.acl_check_cmd()");
  lua_pushboolean(lua, *may_run ? 1 : 0);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"call", call},
                                   {"pcall", protected_call},
                                   {"error_reply", error_reply},
                                   {"status_reply", status_reply},
                                   {"sha1hex", sha1hex},
                                   {"log", log},
                                   {"setresp", set_version},
                                   {"set_repl", set_replication},
                                   {"replicate_commands", replicate_commands},
                                   {"breakpoint", break_point},
                                   {"debug", debug},
                                   {"acl_check_cmd", check_command},
                                   {nullptr, nullptr}};

struct Constant {
  const char* name;
  int value;
};
constexpr Constant kConstants[] = {{"LOG_DEBUG", 0},  {"LOG_VERBOSE", 1},
                                   {"LOG_NOTICE", 2}, {"LOG_WARNING", 3},
                                   {"REPL_NONE", 0},  {"REPL_AOF", 1},
                                   {"REPL_SLAVE", 2}, {"REPL_REPLICA", 2},
                                   {"REPL_ALL", 3},   {"REDIS_VERSION_NUM", 0x0007000F}};

}  // namespace

void open_redis(lua_State* lua) {
  luaL_register(lua, nullptr, kFunctions);
  for (const Constant& constant : kConstants) {
    lua_pushinteger(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  lua_pushliteral(lua, "7.0.15");
  lua_setfield(lua, -2, "REDIS_VERSION");
}

void open_redis_for_functions(lua_State* lua) {
  open_redis(lua);
  for (const char* name : {"replicate_commands", "breakpoint", "debug"}) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
  }
}

void open_log(lua_State* lua) {
  lua_pushcfunction(lua, log);
  lua_setfield(lua, -2, "log");
  for (const Constant& constant : kConstants) {
    if (std::string_view(constant.name).starts_with("REPL_")) continue;
    lua_pushinteger(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  lua_pushliteral(lua, "7.0.15");
  lua_setfield(lua, -2, "REDIS_VERSION");
}

}  // namespace engine::scripts
