// Failpoints: a name is armed, passed, and ends the process; only where they are compiled in.
#include "base/failpoint.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

namespace {

TEST(Failpoints, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const base::Failpoint& each : base::kFailpoints) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_FALSE(each.happened.empty());
  }
}

TEST(Failpoints, WhatIsNotListedIsNotFound) {
  EXPECT_EQ(base::find_failpoint("birth.unwritten"), 0U);
  EXPECT_EQ(base::find_failpoint("birth"), base::kNoFailpoint);
}

#ifdef QUORATE_FAILPOINTS

void pass_three_times() {
  for (int i = 0; i < 3; ++i) {
    FAILPOINT("note.written");
    FAILPOINT_IF("note.renamed", false);
  }
}

TEST(Failpoints, UnarmedAreNothing) { pass_three_times(); }

TEST(Failpoints, OnlyAListedNameAndAPassCanBeArmed) {
  for (const char* what : {"", "note", "note.written:0", "note.written:", "note.written:x"})
    EXPECT_FALSE(base::arm_failpoint(what)) << what;
}

TEST(FailpointsDeathTest, TheNamedPassEndsTheProcess) {
  const auto die_at = [](const char* what) {
    if (base::arm_failpoint(what)) pass_three_times();
    std::exit(0);
  };
  EXPECT_EXIT(die_at("note.written"), testing::KilledBySignal(SIGKILL), "failpoint note.written");
  EXPECT_EXIT(die_at("note.written:3"), testing::KilledBySignal(SIGKILL), "note.written");
  EXPECT_EXIT(die_at("note.written:4"), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(die_at("note.renamed"), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
