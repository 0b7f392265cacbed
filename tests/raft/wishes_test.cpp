// Members that wish to be no voters (raft-voter no): learners that are never promoted, voters that
// are made learners as soon as the others can go on without them.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::ChangeRefusal;
using raft::LogIndex;
using raft::NodeId;
using raft_test::OneNode;

raft::AppendReply appended(std::uint64_t match) {
  return {.success = true,
          .match = LogIndex(match),
          .conflict_term = {},
          .rejected_previous = {},
          .round = 0};
}
raft::PeerWish wish(std::uint64_t peer, bool wants_vote) {
  return {.peer = NodeId(peer), .wants_vote = wants_vote};
}
raft::HeartbeatReply heard() { return {.round = 0, .last_index = LogIndex(1)}; }
bool is_voter(const OneNode& node, std::uint64_t id) {
  const raft::Member* member = node.core().membership().find(NodeId(id));
  return member != nullptr && member->is_voter;
}
std::optional<ChangeRefusal> refusal_of(OneNode& node, raft::MembershipChange change) {
  node.give(raft::ChangeMembership{.id = 1, .change = std::move(change)});
  return node.changed.empty() ? std::nullopt : node.changed.back().refusal;
}

// A leader whose term is open and to whom all others have answered.
OneNode leader(std::uint64_t voters, std::uint64_t learners = 0, bool promotes_learners = false) {
  OneNode node({.voters = voters, .learners = learners, .promotes_learners = promotes_learners});
  node.lead();
  for (std::uint64_t id = 2; id <= voters; ++id) node.hear(id, 1, appended(1));
  node.give(raft::Applied{LogIndex(1)});
  node.forget();
  return node;
}

TEST(Wishes, A_voter_that_wishes_to_be_none_becomes_a_learner_and_counts_no_more) {
  OneNode node = leader(3);
  node.give(wish(2, false));
  EXPECT_EQ(node.last(), 1U) << "not before it has answered";
  node.hear(2, 1, heard());
  ASSERT_EQ(node.last(), 2U);
  EXPECT_FALSE(is_voter(node, 2));
  node.hear(2, 1, appended(2));
  EXPECT_EQ(node.committed(), 1U) << "its acknowledgement commits nothing";
  node.hear(3, 1, appended(2));
  EXPECT_EQ(node.committed(), 2U);
  node.hear(2, 1, heard());
  EXPECT_EQ(node.last(), 2U) << "once";
}

TEST(Wishes, It_stays_a_voter_while_the_others_could_not_go_on) {
  OneNode node = leader(3);
  node.pass_ms(600);  // 3 is gone
  node.give(wish(2, false));
  node.hear(2, 1, heard());
  node.hear(2, 1, heard());
  EXPECT_TRUE(is_voter(node, 2));
  EXPECT_EQ(node.last(), 1U);
  node.hear(3, 1, heard());
  node.hear(2, 1, heard());
  EXPECT_FALSE(is_voter(node, 2));
}

TEST(Wishes, Voters_become_learners_one_after_the_other) {
  OneNode node = leader(5);
  node.give(wish(2, false));
  node.give(wish(3, false));
  node.hear(2, 1, heard());
  node.hear(3, 1, heard());
  EXPECT_FALSE(is_voter(node, 2));
  EXPECT_TRUE(is_voter(node, 3)) << "one change is under way";
  node.hear(4, 1, appended(2));
  node.hear(5, 1, appended(2));
  ASSERT_EQ(node.committed(), 2U);
  node.hear(3, 1, heard());
  EXPECT_FALSE(is_voter(node, 3));
  EXPECT_EQ(node.core().membership().voter_count(), 3U);
}

TEST(Wishes, It_becomes_a_voter_again_when_it_wishes_that) {
  OneNode node = leader(3, 0, true);
  node.give(wish(2, false));
  node.hear(2, 1, heard());
  node.hear(3, 1, appended(2));
  node.give(raft::Applied{LogIndex(2)});
  ASSERT_FALSE(is_voter(node, 2));
  node.give(wish(2, true));
  node.hear(2, 1, appended(2));
  node.hear(2, 1, appended(2));
  EXPECT_TRUE(is_voter(node, 2));
}

TEST(Wishes, A_learner_that_wishes_to_be_no_voter_is_not_promoted_however_level_it_is) {
  OneNode node = leader(3, 1, true);
  node.give(wish(4, false));
  for (int i = 0; i < 5; ++i) node.hear(4, 1, appended(1));
  EXPECT_FALSE(is_voter(node, 4));
  EXPECT_EQ(refusal_of(node, raft::PromoteLearner{NodeId(4)}), ChangeRefusal::kUnwilling);
  node.give(wish(4, true));
  for (int i = 0; i < 2; ++i) node.hear(4, 1, appended(1));
  EXPECT_TRUE(is_voter(node, 4));
}

TEST(Wishes, What_cannot_be_demoted) {
  OneNode three = leader(3, 1);
  EXPECT_EQ(refusal_of(three, raft::DemoteVoter{NodeId(1)}), ChangeRefusal::kLeads);
  EXPECT_EQ(refusal_of(three, raft::DemoteVoter{NodeId(4)}), ChangeRefusal::kNotVoter);
  EXPECT_EQ(refusal_of(three, raft::DemoteVoter{NodeId(9)}), ChangeRefusal::kUnknownMember);
  OneNode alone = leader(1);
  EXPECT_EQ(refusal_of(alone, raft::DemoteVoter{NodeId(1)}), ChangeRefusal::kLastVoter);
}

TEST(Wishes, Leadership_is_handed_to_one_that_wishes_to_vote_if_there_is_one) {
  OneNode node = leader(3);
  node.give(wish(2, false));
  node.give(raft::Transfer{});
  EXPECT_EQ(node.said<raft::TimeoutNow>(2).size(), 0U);
  EXPECT_EQ(node.said<raft::TimeoutNow>(3).size(), 1U);
  OneNode lonely = leader(2);
  lonely.give(wish(2, false));
  lonely.give(raft::Transfer{});
  EXPECT_EQ(lonely.said<raft::TimeoutNow>(2).size(), 1U) << "better than nobody";
}

TEST(Wishes, What_a_member_lacks_is_told_in_bytes) {
  OneNode node = leader(3);
  const auto lag_of = [&node](std::uint64_t id) {
    for (const raft::PeerProgress& peer : node.core().progress())
      if (peer.id == NodeId(id)) return peer.lag_bytes;
    return std::uint64_t{0};
  };
  EXPECT_EQ(lag_of(2), 0U);
  node.give(raft::Propose{1, raft::EntryKind::kBatch, std::string(1000, 'x')});
  const std::uint64_t one = lag_of(2);
  EXPECT_GE(one, 1000U);
  node.give(raft::Propose{2, raft::EntryKind::kBatch, std::string(1000, 'x')});
  EXPECT_EQ(lag_of(2), 2 * one);
  node.hear(2, 1, appended(2));
  EXPECT_EQ(lag_of(2), one);
  EXPECT_EQ(lag_of(3), 2 * one);
  node.hear(2, 1, appended(3));
  EXPECT_EQ(lag_of(2), 0U);
}

}  // namespace
