// The checker is worth what it rejects.
#include "tests/sim/linearizability.h"

#include <gtest/gtest.h>

namespace {

using sim::Operation;
using sim::Step;
using sim::Verb;
using sim::Verdict;

struct Given {
  std::uint64_t connection = 0;
  sim::Time from = 0, to = 0;
  Verb verb = Verb::kGet;
  std::string argument = {}, result = {};
  std::uint64_t sequence = 0;
};

Operation operation(const Given& given) {
  Operation made;
  made.key = "k";
  made.steps = {{given.verb, given.argument, 0, given.result}};
  made.connection = given.connection;
  made.sequence = given.sequence == 0 ? static_cast<std::uint64_t>(given.from) : given.sequence;
  made.invoked = given.from;
  made.returned = given.to;
  return made;
}

Verdict verdict(const std::vector<Given>& history) {
  std::vector<Operation> operations;
  for (const Given& given : history) operations.push_back(operation(given));
  return sim::judge(operations, 100'000);
}

constexpr sim::Time kUnknown = Operation::kNever;

TEST(Linearizability, AcceptsAnEmptyHistoryAndASequentialOne) {
  EXPECT_EQ(verdict({}), Verdict::kLinearizable);
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kSet, "a", "+OK"},
                     {2, 3, 4, Verb::kGet, "", "$a"},
                     {1, 5, 6, Verb::kDel, "", ":1"},
                     {2, 7, 8, Verb::kGet, "", "nil"}}),
            Verdict::kLinearizable);
}

TEST(Linearizability, AcceptsEitherOrderOfOperationsThatOverlap) {
  EXPECT_EQ(verdict({{1, 1, 9, Verb::kSet, "a", "+OK"},
                     {2, 1, 9, Verb::kSet, "b", "+OK"},
                     {3, 10, 11, Verb::kGet, "", "$a"}}),
            Verdict::kLinearizable);
  EXPECT_EQ(verdict({{1, 1, 9, Verb::kSet, "a", "+OK"}, {2, 2, 3, Verb::kGet, "", "nil"}}),
            Verdict::kLinearizable);
}

TEST(Linearizability, RejectsAStaleRead) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kSet, "a", "+OK"},
                     {1, 3, 4, Verb::kSet, "b", "+OK"},
                     {2, 5, 6, Verb::kGet, "", "$a"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsAReadThatGoesBackBehindAnother) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kSet, "a", "+OK"},
                     {1, 3, 20, Verb::kSet, "b", "+OK"},
                     {2, 4, 5, Verb::kGet, "", "$b"},
                     {3, 6, 7, Verb::kGet, "", "$a"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsALostWrite) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kSet, "a", "+OK"}, {2, 3, 4, Verb::kGet, "", "nil"}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kAppend, "a,", ":2"},
                     {1, 3, 4, Verb::kAppend, "b,", ":2"},
                     {2, 5, 6, Verb::kGet, "", "$b,"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsADuplicateApplication) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kIncr, "", ":1"}, {2, 3, 4, Verb::kGet, "", "$2"}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{1, 1, kUnknown, Verb::kIncr, "", ""}, {2, 3, 4, Verb::kGet, "", "$2"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsAReadThatOvertookItsOwnPipeline) {
  // Sent at once, answered at once: only the order within the connection tells them apart.
  EXPECT_EQ(verdict({{1, 1, 9, Verb::kSet, "a", "+OK", 1}, {1, 1, 9, Verb::kGet, "", "nil", 2}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{1, 1, 9, Verb::kGet, "", "nil", 1}, {1, 1, 9, Verb::kSet, "a", "+OK", 2}}),
            Verdict::kLinearizable);
  EXPECT_EQ(verdict({{1, 1, 9, Verb::kGet, "", "$a", 1}, {1, 1, 9, Verb::kSet, "a", "+OK", 2}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, AnUnknownWriteMayHaveHappenedOrNotOrLater) {
  const Given lost{1, 1, kUnknown, Verb::kSet, "a", ""};
  EXPECT_EQ(verdict({lost, {2, 5, 6, Verb::kGet, "", "nil"}}), Verdict::kLinearizable);
  EXPECT_EQ(verdict({lost, {2, 5, 6, Verb::kGet, "", "$a"}}), Verdict::kLinearizable);
  EXPECT_EQ(verdict({lost, {2, 5, 6, Verb::kGet, "", "nil"}, {2, 7, 8, Verb::kGet, "", "$a"}}),
            Verdict::kLinearizable);
  EXPECT_EQ(verdict({lost, {2, 5, 6, Verb::kGet, "", "$a"}, {2, 7, 8, Verb::kGet, "", "nil"}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{2, 1, 2, Verb::kGet, "", "$a"}, {1, 3, kUnknown, Verb::kSet, "a", ""}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsAValueThatNobodyWrote) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kGet, "", "$refused"}}), Verdict::kNotLinearizable);
}

TEST(Linearizability, RejectsARepliesThatDoNotFitTheState) {
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kIncr, "", ":1"}, {1, 3, 4, Verb::kIncr, "", ":3"}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kDel, "", ":1"}}), Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({{1, 1, 2, Verb::kSetNx, "a", ":1"}, {2, 3, 4, Verb::kSetNx, "b", ":1"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, AKeyWithAnExpiryMayVanishButNotComeBack) {
  const Given set{1, 1, 2, Verb::kSetPx, "a", "+OK"};
  EXPECT_EQ(verdict({set, {2, 3, 4, Verb::kGet, "", "nil"}}), Verdict::kLinearizable);
  EXPECT_EQ(verdict({set, {2, 3, 4, Verb::kGet, "", "$a"}}), Verdict::kLinearizable);
  EXPECT_EQ(verdict({set, {2, 3, 4, Verb::kGet, "", "nil"}, {2, 5, 6, Verb::kGet, "", "$a"}}),
            Verdict::kNotLinearizable);
  EXPECT_EQ(verdict({set, {2, 3, 4, Verb::kPersist, "", ":1"}, {2, 5, 6, Verb::kGet, "", "nil"}}),
            Verdict::kNotLinearizable);
}

TEST(Linearizability, ATransactionIsOneStepAndAWatchIsJudgedWhenItRuns) {
  Operation both = operation({1, 1, 9, Verb::kSet, "x", "+OK"});
  both.steps = {{Verb::kIncr, "", 0, ":1"}, {Verb::kIncr, "", 1, ":2"}};
  const Operation between = operation({2, 1, 9, Verb::kGet, "", "$1"});
  EXPECT_EQ(sim::judge({both, between}, 1000), Verdict::kNotLinearizable);
  Operation guarded = operation({1, 5, 6, Verb::kSet, "new", "+OK"});
  guarded.seen = "$old";
  const Operation before = operation({2, 1, 2, Verb::kSet, "old", "+OK"});
  const Operation other = operation({2, 3, 4, Verb::kSet, "other", "+OK"});
  EXPECT_EQ(sim::judge({before, guarded}, 1000), Verdict::kLinearizable);
  EXPECT_EQ(sim::judge({before, other, guarded}, 1000), Verdict::kNotLinearizable);
}

TEST(Linearizability, SaysWhenItDoesNotKnow) {
  std::vector<Given> many;
  for (std::uint64_t i = 0; i < 24; ++i)
    many.push_back({i + 1, 1, 99, Verb::kAppend, std::to_string(i) + ",", ":1000"});
  std::vector<Operation> operations;
  for (const Given& given : many) operations.push_back(operation(given));
  for (Operation& one : operations) one.returned = kUnknown;
  operations.push_back(operation({99, 100, 101, Verb::kGet, "", "$impossible"}));
  EXPECT_EQ(sim::judge(operations, 1000), Verdict::kUndecided);
}

}  // namespace
