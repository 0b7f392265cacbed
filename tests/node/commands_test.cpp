// The table of all commands that a node has: the engine's families and its own.
#include <gtest/gtest.h>

#include "node/clients/commands/registry.h"

namespace {

using engine::CommandSpec;
using engine::Scope;

template <class Visit>
void for_each(Visit visit) {
  for (const CommandSpec& spec : node::commands().all()) {
    visit(spec);
    for (const CommandSpec& sub : spec.subcommands) visit(sub);
  }
}

TEST(Commands, OfANodeAreAnsweredByAFunctionOrByItsServiceItself) {
  for_each([](const CommandSpec& spec) {
    if (spec.scope != Scope::kLocal || !spec.subcommands.empty()) return;
    EXPECT_TRUE(spec.local != nullptr || spec.special != engine::Special::kNone) << spec.name;
  });
}

TEST(Commands, AreFoundUnderTheNamesThatTheyAreListedBy) {
  for (const CommandSpec& spec : node::commands().all())
    EXPECT_EQ(node::commands().find(spec.name), &spec);
}

TEST(Commands, HaveWhatPeopleAreToldOfThem) {
  for_each([](const CommandSpec& spec) {
    EXPECT_TRUE(spec.summary.ends_with('.')) << spec.name;
    EXPECT_FALSE(spec.since.empty()) << spec.name;
    EXPECT_FALSE(spec.group.empty()) << spec.name;
    EXPECT_NE(spec.arity, 0) << spec.name;
  });
}

TEST(Commands, ThatShareAContainerComeFromBothSides) {
  const std::string_view usage[] = {"memory", "usage", "k"};
  EXPECT_EQ(node::commands().resolve(usage).spec->scope, Scope::kRead);
  const std::string_view doctor[] = {"memory", "doctor"};
  EXPECT_EQ(node::commands().resolve(doctor).spec->scope, Scope::kLocal);
}

}  // namespace
