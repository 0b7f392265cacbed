// To whom a leader sends its checkpoint, and for how long.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::LogIndex;
using raft_test::OneNode;

void hear_heartbeat(OneNode& leader, std::uint64_t from) {
  leader.hear(from, leader.term(), raft::HeartbeatReply{0, LogIndex(leader.last())});
}

// Node 2 answers, node 3 says nothing.
void let_pass_without_3(OneNode& leader, int seconds) {
  for (int i = 0; i < 5 * seconds; ++i) {
    leader.pass_ms(200);
    leader.tick();
    hear_heartbeat(leader, 2);
  }
}

// Node 2 has all that the leader has.
void commit_all(OneNode& leader) {
  leader.hear(2, leader.term(),
              raft::AppendReply{.success = true,
                                .match = LogIndex(leader.last()),
                                .conflict_term = {},
                                .rejected_previous = {},
                                .round = 0});
}

// A leader of nodes 2 and 3 whose checkpoint is beyond the end of 3's log.
OneNode leader_ahead_of_3() {
  OneNode leader;
  leader.lead();
  commit_all(leader);
  leader.give(raft::Applied{LogIndex(leader.last())});
  let_pass_without_3(leader, 2);
  leader.give(raft::Checkpointed{{.index = LogIndex(leader.last()),
                                  .term = raft::Term(leader.term()),
                                  .membership = leader.core().membership()}});
  return leader;
}

TEST(SnapshotStream, BeginsWhenItsReceiverIsHeardNotBefore) {
  OneNode leader = leader_ahead_of_3();
  let_pass_without_3(leader, 5);
  EXPECT_TRUE(leader.snapshot_reads.empty());
  hear_heartbeat(leader, 3);
  ASSERT_EQ(leader.snapshot_reads.size(), 1U);
  EXPECT_EQ(leader.snapshot_reads.front().sequence, 0U);
}

TEST(SnapshotStream, OutlivesASilenceOfSecondsAndIsGivenUpAfterTen) {
  OneNode leader = leader_ahead_of_3();
  hear_heartbeat(leader, 3);
  leader.snapshot_closes.clear();
  let_pass_without_3(leader, 9);
  EXPECT_TRUE(leader.snapshot_closes.empty());
  let_pass_without_3(leader, 2);
  EXPECT_EQ(leader.snapshot_closes.size(), 1U);
  EXPECT_EQ(leader.snapshot_reads.size(), 1U);
  hear_heartbeat(leader, 3);
  EXPECT_EQ(leader.snapshot_reads.size(), 2U) << "it is back: the newest one, from its beginning";
}

raft::SnapshotMeta newest_checkpoint(const OneNode& leader) {
  return {.index = LogIndex(leader.last()),
          .term = raft::Term(leader.term()),
          .membership = leader.core().membership()};
}

// Node 3 answers heartbeats but stores nothing.
void let_pass_with_3_stuck(OneNode& leader, int seconds) {
  for (int i = 0; i < 5 * seconds; ++i) {
    leader.pass_ms(200);
    leader.tick();
    hear_heartbeat(leader, 2);
    hear_heartbeat(leader, 3);
  }
}

TEST(SnapshotStream, ToOneThatIsThereAndTakesNothingDoesNotKeepAnOldCheckpointForEver) {
  OneNode leader = leader_ahead_of_3();
  let_pass_without_3(leader, 5);
  hear_heartbeat(leader, 3);
  ASSERT_EQ(leader.snapshot_reads.size(), 1U);
  leader.snapshot_closes.clear();
  leader.give(raft::SnapshotChunk{raft::NodeId(3), newest_checkpoint(leader), 0, false, "rows"});
  let_pass_with_3_stuck(leader, 30);
  EXPECT_TRUE(leader.snapshot_closes.empty()) << "there is no newer one";
  leader.give(raft::Propose{1, raft::EntryKind::kBatch, "x"});
  commit_all(leader);
  leader.give(raft::Applied{LogIndex(leader.last())});
  leader.give(raft::Checkpointed{newest_checkpoint(leader)});
  const std::size_t reads = leader.snapshot_reads.size();
  let_pass_with_3_stuck(leader, 1);
  EXPECT_EQ(leader.snapshot_closes.size(), 1U);
  ASSERT_EQ(leader.snapshot_reads.size(), reads + 1);
  EXPECT_EQ(leader.snapshot_reads.back().sequence, 0U) << "of the newer one";
}

}  // namespace
