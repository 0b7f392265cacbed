// A core whose service does not answer (docs/decisions/service-watch.md): it gives leadership up
// and seeks none while somebody else could lead.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::Role;
using raft_test::OneNode;

TEST(MayLead, AServiceThatDoesNotAnswerEndsACandidacy) {
  OneNode node;
  node.campaign();
  ASSERT_EQ(node.core().role(), Role::kCandidate);
  node.give(raft::MayLead{false});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.give(raft::MayLead{true});
  EXPECT_EQ(node.core().role(), Role::kFollower);
}

TEST(MayLead, TheOnlyVoterGoesOnWithoutItsService) {
  OneNode node({.voters = 1});
  node.give(raft::MayLead{false});
  node.lead();
  node.give(raft::MayLead{false});
  EXPECT_EQ(node.core().role(), Role::kLeader) << "nobody could take its place";
  node.give(raft::MayLead{true});
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(MayLead, AFollowerStaysOne) {
  OneNode node;
  node.give(raft::MayLead{false});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.time_out();
  EXPECT_EQ(node.count_said(), 0U) << "it does not stand";
}

TEST(MayLead, ALearnerStaysOne) {
  OneNode node;
  raft::Membership members = node.core().membership();
  members.members[0].is_voter = false;
  members.version = raft::LogIndex(1);
  raft::Append append;
  append.commit = raft::LogIndex(1);
  append.entries = {std::make_shared<raft::Entry>(raft::Entry{raft::LogIndex(1), raft::Term(1),
                                                              raft::EntryKind::kMembership,
                                                              raft::encode_membership(members)})};
  node.hear(2, 1, append);
  ASSERT_EQ(node.core().role(), Role::kLearner);
  node.give(raft::MayLead{false});
  EXPECT_EQ(node.core().role(), Role::kLearner);
}

}  // namespace
