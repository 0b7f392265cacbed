// What a library finds while its source runs: the table `redis` with register_function and log, and
// no other global (Redis 7.0).
#include <optional>

#include "engine/command/arguments.h"
#include "engine/scripts/errors.h"
#include "engine/scripts/flags.h"
#include "engine/scripts/function_libraries.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kRegisterSteps = 100;

// What one call of redis.register_function gave; the callback stays on the stack.
struct Given {
  std::optional<std::string> name, description;
  std::uint8_t flags = 0;
  int callback = 0;  // where; 0: none
};

// Strings and numbers, as Lua takes them for strings.
std::optional<std::string> string_at(lua_State* lua, int index) {
  if (lua_isstring(lua, index) == 0) return {};
  lua_pushvalue(lua, index);
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, -1, &size);
  std::string text(bytes, size);
  lua_pop(lua, 1);
  return text;
}

// The flags of the table on top, up to the first that is nil; false: one is unknown.
bool read_flags(lua_State* lua, std::uint8_t& flags) {
  for (int i = 1;; ++i) {
    lua_pushinteger(lua, i);
    lua_gettable(lua, -2);
    const bool is_end = lua_isnil(lua, -1);
    const std::optional<std::string> name = string_at(lua, -1);
    lua_pop(lua, 1);
    if (is_end) return true;
    const std::optional<ScriptFlag> flag = name ? script_flag(*name) : std::nullopt;
    if (!flag) return false;
    flags |= *flag;
  }
}

// One field of the table form, with its value on top; an error, or empty.
std::string_view take_field(lua_State* lua, const std::string& key, Given& given) {
  if (equals_ignoring_case(key, "function_name")) {
    given.name = string_at(lua, -1);
    return given.name ? ""
                      : "ERR function_name argument given to redis.register_function must be a "
                        "string";
  }
  if (equals_ignoring_case(key, "description")) {
    given.description = string_at(lua, -1);
    return given.description
               ? ""
               : "ERR description argument given to redis.register_function must be a string";
  }
  if (equals_ignoring_case(key, "callback")) {
    if (!lua_isfunction(lua, -1))
      return "ERR callback argument given to redis.register_function must be a function";
    lua_pushvalue(lua, -1);
    lua_replace(lua, given.callback = 2);
    return {};
  }
  if (!equals_ignoring_case(key, "flags"))
    return "ERR unknown argument given to redis.register_function";
  if (!lua_istable(lua, -1)) {
    return "ERR flags argument to redis.register_function must be a table representing function "
           "flags";
  }
  return read_flags(lua, given.flags) ? "" : "ERR unknown flag given";
}

std::string_view read_table(lua_State* lua, Given& given) {
  lua_pushnil(lua);  // the place of the callback
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    const std::optional<std::string> key = string_at(lua, -2);
    if (!key) return "ERR named argument key given to redis.register_function is not a string";
    const std::string_view error = take_field(lua, *key, given);
    if (!error.empty()) return error;
    lua_pop(lua, 1);
  }
  if (!given.name) return "ERR redis.register_function must get a function name argument";
  if (given.callback == 0) return "ERR redis.register_function must get a callback argument";
  return {};
}

std::string_view read_positions(lua_State* lua, Given& given) {
  given.name = string_at(lua, 1);
  if (!given.name) return "ERR first argument to redis.register_function must be a string";
  if (!lua_isfunction(lua, 2))
    return "ERR second argument to redis.register_function must be a function";
  given.callback = 2;
  return {};
}

std::string_view read_arguments(lua_State* lua, Given& given) {
  const int count = lua_gettop(lua);
  if (count < 1 || count > 2) return "ERR wrong number of arguments to redis.register_function";
  if (count == 2) return read_positions(lua, given);
  if (lua_istable(lua, 1)) return read_table(lua, given);
  return "ERR calling redis.register_function with a single argument is only applicable to Lua "
         "table (representing named arguments).";
}

// Among what the library has registered before; an error, or empty. Redis takes two names that
// differ in case alone, and then finds the second only.
std::string_view note(Given& given, std::vector<Function>& functions) {
  if (!is_function_name(*given.name)) return kBadFunctionName;
  for (const Function& function : functions) {
    if (equals_ignoring_case(function.name, *given.name))
      return "ERR Function already exists in the library";
  }
  functions.push_back({std::move(*given.name), std::move(given.description), given.flags});
  return {};
}

int register_function(lua_State* lua) {
  Interpreter& self = Interpreter::of(lua);
  self.charge(lua, kRegisterSteps);
  Interpreter::Loading* loading = self.loading();
  if (loading == nullptr) {
    return raise(lua, "ERR redis.register_function can only be called on FUNCTION LOAD command");
  }
  Given given;
  std::string_view error = read_arguments(lua, given);
  if (!error.empty()) return raise(lua, error);
  if (loading->functions != nullptr) {
    error = note(given, *loading->functions);
    if (!error.empty()) return raise(lua, error);
  } else if (*given.name == loading->wanted) {
    lua_pushvalue(lua, given.callback);
    lua_setfield(lua, LUA_REGISTRYINDEX, kWantedFunction);
  }
  return 0;
}

}  // namespace

void open_loading_redis(lua_State* lua) {
  open_log(lua);
  lua_pushcfunction(lua, register_function);
  lua_setfield(lua, -2, "register_function");
}

}  // namespace engine::scripts
