// Whose state the majority contradicts, told from running digests at equal positions.
#include "node/replica/agreement.h"

#include <gtest/gtest.h>

namespace {

using base::LogIndex;
using base::NodeId;
using node::Agreement;
using node::AppliedReport;
using Who = Agreement::Difference::Who;

constexpr std::uint64_t kRight = 7, kWrong = 8;

raft::Membership voters(std::uint64_t count) {
  raft::Membership membership{base::ClusterId(5), {}};
  for (std::uint64_t id = 1; id <= count; ++id)
    membership.members.push_back({NodeId(id), "a:1", true});
  return membership;
}

AppliedReport report(std::uint64_t index, std::uint64_t digest) {
  return {.rules = 1, .index = LogIndex(index), .since = LogIndex(1), .digest = digest};
}

// Node 1.
Agreement applied_up_to(std::uint64_t index, std::uint64_t digest = kRight) {
  Agreement agreement{NodeId(1)};
  for (std::uint64_t i = 1; i <= index; ++i) agreement.on_applied(report(i, digest));
  return agreement;
}

TEST(Agreement, AQuestionIsAnsweredOnceAsSoonAsThePositionIsApplied) {
  Agreement agreement = applied_up_to(4);
  agreement.on_report(NodeId(2), report(5, kRight));
  EXPECT_TRUE(agreement.take_own().empty());
  agreement.on_applied(report(5, kRight));
  agreement.on_applied(report(6, kRight));
  ASSERT_EQ(agreement.take_own().size(), 1U);
  agreement.on_report(NodeId(3), report(5, kRight));
  EXPECT_TRUE(agreement.take_own().empty());
  EXPECT_TRUE(agreement.judge(voters(3)).empty());
}

TEST(Agreement, ALeaderAsksAboutWhatIsNew) {
  Agreement agreement = applied_up_to(4);
  agreement.ask();
  ASSERT_EQ(agreement.take_own().size(), 1U);
  agreement.ask();
  EXPECT_TRUE(agreement.take_own().empty()) << "nothing was applied since";
}

TEST(Agreement, WhoIsContradictedByAMajorityIsWrong) {
  Agreement agreement = applied_up_to(9, kWrong);
  agreement.on_report(NodeId(2), report(9, kRight));
  ASSERT_EQ(agreement.take_own().size(), 1U);
  EXPECT_TRUE(agreement.judge(voters(3)).empty()) << "it may be the other one";
  agreement.on_report(NodeId(3), report(9, kRight));
  const auto found = agreement.judge(voters(3));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].who, Who::kSelf);
  EXPECT_EQ(found[0].index, LogIndex(9));
}

TEST(Agreement, AMemberThatTheMajorityContradictsIsNamedOnce) {
  Agreement agreement = applied_up_to(9);
  for (const std::uint64_t index : {8ULL, 9ULL}) {
    agreement.on_report(NodeId(2), report(index, kRight));
    agreement.on_report(NodeId(3), report(index, kWrong));
  }
  EXPECT_EQ(agreement.take_own().size(), 2U);
  const auto found = agreement.judge(voters(3));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].who, Who::kOther);
  EXPECT_EQ(found[0].other, NodeId(3));
}

TEST(Agreement, OfTwoNobodySaysWhichIsRight) {
  Agreement agreement = applied_up_to(9);
  agreement.on_report(NodeId(2), report(9, kWrong));
  EXPECT_EQ(agreement.take_own().size(), 1U);
  const auto found = agreement.judge(voters(2));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].who, Who::kUnknown);
}

TEST(Agreement, ALearnerIsContradictedButContradictsNobody) {
  raft::Membership membership = voters(3);
  membership.members[2].is_voter = false;
  Agreement voter = applied_up_to(9);
  voter.on_report(NodeId(3), report(9, kWrong));
  EXPECT_EQ(voter.take_own().size(), 1U);
  EXPECT_TRUE(voter.judge(membership).empty());
  membership.members[0].is_voter = false;
  membership.members[2].is_voter = true;
  Agreement learner = applied_up_to(9, kWrong);
  learner.on_report(NodeId(2), report(9, kRight));
  learner.on_report(NodeId(3), report(9, kRight));
  EXPECT_EQ(learner.take_own().size(), 1U);
  const auto found = learner.judge(membership);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].who, Who::kSelf);
}

TEST(Agreement, WhatIsTooOldOrWithoutADigestIsNotCompared) {
  Agreement agreement = applied_up_to(10'000, kWrong);
  for (const std::uint64_t other : {2ULL, 3ULL})
    agreement.on_report(NodeId(other), report(3, kRight));
  EXPECT_TRUE(agreement.take_own().empty());
  agreement.on_loaded({.rules = 1, .index = LogIndex(20'000), .since = {}, .digest = 0});
  for (const std::uint64_t other : {2ULL, 3ULL}) {
    agreement.on_report(NodeId(other), report(9'999, kRight));
    agreement.on_report(NodeId(other), report(20'000, kRight));
  }
  EXPECT_TRUE(agreement.take_own().empty());
  EXPECT_TRUE(agreement.judge(voters(3)).empty());
}

TEST(AppliedReport, SurvivesTheWireAndNothingElseDoes) {
  const std::string bytes = node::encode_report(report(300, kRight));
  const auto decoded = node::decode_report(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->index, LogIndex(300));
  EXPECT_TRUE(decoded->agrees_with(report(300, kRight)));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(node::decode_report(bytes.substr(0, size)).has_value());
  EXPECT_FALSE(node::decode_report(bytes + "x").has_value());
}

}  // namespace
