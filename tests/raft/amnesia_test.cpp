// DESIGN decision 20, rule by rule: a node whose power failed before what it had acknowledged was
// synced. Whole clusters: random_test.cpp; stories: testdata/amnesia*.txt.
#include <gtest/gtest.h>

#include "tests/raft/bodies.h"
#include "tests/raft/one_node.h"

namespace {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;
using raft_test::Beginning;
using raft_test::OneNode;

OneNode forgetful(std::uint64_t voters = 3) {
  return OneNode({.voters = voters, .terms = {1, 1, 2}, .has_amnesia = true});
}

// What the node under test has asked leader 2, and that leader's answer.
void recall(OneNode& node, std::uint64_t term, std::uint64_t last) {
  const auto asked = node.said<raft::Recall>(2);
  ASSERT_FALSE(asked.empty());
  node.hear(2, term, raft::RecallReply{asked.back().nonce, LogIndex(last)});
}

TEST(Amnesia, AsksItsLeaderAtEachContactUntilItIsAnswered) {
  OneNode node = forgetful();
  node.hear(2, 2, raft::Heartbeat{});
  node.hear(2, 2, raft::Heartbeat{});
  ASSERT_EQ(node.said<raft::Recall>(2).size(), 2U);
  EXPECT_EQ(node.said<raft::Recall>(2)[0].last_index, LogIndex(3));
  recall(node, 2, 5);
  node.hear(2, 2, raft::Heartbeat{});
  EXPECT_EQ(node.said<raft::Recall>(2).size(), 2U);
  node.hear(3, 3, raft::Heartbeat{});
  EXPECT_EQ(node.said<raft::Recall>(3).size(), 1U) << "another leader does not know of it";
}

TEST(Amnesia, AcknowledgesNothingToALeaderThatDoesNotKnow) {
  OneNode node = forgetful();
  node.hear(2, 2, OneNode::append(3, 2, {2}));
  EXPECT_TRUE(node.said<raft::AppendReply>(2).empty());
  EXPECT_EQ(node.last(), 4U) << "but takes what it gets";
  recall(node, 2, 6);
  node.hear(2, 2, OneNode::append(4, 2, {2}));
  ASSERT_EQ(node.said<raft::AppendReply>(2).size(), 1U);
  EXPECT_TRUE(node.core().has_amnesia());
}

TEST(Amnesia, EndsWhenTheLogIsTheLeadersToWhereItWasToldToBeLevel) {
  OneNode node = forgetful();
  node.hear(2, 2, raft::Heartbeat{});
  recall(node, 2, 5);
  node.hear(2, 2, OneNode::append(3, 2, {2}));
  EXPECT_TRUE(node.core().has_amnesia());
  node.hear(2, 2, OneNode::append(4, 2, {2}));
  EXPECT_FALSE(node.core().has_amnesia());
  EXPECT_EQ(node.recalls, 1U);
}

TEST(Amnesia, AnAnswerToAnEarlierRunOrOfAnotherNodeIsNotHeeded) {
  OneNode node = forgetful();
  node.hear(2, 2, raft::Heartbeat{});
  const std::uint64_t nonce = node.said<raft::Recall>(2).back().nonce;
  node.hear(2, 2, raft::RecallReply{nonce + 1, LogIndex(1)});
  node.hear(3, 2, raft::RecallReply{nonce, LogIndex(1)});
  node.hear(2, 2, OneNode::append(3, 2, {2}));
  EXPECT_TRUE(node.core().has_amnesia());
  EXPECT_TRUE(node.said<raft::AppendReply>(2).empty());
}

TEST(Amnesia, ItsVotesSaySo) {
  OneNode node = forgetful();
  node.hear(2, 2, raft::PreVote{Term(3), LogIndex(3), Term(2)});
  node.hear(2, 3, raft::Vote{LogIndex(3), Term(2), false});
  ASSERT_EQ(node.said<raft::PreVoteReply>(2).size(), 1U);
  EXPECT_TRUE(node.said<raft::PreVoteReply>(2)[0].granted);
  EXPECT_TRUE(node.said<raft::PreVoteReply>(2)[0].is_doubtful);
  ASSERT_EQ(node.said<raft::VoteReply>(2).size(), 1U);
  EXPECT_TRUE(node.said<raft::VoteReply>(2)[0].is_doubtful);
}

TEST(Amnesia, ItsOwnVoteCountsOnlyTogetherWithAllOthers) {
  OneNode node = forgetful();
  node.time_out();
  node.hear(2, 2, raft::PreVoteReply{Term(3), true});
  EXPECT_EQ(node.term(), 2U) << "two of three are a majority, but one of them has forgotten";
  node.hear(3, 2, raft::PreVoteReply{Term(3), true});
  EXPECT_EQ(node.term(), 3U);
  node.hear(2, 3, raft::VoteReply{true});
  EXPECT_EQ(node.core().role(), raft::Role::kCandidate);
  node.hear(3, 3, raft::VoteReply{true});
  EXPECT_EQ(node.core().role(), raft::Role::kLeader);
  EXPECT_FALSE(node.core().has_amnesia()) << "what it has is what there is";
  EXPECT_EQ(node.recalls, 1U);
}

TEST(Amnesia, AMajorityThatForgotNothingMayElectOneThatDid) {
  OneNode node = forgetful(5);
  node.time_out();
  for (const std::uint64_t voter : {2U, 3U, 4U})
    node.hear(voter, 2, raft::PreVoteReply{Term(3), true});
  EXPECT_EQ(node.term(), 3U);
  for (const std::uint64_t voter : {2U, 3U, 4U}) node.hear(voter, 3, raft::VoteReply{true});
  EXPECT_EQ(node.core().role(), raft::Role::kLeader);
}

TEST(Amnesia, DoubtfulVotesOfOthersCountOnlyIfAllVote) {
  OneNode node({.terms = {1, 1, 2}});
  node.campaign();
  const std::uint64_t term = node.term();
  node.hear(2, term, raft::VoteReply{true, true});
  EXPECT_EQ(node.core().role(), raft::Role::kCandidate);
  node.hear(3, term, raft::VoteReply{true, true});
  EXPECT_EQ(node.core().role(), raft::Role::kLeader);
}

TEST(Amnesia, DoesNotStandWhenALeaderHandsOver) {
  OneNode node = forgetful();
  node.hear(2, 2, raft::Heartbeat{});
  node.hear(2, 2, raft::TimeoutNow{});
  EXPECT_EQ(node.term(), 2U);
}

TEST(Amnesia, AStateOfAFormerLeadersStreamDoesNotBringItLevelWithTheNextLeader) {
  OneNode node = forgetful();
  node.hear(2, 2, raft_test::chunk(9, 2, 0, true));
  node.hear(3, 3, raft::Heartbeat{});
  node.hear(3, 3, raft::RecallReply{node.said<raft::Recall>(3).back().nonce, LogIndex(9)});
  node.give(raft_test::stored(9, 0, true));
  EXPECT_EQ(node.last(), 9U);
  EXPECT_TRUE(node.core().has_amnesia()) << "leader 3 has not been heard to have that";
  node.hear(3, 3, OneNode::append(9, 2, {}));
  EXPECT_FALSE(node.core().has_amnesia());
}

TEST(Amnesia, OfTheOnlyVoterIsNone) {
  OneNode node = forgetful(1);
  EXPECT_FALSE(node.core().has_amnesia());
  EXPECT_EQ(node.recalls, 1U);
}

// ---- the leader's side ----

TEST(AmnesiaOfAPeer, CountsForNothingUntilItIsLevel) {
  OneNode node({.voters = 5, .terms = {1, 1, 1}});
  node.lead();
  const std::uint64_t term = node.term();
  node.give(raft::Propose{1, raft::EntryKind::kBatch, "a"});
  node.hear(2, term, raft::Recall{77, LogIndex(1)});
  ASSERT_EQ(node.said<raft::RecallReply>(2).size(), 1U);
  EXPECT_EQ(node.said<raft::RecallReply>(2)[0].last_index, LogIndex(5));
  EXPECT_EQ(node.said<raft::RecallReply>(2)[0].nonce, 77U);
  node.give(raft::Propose{2, raft::EntryKind::kBatch, "b"});
  const auto acknowledge = [&](std::uint64_t from, std::uint64_t match) {
    node.hear(from, term,
              raft::AppendReply{.success = true,
                                .match = LogIndex(match),
                                .conflict_term = {},
                                .rejected_previous = {},
                                .round = 0});
  };
  acknowledge(3, 6);
  acknowledge(2, 4);
  EXPECT_LT(node.committed(), 4U);
  EXPECT_TRUE(node.core().progress()[0].is_forgetful);
  acknowledge(2, 5);
  EXPECT_EQ(node.committed(), 5U) << "where the log ended when it asked";
  EXPECT_FALSE(node.core().progress()[0].is_forgetful);
}

TEST(AmnesiaOfAPeer, ForgetsWhatItIsKnownToHaveAndGoesOnFromWhereItsLogEnds) {
  OneNode node({.terms = {1, 1, 1}});
  node.lead();
  const std::uint64_t term = node.term();
  node.hear(2, term,
            raft::AppendReply{.success = true,
                              .match = LogIndex(4),
                              .conflict_term = {},
                              .rejected_previous = {},
                              .round = 0});
  node.forget();
  node.hear(2, term, raft::Recall{77, LogIndex(2)});
  EXPECT_EQ(node.core().progress()[0].match, LogIndex());
  ASSERT_EQ(node.said<raft::Append>(2).size(), 1U);
  EXPECT_EQ(node.said<raft::Append>(2)[0].previous_index, LogIndex(2));
  node.give(raft::PeerLost{NodeId(2)});
  EXPECT_EQ(node.core().progress()[0].next, LogIndex(3)) << "not from the beginning";
}

TEST(AmnesiaOfAPeer, KeepsALearnerFromBecomingAVoter) {
  OneNode node({.voters = 3, .learners = 1, .promotes_learners = true});
  node.lead();
  node.hear(2, 1, raft_test::appended(1));
  node.hear(4, 1, raft_test::appended(1));  // its round of catching up begins: to 1
  node.give(raft_test::command());
  node.give(raft_test::command());
  node.hear(4, 1, raft::Recall{77, LogIndex(1)});
  node.hear(4, 1, raft_test::appended(2));
  EXPECT_FALSE(node.core().membership().find(NodeId(4))->is_voter) << "it had more than that";
  node.hear(4, 1, raft_test::appended(3));
  EXPECT_TRUE(node.core().membership().find(NodeId(4))->is_voter);
}

TEST(AmnesiaOfAPeer, IsNoSuccessor) {
  OneNode node({.terms = {1}});
  node.lead();
  node.hear(2, node.term(), raft::Recall{77, LogIndex(1)});
  node.forget();
  node.give(raft::Transfer{});
  EXPECT_TRUE(node.said<raft::TimeoutNow>(2).empty());
}

}  // namespace
