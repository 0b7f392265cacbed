// A leader that removes itself leads until that is committed, whatever is committed on the way.
#include <gtest/gtest.h>

#include "tests/raft/bodies.h"
#include "tests/raft/one_node.h"

namespace {

using raft::NodeId;
using raft::Role;
using raft_test::appended;
using raft_test::OneNode;

TEST(OwnRemoval, AnEntryBeforeItIsCommittedByTheOthersAndEndsNothing) {
  OneNode node({.voters = 3});
  node.lead();
  for (const std::uint64_t id : {2U, 3U}) node.hear(id, 1, appended(1));
  node.give(raft::Applied{raft::LogIndex(1)});
  node.give(raft_test::command());
  node.pass_ms(600);  // it hears nobody, so it cannot hand over first
  node.give(raft::ChangeMembership{.id = 1, .change = raft::RemoveMember{NodeId(1)}});
  ASSERT_EQ(node.last(), 3U);
  for (const std::uint64_t id : {2U, 3U}) node.hear(id, 1, appended(2));
  EXPECT_EQ(node.committed(), 2U);
  EXPECT_EQ(node.core().role(), Role::kLeader);
  for (const std::uint64_t id : {2U, 3U}) node.hear(id, 1, appended(3));
  EXPECT_EQ(node.committed(), 3U);
  EXPECT_EQ(node.core().role(), Role::kLearner);
}

}  // namespace
