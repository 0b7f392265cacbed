// Texts and keys that were made to collide in Lua's own tables cost what they take, whatever way
// they are reached; all others cost nothing more. The chains are those of real objects, so a Lua
// that laid them out in another way would be seen here.
#include <gtest/gtest.h>

#include "tests/engine/script_runner.h"

namespace {

using engine::scripts::End;

// Lua's hash of a text.
std::uint32_t hash_of(std::string_view text) {
  auto hash = static_cast<std::uint32_t>(text.size());
  for (std::size_t i = text.size(); i-- > 0;)
    hash ^= (hash << 5) + (hash >> 2) + static_cast<unsigned char>(text[i]);
  return hash;
}

constexpr std::size_t kKeys = 1000;

// Texts of twelve digits whose hashes agree in their lower twelve bits.
const std::vector<std::string>& colliding_texts() {
  static const std::vector<std::string> made = [] {
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; texts.size() < kKeys; ++i) {
      std::string text = std::to_string(100'000'000'000 + i);
      if ((hash_of(text) & 0xfff) == 0x234) texts.push_back(std::move(text));
    }
    return texts;
  }();
  return made;
}

class ScriptHashing : public ::testing::Test {
 protected:
  engine_test::ScriptRunner::Ran run(const std::string& script,
                                     const std::vector<std::string>& words = {},
                                     bool charges_chains = true) {
    return (charges_chains ? runner_ : former_).run(script, words);
  }

  engine_test::ScriptRunner runner_;
  engine_test::ScriptRunner former_{engine::kRulesWithChains - 1};
};

const std::string kTable = "local t = {} for i = 1, #ARGV do t[ARGV[i]] = i end ";

TEST_F(ScriptHashing, EachAccessToACollidingTextIsCharged) {
  const auto& colliding = colliding_texts();
  std::vector<std::string> ordinary;
  for (std::size_t i = 0; i < kKeys; ++i) ordinary.push_back(std::to_string(200'000'000'000 + i));
  const std::string thousand = " for i = 1, 1000 do ";
  for (const char* access :
       {"local v = t[ARGV[1]] end", "t[ARGV[1]] = i end", "local v = next(t, ARGV[1]) end",
        "local v = rawget(t, ARGV[1]) end", "local v = t[ARGV[1] .. ''] end"}) {
    const std::uint64_t before = run(kTable, colliding).steps;
    EXPECT_GE(run(kTable + thousand + access, colliding).steps, before + 1000 * kKeys) << access;
    EXPECT_LE(run(kTable + thousand + access, ordinary).steps, before / 2) << access;
  }
}

TEST_F(ScriptHashing, MakingTextsThatCollideIsCharged) {
  const auto& texts = colliding_texts();
  const std::uint64_t ordinary =
      run("for i = 1, #ARGV do local s = 'x' .. ARGV[i] end", texts).steps;
  EXPECT_LE(ordinary, 20'000U + kKeys * kKeys / 2);
  // ARGV itself has each of them made once, behind all of those before.
  EXPECT_GE(run("return 1", texts).steps, kKeys * kKeys / 2 - kKeys * 8);
  EXPECT_LE(run("return 1", texts, false).steps, 5000U);
}

TEST_F(ScriptHashing, TextsThatDifferBetweenWhatLuaHashesDoNotCollide) {
  const std::string make =
      "local t = {} local a, z = string.rep('a', 500), string.rep('z', 500) "
      "for i = 1, 2000 do t[i] = a .. string.format('%04d', i) .. z end return #t";
  EXPECT_LE(run(make).steps, 2000U * 250);
}

TEST_F(ScriptHashing, LongTextsThatCollideAreChargedForTheirBytes) {
  const std::string make =
      "local t = {} local a, z = string.rep('a', 5050), string.rep('z', 5050) "
      "for i = 1, 100 do t[i] = a .. string.format('%03d', i) .. z end return #t";
  EXPECT_GE(run(make).steps, 100 * 100 / 2 * (10'103 / 64));
}

// Numbers whose halves have the same sum, so that they belong to one place of any table: k in the
// high half, 2^20 - k in the low one.
std::string colliding_numbers(int count) {
  return "local t, n = {}, {} for k = 1, " + std::to_string(count) +
         " do n[k] = 2 ^ 20 + k + (1048576 - k) * 2 ^ -32 end ";
}

TEST_F(ScriptHashing, NumbersThatCollideAreCharged) {
  const std::string script = colliding_numbers(kKeys);
  const std::string fill = script + "for k = 1, 1000 do t[n[k]] = k end ";
  const std::uint64_t made = run(script).steps, filled = run(fill).steps;
  EXPECT_GE(filled, made + kKeys * kKeys / 2);
  EXPECT_GE(run(fill + "for i = 1, 1000 do local v = t[n[1]] end").steps, filled + 1000 * kKeys);
}

TEST_F(ScriptHashing, BuildingATableAnewIsCharged) {
  const auto& texts = colliding_texts();
  const std::uint64_t filled = run(kTable, texts).steps;
  // Full at 1,024: each key that comes for one that goes has all of them put anew.
  const std::string turns =
      "for i = #ARGV + 1, 1024 do t['x' .. i] = i end "
      "for i = 1, 20 do t['x' .. (1000 + i)] = nil t['y' .. i] = i end";
  EXPECT_GE(run(kTable + turns, texts).steps, filled + 10 * kKeys * kKeys / 2);
}

TEST_F(ScriptHashing, ALengthThatIsCountedIsCharged) {
  // The array ends at 4,096, and each doubling of 4,097 is there: so Lua counts from one.
  const std::string table =
      "local t = {} for i = 1, 4096 do t[i] = i end t[2] = nil t[3] = nil "
      "for k = 0, 18 do t[4097 * 2 ^ k] = 1 end t[2] = 2 t[3] = 3 ";
  EXPECT_EQ(run(table + "return #t").reply, ":4097\r\n");
  const std::uint64_t one = run(table).steps;
  EXPECT_GE(run(table + "for i = 1, 100 do local n = #t end").steps, one + 100 * 4097);
  EXPECT_LE(run("local t = {1, 2, 3} for i = 1, 1000 do local n = #t end").steps, 10'000U);
}

TEST_F(ScriptHashing, ARunThatIsOverEndsAtOnce) {
  const std::string script =
      colliding_numbers(20000) + "for k = 1, 20000 do t[n[k]] = k end return 1";
  EXPECT_EQ(run(script).end, End::kSteps);
}

TEST_F(ScriptHashing, WhatDoesNotCollideAnswersAsBefore) {
  const std::string script =
      "local t = {} for i = 1, 500 do t['key' .. i] = i t[i * 1000] = i t[i % 2 == 0] = i end "
      "local s = '' for k, v in pairs(t) do s = s .. tostring(k) .. '=' .. v .. ' ' end return s";
  EXPECT_EQ(run(script).reply, run(script, {}, false).reply);
}

}  // namespace
