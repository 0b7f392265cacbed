// Scripts are deterministic and bounded (DESIGN decision 7): what one node says all say, whatever
// ran there before, and what does not end is ended.
#include <gtest/gtest.h>

#include "base/prng.h"
#include "base/sha1.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

std::string eval(Driver& driver, const std::string& script) {
  return driver.call({"EVAL", script, "0"});
}

const std::string kSteps =
    "-ERR the script was ended: it takes more steps than scripts may take; it had written "
    "nothing\r\n";
const std::string kMemory =
    "-ERR the script was ended: it needs more memory than scripts may have; it had written "
    "nothing\r\n";

// Two nodes, of which one has run others before.
class ScriptLimits : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* script :
         {"local t = {} for i = 1, 50000 do t[i] = {i, tostring(i)} end return #t",
          "local s = '' for i = 1, 3000 do s = s .. i end return #s",
          "return cjson.encode({a = {b = {1, 2, 3}}})",
          "local c = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) "
          "return c() + c()",
          "error('left in the middle')"})
      used_.call({"EVAL_RO", script, "0"});
    // The cache is state: it is the same on both.
    used_.call({"SCRIPT", "FLUSH"});
    fresh_.call({"SCRIPT", "FLUSH"});
    used_.index = fresh_.index = 100;
  }
  // The same on both nodes.
  std::string run(const std::string& script) {
    const std::string reply = eval(fresh_, script);
    EXPECT_EQ(eval(used_, script), reply) << script;
    EXPECT_EQ(used_.engine.digest(), fresh_.engine.digest()) << script;
    return reply;
  }
  void expect_unchanged(const std::string& script, const std::string& reply) {
    const std::string before = fresh_.engine.dataset_digest();
    EXPECT_EQ(run(script), reply) << script;
    EXPECT_EQ(fresh_.engine.dataset_digest(), before) << script;
    EXPECT_EQ(fresh_("PING_OR_GET none").substr(0, 1), "-");
    EXPECT_EQ(run("return redis.call('get','kept')"), "$1\r\nv\r\n") << "the next one works";
  }
  // On one of them, whose cache of scripts is another from then on: each takes all the steps that
  // a script may take.
  void expect_ended(const std::string& script) {
    const std::string before = used_.engine.dataset_digest();
    EXPECT_EQ(eval(used_, script), kSteps) << script;
    EXPECT_EQ(used_.engine.dataset_digest(), before) << script;
    EXPECT_EQ(eval(used_, "return redis.call('get','kept')"), "$1\r\nv\r\n") << script;
  }

  Driver fresh_, used_;
};

TEST_F(ScriptLimits, WhatDoesNotEndIsEndedAndChangesNothing) {
  fresh_("SET kept v");
  used_("SET kept v");
  expect_unchanged("while true do end", kSteps);
  expect_unchanged("while true do redis.call('get', 'kept') end", kSteps);
  expect_unchanged("local s = 'x' while true do s = s .. s end", kMemory);
  expect_unchanged("local s = 'x' while true do pcall(function() s = s .. s end) end", kMemory);
  expect_unchanged("local t = {} while true do t[#t + 1] = {} end", kMemory);
  expect_unchanged("return string.rep('x', 1e10)", kMemory);
  expect_unchanged("return string.find(string.rep('a', 40), string.rep('a*', 40) .. 'b')", kSteps);
  expect_ended("while true do pcall(function() while true do end end) end");
  expect_ended("xpcall(function() while true do end end, function() while true do end end)");
  expect_ended("while true do coroutine.wrap(function() end)() end");
  expect_ended("return ('x'):rep(1e5):gsub('.', function(c) while true do end end)");
  expect_ended("table.sort({3,2,1}, function() while true do end end)");
}

TEST_F(ScriptLimits, WhatWasWrittenBeforeTheEndStaysAndIsSaid) {
  const std::string reply = run("redis.call('set','k','v') while true do end");
  EXPECT_EQ(reply,
            "-ERR the script was ended: it takes more steps than scripts may take; what it had "
            "written stays\r\n");
  EXPECT_EQ(fresh_("GET k"), "$1\r\nv\r\n");
}

TEST_F(ScriptLimits, NestedCallsOverflowAsInRedis) {
  const std::string deep =
      "local function f(n) if n == 0 then return 1 end return 1 + f(n - 1) "
      "end return f(100000)";
  EXPECT_EQ(run(deep), "-ERR user_script:1: stack overflow script: " + base::sha1_hex(deep) +
                           ", on @user_script:1.\r\n");
  EXPECT_EQ(run("local function f(n) if n == 0 then return 1 end return 1 + f(n - 1) end "
                "return f(10000)"),
            ":10001\r\n");
  run("local f f = function() return pcall(f) end return f()");
  run("local f f = function(n) return coroutine.wrap(function() return f(n + 1) end)() end f(1)");
  run("return loadstring(string.rep('(', 10000))");
  run("local f f = function() return string.gsub('x', 'x', f) end return f()");
  run("local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] "
      "end return t.a");
}

TEST_F(ScriptLimits, NothingOfTheProcessIsVisible) {
  EXPECT_EQ(run("return tostring({}) .. tostring(print_ == nil)").substr(0, 1), "-");
  EXPECT_EQ(run("return tostring({})"), "$17\r\ntable: 0x00000000\r\n");
  EXPECT_EQ(run("return tostring(pcall)"), "$20\r\nfunction: 0x00000000\r\n");
  EXPECT_EQ(run("return collectgarbage('count')"), ":64\r\n");
  EXPECT_EQ(run("local x = {} for i = 1, 1e4 do x[i] = {} end return gcinfo()"), ":64\r\n");
  run("return {math.random(1000), math.random(1000), math.random(1000)}");
  run("return redis.call('time')");
  for (const char* name : {"os", "io", "debug", "package", "require", "dofile", "loadfile",
                           "newproxy", "getfenv", "setfenv", "print", "module"})
    EXPECT_EQ(run(std::string("return ") + name).substr(0, 1), "-") << name;
}

TEST_F(ScriptLimits, AnIterationOverKeysWithAddressesIsRefused) {
  const std::string reply = run("local t = {} t[t] = 1 for k in pairs(t) do end return 1");
  EXPECT_NE(reply.find("its order would differ between nodes"), std::string::npos) << reply;
  EXPECT_EQ(run("local t = {} t[function() end] = 1 return next(t)").substr(0, 1), "-");
  EXPECT_EQ(run("return {map={[{}]=1}}").substr(0, 1), "-");
  // All others have an order that follows from their history.
  run("local t = {} for i = 1, 300 do t['k' .. i * 7 % 300] = i end for i = 1, 300, 3 do "
      "t['k' .. i] = nil end for i = 1, 50 do t['n' .. i] = i end local r = {} "
      "for k, v in pairs(t) do r[#r + 1] = k end return r");
  run("local t = {} for i = 1, 20000 do t['k' .. i % 977] = {i} if i % 3 == 0 then "
      "t['k' .. i % 91] = nil end end local r = {} for k in pairs(t) do r[#r + 1] = k end "
      "return r");
}

TEST_F(ScriptLimits, HolesOfRedissLuaAreClosed) {
  EXPECT_EQ(run("return unpack({}, 1, 1e8)").substr(0, 1), "-");
  EXPECT_EQ(run("return unpack({}, -2147483648, 2147483647)").substr(0, 1), "-");
  EXPECT_EQ(run("return loadstring('\\27Lua')"), "$-1\r\n");
  EXPECT_EQ(run("return loadstring(string.dump(function() return 1 end))"), "$-1\r\n");
  EXPECT_EQ(run("return load(function() return '\\27Lua' end)"), "$-1\r\n");
  EXPECT_EQ(run("return cjson.decode(string.rep('[', 100000))").substr(0, 1), "-");
  EXPECT_EQ(
      run("local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)").substr(0, 1),
      "-");
  EXPECT_EQ(run("local t = {} for i = 1, 100000 do t = {t} end return #cmsgpack.pack(t)"),
            ":17\r\n");
  EXPECT_EQ(run("return cmsgpack.unpack('\\221\\255\\255\\255\\255')").substr(0, 1), "-");
  EXPECT_EQ(run("return cmsgpack.unpack(string.rep('\\145', 100000))").substr(0, 1), "-");
  EXPECT_EQ(run("return struct.pack('>I2147483648', '10')").substr(0, 1), "-");
  EXPECT_EQ(run("return struct.unpack('c0', 'x')").substr(0, 1), "-");
  EXPECT_EQ(run("return struct.unpack('i', 'abcd', 2147483647)").substr(0, 1), "-");
  EXPECT_EQ(run("return bit.tohex(65535, -2147483648)"), "$8\r\n0000FFFF\r\n");
  EXPECT_EQ(run("local _, real = pairs(string) real.x = 1").substr(0, 1), "-");
  EXPECT_EQ(run("getmetatable(_G).__index = nil").substr(0, 1), "-");
  EXPECT_EQ(run("error({})").substr(0, 1), "-") << "Redis 7.0.15 dies of it";
  EXPECT_EQ(run("return string.rep('', 2147483647)"), "$0\r\n\r\n");
  EXPECT_EQ(run("return string.format('%99999d', 1)").substr(0, 1), "-");
}

TEST_F(ScriptLimits, TheParserIsNotLedTooDeep) {
  for (const char* nested :
       {"('(', 5000) .. '1' .. string.rep(')', 5000)", "('{', 5000) .. string.rep('}', 5000)",
        "('function() return ', 5000) .. '1' .. string.rep(' end', 5000)", "('not ', 50000) .. '1'",
        "('-', 1) .. string.rep(' -', 50000) .. '1'", "('1 .. ', 50000) .. '1'",
        "('x ^ ', 50000) .. '1'"})
    EXPECT_EQ(run(std::string("local f, e = loadstring('return ' .. string.rep") + nested +
                  ") return {type(f), type(e)}"),
              "*2\r\n$3\r\nnil\r\n$6\r\nstring\r\n")
        << nested;
  EXPECT_EQ(run("return type(loadstring(string.rep('do ', 5000) .. string.rep('end ', 5000)))"),
            "$3\r\nnil\r\n");
  EXPECT_EQ(run("return type(loadstring(string.rep('local a ', 300)))"), "$3\r\nnil\r\n");
  EXPECT_EQ(run("return #loadstring('return {' .. string.rep('1,', 60000) .. '}')()"),
            ":60000\r\n");
}

TEST_F(ScriptLimits, SharedTablesAndTheirMetatablesCannotBeChangedOrBorrowed) {
  for (const char* change : {"string.rep = nil",
                             "redis.call = nil",
                             "cjson.encode = nil",
                             "math.huge = 1",
                             "_G.x = 1",
                             "rawset(_G, 'x', 1)",
                             "rawset(string, 'x', 1)",
                             "rawset(redis, 'x', 1)",
                             "setmetatable(_G, {})",
                             "setmetatable(redis, {})",
                             "setmetatable(string, nil)",
                             "getmetatable('').__index = nil",
                             "getmetatable('').x = 1",
                             "getmetatable(_G).x = 1",
                             "getmetatable(redis).__newindex = nil",
                             "getmetatable(string).__index.x = 1",
                             "rawset(getmetatable(''), '__index', {})",
                             "rawset(getmetatable(_G), '__index', {})",
                             "table.insert(redis, 1)",
                             "table.sort(_G)",
                             "table.remove(string)",
                             "for k in pairs(_G) do _G[k] = nil end",
                             "string.gsub = error",
                             "setfenv(1, {})",
                             "getfenv().x = 1"})
    EXPECT_EQ(run(change).substr(0, 1), "-") << change;
  EXPECT_EQ(run("return {('x'):rep(2), redis.call('echo', 'y'), cjson.encode(1), type(x_ or 1)}")
                .substr(0, 1),
            "-")
      << "still no global";
  EXPECT_EQ(run("return {('x'):rep(2), redis.call('echo', 'y'), cjson.encode(1)}"),
            "*3\r\n$2\r\nxx\r\n$1\r\ny\r\n$1\r\n1\r\n");
}

TEST_F(ScriptLimits, HugeCountsAndSizesAreErrorsAndNoAllocations) {
  for (const char* huge :
       {"return unpack({}, 0, 2147483647)", "return select(-2147483648, 1)",
        "return {table.concat({}, 'x', 1, 2147483647)}", "return struct.pack('c2147483648', 'x')",
        "return struct.pack('c99999999999', 'x')", "return struct.unpack('c2147483648', 'x')",
        "return struct.pack('!2147483648i', 1)", "return struct.unpack('I2', 'ab', 4294967297)",
        "return struct.unpack('s', 'abc')", "return struct.pack('i33', 1)",
        "return cmsgpack.unpack('\\219\\255\\255\\255\\255x')",
        "return cmsgpack.unpack('\\223\\255\\255\\255\\255')",
        "return cmsgpack.unpack('\\220\\255\\255')",
        "return cmsgpack.unpack('\\198\\255\\255\\255\\255')",
        "return cmsgpack.unpack_limit('\\1\\2', 2147483647, -1)",
        "return cjson.decode(string.rep('{\"a\":', 100000))",
        "return cjson.encode({[2147483647] = 1})",
        "return string.format('%' .. string.rep('9', 50) .. 'd', 1)"})
    EXPECT_EQ(run(huge).substr(0, 1), "-") << huge;
  EXPECT_EQ(run("return struct.size('c2147483647c2147483647')"), ":4294967294\r\n");
}

}  // namespace
