// Mistakes that implementations of Raft have made, a test for each.
#include <gtest/gtest.h>

#include "tests/raft/bodies.h"
#include "tests/raft/one_node.h"

namespace {

using raft::AppendReply;
using raft::InstallSnapshot;
using raft::InstallSnapshotReply;
using raft::LogIndex;
using raft::NodeId;
using raft::PreVote;
using raft::PreVoteReply;
using raft::Role;
using raft::Term;
using raft::VoteReply;
using raft_test::appended;
using raft_test::chunk;
using raft_test::command;
using raft_test::OneNode;
using raft_test::refused_after;
using raft_test::stored;
using raft_test::vote;

// ---- votes ----

TEST(KnownBugs, A_vote_is_remembered_over_a_restart) {
  OneNode node;
  node.hear(2, 1, vote(0, 0));
  node.restart();
  node.pass_ms(1000);
  node.hear(3, 1, vote(5, 1));
  ASSERT_EQ(node.said<VoteReply>(3).size(), 1U);
  EXPECT_FALSE(node.said<VoteReply>(3)[0].granted);
}

TEST(KnownBugs, A_vote_for_itself_is_remembered_over_a_restart) {
  OneNode node;
  node.campaign();
  node.restart();
  node.pass_ms(1000);
  node.hear(3, 1, vote(5, 1));
  EXPECT_FALSE(node.said<VoteReply>(3).at(0).granted);
}

TEST(KnownBugs, A_node_that_has_just_started_helps_to_depose_nobody) {
  OneNode node({.is_just_started = true});
  node.hear(2, 5, vote(9, 4));
  EXPECT_EQ(node.count_said(), 0U);
  EXPECT_EQ(node.term(), 0U);
  node.pass_ms(251);
  node.hear(2, 5, vote(9, 4));
  EXPECT_TRUE(node.said<VoteReply>(2).at(0).granted);
}

TEST(KnownBugs, A_node_that_hears_its_leader_ignores_a_higher_term_in_a_vote) {
  OneNode node;
  node.hear(2, 1, raft::Heartbeat{});
  node.forget();
  node.hear(3, 9, vote(9, 8));
  EXPECT_EQ(node.count_said(), 0U);
  EXPECT_EQ(node.term(), 1U);
}

TEST(KnownBugs, A_leader_that_hears_a_majority_ignores_a_higher_term_in_a_vote) {
  OneNode node;
  node.lead();
  node.hear(3, 9, vote(9, 8));
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(KnownBugs, A_vote_that_the_leader_asked_for_is_not_held_back) {
  OneNode node;
  node.hear(2, 1, raft::Heartbeat{});
  node.hear(3, 2, raft::Vote{LogIndex(0), Term(0), true});
  EXPECT_TRUE(node.said<VoteReply>(3).at(0).granted);
}

TEST(KnownBugs, A_pre_vote_changes_no_term_and_promises_nothing) {
  OneNode node;
  node.hear(2, 3, PreVote{Term(4), LogIndex(0), Term(0)});
  EXPECT_EQ(node.term(), 0U);
  EXPECT_EQ(node.disk_hard(), raft::HardState{});
  node.hear(3, 3, PreVote{Term(4), LogIndex(0), Term(0)});
  EXPECT_TRUE(node.said<PreVoteReply>(2).at(0).granted);
  EXPECT_TRUE(node.said<PreVoteReply>(3).at(0).granted);
}

TEST(KnownBugs, A_pre_vote_of_a_log_that_is_behind_is_refused) {
  OneNode node({.terms = {1, 1}});
  node.hear(2, 1, PreVote{Term(2), LogIndex(1), Term(1)});
  EXPECT_FALSE(node.said<PreVoteReply>(2).at(0).granted);
}

// etcd 2017, "pre-vote livelock": a node whose term is higher could never get its pre-votes
// counted.
TEST(KnownBugs, A_pre_vote_granted_by_a_node_of_a_lower_term_counts) {
  OneNode node({.hard = {Term(5), {}}});
  node.time_out();
  node.hear(2, 3, PreVoteReply{Term(6), true});
  EXPECT_EQ(node.term(), 6U);
}

TEST(KnownBugs, A_pre_vote_for_another_term_does_not_count) {
  OneNode node({.hard = {Term(5), {}}});
  node.time_out();
  node.hear(2, 5, PreVoteReply{Term(5), true});
  EXPECT_EQ(node.core().role(), Role::kPreCandidate);
}

TEST(KnownBugs, A_candidate_that_is_no_voter_here_is_voted_for_all_the_same) {
  OneNode node({.voters = 2, .learners = 1});
  node.hear(3, 1, vote(0, 0));
  EXPECT_TRUE(node.said<VoteReply>(3).at(0).granted) << "its promotion may not have come here yet";
}

// Found by a simulated network of 200 ms each way: no leader outlived its first look at the quorum.
TEST(KnownBugs, A_new_leader_waits_for_its_first_answers_for_two_election_timeouts_and_no_longer) {
  OneNode node;
  node.lead();
  for (const std::int64_t ms : {250, 125}) {
    node.pass_ms(ms);
    node.tick();
  }
  EXPECT_EQ(node.core().role(), Role::kLeader);
  node.pass_ms(125);
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kFollower);
}

// ---- learners ----

TEST(KnownBugs, A_learner_does_not_count_for_a_commit) {
  OneNode node({.voters = 3, .learners = 2});
  node.lead();
  node.hear(4, 1, appended(1));
  node.hear(5, 1, appended(1));
  EXPECT_EQ(node.committed(), 0U);
  node.hear(2, 1, appended(1));
  EXPECT_EQ(node.committed(), 1U);
}

TEST(KnownBugs, A_learner_does_not_count_for_an_election_or_a_read_or_the_quorum) {
  OneNode node({.voters = 3, .learners = 2});
  node.campaign();
  node.hear(4, 1, VoteReply{true});
  node.hear(5, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
  node.hear(2, 1, VoteReply{true});
  node.hear(2, 1, appended(1));
  node.give(raft::ReadTicket{1});
  for (const std::uint64_t learner : {4U, 5U})
    node.hear(learner, 1, raft::HeartbeatReply{1, LogIndex(1)});
  EXPECT_TRUE(node.reads.empty());
  node.pass_ms(500);
  for (const std::uint64_t learner : {4U, 5U})
    node.hear(learner, 1, raft::HeartbeatReply{1, LogIndex(1)});
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kFollower) << "no voter has been heard";
}

// ---- the log ----

TEST(KnownBugs, A_delayed_append_does_not_cut_what_came_after_it) {
  OneNode node;
  node.hear(2, 1, OneNode::append(0, 0, {1, 1}, 0));
  node.hear(2, 1, OneNode::append(2, 1, {1, 1}, 4));
  EXPECT_EQ(node.committed(), 4U);
  node.hear(2, 1, OneNode::append(0, 0, {1, 1}, 0));
  EXPECT_EQ(node.disk_log(), "1 1 1 1");
  EXPECT_EQ(node.committed(), 4U);
}

TEST(KnownBugs, An_append_from_before_the_snapshot_neither_cuts_nor_refuses) {
  OneNode node({.terms = {3, 3}, .snapshot_index = 10, .snapshot_term = 3});
  node.hear(2, 3, OneNode::append(4, 2, {2, 3, 3}, 7));
  EXPECT_EQ(node.said<AppendReply>(2).at(0).match, LogIndex(10));
  EXPECT_TRUE(node.said<AppendReply>(2).at(0).success);
  EXPECT_EQ(node.last(), 12U);
  node.hear(2, 3, OneNode::append(8, 3, {3, 3, 3, 3, 3}, 12));
  EXPECT_EQ(node.last(), 13U);
  EXPECT_EQ(node.committed(), 12U);
}

TEST(KnownBugs, A_write_of_entries_that_were_cut_meanwhile_makes_nothing_else_durable) {
  OneNode node({.terms = {1}});
  node.make_disk_slow();
  node.hear(2, 1, OneNode::append(1, 1, {1, 1, 1}));
  node.hear(3, 2, OneNode::append(1, 1, {2}));
  node.sync();  // would die: more is durable than there is
  EXPECT_EQ(node.disk_log(), "1 2");
}

TEST(KnownBugs, A_heartbeat_says_no_commit_beyond_what_the_receiver_is_known_to_match) {
  OneNode node({.terms = {1, 1, 1}});
  node.lead();
  node.hear(2, 2, appended(4));
  EXPECT_EQ(node.committed(), 4U);
  node.forget();
  node.pass_ms(50);
  node.tick();
  EXPECT_EQ(node.said<raft::Heartbeat>(2).at(0).commit, LogIndex(4));
  EXPECT_EQ(node.said<raft::Heartbeat>(3).at(0).commit, LogIndex(0));
}

TEST(KnownBugs, A_reply_that_was_overtaken_moves_matchIndex_not_back) {
  OneNode node;
  node.lead();
  node.give(command());
  node.give(command());
  node.hear(2, 1, appended(3));
  node.hear(2, 1, appended(1));
  EXPECT_EQ(node.core().progress()[0].match, LogIndex(3));
  EXPECT_EQ(node.core().progress()[0].next, LogIndex(4));
  node.hear(2, 1, refused_after(1, 0, 0));
  EXPECT_EQ(node.core().progress()[0].next, LogIndex(4)) << "a refusal of long ago";
}

TEST(KnownBugs, A_follower_that_refuses_what_it_acknowledged_is_not_asked_again_and_again) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(raft::PeerLost{NodeId(2)});  // probing again, behind what it has
  node.forget();
  for (int i = 0; i < 5; ++i) node.hear(2, 1, refused_after(1, 0, 0));
  EXPECT_LE(node.said<raft::Append>(2).size(), 1U);
}

TEST(KnownBugs, An_acknowledgement_of_an_earlier_term_does_not_count) {
  OneNode node({.terms = {1, 1}});
  node.lead();
  node.hear(2, 1, appended(3));
  EXPECT_EQ(node.committed(), 0U);
}

TEST(KnownBugs, An_acknowledgement_beyond_the_log_does_not_count) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(9));
  EXPECT_EQ(node.core().progress()[0].match, LogIndex(0));
}

TEST(KnownBugs, A_lost_append_is_sent_again_though_the_follower_acknowledges_heartbeats) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(command());
  node.forget();
  for (int i = 0; i < 20; ++i) {
    node.pass_ms(50);
    node.tick();
    node.hear(2, 1, raft::HeartbeatReply{0, LogIndex(1)});
  }
  EXPECT_FALSE(node.said<raft::Append>(2).empty());
}

// ---- reads ----

TEST(KnownBugs, A_new_leader_grants_no_read_before_an_entry_of_its_term_is_committed) {
  OneNode node({.terms = {1, 1}});
  node.lead();
  node.give(raft::ReadTicket{1});
  node.hear(2, 2, raft::HeartbeatReply{1, LogIndex(2)});
  node.hear(2, 2, appended(2));
  EXPECT_TRUE(node.reads.empty());
  node.hear(2, 2, appended(3));
  node.hear(2, 2, raft::HeartbeatReply{1, LogIndex(3)});
  ASSERT_EQ(node.reads.size(), 1U);
  EXPECT_EQ(node.reads[0].index, LogIndex(3));
}

TEST(KnownBugs, A_round_that_began_before_the_read_came_proves_nothing) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(raft::ReadTicket{1});
  node.give(raft::ReadTicket{2});
  node.hear(2, 1, raft::HeartbeatReply{1, LogIndex(1)});
  ASSERT_EQ(node.reads.size(), 1U);
  EXPECT_EQ(node.reads[0].id, 1U);
}

TEST(KnownBugs, The_commit_of_an_entry_from_before_the_read_proves_nothing) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(command());
  node.give(raft::ReadTicket{1});
  node.hear(2, 1, appended(2));
  EXPECT_TRUE(node.reads.empty());
}

TEST(KnownBugs, A_leader_that_steps_down_refuses_the_reads_it_has) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(raft::ReadTicket{1});
  node.give(raft::ReadTicket{2});
  node.hear(2, 7, raft::HeartbeatReply{});
  EXPECT_EQ(node.read_refusals, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(node.reads.empty());
}

// ---- snapshots ----

// Figure 13, step 6: appends that were under way for long have brought what the snapshot holds, and
// more, which the leader has counted.
TEST(KnownBugs, The_last_chunk_of_a_snapshot_throws_no_acknowledged_entry_away) {
  OneNode node({.terms = {1, 1}});
  node.hear(2, 1, chunk(4, 1, 0, false));
  node.give(stored(4, 0, false));
  node.hear(2, 1, OneNode::append(2, 1, {1, 1, 1, 1}));
  EXPECT_EQ(node.said<AppendReply>(2).back().match, LogIndex(6));
  node.hear(2, 1, chunk(4, 1, 1, true));
  EXPECT_EQ(node.disk_log(), "1 1 1 1 1 1");
  EXPECT_EQ(node.committed(), 4U);
  EXPECT_TRUE(node.said<InstallSnapshotReply>(2).back().is_installed);
  EXPECT_EQ(node.snapshot_writes.size(), 1U) << "the last chunk is not needed";
}

TEST(KnownBugs, A_snapshot_behind_the_commit_changes_nothing) {
  OneNode node({.terms = {1, 1, 1}});
  node.hear(2, 1, OneNode::append(3, 1, {}, 3));
  node.hear(2, 1, chunk(2, 1, 0, true));
  EXPECT_TRUE(node.snapshot_writes.empty());
  EXPECT_EQ(node.disk_log(), "1 1 1");
  EXPECT_TRUE(node.said<InstallSnapshotReply>(2).back().is_installed);
}

TEST(KnownBugs, A_snapshot_replaces_entries_that_differ_and_keeps_its_last_term) {
  OneNode node({.terms = {1, 2, 2, 2}});
  node.hear(3, 4, chunk(3, 3, 0, true));
  node.give(stored(3, 0, true));
  EXPECT_EQ(node.disk_log(), "");
  EXPECT_EQ(node.last(), 3U);
  EXPECT_EQ(node.committed(), 3U);
  node.hear(3, 4, OneNode::append(3, 3, {4}));
  EXPECT_TRUE(node.said<AppendReply>(3).back().success) << "the term of its last entry is known";
  node.hear(2, 5, OneNode::append(4, 3, {}));
  EXPECT_FALSE(node.said<AppendReply>(2).back().success);
}

TEST(KnownBugs, Nothing_is_appended_or_acknowledged_while_the_state_is_being_replaced) {
  OneNode node({.terms = {1, 1}});
  node.hear(2, 1, chunk(5, 1, 0, true));
  node.forget();
  node.hear(2, 1, OneNode::append(2, 1, {1, 1, 1, 1}, 6));
  node.hear(2, 1, raft::Heartbeat{LogIndex(2), 0});
  EXPECT_TRUE(node.said<AppendReply>(2).empty());
  EXPECT_EQ(node.committed(), 0U);
  node.give(stored(5, 0, true));
  EXPECT_EQ(node.committed(), 5U);
}

TEST(KnownBugs, A_chunk_that_comes_twice_is_written_once) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.hear(2, 1, chunk(5, 1, 0, false));
  EXPECT_EQ(node.snapshot_writes.size(), 1U);
  node.give(stored(5, 0, false));
  node.hear(2, 1, chunk(5, 1, 0, false));
  EXPECT_EQ(node.snapshot_writes.size(), 1U);
  EXPECT_EQ(node.said<InstallSnapshotReply>(2).back().next_sequence, 1U);
}

// Its sender led, stepped down, and leads again with the same checkpoint.
TEST(KnownBugs, A_stream_that_begins_again_in_the_middle_is_taken_from_its_beginning) {
  OneNode node;
  for (std::uint64_t i = 0; i < 3; ++i) {
    node.hear(2, 1, chunk(5, 1, i, false));
    node.give(stored(5, i, false));
  }
  node.hear(2, 2, chunk(5, 1, 0, false));
  ASSERT_EQ(node.snapshot_writes.size(), 4U);
  EXPECT_EQ(node.snapshot_writes.back().sequence, 0U);
  node.give(stored(5, 0, false));
  EXPECT_EQ(node.said<InstallSnapshotReply>(2).back().next_sequence, 1U);
}

TEST(KnownBugs, A_chunk_beyond_the_next_one_is_answered_so_that_the_stream_begins_again) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.give(stored(5, 0, false));
  node.forget();
  node.hear(2, 1, chunk(5, 1, 3, false));
  ASSERT_EQ(node.said<InstallSnapshotReply>(2).size(), 1U);
  EXPECT_EQ(node.said<InstallSnapshotReply>(2).back().next_sequence, 0U);
}

TEST(KnownBugs, A_state_that_was_lost_while_it_came_is_asked_for_from_its_beginning) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.give(stored(5, 0, false));
  node.hear(2, 1, chunk(5, 1, 1, false));
  node.give(raft::SnapshotFailed{NodeId()});
  node.hear(2, 1, chunk(5, 1, 1, false));
  EXPECT_EQ(node.said<InstallSnapshotReply>(2).back().next_sequence, 0U);
}

// Each round goes with heartbeats, and puts off those that are due.
TEST(KnownBugs, A_lost_chunk_is_sent_again_though_reads_begin_rounds_all_the_time) {
  OneNode node({.hard = {.term = Term(1), .vote = {}}, .snapshot_index = 5, .snapshot_term = 1});
  node.lead();
  const std::uint64_t term = node.term();
  node.hear(2, term, appended(6));
  node.hear(3, term, refused_after(5, 0, 0));
  ASSERT_EQ(node.snapshot_reads.size(), 1U);
  node.give(raft::SnapshotChunk{NodeId(3), chunk(5, 1, 0, false).meta, 0, false, "rows"});
  ASSERT_EQ(node.said<InstallSnapshot>(3).size(), 1U);
  node.forget();
  for (std::uint64_t i = 1; i < 30; ++i) {
    node.pass_ms(30);
    node.give(raft::ReadTicket{i});
    node.tick();
    const std::uint64_t round = node.said<raft::Heartbeat>(2).back().round;
    for (const std::uint64_t peer : {2U, 3U})
      node.hear(peer, term, raft::HeartbeatReply{round, LogIndex(peer == 2 ? 6 : 0)});
  }
  EXPECT_FALSE(node.said<InstallSnapshot>(3).empty());
}

TEST(KnownBugs, A_checkpoint_of_before_the_installed_one_is_not_taken_for_the_newest) {
  OneNode node({.terms = {1, 1}});
  node.hear(2, 1, chunk(9, 1, 0, true));
  node.give(stored(9, 0, true));
  node.give(raft::Checkpointed{
      {.index = LogIndex(2), .term = Term(1), .membership = {}, .generation = 50}});
  EXPECT_EQ(node.core().snapshot_index(), LogIndex(9));
}

// ---- transfer and membership ----

TEST(KnownBugs, The_word_to_stand_for_election_counts_only_from_the_leader_of_the_term) {
  OneNode node;
  node.hear(2, 3, raft::Heartbeat{});
  node.hear(3, 3, raft::TimeoutNow{});
  node.hear(2, 2, raft::TimeoutNow{});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.hear(2, 3, raft::TimeoutNow{});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
}

}  // namespace
