// A table made of rows: what it derives from them, and which rows it refuses.
#include "engine/command/table.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/acl_category.h"
#include "engine/engine.h"
#include "engine/types/collection.h"

namespace {

using namespace engine;

void write_nothing(WriteContext& /*context*/) {}
void read_nothing(ReadContext& /*context*/) {}

constexpr CommandRow kRows[] = {
    row("zebra", 2, kFlagWrite | kFlagFast, one_key(kKeyUpdate), {"Paints stripes.", "7.0.0"},
        {.write = write_nothing}),
    row("ox|plough", -2, kFlagReadonly, all_keys(kKeyRead), {"Ploughs.", "7.0.0"},
        {.read = read_nothing}),
    row("ox", -2, 0, kNoKeys, {"Commands on oxen.", "7.0.0"}),
    row("ox|eat", 2, kFlagAdmin, kNoKeys, {"Eats.", "7.0.0"}, {},
        {.group = "server", .acl = kAclKeyspace}),
    row("parrot", 2, kFlagReadonly, kNoKeys, {"Speaks.", "7.0.0"}, {.read = read_nothing},
        {.group = "scripting"}),
};
constexpr Family kAnimals{"list", kRows, kTraitAnyState};
constexpr const Family* kFamilies[] = {&kAnimals};

const CommandSpec& sub(const CommandTable& table, std::string_view container,
                       std::string_view name) {
  const std::string_view argv[] = {container, name, "x"};
  return *table.resolve(argv).spec;
}

TEST(CommandTable, ListsCommandsByNameAndSubcommandsInTheirContainer) {
  const CommandTable table({kFamilies});
  ASSERT_EQ(table.all().size(), 3U);
  EXPECT_EQ(table.all()[0].name, "ox");
  EXPECT_EQ(table.all()[1].name, "parrot");
  EXPECT_EQ(table.all()[2].name, "zebra");
  ASSERT_EQ(table.all()[0].subcommands.size(), 2U);
  EXPECT_EQ(table.all()[0].subcommands[0].name, "ox|eat");
  EXPECT_EQ(table.all()[0].subcommands[1].name, "ox|plough");
  EXPECT_EQ(table.find("ZeBrA"), &table.all()[2]);
  EXPECT_EQ(table.find("ox|eat"), nullptr);
  EXPECT_EQ(table.find("horse"), nullptr);
}

TEST(CommandTable, DerivesTheScopeFromTheFunctions) {
  const CommandTable table({kFamilies});
  EXPECT_EQ(table.find("zebra")->scope, Scope::kWrite);
  EXPECT_EQ(sub(table, "ox", "plough").scope, Scope::kRead);
  EXPECT_EQ(table.find("ox")->scope, Scope::kLocal);
}

TEST(CommandTable, DerivesAclCategoriesFromFlagsAndGroup) {
  const CommandTable table({kFamilies});
  EXPECT_EQ(table.find("zebra")->acl_categories, kAclWrite | kAclList | kAclFast);
  EXPECT_EQ(sub(table, "ox", "plough").acl_categories, kAclRead | kAclList | kAclSlow);
  // A container has no group of its own; what a row says stands in place of its group's.
  EXPECT_EQ(table.find("ox")->acl_categories, kAclSlow);
  EXPECT_EQ(sub(table, "ox", "eat").acl_categories,
            kAclAdmin | kAclDangerous | kAclSlow | kAclKeyspace);
  // A script that only reads is no read (Redis 7.0).
  EXPECT_EQ(table.find("parrot")->acl_categories, kAclSlow | kAclScripting);
}

TEST(CommandTable, GivesARowItsFamilysGroupAndTraitsUnlessItSaysOtherwise) {
  const CommandTable table({kFamilies});
  EXPECT_EQ(table.find("zebra")->group, "list");
  EXPECT_EQ(sub(table, "ox", "eat").group, "server");
  EXPECT_TRUE(has_trait(*table.find("zebra"), kTraitAnyState));
}

TEST(CommandTable, KeepsTheNumbersOfOlderClientsBesideTheKeySpecifications) {
  const CommandTable table({kFamilies});
  const CommandSpec& plough = sub(table, "ox", "plough");
  EXPECT_EQ(plough.first_key, 1);
  EXPECT_EQ(plough.last_key, -1);
  EXPECT_EQ(plough.key_step, 1);
  ASSERT_EQ(plough.key_specs.size(), 1U);
  EXPECT_EQ(plough.key_specs[0].use, kKeyRead);
}

// Makes a table of these rows.
void make(std::span<const CommandRow> rows) {
  const Family family{"list", rows};
  const Family* const families[] = {&family};
  const CommandTable table({families});
}

TEST(CommandTableDeath, RefusesANameTwice) {
  constexpr CommandRow kTwice[] = {row("ox", 1, 0, kNoKeys, {}), row("ox", 2, 0, kNoKeys, {})};
  EXPECT_DEATH(make(kTwice), "twice == specs_.end");
}

TEST(CommandTableDeath, RefusesASubcommandWithoutItsContainer) {
  constexpr CommandRow kOrphan[] = {row("zebra", 1, 0, kNoKeys, {}),
                                    row("ox|eat", 2, 0, kNoKeys, {})};
  EXPECT_DEATH(make(kOrphan), "sub == specs_.end");
}

TEST(CommandTableDeath, RefusesAKeyWhoseUseVariesUnlessTheRowSaysHow) {
  constexpr CommandRow kSilent[] = {row("ox", 2, 0, one_key(kKeyVaries), {})};
  EXPECT_DEATH(make(kSilent), "is_use_known");
}

TEST(CommandTableDeath, RefusesAReadThatIsAlsoAWriteUnlessItSaysWhen) {
  constexpr CommandRow kBoth[] = {
      row("ox", 2, 0, kNoKeys, {}, {.write = write_nothing, .read = read_nothing})};
  EXPECT_DEATH(make(kBoth), "run.wants_write");
}

std::vector<std::string> keys(std::vector<std::string_view> argv) {
  const Resolved resolved = engine_commands().resolve(argv);
  std::vector<std::string> found;
  for (const KeyPosition& key : keys_of(*resolved.spec, argv).positions)
    found.emplace_back(argv[key.index]);
  return found;
}

TEST(KeyShapes, FindTheKeysOfACall) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(keys({"get", "k"}), Words({"k"}));
  EXPECT_EQ(keys({"object", "encoding", "k"}), Words({"k"}));
  EXPECT_EQ(keys({"rename", "a", "b"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"lcs", "a", "b", "LEN"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"del", "a", "b", "c"}), Words({"a", "b", "c"}));
  EXPECT_EQ(keys({"blpop", "a", "b", "0"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"mset", "a", "1", "b", "2"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"bitop", "AND", "to", "a", "b"}), Words({"to", "a", "b"}));
  EXPECT_EQ(keys({"lmpop", "2", "a", "b", "LEFT"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"zunionstore", "to", "2", "a", "b"}), Words({"to", "a", "b"}));
  EXPECT_EQ(keys({"xread", "COUNT", "1", "STREAMS", "a", "b", "0", "0"}), Words({"a", "b"}));
  EXPECT_EQ(keys({"georadius", "k", "1", "2", "3", "m", "STORE", "to"}), Words({"k", "to"}));
  EXPECT_EQ(keys({"sort", "k", "GET", "STORE", "STORE", "to"}), Words({"k", "to"}));
  EXPECT_EQ(keys({"sort", "k", "LIMIT", "0", "STORE", "STORE", "to"}), Words({"k", "to"}));
}

TEST(KeyShapes, SayWhatACallDoesWithAKeyWhoseUseVaries) {
  const auto use = [](std::vector<std::string_view> argv) {
    return engine_commands().find(argv[0])->key_use(argv);
  };
  EXPECT_EQ(use({"set", "k", "v"}), kKeyOverwrite);
  EXPECT_EQ(use({"set", "k", "GET"}), kKeyOverwrite) << "the value, not the option";
  EXPECT_EQ(use({"set", "k", "v", "get"}), kKeyReadUpdate);
  EXPECT_EQ(use({"bitfield", "k", "GET", "u8", "0"}), kKeyRead);
  EXPECT_EQ(use({"bitfield", "k", "incrby", "u8", "0", "1"}), kKeyReadUpdate);
}

TEST(EngineCommands, WaitAtOneTypeIfTheyBlockAndWrite) {
  for (const CommandSpec& spec : engine_commands().all()) {
    const bool waits = spec.scope == Scope::kWrite && (spec.flags & kFlagBlocking) != 0;
    EXPECT_EQ(spec.waits_at.has_value(), waits) << spec.name;
  }
}

TEST(EngineCommands, AreAllCarriedOutByAFunctionOrContainThoseThatAre) {
  for (const CommandSpec& spec : engine_commands().all()) {
    const bool is_carried_out = spec.read != nullptr || spec.write != nullptr;
    EXPECT_NE(is_carried_out, !spec.subcommands.empty()) << spec.name;
  }
}

}  // namespace
