// Guarded bytecode (engine/scripts/guards.h) does what the code did. What it counts:
// script_costs_test.cpp.
#include <gtest/gtest.h>

#include "engine/scripts/chunk.h"
#include "engine/scripts/guards.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

int append(lua_State*, const void* bytes, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return 0;
}

int no_count(lua_State*) { return 0; }

int no_guard(lua_State* lua) {
  if (lua_rawequal(lua, 1, 2) == 0) return 0;
  lua_pushcfunction(lua, no_count);
  return 1;
}

// A plain Lua whose strings have the guard's power, which counts nothing.
class Machine {
 public:
  Machine() : lua_(luaL_newstate()) {
    luaL_openlibs(lua_);
    lua_pushliteral(lua_, "");
    lua_getmetatable(lua_, -1);
    lua_pushcfunction(lua_, no_guard);
    lua_setfield(lua_, -2, "__pow");
    lua_settop(lua_, 0);
  }
  ~Machine() { lua_close(lua_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  std::string compiled(const std::string& source) {
    EXPECT_EQ(luaL_loadbuffer(lua_, source.data(), source.size(), "@script"), 0) << source;
    std::string code;
    lua_dump(lua_, append, &code);
    lua_settop(lua_, 0);
    return code;
  }
  // What it returns, or its error.
  std::string run(const std::string& code) {
    if (luaL_loadbuffer(lua_, code.data(), code.size(), "@script") == 0) lua_pcall(lua_, 0, 1, 0);
    const char* text = lua_tostring(lua_, -1);
    std::string result = text == nullptr ? luaL_typename(lua_, -1) : text;
    lua_settop(lua_, 0);
    return result;
  }

 private:
  lua_State* lua_;
};

std::string many(std::string_view piece, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += piece;
  return text;
}

std::string many_constants(int count) {
  std::string text = "local t = {}\n";
  for (int i = 0; i < count; ++i)
    text += "t['k" + std::to_string(i) + "'] = 'v' .. " + std::to_string(i) + "\n";
  return text + "return t.k0 .. t.k" + std::to_string(count - 1);
}

const std::vector<std::string> kSources = {
    "return 'a' .. 'b' .. 1 .. 2.5",
    "local s = '' for i = 1, 10 do s = s .. i .. ',' end return s",
    "local s = '' for k, v in ipairs({'x', 'y', 'z'}) do if v < 'z' then s = s .. v end end return "
    "s",
    "local i, s = 0, '' while i < 5 do i = i + 1 if i == 3 then break end s = s .. i end return s",
    "local i, s = 0, '' repeat i = i + 1 s = s .. i until s >= '1234' return s",
    "local function f(...) local a, b = ... return (a or '') .. (b or 'none') end return f('x') .. "
    "f('y', 'z')",
    "local function f(n) if n == 0 then return '' end return f(n - 1) .. n end return f(20)",
    "local a, b = 'a', 'b' return tostring(a < b) .. tostring(a <= b) .. tostring(a > b) .. "
    "tostring(1 < 2)",
    "local x = nil return (x and 'yes' or 'no') .. (not x and '1' or '2')",
    "local a = 'x' local f = function() a = a .. 'y' return function() return a .. 'z' end end "
    "return f()()",
    "return ({[1] = 'a' .. 'b', k = 'c' .. 'd'}).k",
    "local t = setmetatable({}, {__concat = function(a, b) return 'joined' end, __lt = function() "
    "return true end}) "
    "return (t .. 'x') .. ('x' .. t) .. tostring(t < t)",
    "local s = 'x' return s .. nothing",
    "local t = {} return 'x' .. t",
    "local t = {} t.a.b = 'x' .. 'y'",
    "return (select('#', ...)) .. 'n'",
    "local function f(...) return ... end return #{f(1, nil, 3, f(4, 5))} .. 'n'",
    "local function f(...) local t = {..., n = select('#', ...)} return t.n .. (t[1] or '') end "
    "return f() .. f('a') .. f(nil, nil)",
    "local function f(...) return select('#', f == nil, ...) end local n = f(1, 2) return n .. ''",
    "local a = 'b' for i = 10, 1, -3 do a = a .. i end return a",
    "goto_ = 'a' return goto_ .. #('abc' .. 'de')",
    "return (function(...) return select('#', ...) .. 'n' end)(1, 2, 3)",
    "local t = {" + many("'a' .. 'b', ", 600) + "} return #t .. t[600]",
    "local s = 'x' " + many("if s < 'y' then s = s .. 'a' else s = s .. 'b' end ", 300) +
        " return s",
    many_constants(400),
};

TEST(ScriptGuards, GuardedCodeDoesWhatTheCodeDid) {
  for (const std::string& source : kSources) {
    Machine machine;
    const std::string code = machine.compiled(source);
    const auto guarded = engine::scripts::with_guards(code);
    ASSERT_TRUE(guarded.has_value()) << source;
    EXPECT_NE(*guarded, code) << source;
    EXPECT_EQ(machine.run(*guarded), machine.run(code)) << source;
  }
}

TEST(ScriptGuards, CodeWithNothingToCountStays) {
  Machine machine;
  const std::string code = machine.compiled("local x = 1 for i = 1, 3 do x = x * 2 end return x");
  EXPECT_EQ(engine::scripts::with_guards(code), code);
}

TEST(ScriptGuards, AChunkIsWrittenAsItWasRead) {
  for (const std::string& source : kSources) {
    Machine machine;
    const std::string code = machine.compiled(source);
    const auto chunk = engine::scripts::read_chunk(code);
    ASSERT_TRUE(chunk.has_value());
    EXPECT_EQ(engine::scripts::write_chunk(*chunk), code);
    for (std::size_t size = 0; size < code.size(); size += 7)
      EXPECT_FALSE(engine::scripts::read_chunk(std::string_view(code).substr(0, size)));
  }
}

TEST(ScriptGuards, ErrorsSayWhatTheySaid) {
  Driver driver;
  const std::pair<const char*, const char*> kErrors[] = {
      {"return 'abc' ^ 2", "attempt to perform arithmetic on a string value"},
      {"return {} ^ 'abc'", "attempt to perform arithmetic on a table value"},
      {"return 2 ^ 'abc'", "attempt to perform arithmetic on a string value"},
      {"local s = 'x' return s .. {}", "attempt to concatenate a table value"},
      {"local s = 'x' return s .. KEYS.none", "attempt to concatenate field 'none' (a nil value)"}};
  for (const auto& [script, words] : kErrors)
    EXPECT_NE(driver.call({"EVAL", script, "0"}).find(words), std::string::npos) << script;
  EXPECT_EQ(driver.call({"EVAL", "return '2' ^ '3'", "0"}), ":8\r\n");
}

}  // namespace
