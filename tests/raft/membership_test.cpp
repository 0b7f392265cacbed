// Changes of the membership: what is refused and why, whose voice counts from when to when, and the
// mistakes that other implementations have made here. Stories of several nodes: testdata/.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::ChangeRefusal;
using raft::LogIndex;
using raft::NodeId;
using raft::Role;
using raft::Term;
using raft_test::OneNode;

raft::AppendReply appended(std::uint64_t match) {
  return {.success = true,
          .match = LogIndex(match),
          .conflict_term = {},
          .rejected_previous = {},
          .round = 0};
}

raft::ChangeMembership add(std::uint64_t id) {
  return {.id = id, .change = raft::AddLearner{NodeId(id), "a:" + std::to_string(id)}};
}
raft::ChangeMembership removal(std::uint64_t id) {
  return {.id = id, .change = raft::RemoveMember{NodeId(id)}};
}
raft::ChangeMembership promotion(std::uint64_t id) {
  return {.id = id, .change = raft::PromoteLearner{NodeId(id)}};
}

raft::ChangeMembership replacement(std::uint64_t old, std::uint64_t id) {
  return {.id = id, .change = raft::ReplaceMember{NodeId(old), NodeId(id)}};
}

// The answer to the last change asked for; none while there is no answer.
std::optional<ChangeRefusal> refusal(const OneNode& node) {
  return node.changed.empty() ? std::nullopt : node.changed.back().refusal;
}

// A leader whose term is open: node 2 has its first entry.
OneNode leader(std::uint64_t voters, std::uint64_t learners = 0) {
  OneNode node({.voters = voters, .learners = learners});
  node.lead();
  if (voters > 1) node.hear(2, 1, appended(1));
  if (voters > 3) node.hear(3, 1, appended(1));
  node.forget();
  return node;
}

raft::EntryPtr membership_entry(std::uint64_t index, std::uint64_t term, raft::Membership members) {
  members.version = LogIndex(index);
  return std::make_shared<raft::Entry>(raft::Entry{
      LogIndex(index), Term(term), raft::EntryKind::kMembership, raft::encode_membership(members)});
}

// ---- known bugs of others ----

// Ongaro's correction of 2015 to the thesis, 4.1: without it two leaders can each have a majority
// of their own members.
TEST(KnownMembershipBugs, A_change_before_an_entry_of_the_own_term_is_committed) {
  OneNode node;
  node.lead();
  node.give(add(4));
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_EQ(refusal(node), ChangeRefusal::kTermNotOpen);
  EXPECT_EQ(node.last(), 1U);
  node.hear(2, 1, appended(1));
  node.give(add(4));
  EXPECT_EQ(node.last(), 2U);
}

TEST(KnownMembershipBugs, Two_changes_in_flight) {
  OneNode node = leader(3);
  node.give(add(4));
  EXPECT_TRUE(node.changed.empty()) << "the answer comes when it is committed";
  node.give(add(5));
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_EQ(refusal(node), ChangeRefusal::kUnderWay);
  node.hear(2, 1, appended(2));
  ASSERT_EQ(node.changed.size(), 2U);
  EXPECT_FALSE(refusal(node).has_value());
  EXPECT_EQ(node.changed.back().id, 4U);
  node.give(add(5));
  EXPECT_EQ(node.last(), 3U);
}

// The snapshot's membership is that at its end; a newer one behind it in the log stays in force.
TEST(KnownMembershipBugs, A_snapshot_that_carries_an_old_configuration) {
  OneNode node;
  raft::Membership grown = node.core().membership();
  grown.members.push_back({NodeId(4), "a:4", false});
  const raft::SnapshotMeta old{
      .index = LogIndex(5), .term = Term(1), .membership = node.core().membership()};
  raft::Append append = OneNode::append(0, 0, {1, 1, 1, 1, 1, 1}, 6);
  append.entries.push_back(membership_entry(7, 1, grown));
  node.hear(2, 1, append);
  ASSERT_NE(node.core().membership().find(NodeId(4)), nullptr);
  node.hear(2, 1, raft::InstallSnapshot{old, 0, true, "state"});
  EXPECT_TRUE(node.snapshot_writes.empty()) << "its log has all of that";
  EXPECT_NE(node.core().membership().find(NodeId(4)), nullptr);
  node.give(raft::Checkpointed{old});
  EXPECT_NE(node.core().membership().find(NodeId(4)), nullptr);
  EXPECT_EQ(node.core().committed_membership().find(NodeId(4)), nullptr);
  node.restart();
  EXPECT_NE(node.core().membership().find(NodeId(4)), nullptr);
}

TEST(KnownMembershipBugs, A_snapshot_installed_takes_back_what_a_cut_off_leader_had_appended) {
  OneNode node;
  raft::Membership grown = node.core().membership();
  grown.members.push_back({NodeId(4), "a:4", false});
  raft::Append append = OneNode::append(0, 0, {1}, 1);
  append.entries.push_back(membership_entry(2, 1, grown));
  node.hear(2, 1, append);
  raft::Membership shrunk = node.core().membership();
  std::erase_if(shrunk.members, [](const raft::Member& member) { return member.id > NodeId(2); });
  const raft::SnapshotMeta meta{.index = LogIndex(9), .term = Term(2), .membership = shrunk};
  node.hear(3, 2, raft::InstallSnapshot{meta, 0, true, "state"});
  node.give(raft::SnapshotStored{LogIndex(9), 0, true});
  EXPECT_EQ(node.core().membership(), shrunk);
  node.restart();
  EXPECT_EQ(node.core().membership(), shrunk);
}

// Seed 572958396677 of the simulator: whose log was the longest had come and was to go, both behind
// its checkpoint, and did not stand after a restart; the other voter could not win.
TEST(Membership, Who_came_and_is_to_go_behind_its_snapshot_stands_after_a_restart) {
  OneNode node;
  raft::Membership before = node.core().membership(), with = before, without = before;
  for (raft::Membership* each : {&before, &with, &without}) {
    std::erase_if(each->members, [](const raft::Member& member) { return member.id > NodeId(3); });
  }
  before.members[0].is_voter = false;
  without.members.erase(without.members.begin());
  const raft::SnapshotMeta meta{.index = LogIndex(5), .term = Term(1), .membership = before};
  node.hear(2, 1, raft::InstallSnapshot{meta, 0, true, "state"});
  node.give(raft::SnapshotStored{LogIndex(5), 0, true});
  raft::Append append = OneNode::append(5, 1, {}, 5);
  append.entries = {membership_entry(6, 1, with), membership_entry(7, 1, without)};
  node.hear(2, 1, append);
  ASSERT_EQ(node.last(), 7U);
  node.restart();
  node.forget();
  node.time_out();
  EXPECT_EQ(node.said<raft::PreVote>(2).size(), 1U);
}

TEST(KnownMembershipBugs, State_resurrected_from_a_removed_node) {
  OneNode node = leader(3);
  node.give(removal(3));
  node.hear(2, 1, appended(2));
  ASSERT_EQ(node.committed(), 2U);
  node.give(raft::Propose{.id = 9, .kind = raft::EntryKind::kBatch, .payload = "x"});
  node.hear(3, 1, appended(3));
  EXPECT_EQ(node.committed(), 2U) << "an acknowledgement of a removed node counts no more";
  EXPECT_TRUE(node.said<raft::Append>(3).size() == 0U) << "and it is told nothing more";
  node.hear(3, 1, raft::InstallSnapshotReply{LogIndex(9), 0, true});
  EXPECT_EQ(node.committed(), 2U);
}

TEST(KnownMembershipBugs, The_vote_of_a_removed_node_counts) {
  OneNode node;
  raft::Membership shrunk = node.core().membership();
  std::erase_if(shrunk.members, [](const raft::Member& member) { return member.id == NodeId(3); });
  raft::Append append = OneNode::append(0, 0, {1}, 1);
  append.entries.push_back(membership_entry(2, 1, shrunk));
  node.hear(2, 1, append);
  node.pass_ms(3000);
  node.tick();
  ASSERT_EQ(node.core().role(), Role::kPreCandidate);
  node.hear(3, 1, raft::PreVoteReply{Term(2), true});
  EXPECT_EQ(node.core().role(), Role::kPreCandidate);
  node.hear(2, 1, raft::PreVoteReply{Term(2), true});
  ASSERT_EQ(node.core().role(), Role::kCandidate);
  node.hear(3, 2, raft::VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
  node.hear(2, 2, raft::VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(KnownMembershipBugs, A_snapshot_stream_to_a_removed_node_is_never_closed) {
  OneNode node({.voters = 3,
                .hard = {.term = Term(1), .vote = {}},
                .snapshot_index = 10,
                .snapshot_term = 1});
  node.lead();
  node.hear(2, 2, appended(11));
  node.hear(3, 2,
            raft::AppendReply{.success = false,
                              .match = {},
                              .conflict_term = {},
                              .rejected_previous = LogIndex(10),
                              .round = 0});
  ASSERT_TRUE(node.core().progress().at(1).is_receiving_snapshot);
  node.give(removal(3));
  ASSERT_EQ(node.snapshot_closes.size(), 1U);
  EXPECT_EQ(node.snapshot_closes[0].to, NodeId(3));
}

// No leader makes one; were it taken for one in which all have voted, anybody would be elected.
TEST(KnownMembershipBugs, A_membership_without_a_voter_elects_nobody) {
  OneNode node;
  raft::Membership learners = node.core().membership();
  for (raft::Member& member : learners.members) member.is_voter = false;
  raft::Append append = OneNode::append(0, 0, {1}, 1);
  append.entries.push_back(membership_entry(2, 1, learners));
  node.hear(2, 1, append);
  node.pass_ms(3000);
  node.tick();
  ASSERT_EQ(node.core().role(), Role::kPreCandidate) << "its removal is not committed";
  node.hear(2, 1, raft::PreVoteReply{Term(2), true});
  EXPECT_EQ(node.term(), 1U);
}

// ---- what is refused ----

TEST(Membership, A_follower_changes_nothing) {
  OneNode node;
  node.give(add(4));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNotLeader);
}

TEST(Membership, The_last_voter_stays_and_strangers_cannot_be_removed) {
  OneNode node = leader(1, 1);
  node.give(removal(1));
  EXPECT_EQ(refusal(node), ChangeRefusal::kLastVoter);
  node.give(removal(9));
  EXPECT_EQ(refusal(node), ChangeRefusal::kUnknownMember);
  node.give(promotion(9));
  EXPECT_EQ(refusal(node), ChangeRefusal::kUnknownMember);
}

// Of three with one gone two are left, of which the removal of the other leaves one.
TEST(Membership, Who_is_needed_for_a_majority_of_the_rest_is_not_removed_and_who_is_gone_is) {
  OneNode node = leader(3);
  node.pass_ms(600);
  node.hear(2, 1, raft::HeartbeatReply{});
  node.give(removal(2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNoMajority);
  node.give(replacement(2, 9));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNoMajority);
  EXPECT_EQ(node.last(), 1U);
  node.give(removal(3));
  node.hear(2, 1, appended(2));
  ASSERT_EQ(node.changed.size(), 3U);
  EXPECT_FALSE(refusal(node).has_value());
}

// A new leader has heard nobody yet: it is asked again.
TEST(Membership, Nobody_is_removed_on_the_credit_that_a_new_leader_gives) {
  OneNode node = leader(5);  // 2 and 3 have answered
  node.give(removal(2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kTermNotOpen);
  node.hear(4, 1, raft::HeartbeatReply{});
  node.give(removal(2));
  EXPECT_EQ(node.last(), 2U);
}

TEST(Membership, A_learner_may_leave_the_last_voter) {
  OneNode node = leader(1, 1);
  node.give(removal(2));
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_FALSE(refusal(node).has_value());
  EXPECT_EQ(node.core().membership().members.size(), 1U);
}

TEST(Membership, A_member_is_replaced_by_a_learner_at_its_address_in_one_step) {
  OneNode node = leader(3);
  const std::string address = node.core().membership().find(NodeId(3))->address;
  node.give(replacement(3, 9));
  const raft::Membership& next = node.core().membership();
  EXPECT_EQ(next.members.size(), 3U);
  EXPECT_EQ(next.find(NodeId(3)), nullptr);
  ASSERT_NE(next.find(NodeId(9)), nullptr);
  EXPECT_EQ(next.find(NodeId(9))->address, address);
  EXPECT_EQ(next.voter_count(), 2U);
  EXPECT_EQ(node.committed(), 1U) << "both of the two voters that are left are needed";
  node.hear(2, 1, appended(2));
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_FALSE(refusal(node).has_value());
  node.give(replacement(3, 9));
  ASSERT_EQ(node.changed.size(), 2U);
  EXPECT_FALSE(refusal(node).has_value()) << "that is so already";
}

// Seed 435636452456 of the simulator.
TEST(Membership, Who_is_added_at_the_address_of_a_member_that_is_gone_takes_its_place) {
  OneNode node({.voters = 3});
  node.lead();
  node.hear(2, 1, appended(1));
  node.give(raft::ChangeMembership{.id = 1, .change = raft::SetAddress{NodeId(3), "c:1"}});
  node.hear(2, 1, appended(2));
  const raft::ChangeMembership newcomer{.id = 2, .change = raft::AddLearner{NodeId(9), "c:1"}};
  node.hear(3, 1, appended(2));
  node.give(newcomer);
  EXPECT_EQ(refusal(node), ChangeRefusal::kAddressTaken) << "by one that is there";
  node.pass_ms(600);
  node.hear(2, 1, raft::HeartbeatReply{});
  node.give(newcomer);
  const raft::Membership& next = node.core().membership();
  EXPECT_EQ(next.members.size(), 3U);
  EXPECT_EQ(next.find(NodeId(3)), nullptr);
  ASSERT_NE(next.find(NodeId(9)), nullptr);
  EXPECT_EQ(next.find(NodeId(9))->address, "c:1");
  EXPECT_FALSE(next.find(NodeId(9))->is_voter);
}

TEST(Membership, Nobody_is_added_at_the_address_of_the_leader) {
  OneNode node = leader(1);
  const std::string address = node.core().membership().find(NodeId(1))->address;
  node.give(raft::ChangeMembership{.id = 2, .change = raft::AddLearner{NodeId(9), address}});
  EXPECT_EQ(refusal(node), ChangeRefusal::kAddressTaken);
}

TEST(Membership, Nobody_is_replaced_who_is_unknown_or_leads_or_by_a_member) {
  OneNode node = leader(3);
  node.give(replacement(8, 9));
  EXPECT_EQ(refusal(node), ChangeRefusal::kUnknownMember);
  node.give(replacement(1, 9));
  EXPECT_EQ(refusal(node), ChangeRefusal::kKnownMember);
  node.give(replacement(3, 2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kKnownMember);
  EXPECT_EQ(node.last(), 1U);
}

TEST(Membership, A_member_is_added_once_and_not_under_another_address) {
  OneNode node = leader(3, 1);
  node.give(raft::ChangeMembership{.id = 1, .change = raft::AddLearner{NodeId(4), "a:1"}});
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_FALSE(refusal(node).has_value()) << "that is so already";
  EXPECT_EQ(node.last(), 1U);
  node.give(raft::ChangeMembership{.id = 2, .change = raft::AddLearner{NodeId(4), "b:1"}});
  EXPECT_EQ(refusal(node), ChangeRefusal::kKnownMember);
  node.give(promotion(2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNotLearner);
}

TEST(Membership, Nothing_changes_while_leadership_is_handed_over) {
  OneNode node = leader(3);
  node.give(raft::Propose{.id = 9, .kind = raft::EntryKind::kBatch, .payload = "x"});
  node.give(raft::Transfer{NodeId(2)});
  node.give(add(4));
  EXPECT_EQ(refusal(node), ChangeRefusal::kTransferring);
}

TEST(Membership, A_change_whose_leader_is_lost_is_answered) {
  OneNode node = leader(3);
  node.give(add(4));
  node.hear(2, 5, raft::Heartbeat{});
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_EQ(refusal(node), ChangeRefusal::kLeadershipLost);
}

TEST(Membership, A_promotion_that_nobody_asked_for_is_answered_to_nobody) {
  OneNode node({.voters = 3, .learners = 1, .promotes_learners = true});
  node.lead();
  node.hear(2, 1, appended(1));
  node.hear(4, 1, appended(1));
  node.hear(4, 1, appended(1));
  ASSERT_TRUE(node.core().membership().find(NodeId(4))->is_voter);
  node.hear(2, 5, raft::Heartbeat{});
  EXPECT_TRUE(node.changed.empty());
}

// ---- whose voice counts ----

TEST(Membership, A_learner_is_promoted_only_when_it_is_level_and_its_coming_is_applied) {
  OneNode node = leader(1);
  node.give(add(2));
  ASSERT_EQ(node.committed(), 2U);
  node.give(promotion(2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNotLevel) << "it has nothing";
  node.hear(2, 1, appended(2));
  node.give(promotion(2));
  EXPECT_EQ(refusal(node), ChangeRefusal::kNotLevel)
      << "this node's state machine may still believe to be the only one";
  EXPECT_EQ(node.last(), 2U);
  node.give(raft::Applied{LogIndex(2)});
  node.give(promotion(2));
  EXPECT_EQ(node.last(), 3U);
  EXPECT_EQ(node.committed(), 2U) << "from now on the second is needed";
  EXPECT_FALSE(node.core().is_sole_voter());
  node.hear(2, 1, appended(3));
  EXPECT_EQ(node.committed(), 3U);
}

TEST(Membership, A_read_asked_when_a_second_voter_exists_needs_its_answer) {
  OneNode node = leader(1);
  node.give(raft::ReadTicket{1});
  EXPECT_EQ(node.reads.size(), 1U);
  node.give(add(2));
  node.hear(2, 1, appended(2));
  node.give(raft::Applied{LogIndex(2)});
  node.give(promotion(2));
  node.give(raft::ReadTicket{2});
  EXPECT_EQ(node.reads.size(), 1U) << "the promotion is not even committed, yet it is in force";
  node.hear(2, 1, appended(3));
  EXPECT_EQ(node.reads.size(), 1U) << "the entry was appended before the read arrived";
  node.hear(2, 1, raft::HeartbeatReply{1, LogIndex(3)});
  EXPECT_EQ(node.reads.size(), 2U);
}

TEST(Membership, Back_to_one_voter_it_decides_alone) {
  OneNode node = leader(2);
  node.give(removal(2));
  EXPECT_EQ(node.committed(), 2U);
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_TRUE(node.core().is_sole_voter());
}

TEST(Membership, A_leader_removes_itself_by_handing_over_if_it_can) {
  OneNode node = leader(3);
  node.give(removal(1));
  EXPECT_EQ(node.said<raft::TimeoutNow>(2).size(), 1U);
  EXPECT_EQ(node.last(), 1U) << "the next leader is asked again";
  node.hear(2, 2, raft::Heartbeat{});
  EXPECT_EQ(refusal(node), ChangeRefusal::kLeadershipLost);
}

TEST(Membership, A_leader_that_hears_nobody_removes_itself_without_handing_over) {
  OneNode node = leader(3);
  node.pass_ms(600);
  node.give(removal(1));
  EXPECT_EQ(node.last(), 2U);
  EXPECT_TRUE(node.changed.empty());
  node.hear(2, 1, appended(2));
  node.hear(3, 1, appended(2));
  ASSERT_EQ(node.changed.size(), 1U);
  EXPECT_FALSE(refusal(node).has_value());
}

TEST(Membership, A_leader_that_is_removed_leads_until_that_is_committed_and_no_longer) {
  OneNode node = leader(3);
  node.give(removal(1));
  for (int i = 0; i < 12; ++i) {  // the successor does not stand
    node.pass_ms(50);
    node.hear(2, 1, raft::HeartbeatReply{0, LogIndex(1)});
    node.hear(3, 1, raft::HeartbeatReply{0, LogIndex(1)});
    node.tick();
  }
  ASSERT_EQ(node.last(), 2U);
  node.hear(2, 1, appended(2));
  EXPECT_EQ(node.core().role(), Role::kLeader) << "itself it does not count";
  EXPECT_EQ(node.committed(), 1U);
  node.forget();
  node.hear(3, 1, appended(2));
  EXPECT_EQ(node.committed(), 2U);
  EXPECT_FALSE(refusal(node).has_value());
  EXPECT_EQ(node.core().role(), Role::kLearner);
  EXPECT_EQ(node.said<raft::Heartbeat>(2).at(0).commit, LogIndex(2)) << "the others hear of it";
  EXPECT_EQ(node.said<raft::TimeoutNow>(2).size() + node.said<raft::TimeoutNow>(3).size(), 1U)
      << "and one is to stand at once";
  node.pass_ms(5000);
  node.tick();
  EXPECT_EQ(node.core().role(), Role::kLearner) << "and it stands for election no more";
}

TEST(Membership, A_change_says_which_entry_it_is) {
  OneNode node = leader(3);
  EXPECT_TRUE(node.core().membership().version.is_none());
  node.give(add(4));
  EXPECT_EQ(node.core().membership().version, LogIndex(2));
  EXPECT_TRUE(node.core().committed_membership().version.is_none());
  node.hear(2, 1, appended(2));
  EXPECT_EQ(node.core().committed_membership().version, LogIndex(2));
}

TEST(Membership, Who_is_told_to_stand_asks_first_and_whoever_hears_a_leader_refuses) {
  OneNode node;
  node.hear(2, 1, raft::Heartbeat{});
  node.forget();
  node.give(raft::Campaign{});
  EXPECT_EQ(node.core().role(), Role::kPreCandidate);
  EXPECT_EQ(node.term(), 1U);
  EXPECT_EQ(node.said<raft::PreVote>(3).size(), 1U);
  node.give(raft::Campaign{});
  EXPECT_EQ(node.said<raft::PreVote>(3).size(), 2U) << "told again, it asks again";
  node.hear(2, 1, raft::Heartbeat{});
  EXPECT_EQ(node.core().role(), Role::kFollower);
}

TEST(Membership, Who_is_no_member_yet_goes_on_protecting_its_leader_when_it_is_told_to_stand) {
  OneNode node({.voters = 0});
  node.hear(2, 1, raft::Heartbeat{});
  node.give(raft::Campaign{});
  EXPECT_EQ(node.core().role(), Role::kFollower);
  node.hear(3, 1, raft::PreVote{Term(2), LogIndex(5), Term(1)});
  EXPECT_FALSE(node.said<raft::PreVoteReply>(3).at(0).granted);
}

}  // namespace
