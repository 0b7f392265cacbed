// Leases (raft/lease.cpp): who is bound for how long, what a lease is counted from, and what ends
// it; and reads on followers (raft/read_index.cpp).
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::Heartbeat;
using raft::HeartbeatReply;
using raft::LogIndex;
using raft::NodeId;
using raft::PreVote;
using raft::PreVoteReply;
using raft::ReadIndex;
using raft::ReadIndexReply;
using raft::Role;
using raft::Term;
using raft::TimeoutNow;
using raft::Vote;
using raft::VoteReply;
using raft_test::OneNode;

constexpr std::uint32_t kBoundMs = 250;
constexpr auto kLease = base::Duration(250'000 * 95 / 105);  // 5 % of drift on either side

// A leader of term 1 whose first entry is committed.
OneNode leader(std::uint64_t voters = 3) {
  OneNode node({.voters = voters, .uses_leases = true});
  node.lead();
  for (std::uint64_t id = 2; id <= voters; ++id)
    node.hear(id, 1, raft::AppendReply{true, LogIndex(1), {}, {}, 0});
  return node;
}

std::uint64_t last_round(const OneNode& node) { return node.said<Heartbeat>(2).back().round; }
void answer(OneNode& node, std::uint64_t from, std::uint64_t round) {
  node.hear(from, 1, HeartbeatReply{round, LogIndex(1), kBoundMs});
}
// Sends a heartbeat now.
std::uint64_t beat(OneNode& node) {
  node.pass_ms(50);
  node.tick();
  return last_round(node);
}

TEST(Lease, Is_counted_from_when_the_heartbeat_was_sent) {
  OneNode node = leader();
  const std::uint64_t round = beat(node);
  const base::Instant sent = node.now();
  node.pass_ms(40);
  answer(node, 2, round);
  ASSERT_EQ(node.leases.size(), 1U);
  EXPECT_EQ(node.leases[0].until, sent + kLease);
  EXPECT_EQ(node.leases[0].term, Term(1));
}

TEST(Lease, Each_heartbeat_is_told_from_the_one_before) {
  OneNode node = leader();
  const std::uint64_t first = beat(node);
  const base::Instant sent = node.now();
  const std::uint64_t second = beat(node);
  EXPECT_GT(second, first);
  answer(node, 2, first);
  ASSERT_EQ(node.leases.size(), 1U);
  EXPECT_EQ(node.leases[0].until, sent + kLease);
}

TEST(Lease, Needs_a_majority_that_is_bound) {
  OneNode node = leader(5);
  const std::uint64_t round = beat(node);
  answer(node, 2, round);
  EXPECT_TRUE(node.leases.empty());
  node.hear(3, 1, HeartbeatReply{round, LogIndex(1), 0});  // heard it and is not bound
  EXPECT_TRUE(node.leases.empty());
  answer(node, 4, round);
  EXPECT_EQ(node.leases.size(), 1U);
}

TEST(Lease, Is_no_longer_than_what_the_voter_is_bound_for) {
  OneNode node = leader();
  const std::uint64_t round = beat(node);
  const base::Instant sent = node.now();
  node.hear(2, 1, HeartbeatReply{round, LogIndex(1), 105});
  ASSERT_EQ(node.leases.size(), 1U);
  EXPECT_EQ(node.leases[0].until, sent + base::milliseconds(95));
}

TEST(Lease, Old_answers_renew_nothing) {
  OneNode node = leader();
  const std::uint64_t first = beat(node);
  const std::uint64_t second = beat(node);
  answer(node, 2, second);
  answer(node, 3, first);
  EXPECT_EQ(node.leases.size(), 1U);
  node.pass_ms(300);
  answer(node, 3, second);
  EXPECT_EQ(node.leases.size(), 1U);
}

TEST(Lease, An_answer_to_a_heartbeat_that_is_not_remembered_gives_none) {
  OneNode node = leader();
  const std::uint64_t forgotten = beat(node);
  node.pass_ms(300);
  node.hear(2, 1, HeartbeatReply{0, LogIndex(1), 0});
  const std::uint64_t round = beat(node);
  answer(node, 2, forgotten);
  answer(node, 2, round + 1);  // never sent
  EXPECT_TRUE(node.leases.empty());
  answer(node, 2, round);
  EXPECT_EQ(node.leases.size(), 1U);
}

TEST(Lease, Learners_give_none) {
  OneNode node({.voters = 3, .learners = 2, .uses_leases = true});
  node.lead();
  node.hear(2, 1, raft::AppendReply{true, LogIndex(1), {}, {}, 0});
  const std::uint64_t round = beat(node);
  answer(node, 4, round);
  answer(node, 5, round);
  EXPECT_TRUE(node.leases.empty());
  answer(node, 2, round);
  EXPECT_EQ(node.leases.size(), 1U);
}

TEST(Lease, The_only_voter_needs_none_and_a_learner_gives_it_none) {
  OneNode node({.voters = 1, .learners = 1, .uses_leases = true});
  node.lead();
  answer(node, 2, beat(node));
  EXPECT_TRUE(node.leases.empty()) << "it would last for ever, also when there are more voters";
}

TEST(Lease, Its_end_ends_nothing_that_was_not_revoked) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.give(raft::LeaseEnded{node.leases[0].number});
  node.give(raft::ReadTicket{7});
  EXPECT_EQ(node.reads.size(), 1U);
}

TEST(Lease, A_leader_in_ticket_mode_has_none) {
  OneNode node;
  node.lead();
  beat(node);
  EXPECT_FALSE(node.said<Heartbeat>(2).back().is_leasing);
  answer(node, 2, last_round(node));
  EXPECT_TRUE(node.leases.empty());
}

TEST(Lease, A_read_needs_no_round_while_it_lasts) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.forget();
  node.give(raft::ReadTicket{7});
  ASSERT_EQ(node.reads.size(), 1U);
  EXPECT_TRUE(node.said<Heartbeat>(2).empty());
  node.pass_ms(240);
  node.give(raft::ReadTicket{8});
  EXPECT_EQ(node.reads.size(), 1U);
  EXPECT_FALSE(node.said<Heartbeat>(2).empty());
}

// Whoever asked for it trusts no clock, here or at a follower.
TEST(Lease, A_read_by_round_waits_for_one_although_it_lasts) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.forget();
  node.give(raft::ReadTicket{7, true});
  EXPECT_TRUE(node.reads.empty());
  answer(node, 2, last_round(node));
  EXPECT_EQ(node.reads.size(), 1U);
  node.give(raft::Applied{LogIndex(1)});
  node.hear(3, 1, ReadIndex{9, true});
  EXPECT_TRUE(node.said<ReadIndexReply>(3).empty());
  answer(node, 2, last_round(node));
  EXPECT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
  node.hear(3, 1, ReadIndex{10});
  EXPECT_EQ(node.said<ReadIndexReply>(3).size(), 2U) << "this one trusts the lease";
}

// Else a follower shows what a later read here by the lease does not see.
TEST(Lease, Followers_hear_of_no_more_than_is_applied_here) {
  OneNode node = leader();
  const auto told = [&node] {
    node.forget();
    node.give(raft::TellCommit{base::NodeId(2)});
    return node.said<Heartbeat>(2).back().commit;
  };
  ASSERT_EQ(node.committed(), 1U);
  EXPECT_EQ(told(), LogIndex());
  node.give(raft::Applied{LogIndex(1)});
  EXPECT_EQ(told(), LogIndex(1));
}

TEST(Lease, In_ticket_mode_followers_hear_of_all_that_is_committed) {
  OneNode node;
  node.lead();
  node.hear(2, 1, raft::AppendReply{true, LogIndex(1), {}, {}, 0});
  node.forget();
  node.give(raft::TellCommit{base::NodeId(2)});
  EXPECT_EQ(node.said<Heartbeat>(2).back().commit, LogIndex(1));
}

// ---- whoever is bound ----

TEST(Lease, A_bound_voter_helps_nobody) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  EXPECT_EQ(node.said<HeartbeatReply>(2).back().bound_ms, kBoundMs);
  node.pass_ms(249);
  node.hear(3, 1, PreVote{Term(2), LogIndex(5), Term(1)});
  EXPECT_FALSE(node.said<PreVoteReply>(3).back().granted);
  node.hear(3, 2, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
  EXPECT_EQ(node.term(), 1U);
  node.pass_ms(2);
  node.hear(3, 2, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).back().granted);
}

TEST(Lease, A_greater_term_heard_from_elsewhere_sets_nobody_free) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  node.hear(3, 2, VoteReply{false});  // late, of an election of its own
  EXPECT_EQ(node.term(), 2U);
  node.hear(3, 3, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
}

TEST(Lease, An_append_binds_as_well) {
  OneNode node;
  raft::Append append = OneNode::append(0, 0, {1});
  append.is_leasing = true;
  node.hear(2, 1, append);
  node.hear(3, 2, VoteReply{false});
  node.hear(3, 3, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
}

TEST(Lease, A_closed_link_sets_nobody_free) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  node.give(raft::PeerLost{NodeId(2)});
  node.pass_ms(100);
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.hear(3, 2, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
}

TEST(Lease, Without_one_a_closed_link_begins_an_election_at_once) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, false});
  node.give(raft::PeerLost{NodeId(2)});
  node.pass_ms(100);
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kPreCandidate);
}

TEST(Lease, Whoever_starts_again_votes_for_nobody_at_first) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  node.restart();
  node.pass_ms(240);
  node.hear(3, 2, Vote{LogIndex(5), Term(1), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
}

TEST(Lease, A_deposed_leader_is_bound_by_its_own_lease) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.hear(3, 5, HeartbeatReply{});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.pass_ms(200);
  node.hear(3, 6, Vote{LogIndex(5), Term(5), false});
  EXPECT_TRUE(node.said<VoteReply>(3).empty());
  node.pass_ms(30);
  node.hear(3, 6, Vote{LogIndex(5), Term(5), false});
  EXPECT_TRUE(node.said<VoteReply>(3).back().granted);
}

// ---- transfer ----

TEST(Lease, Is_over_before_a_successor_is_told_to_stand) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.give(raft::Transfer{NodeId(2)});
  ASSERT_EQ(node.leases.size(), 2U);
  EXPECT_EQ(node.leases[1].until, base::Instant{});
  EXPECT_TRUE(node.said<TimeoutNow>(2).empty());
  node.give(raft::LeaseEnded{node.leases[0].number});  // of another one
  EXPECT_TRUE(node.said<TimeoutNow>(2).empty());
  node.give(raft::LeaseEnded{node.leases[1].number});
  EXPECT_EQ(node.said<TimeoutNow>(2).size(), 1U);
}

TEST(Lease, Runs_out_before_a_transfer_when_nobody_confirms_its_end) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.give(raft::Transfer{NodeId(2)});
  answer(node, 2, beat(node));
  answer(node, 3, last_round(node));
  EXPECT_EQ(node.leases.size(), 2U);
  EXPECT_TRUE(node.said<TimeoutNow>(2).empty());
  node.pass_ms(200);
  node.tick();
  EXPECT_EQ(node.said<TimeoutNow>(2).size(), 1U);
}

TEST(Lease, There_is_none_in_a_term_whose_leader_has_told_somebody_to_stand) {
  OneNode node = leader();
  node.give(raft::Transfer{NodeId(2)});
  ASSERT_EQ(node.said<TimeoutNow>(2).size(), 1U);
  for (int i = 0; i < 12; ++i) {
    answer(node, 2, beat(node));
    answer(node, 3, last_round(node));
  }
  node.give(raft::Propose{1, raft::EntryKind::kBatch, "x"});
  EXPECT_TRUE(node.refused.empty()) << "the transfer is given up";
  EXPECT_TRUE(node.leases.empty());
}

TEST(Lease, Comes_back_when_a_transfer_was_given_up_before_that) {
  OneNode node = leader();
  node.give(raft::Propose{1, raft::EntryKind::kBatch, "x"});  // the target will not have it
  answer(node, 2, beat(node));
  node.give(raft::Transfer{NodeId(2)});
  node.give(raft::LeaseEnded{node.leases.back().number});
  for (int i = 0; i < 12; ++i) answer(node, 2, beat(node));
  EXPECT_TRUE(node.said<TimeoutNow>(2).empty());
  EXPECT_GT(node.leases.back().until, node.now());
}

TEST(Lease, Nobody_stands_by_itself_while_bound) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  node.hear(2, 1, TimeoutNow{});  // but its leader may ask it to
  EXPECT_EQ(node.core().role(), Role::kCandidate);
}

TEST(Lease, Whoever_was_elected_by_pre_votes_stands_when_it_is_bound_no_more) {
  OneNode node;
  node.hear(2, 1, Heartbeat{LogIndex(), 4, true});
  node.give(raft::Campaign{});
  node.hear(3, 1, PreVoteReply{Term(2), true});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  EXPECT_EQ(node.term(), 1U) << "its own vote is one too";
  EXPECT_GE(node.core().next_deadline(), node.now() + base::milliseconds(250));
  node.time_out();
  node.hear(3, 1, PreVoteReply{Term(2), true});
  EXPECT_EQ(node.term(), 2U);
}

TEST(Lease, A_leader_that_leaves_with_a_lease_tells_nobody_to_stand) {
  OneNode node = leader();
  node.pass_ms(600);  // nobody is heard: it hands over to nobody
  node.give(raft::ChangeMembership{.id = 1, .change = raft::RemoveMember{NodeId(1)}});
  ASSERT_EQ(node.last(), 2U);
  for (const std::uint64_t id : {2U, 3U}) node.hear(id, 1, HeartbeatReply{0, LogIndex(1), 0});
  const std::uint64_t round = beat(node);
  answer(node, 2, round);
  answer(node, 3, round);
  ASSERT_EQ(node.leases.size(), 1U);
  node.hear(2, 1, raft::AppendReply{true, LogIndex(2), {}, {}, 0});
  node.hear(3, 1, raft::AppendReply{true, LogIndex(2), {}, {}, 0});
  EXPECT_EQ(node.core().role(), Role::kLearner);
  EXPECT_EQ(node.said<TimeoutNow>(2).size() + node.said<TimeoutNow>(3).size(), 0U);
}

// ---- reads on followers ----

OneNode follower() {
  OneNode node;
  node.hear(2, 1, OneNode::append(0, 0, {1}, 1));
  node.forget();
  return node;
}

TEST(FollowerRead, Asks_the_leader_once_for_all_that_wait) {
  OneNode node = follower();
  node.give(raft::ReadTicket{7});
  node.give(raft::ReadTicket{8});
  node.give(raft::ReadTicket{9});
  ASSERT_EQ(node.said<ReadIndex>(2).size(), 1U);
  node.hear(2, 1, ReadIndexReply{node.said<ReadIndex>(2)[0].request, true, LogIndex(5)});
  ASSERT_EQ(node.reads.size(), 1U);
  EXPECT_EQ(node.reads[0].id, 7U);
  EXPECT_EQ(node.reads[0].index, LogIndex(5));
  ASSERT_EQ(node.said<ReadIndex>(2).size(), 2U);
  node.hear(2, 1, ReadIndexReply{node.said<ReadIndex>(2)[1].request, true, LogIndex(6)});
  EXPECT_EQ(node.reads.size(), 3U);
}

TEST(FollowerRead, Only_the_answer_to_its_own_request_counts) {
  OneNode node = follower();
  node.give(raft::ReadTicket{7});
  const std::uint64_t request = node.said<ReadIndex>(2)[0].request;
  node.hear(2, 1, ReadIndexReply{request - 1, true, LogIndex(5)});
  node.hear(3, 1, ReadIndexReply{request, true, LogIndex(5)});
  EXPECT_TRUE(node.reads.empty());
}

TEST(FollowerRead, Is_asked_again_when_the_answer_does_not_come) {
  OneNode node = follower();
  node.give(raft::ReadTicket{7});
  node.pass_ms(200);
  node.hear(2, 1, Heartbeat{});
  EXPECT_EQ(node.said<ReadIndex>(2).size(), 1U);
  node.pass_ms(60);
  node.hear(2, 1, Heartbeat{});
  ASSERT_EQ(node.said<ReadIndex>(2).size(), 2U);
  EXPECT_EQ(node.said<ReadIndex>(2)[0].request, node.said<ReadIndex>(2)[1].request);
}

TEST(FollowerRead, Is_refused_when_the_leader_is_lost) {
  OneNode node = follower();
  node.give(raft::ReadTicket{7});
  node.time_out();
  EXPECT_EQ(node.read_refusals, std::vector<std::uint64_t>{7});
  node.give(raft::ReadTicket{8});
  EXPECT_EQ(node.read_refusals.size(), 2U);
}

TEST(FollowerRead, A_leader_grants_it_behind_a_round) {
  OneNode node({.voters = 3});
  node.lead();
  node.hear(2, 1, raft::AppendReply{true, LogIndex(1), {}, {}, 0});
  node.give(raft::Applied{LogIndex(1)});
  node.forget();
  node.hear(3, 1, ReadIndex{9});
  EXPECT_TRUE(node.said<ReadIndexReply>(3).empty());
  answer(node, 2, last_round(node));
  ASSERT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
  EXPECT_TRUE(node.said<ReadIndexReply>(3)[0].is_granted);
  EXPECT_EQ(node.said<ReadIndexReply>(3)[0].index, LogIndex(1));
}

TEST(FollowerRead, Its_index_leaves_when_the_leader_has_applied_it) {
  OneNode node = leader();
  node.give(raft::Applied{LogIndex(1)});
  answer(node, 2, beat(node));
  node.give(raft::Propose{1, raft::EntryKind::kBatch, "x"});
  node.hear(2, 1, raft::AppendReply{true, LogIndex(2), {}, {}, 0});
  node.hear(3, 1, ReadIndex{9});
  EXPECT_TRUE(node.said<ReadIndexReply>(3).empty()) << "a read here by lease would not see it yet";
  node.give(raft::Applied{LogIndex(1)});
  EXPECT_TRUE(node.said<ReadIndexReply>(3).empty());
  node.give(raft::Applied{LogIndex(2)});
  EXPECT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
}

TEST(FollowerRead, Whoever_does_not_lead_refuses_it) {
  OneNode node = follower();
  node.hear(3, 1, ReadIndex{9});
  ASSERT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
  EXPECT_FALSE(node.said<ReadIndexReply>(3)[0].is_granted);
}

TEST(FollowerRead, A_deposed_leader_refuses_those_it_has) {
  OneNode node = leader();
  node.hear(3, 1, ReadIndex{9});
  node.hear(2, 4, HeartbeatReply{});
  ASSERT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
  EXPECT_FALSE(node.said<ReadIndexReply>(3)[0].is_granted);
}

TEST(FollowerRead, A_deposed_leader_refuses_those_it_has_granted_and_not_applied) {
  OneNode node = leader();
  answer(node, 2, beat(node));
  node.hear(3, 1, ReadIndex{9});  // granted at 1, which is not applied
  EXPECT_TRUE(node.said<ReadIndexReply>(3).empty());
  node.hear(2, 4, HeartbeatReply{});
  ASSERT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
  EXPECT_FALSE(node.said<ReadIndexReply>(3)[0].is_granted);
  node.give(raft::Applied{LogIndex(1)});
  EXPECT_EQ(node.said<ReadIndexReply>(3).size(), 1U);
}

TEST(FollowerRead, A_late_answer_grants_nothing_that_was_asked_of_itself_as_leader) {
  OneNode node = follower();
  node.give(raft::ReadTicket{7});
  const std::uint64_t request = node.said<ReadIndex>(2)[0].request;
  node.lead();
  node.hear(3, 2, raft::AppendReply{true, LogIndex(2), {}, {}, 0});
  node.give(raft::ReadTicket{8});  // waits for a round
  node.hear(2, 2, ReadIndexReply{request, true, LogIndex(1)});
  EXPECT_TRUE(node.reads.empty());
  EXPECT_EQ(node.read_refusals, std::vector<std::uint64_t>{7});
}

}  // namespace
