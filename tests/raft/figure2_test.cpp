// The rules of the Raft paper's figure 2, a test for each, named as there.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::AppendReply;
using raft::LogIndex;
using raft::NodeId;
using raft::Role;
using raft::Term;
using raft::Vote;
using raft::VoteReply;
using raft_test::OneNode;

Vote vote(std::uint64_t last_index, std::uint64_t last_term) {
  return {LogIndex(last_index), Term(last_term), false};
}
AppendReply appended(std::uint64_t match) {
  return {.success = true,
          .match = LogIndex(match),
          .conflict_term = {},
          .rejected_previous = {},
          .round = 0};
}
bool granted(const OneNode& node, std::uint64_t to) {
  const auto replies = node.said<VoteReply>(to);
  return !replies.empty() && replies.back().granted;
}
raft::Propose command(std::string payload = "x") {
  return {1, raft::EntryKind::kBatch, std::move(payload)};
}

// ---- State ----

TEST(State, CurrentTerm_and_votedFor_are_durable_before_a_vote_leaves) {
  OneNode node;
  node.make_disk_slow();
  node.hear(2, 5, vote(0, 0));
  EXPECT_FALSE(granted(node, 2));
  node.sync();
  EXPECT_TRUE(granted(node, 2));
  EXPECT_EQ(node.disk_hard(), (raft::HardState{Term(5), NodeId(2)}));
}

TEST(State, CurrentTerm_and_votedFor_are_durable_before_a_candidate_asks_for_votes) {
  OneNode node;
  node.make_disk_slow();
  node.campaign();
  EXPECT_TRUE(node.said<Vote>(2).empty());
  node.sync();
  EXPECT_EQ(node.said<Vote>(2).size(), 1U);
  EXPECT_EQ(node.disk_hard(), (raft::HardState{Term(1), NodeId(1)}));
}

TEST(State, A_candidates_own_vote_counts_only_when_durable) {
  OneNode node({.voters = 2});
  node.make_disk_slow();
  node.campaign();
  node.hear(2, 1, VoteReply{true});  // of a reply that could not be: nobody has been asked yet
  EXPECT_EQ(node.core().role(), Role::kCandidate);
  node.sync();
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(State, Log_entries_are_durable_before_they_are_acknowledged) {
  OneNode node;
  node.make_disk_slow();
  node.hear(2, 1, OneNode::append(0, 0, {1, 1}));
  EXPECT_TRUE(node.said<AppendReply>(2).empty());
  node.sync();
  ASSERT_EQ(node.said<AppendReply>(2).size(), 1U);
  EXPECT_EQ(node.said<AppendReply>(2)[0].match, LogIndex(2));
  EXPECT_EQ(node.disk_log(), "1 1");
}

TEST(State, An_append_of_nothing_new_is_acknowledged_only_when_what_came_before_is_durable) {
  OneNode node;
  node.make_disk_slow();
  node.hear(2, 1, OneNode::append(0, 0, {1, 1}));
  node.hear(2, 1, OneNode::append(0, 0, {1, 1}));
  EXPECT_TRUE(node.said<AppendReply>(2).empty());
  node.sync();
  EXPECT_EQ(node.said<AppendReply>(2).size(), 2U);
}

TEST(State, NextIndex_begins_behind_the_leaders_last_entry_and_matchIndex_at_0) {
  OneNode node({.terms = {1, 1, 1}});
  node.campaign();
  node.make_disk_slow();
  node.hear(2, 2, VoteReply{true});
  for (const raft::PeerProgress& peer : node.core().progress()) {
    EXPECT_EQ(peer.match, LogIndex(0));
    EXPECT_EQ(peer.next, LogIndex(4));
  }
}

// ---- AppendEntries RPC, receiver implementation ----

TEST(AppendEntries, Rule_1_a_lower_term_is_refused_and_told_the_own_term) {
  OneNode node({.terms = {1, 1}, .hard = {Term(5), {}}});
  node.hear(2, 4, OneNode::append(2, 1, {4}, 2));
  EXPECT_EQ(node.last(), 2U);
  EXPECT_EQ(node.committed(), 0U);
  ASSERT_EQ(node.messages().size(), 1U);
  EXPECT_EQ(node.messages()[0].term, Term(5));
  EXPECT_TRUE(node.said<AppendReply>(2).empty()) << "nothing that could be taken for success";
}

TEST(AppendEntries, Rule_2_refused_without_an_entry_at_prevLogIndex) {
  OneNode node({.terms = {1, 1}});
  node.hear(2, 1, OneNode::append(5, 1, {1}));
  ASSERT_EQ(node.said<AppendReply>(2).size(), 1U);
  EXPECT_FALSE(node.said<AppendReply>(2)[0].success);
  EXPECT_EQ(node.last(), 2U);
}

TEST(AppendEntries, Rule_2_refused_if_the_entry_at_prevLogIndex_has_another_term) {
  OneNode node({.terms = {1, 1, 2}});
  node.hear(2, 4, OneNode::append(3, 3, {4}, 3));
  ASSERT_EQ(node.said<AppendReply>(2).size(), 1U);
  EXPECT_FALSE(node.said<AppendReply>(2)[0].success);
  EXPECT_EQ(node.last(), 3U);
  EXPECT_EQ(node.committed(), 0U) << "nothing is known of this prefix";
}

TEST(AppendEntries, Rule_3_a_conflicting_entry_and_all_behind_it_go) {
  OneNode node({.terms = {1, 2, 2, 2}});
  node.hear(2, 3, OneNode::append(1, 1, {3}));
  EXPECT_EQ(node.last(), 2U);
  EXPECT_EQ(node.disk_log(), "1 3");
}

TEST(AppendEntries,
     Rule_4_entries_already_there_are_not_appended_again_and_those_behind_them_stay) {
  OneNode node({.terms = {1, 1, 1, 1}});
  node.hear(2, 1, OneNode::append(1, 1, {1, 1}));
  EXPECT_EQ(node.disk_log(), "1 1 1 1");
  node.hear(2, 1, OneNode::append(3, 1, {1, 1}));
  EXPECT_EQ(node.disk_log(), "1 1 1 1 1");
}

TEST(AppendEntries, Rule_5_commitIndex_follows_leaderCommit) {
  OneNode node({.terms = {1, 1, 1}});
  node.hear(2, 1, OneNode::append(3, 1, {}, 2));
  EXPECT_EQ(node.committed(), 2U);
}

TEST(AppendEntries, Rule_5_commitIndex_goes_no_further_than_the_last_new_entry) {
  OneNode node({.terms = {1, 1, 1, 1}});
  node.hear(2, 2, OneNode::append(1, 1, {1}, 4));  // 3 and 4 may differ from the leader's
  EXPECT_EQ(node.committed(), 2U);
}

// ---- RequestVote RPC, receiver implementation ----

TEST(RequestVote, Rule_1_a_lower_term_gets_no_vote) {
  OneNode node({.hard = {Term(5), {}}});
  node.hear(2, 4, vote(9, 4));
  EXPECT_FALSE(granted(node, 2));
  EXPECT_EQ(node.term(), 5U);
}

TEST(RequestVote, Rule_2_grants_at_most_one_candidate_per_term) {
  OneNode node;
  node.hear(2, 1, vote(0, 0));
  node.hear(3, 1, vote(9, 1));
  EXPECT_TRUE(granted(node, 2));
  EXPECT_FALSE(granted(node, 3));
  node.hear(3, 2, vote(9, 1));
  EXPECT_TRUE(granted(node, 3)) << "a new term, a new vote";
}

TEST(RequestVote, Rule_2_the_same_candidate_may_ask_again) {
  OneNode node;
  node.hear(2, 1, vote(0, 0));
  node.hear(2, 1, vote(0, 0));
  ASSERT_EQ(node.said<VoteReply>(2).size(), 2U);
  EXPECT_TRUE(node.said<VoteReply>(2)[1].granted);
}

TEST(RequestVote, Rule_2_a_candidate_whose_last_term_is_lower_gets_no_vote_however_long_its_log) {
  OneNode node({.terms = {1, 2}});
  node.hear(2, 3, vote(9, 1));
  EXPECT_FALSE(granted(node, 2));
  EXPECT_EQ(node.term(), 3U) << "its term counts all the same";
}

TEST(RequestVote, Rule_2_with_equal_last_terms_the_shorter_log_gets_no_vote) {
  OneNode node({.terms = {1, 2, 2}});
  node.hear(2, 3, vote(2, 2));
  EXPECT_FALSE(granted(node, 2));
  node.hear(3, 3, vote(3, 2));
  EXPECT_TRUE(granted(node, 3));
}

TEST(RequestVote, Rule_2_a_greater_last_term_wins_over_a_longer_log) {
  OneNode node({.terms = {1, 2, 2}});
  node.hear(2, 4, vote(1, 3));
  EXPECT_TRUE(granted(node, 2));
}

// ---- Rules for Servers: all ----

TEST(AllServers, A_higher_term_is_adopted_and_makes_a_follower) {
  for (const bool is_leader : {true, false}) {
    OneNode node;
    is_leader ? node.lead() : node.campaign();
    node.hear(2, 9, AppendReply{});
    EXPECT_EQ(node.term(), 9U);
    EXPECT_EQ(node.core().role(), Role::kFollower);
    EXPECT_EQ(node.disk_hard(), (raft::HardState{Term(9), NodeId()})) << "no vote in the new term";
  }
}

// ---- Rules for Servers: followers ----

TEST(Followers, Without_a_leader_for_an_election_timeout_they_stand_for_election) {
  OneNode node;
  node.hear(2, 1, OneNode::append(0, 0, {1}));
  node.pass_ms(249);
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.pass_ms(251);  // twice the least timeout is the longest
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kPreCandidate);
}

TEST(Followers, AppendEntries_of_the_leader_begin_the_timeout_anew) {
  OneNode node;
  for (int i = 0; i < 20; ++i) {
    node.hear(2, 1, raft::Heartbeat{});
    node.pass_ms(240);
    node.tick();
    ASSERT_EQ(node.core().role(), Role::kFollower);
  }
}

TEST(Followers, A_vote_granted_begins_the_timeout_anew) {
  OneNode node;
  node.hear(3, 1, raft::Heartbeat{});
  node.pass_ms(251);
  const auto before = node.core().next_deadline();
  node.hear(2, 2, vote(0, 0));
  EXPECT_TRUE(granted(node, 2));
  EXPECT_GT(node.core().next_deadline(), before);
}

// ---- Rules for Servers: candidates ----

TEST(Candidates, Increment_the_term_vote_for_themselves_and_ask_all_others) {
  OneNode node({.voters = 3, .terms = {1, 2}, .hard = {Term(4), NodeId(3)}});
  node.campaign();
  EXPECT_EQ(node.term(), 5U);
  EXPECT_EQ(node.disk_hard().vote, NodeId(1));
  for (const std::uint64_t peer : {2U, 3U}) {
    ASSERT_EQ(node.said<Vote>(peer).size(), 1U);
    EXPECT_EQ(node.said<Vote>(peer)[0].last_index, LogIndex(2));
    EXPECT_EQ(node.said<Vote>(peer)[0].last_term, Term(2));
  }
}

TEST(Candidates, With_votes_of_a_majority_lead) {
  OneNode node({.voters = 5});
  node.campaign();
  node.hear(2, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
  node.hear(2, 1, VoteReply{true});
  node.hear(3, 1, VoteReply{false});
  EXPECT_EQ(node.core().role(), Role::kCandidate) << "one vote twice is one vote";
  node.hear(4, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(Candidates, Votes_of_an_earlier_term_do_not_count) {
  OneNode node;
  node.campaign();
  node.time_out();
  node.hear(2, 1, raft::PreVoteReply{Term(2), true});
  ASSERT_EQ(node.term(), 2U);
  node.hear(2, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
}

TEST(Candidates, AppendEntries_of_a_leader_of_the_term_make_a_follower) {
  OneNode node;
  node.campaign();
  node.hear(3, 1, raft::Heartbeat{});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  EXPECT_EQ(node.core().leader(), NodeId(3));
}

TEST(Candidates, After_another_timeout_begin_a_new_election) {
  OneNode node;
  node.campaign();
  node.campaign();
  EXPECT_EQ(node.term(), 2U);
  EXPECT_EQ(node.said<Vote>(2).size(), 2U);
}

// ---- Rules for Servers: leaders ----

TEST(Leaders, Upon_election_send_AppendEntries_to_all_at_once) {
  OneNode node({.terms = {1}});
  node.lead();
  EXPECT_EQ(node.said<raft::Append>(2).size(), 1U);
  EXPECT_EQ(node.said<raft::Append>(3).size(), 1U);
}

TEST(Leaders, Repeat_heartbeats_while_idle) {
  OneNode node;
  node.lead();
  for (const std::uint64_t peer : {2U, 3U}) node.hear(peer, 1, appended(1));
  node.forget();
  for (int i = 0; i < 4; ++i) {
    node.pass_ms(50);
    node.tick();
  }
  EXPECT_EQ(node.said<raft::Heartbeat>(2).size(), 4U);
  EXPECT_EQ(node.said<raft::Heartbeat>(3).size(), 4U);
}

TEST(Leaders, A_command_is_appended_to_the_own_log_and_applied_only_when_committed) {
  OneNode node;
  node.lead();
  for (const std::uint64_t peer : {2U, 3U}) node.hear(peer, 1, appended(1));
  node.give(command());
  EXPECT_EQ(node.last(), 2U);
  EXPECT_EQ(node.committed(), 1U);
  node.hear(2, 1, appended(2));
  EXPECT_EQ(node.committed(), 2U);
}

TEST(Leaders, Send_the_entries_from_nextIndex_on) {
  OneNode node({.terms = {1, 1, 1}});
  node.lead();
  node.hear(2, 2,
            AppendReply{.success = false,
                        .match = LogIndex(1),
                        .conflict_term = Term(1),
                        .rejected_previous = LogIndex(3),
                        .round = 0});
  const raft::Append sent = node.said<raft::Append>(2).back();
  EXPECT_EQ(sent.previous_index, LogIndex(1));
  EXPECT_EQ(sent.previous_term, Term(1));
  ASSERT_EQ(sent.entries.size(), 3U);
  EXPECT_EQ(sent.entries[0]->index, LogIndex(2));
}

TEST(Leaders, A_success_moves_nextIndex_and_matchIndex) {
  OneNode node({.terms = {1, 1, 1}});
  node.lead();
  node.hear(2, 2, appended(3));
  EXPECT_EQ(node.core().progress()[0].match, LogIndex(3));
  EXPECT_EQ(node.core().progress()[0].next, LogIndex(5)) << "4 is under way";
}

TEST(Leaders, A_refusal_moves_nextIndex_back_and_is_tried_again) {
  OneNode node({.terms = {1, 1, 1}});
  node.lead();
  node.forget();
  node.hear(2, 2,
            AppendReply{.success = false,
                        .match = LogIndex(2),
                        .conflict_term = Term(1),
                        .rejected_previous = LogIndex(3),
                        .round = 0});
  ASSERT_EQ(node.said<raft::Append>(2).size(), 1U);
  EXPECT_EQ(node.said<raft::Append>(2)[0].previous_index, LogIndex(2));
}

TEST(Leaders, Commit_what_a_majority_has) {
  OneNode node({.voters = 5});
  node.lead();
  node.hear(2, 1, appended(1));
  EXPECT_EQ(node.committed(), 0U);
  node.hear(3, 1, appended(1));
  EXPECT_EQ(node.committed(), 1U);
}

TEST(Leaders, Commit_only_entries_of_their_own_term_by_counting) {
  OneNode node({.terms = {1, 1}});
  node.lead();
  node.hear(2, 2, appended(2));
  EXPECT_EQ(node.committed(), 0U);
  node.hear(2, 2, appended(3));
  EXPECT_EQ(node.committed(), 3U) << "those before it go with it";
}

TEST(Leaders, Count_themselves_only_when_durable) {
  OneNode node;
  node.lead();
  node.hear(2, 1, appended(1));
  node.hear(3, 1, appended(1));
  node.make_disk_slow();
  node.give(command());
  node.hear(2, 1, appended(2));
  EXPECT_EQ(node.committed(), 1U);
  node.sync();
  EXPECT_EQ(node.committed(), 2U);
}

TEST(Leaders, Begin_their_term_with_an_entry_of_their_own) {
  OneNode node({.terms = {1}});
  node.lead();
  EXPECT_EQ(node.disk_log(), "1 2");
}

}  // namespace
