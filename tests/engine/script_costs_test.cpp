// What costs time costs steps, however little Lua's own machine makes of it: nothing that a script
// does with long texts or long lists is free.
#include <gtest/gtest.h>

#include "tests/engine/script_runner.h"

namespace {

class ScriptCosts : public ::testing::Test {
 protected:
  // Of `script` when it has done 1 to `rounds` of what it does.
  std::uint64_t steps(const std::string& script, int rounds) {
    const auto ran = runner_.run(script, {std::to_string(rounds)});
    EXPECT_EQ(ran.end, engine::scripts::End::kNone) << script;
    EXPECT_FALSE(ran.has_failed) << script << ran.reply;
    return ran.steps;
  }
  // What a round costs when everything in it has been made once before.
  std::uint64_t steps_of_a_round(const std::string& prelude, const std::string& round) {
    const std::string script = prelude + " for i = 1, tonumber(ARGV[1]) do " + round + " end";
    return (steps(script, 12) - steps(script, 2)) / 10;
  }

  engine_test::ScriptRunner runner_;
};

constexpr const char* kText = "local s = string.rep('x', 1e6) local s2 = s .. 'y' ";
constexpr std::uint64_t kTextSteps = 1'000'000 / 64;

TEST_F(ScriptCosts, JoiningAndComparingTexts) {
  for (const char* round :
       {"local t = s .. s", "local t = '' .. s", "local b = s < s2", "local b = s2 <= s",
        "local t = table.concat({s, s})", "local t = string.format('%s', s)", "local t = s:sub(2)",
        "local t = s:upper()", "pcall(error, s)", "pcall(assert, false, s)",
        "pcall(function() error(s) end)", "redis.error_reply(s)", "pcall(table.concat, {s, 1}, s2)",
        "local f = loadstring('local a = ... return a .. a') f(s)", "table.sort({s, s2})"})
    EXPECT_GE(steps_of_a_round(kText, round), kTextSteps) << round;
}

TEST_F(ScriptCosts, TextsThatAreTakenAsNumbers) {
  for (const char* text : {"string.rep(' ', 1e6) .. '1'", "string.rep('0', 1e6) .. '1'",
                           "'1' .. string.rep(' ', 1e6)", "string.rep(' ', 1e6)"}) {
    const std::string prelude = std::string("local s = ") + text + " ";
    for (const char* round :
         {"pcall(function() return s + 1 end)", "pcall(function() return -s end)",
          "local n = tonumber(s)", "local n = tonumber(s, 16)", "pcall(math.floor, s)",
          "pcall(string.rep, 'x', s)"})
      EXPECT_GE(steps_of_a_round(prelude, round), kTextSteps) << text << ": " << round;
  }
}

TEST_F(ScriptCosts, ComparingCostsNoMoreThanItLooksAt) {
  EXPECT_LT(steps_of_a_round(kText, "local b = s < 'y' or 'x' < s"), kTextSteps / 10);
}

// By rules 8 each step of the matcher was a step of the script.
TEST_F(ScriptCosts, WhatAPatternGoesBackToCostsEightTimesWhatItDid) {
  const std::string make = "local s, p = string.rep('a', 20), string.rep('a*', 3) .. 'b' ";
  const std::string find = make + "return s:find(p)";
  engine_test::ScriptRunner former(engine::kRulesWithPatternCosts - 1);
  const std::uint64_t before = former.run(find).steps - former.run(make).steps;
  const std::uint64_t now = runner_.run(find).steps - runner_.run(make).steps;
  EXPECT_GT(before, 30'000U);
  EXPECT_GT(now, before * 79 / 10);
  EXPECT_LT(now, before * 81 / 10);
}

constexpr const char* kList =
    "local t = {} for i = 1, 7000 do t[i] = i end local function none() end "
    "local function many(f, ...) for i = 1, 100 do f(...) end end "
    "local function nested(f, ...) return f(f(f(f(f(f(f(f(f(f(...)))))))))) end ";

TEST_F(ScriptCosts, ListsOfValuesThatAreHandedOn) {
  EXPECT_GE(steps_of_a_round(kList, "many(none, unpack(t))"), 100 * 7000 / 4U);
  for (const char* function : {"assert", "function(...) return ... end"}) {
    const std::string round = std::string("nested(") + function + ", unpack(t))";
    EXPECT_GE(steps_of_a_round(kList, round), 10 * 7000 / 4U) << round;
  }
  EXPECT_GE(steps_of_a_round(kList, "many(select, '#', unpack(t))"), 2 * 100 * 7000 / 4U);
  EXPECT_GE(steps_of_a_round(kList,
                             "local c = coroutine.wrap(function(...) while true do "
                             "coroutine.yield(...) end end) many(c, unpack(t))"),
            3 * 100 * 7000 / 4U);
}

TEST_F(ScriptCosts, WhatIsShortIsCheap) {
  EXPECT_LE(steps_of_a_round("local n, s = 0, 'a'",
                             "n = n + 1 if n < 5 then s = 'b' .. i end local x = s < 'c'"),
            1000U);
}

}  // namespace
