// How log and checkpoint are fitted together at start: what a crash can leave is mended, what it
// cannot leave is named.
#include <gtest/gtest.h>

#include "node/consensus/consensus.h"

namespace {

using base::LogIndex;
using base::NodeId;
using base::Term;

raft::Membership members(std::uint64_t cluster = 7) {
  return {base::ClusterId(cluster), {{NodeId(1), "a:1", true}}};
}

raft::EntryPtr membership_entry(std::uint64_t index) {
  return std::make_shared<raft::Entry>(raft::Entry{
      LogIndex(index), Term(2), raft::EntryKind::kMembership, raft::encode_membership(members())});
}

// Entries 1..10: 1..4 of term 1, 5..10 of term 2; memberships at 3 and 8.
persistence::LogContents ten_entries() {
  persistence::LogContents log;
  log.hard_state = {Term(2), NodeId(1)};
  log.base.membership = members();
  log.first_index = LogIndex(1);
  log.last_index = LogIndex(10);
  log.term_runs = {{LogIndex(1), Term(1)}, {LogIndex(5), Term(2)}};
  log.memberships = {membership_entry(3), membership_entry(8)};
  return log;
}

raft::SnapshotMeta checkpoint_at(std::uint64_t index, std::uint64_t term) {
  return {LogIndex(index), Term(term), members(), 4};
}

std::string complaint(const persistence::LogContents& log,
                      const std::optional<raft::SnapshotMeta>& checkpoint) {
  const auto recovered = node::recover(base::kFirstGroup, log, checkpoint);
  if (recovered) return "";
  EXPECT_EQ(recovered.error().cause, base::Cause::kCorrupt);
  return recovered.error().detail;
}

TEST(Recover, AFreshDirectoryIsNotBorn) {
  persistence::LogContents log;
  log.first_index = LogIndex(1);
  const auto recovered = node::recover(base::kFirstGroup, log, {});
  ASSERT_TRUE(recovered.ok());
  EXPECT_TRUE(recovered.value().restored.snapshot.membership.members.empty());
  EXPECT_TRUE(recovered.value().repairs.empty());
}

TEST(Recover, WithoutACheckpointTheWholeLogIsThere) {
  const auto recovered = node::recover(base::kFirstGroup, ten_entries(), {});
  ASSERT_TRUE(recovered.ok());
  const raft::Restored& restored = recovered.value().restored;
  EXPECT_EQ(restored.snapshot.index, LogIndex());
  EXPECT_EQ(restored.snapshot.membership, members());
  EXPECT_EQ(restored.last_index, LogIndex(10));
  EXPECT_EQ(restored.term_runs.size(), 2U);
  EXPECT_EQ(restored.memberships.size(), 2U);
}

TEST(Recover, ACheckpointWithinTheLogLeavesAllOfIt) {
  for (std::uint64_t index = 1; index <= 10; ++index) {
    const auto recovered =
        node::recover(base::kFirstGroup, ten_entries(), checkpoint_at(index, index < 5 ? 1 : 2));
    ASSERT_TRUE(recovered.ok()) << index;
    const raft::Restored& restored = recovered.value().restored;
    EXPECT_TRUE(recovered.value().repairs.empty()) << index;
    EXPECT_EQ(restored.snapshot.index, LogIndex(index));
    EXPECT_EQ(restored.snapshot.generation, 4U);
    EXPECT_EQ(restored.last_index, LogIndex(10));
    EXPECT_EQ(restored.memberships.size(), index < 3 ? 2U : index < 8 ? 1U : 0U) << index;
    // What lies before it is there too, for followers that are late.
    EXPECT_EQ(restored.log_base, (raft::LogBase{LogIndex(), Term()}));
    EXPECT_EQ(restored.term_runs, ten_entries().term_runs);
  }
}

TEST(Recover, ALogOfWhichNobodyKnowsWhatItFollowsBeginsBehindTheCheckpoint) {
  persistence::LogContents log = ten_entries();
  log.first_index = LogIndex(3);
  log.term_runs.front().first = LogIndex(3);
  for (const std::uint64_t term : {0U, 1U}) {
    log.previous_term = Term(term);
    const auto recovered = node::recover(base::kFirstGroup, log, checkpoint_at(6, 2));
    ASSERT_TRUE(recovered.ok());
    const raft::Restored& restored = recovered.value().restored;
    EXPECT_EQ(restored.log_base.has_value(), term == 1);
    EXPECT_EQ(restored.term_runs.front().first, LogIndex(term == 1 ? 3 : 7));
  }
}

TEST(Recover, ALogThatBeginsRightBehindTheCheckpointFits) {
  persistence::LogContents log = ten_entries();
  log.first_index = LogIndex(7);
  log.previous_term = Term(2);
  log.term_runs = {{LogIndex(7), Term(2)}};
  const auto recovered = node::recover(base::kFirstGroup, log, checkpoint_at(6, 2));
  ASSERT_TRUE(recovered.ok());
  EXPECT_TRUE(recovered.value().repairs.empty());
  EXPECT_EQ(recovered.value().restored.term_runs,
            (std::vector<raft::TermRun>{{LogIndex(7), Term(2)}}));
}

TEST(Recover, AReceivedStateAheadOfTheLogResetsTheLogBehindIt) {
  const auto recovered = node::recover(base::kFirstGroup, ten_entries(), checkpoint_at(50, 6));
  ASSERT_TRUE(recovered.ok());
  const auto& [restored, repairs] = recovered.value();
  EXPECT_EQ(restored.last_index, LogIndex(50));
  EXPECT_EQ(restored.hard_state, (raft::HardState{Term(6), {}}));
  ASSERT_EQ(repairs.size(), 1U);
  EXPECT_EQ(repairs[0].reset_to, checkpoint_at(50, 6));
  EXPECT_EQ(repairs[0].hard_state, restored.hard_state);
}

TEST(Recover, AVoteInTheStatesOwnTermIsKept) {
  const auto recovered = node::recover(base::kFirstGroup, ten_entries(), checkpoint_at(50, 2));
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered.value().restored.hard_state, (raft::HardState{Term(2), NodeId(1)}));
}

TEST(Recover, AReceivedStateThatContradictsTheLogWins) {
  const auto recovered = node::recover(base::kFirstGroup, ten_entries(), checkpoint_at(8, 3));
  ASSERT_TRUE(recovered.ok());
  ASSERT_EQ(recovered.value().repairs.size(), 1U);
  EXPECT_EQ(recovered.value().restored.last_index, LogIndex(8));
}

TEST(Recover, WhatNoCrashLeavesIsNamed) {
  persistence::LogContents cut = ten_entries();
  cut.first_index = LogIndex(5);
  EXPECT_EQ(complaint(cut, {}),
            "the log begins at 5 but there is no checkpoint of what lies before it");
  EXPECT_EQ(complaint(cut, checkpoint_at(3, 1)),
            "the checkpoint ends at 3 but the log begins at 5");

  persistence::LogContents unborn = ten_entries();
  unborn.base.membership = {};
  EXPECT_EQ(complaint(unborn, {}), "the log has 10 entries but no founding membership");
  persistence::LogContents gone;
  gone.first_index = LogIndex(1);
  EXPECT_EQ(complaint(gone, checkpoint_at(3, 1)), "there is a checkpoint at 3 but its log is gone");

  raft::SnapshotMeta foreign = checkpoint_at(3, 1);
  foreign.membership = members(8);
  EXPECT_NE(complaint(ten_entries(), foreign).find("the log is of cluster"), std::string::npos);

  persistence::LogContents old_term = ten_entries();
  old_term.hard_state.term = Term(1);
  EXPECT_EQ(complaint(old_term, {}), "the last entry is of term 2 but the stored term is 1");
}

}  // namespace
