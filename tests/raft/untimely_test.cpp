// What comes too late, twice, from a stranger or in an order that nobody meant: the core takes
// nothing from it that it does not say any more.
#include <gtest/gtest.h>

#include "raft/log.h"
#include "tests/raft/bodies.h"
#include "tests/raft/one_node.h"

namespace {

using raft::AppendReply;
using raft::InstallSnapshotReply;
using raft::LogIndex;
using raft::NodeId;
using raft::Role;
using raft::Term;
using raft::VoteReply;
using raft_test::appended;
using raft_test::chunk;
using raft_test::command;
using raft_test::OneNode;
using raft_test::stored;
using raft_test::vote;

constexpr std::uint64_t kStranger = 77;

// ---- messages ----

TEST(Untimely, WhatIsSaidToAnotherNodeOrInAnotherGroupIsNotHeard) {
  OneNode node;
  const auto say = [&](std::uint64_t to, base::GroupId group) {
    node.give(raft::Received{{group, NodeId(2), NodeId(to), Term(4), raft::Heartbeat{}}});
  };
  say(3, base::kFirstGroup);
  say(1, base::GroupId(base::kFirstGroup.value() + 1));
  EXPECT_EQ(node.count_said(), 0U);
  EXPECT_EQ(node.term(), 0U);
  say(1, base::kFirstGroup);
  EXPECT_EQ(node.term(), 4U);
}

TEST(Untimely, NobodyElseSpeaksUnderItsOwnName) {
  OneNode node;
  node.lead();
  node.hear(1, 1, raft::TimeoutNow{});
  node.hear(1, 9, raft::Heartbeat{});
  EXPECT_EQ(node.core().role(), Role::kLeader);
  EXPECT_EQ(node.term(), 1U);
}

TEST(Untimely, WordOfAmnesiaIsForALeaderAndFromAMember) {
  OneNode follower;
  follower.hear(2, 1, raft::Recall{.nonce = 1, .last_index = LogIndex(1)});
  OneNode leader;
  leader.lead();
  leader.forget();
  leader.hear(kStranger, 1, raft::Recall{.nonce = 1, .last_index = LogIndex(1)});
  EXPECT_EQ(follower.count_said() + leader.count_said(), 0U);
}

TEST(Untimely, TheCommitIsToldByALeaderToAMember) {
  OneNode follower, leader;
  leader.lead();
  leader.forget();
  follower.give(raft::TellCommit{NodeId(2)});
  leader.give(raft::TellCommit{NodeId(kStranger)});
  EXPECT_EQ(follower.count_said() + leader.count_said(), 0U);
  leader.give(raft::TellCommit{NodeId(2)});
  EXPECT_EQ(leader.said<raft::Heartbeat>(2).size(), 1U);
}

TEST(Untimely, ACoreThatHasNotBegunIsDueAtOnce) {
  raft::Restored nothing;
  const raft::Raft core({.self = NodeId(1)}, nothing);
  EXPECT_EQ(core.next_deadline(), base::Instant{});
}

TEST(Untimely, AnswersOfAStrangerAreNotCounted) {
  OneNode node;
  node.lead();
  node.forget();
  node.hear(kStranger, 1, appended(1));
  node.hear(kStranger, 1, raft::HeartbeatReply{1, LogIndex(1)});
  node.hear(kStranger, 1, InstallSnapshotReply{LogIndex(1), 0, true});
  EXPECT_EQ(node.committed(), 0U);
  EXPECT_EQ(node.count_said(), 0U);
}

TEST(Untimely, AnswersToALeaderThatIsNoneAnyMoreAreNotCounted) {
  OneNode node;
  node.lead();
  node.hear(2, 2, raft::Heartbeat{});
  node.forget();
  node.hear(3, 2, appended(1));
  node.hear(3, 2, raft::HeartbeatReply{1, LogIndex(1)});
  node.hear(3, 2, InstallSnapshotReply{LogIndex(1), 0, true});
  EXPECT_EQ(node.committed(), 0U);
  EXPECT_EQ(node.count_said(), 0U);
}

// A CHECK until anybody could say it.
TEST(Untimely, AnotherLeaderOfItsOwnTermIsNotBelieved) {
  OneNode node;
  node.lead();
  node.hear(2, 1, raft::Heartbeat{});
  node.hear(2, 1, OneNode::append(0, 0, {1}));
  node.hear(2, 1, chunk(9, 1, 0, true));
  EXPECT_EQ(node.core().role(), Role::kLeader);
  EXPECT_EQ(node.term(), 1U);
}

TEST(Untimely, WhatContradictsTheCommittedIsNotBelieved) {
  OneNode node({.terms = {1, 1, 2}, .hard = {Term(2), {}}});
  node.hear(2, 2, OneNode::append(3, 2, {}, 3));
  ASSERT_EQ(node.committed(), 3U);
  node.hear(2, 5, OneNode::append(1, 1, {3, 3}));
  EXPECT_EQ(node.disk_log(), "1 1 2");
  // Nor terms that go back, also behind what a snapshot stands for.
  OneNode third({.terms = {1, 3}});
  third.hear(2, 4, OneNode::append(2, 3, {2}));
  EXPECT_EQ(third.disk_log(), "1 3");
  OneNode other({.hard = {Term(5), {}}, .snapshot_index = 3, .snapshot_term = 5});
  other.hear(2, 6, OneNode::append(2, 1, {2, 2}));
  EXPECT_EQ(other.last(), 3U);
}

// ---- votes ----

TEST(Untimely, APreVoteForTheOwnTermIsRefused) {
  OneNode node({.hard = {Term(5), {}}});
  node.hear(2, 5, raft::PreVote{Term(5), LogIndex(9), Term(5)});
  EXPECT_FALSE(node.said<raft::PreVoteReply>(2).at(0).granted);
}

TEST(Untimely, AVoteInATermThatHasALeaderIsRefused) {
  OneNode node;
  node.hear(2, 1, raft::Heartbeat{});
  node.pass_ms(300);
  node.hear(3, 1, vote(9, 1));
  EXPECT_FALSE(node.said<VoteReply>(3).at(0).granted);
}

TEST(Untimely, ANodeAloneHoldsNoVoteBackWhenItStarts) {
  OneNode node({.voters = 1, .is_just_started = true});
  node.hear(2, 5, vote(9, 4));
  EXPECT_TRUE(node.said<VoteReply>(2).at(0).granted);
}

TEST(Untimely, VotesOfAMinorityElectNobody) {
  OneNode node({.voters = 5});
  node.campaign();
  node.hear(2, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
  node.hear(3, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kLeader);
}

TEST(Untimely, TheOwnVoteThatBecomesDurableAfterTheElectionChangesNothing) {
  OneNode node;
  node.time_out();
  node.make_disk_slow();
  node.hear(2, 0, raft::PreVoteReply{Term(1), true});
  node.hear(2, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kCandidate) << "the own vote is not durable";
  node.hear(3, 1, VoteReply{true});
  EXPECT_EQ(node.core().role(), Role::kLeader);
  node.sync();
  EXPECT_EQ(node.core().role(), Role::kLeader);
  EXPECT_EQ(node.disk_log(), "1");
}

// ---- transfer ----

TEST(Untimely, LeadershipIsHandedOverOnlyToAVoter) {
  OneNode node({.voters = 3, .learners = 1});
  node.lead();
  node.hear(2, 1, appended(1));
  node.forget();
  node.give(raft::Transfer{NodeId(kStranger)});
  node.give(raft::Transfer{NodeId(4)});
  EXPECT_EQ(node.count_said(), 0U);
  node.give(command());
  EXPECT_TRUE(node.refused.empty()) << "no transfer holds it up";
}

TEST(Untimely, ALearnerThatIsToldToStandForElectionDoesNot) {
  OneNode learner({.voters = 0, .learners = 3});
  learner.hear(2, 1, raft::Heartbeat{});
  learner.hear(2, 1, raft::TimeoutNow{});
  EXPECT_EQ(learner.core().role(), Role::kLearner);
}

// ---- entries read back ----

class ReadBack : public testing::Test {
 protected:
  ReadBack() {
    node_.lead();  // term 2; entries 1 to 3 are on disk only
    node_.hear(3, 2, appended(4));
    node_.make_disk_slow();
    node_.forget();
  }
  static raft::EntriesRead answer(std::uint64_t first, std::uint64_t term) {
    return {LogIndex(first), {OneNode::entry(first, term)}};
  }
  OneNode node_{{.terms = {1, 1, 1}, .cache_tail_bytes = 0}};
};

TEST_F(ReadBack, EntriesThatNobodyAskedForAreNotSent) {
  node_.give(answer(1, 1));
  EXPECT_TRUE(node_.said<raft::Append>(2).empty());
}

TEST_F(ReadBack, EntriesThatTheLogDoesNotHoldAnyMoreAreNotSent) {
  node_.answers_reads = false;
  node_.hear(2, 2, raft_test::refused_after(3, 0, 0));
  EXPECT_EQ(node_.asked.size(), 1U);
  node_.forget();
  node_.give(answer(node_.asked.at(0).first.value(), 9));
  EXPECT_TRUE(node_.said<raft::Append>(2).empty());
  EXPECT_EQ(node_.asked.size(), 2U) << "it is asked again";
}

TEST_F(ReadBack, EntriesThatComeWhenItLeadsNoMoreAreNotSent) {
  node_.answers_reads = false;
  node_.hear(2, 2, raft_test::refused_after(3, 0, 0));
  node_.hear(3, 3, raft::Heartbeat{});
  node_.forget();
  node_.give(answer(1, 1));
  EXPECT_EQ(node_.count_said(), 0U);
}

// ---- what has arrived and is not acknowledged ----

class Arrived : public testing::Test {
 protected:
  explicit Arrived(std::uint64_t catch_up_bytes_max = 1'000'000)
      : node_({.catch_up_bytes_max = catch_up_bytes_max}) {
    node_.lead();
    node_.hear(2, 1, appended(1));
    node_.hear(3, 1, appended(1));
  }
  void propose(std::size_t bytes) {
    node_.give(raft::Propose{1, raft::EntryKind::kBatch, std::string(bytes, 'x')});
  }
  // So many heartbeats, to which node 2 answers that its log ends at `last`.
  void beat(int count, std::uint64_t last) {
    for (; count > 0; --count) {
      node_.pass_ms(50);
      node_.tick();
      for (const std::uint64_t id : {2U, 3U})
        node_.hear(id, 1, raft::HeartbeatReply{0, LogIndex(last)});
    }
  }
  // The appends that node 2 was sent, "previous+entries".
  [[nodiscard]] std::string sent() const {
    std::string all;
    for (const raft::Append& append : node_.said<raft::Append>(2)) {
      all += all.empty() ? "" : " ";
      all += std::to_string(append.previous_index.value()) + "+" +
             std::to_string(append.entries.size());
    }
    return all;
  }
  // Everybody else has it, and the leader's checkpoint holds it: it leaves the log.
  void discard(std::uint64_t index) {
    node_.hear(3, 1, appended(index));
    node_.give(raft::Applied{LogIndex(index)});
    node_.give(raft::Checkpointed{
        {.index = LogIndex(index), .term = Term(1), .membership = node_.core().membership()}});
  }
  OneNode node_;
};

class ArrivedAndDiscarded : public Arrived {
 protected:
  ArrivedAndDiscarded() : Arrived(0) {}
};

TEST_F(Arrived, ALargeProbeIsNotSentAgainButAskedFor) {
  node_.give(raft::PeerLost{NodeId(2)});
  propose(70'000);
  node_.forget();
  beat(2, 1);
  EXPECT_EQ(sent(), "1+1 1+1") << "it has not come";
  beat(1, 2);
  node_.forget();
  beat(8, 2);
  EXPECT_EQ(sent(), "");
  beat(3, 2);
  EXPECT_EQ(sent(), "2+0");
}

TEST_F(Arrived, ASmallProbeIsSentAgain) {
  node_.give(raft::PeerLost{NodeId(2)});
  propose(10);
  beat(1, 2);
  node_.forget();
  beat(2, 2);
  EXPECT_EQ(sent(), "1+1 1+1") << "cheaper than to ask";
}

TEST_F(ArrivedAndDiscarded, WhatLeftTheLogIsAskedForWhereThatBegins) {
  propose(10);
  beat(1, 2);
  propose(10);
  discard(3);
  node_.forget();
  beat(12, 3);
  EXPECT_EQ(sent(), "3+0");
  node_.hear(2, 1, appended(3));
  EXPECT_EQ(node_.core().progress().at(0).match, LogIndex(3));
}

TEST_F(ArrivedAndDiscarded, WhoeverHasItNotAfterAllGetsTheCheckpoint) {
  for (const bool is_probe : {false, true}) {
    SCOPED_TRACE(is_probe);
    node_.snapshot_reads.clear();
    if (is_probe) node_.give(raft::PeerLost{NodeId(2)});
    const std::uint64_t first = node_.last() + 1;
    propose(70'000);
    beat(1, first);
    propose(10);
    discard(first + 1);
    node_.forget();
    beat(12, first + 1);
    EXPECT_EQ(sent(), std::to_string(first + 1) + "+0");
    EXPECT_TRUE(node_.snapshot_reads.empty());
    node_.hear(2, 1, raft_test::refused_after(first + 1, first, 1));
    ASSERT_EQ(node_.snapshot_reads.size(), 1U);
    node_.give(raft::SnapshotFailed{NodeId(2)});
    node_.hear(2, 1, appended(first + 1));
  }
}

// ---- reads ----

TEST(Untimely, AReadThatAsksTheOnlyVoterBeforeItsFirstEntryIsDurableWaitsForThat) {
  OneNode node({.voters = 1});
  node.make_disk_slow();
  node.tick();
  node.give(raft::Durable{1});  // the vote
  EXPECT_EQ(node.core().role(), Role::kLeader);
  node.give(raft::ReadTicket{1});
  EXPECT_TRUE(node.reads.empty());
  node.sync();
  ASSERT_EQ(node.reads.size(), 1U);
  EXPECT_EQ(node.reads[0].index, LogIndex(1));
}

// ---- snapshots: the sender ----

class Sender : public testing::Test {
 protected:
  Sender() : node_({.terms = {2, 2}, .snapshot_index = 10, .snapshot_term = 1}) {
    node_.lead();
    node_.hear(3, 3, appended(13));
    node_.hear(2, 3, raft_test::refused_after(12, 5, 1));  // its log ends long before
  }
  static raft::SnapshotChunk read(std::uint64_t to, std::uint64_t sequence, bool is_last = false) {
    return {.to = NodeId(to),
            .meta = {.index = LogIndex(10), .term = Term(1), .membership = {}, .generation = 4},
            .sequence = sequence,
            .is_last = is_last,
            .bytes = "rows"};
  }
  [[nodiscard]] std::size_t chunks() const { return node_.said<raft::InstallSnapshot>(2).size(); }
  OneNode node_;
};

TEST_F(Sender, AChunkThatWasNotAskedForIsNotSent) {
  node_.give(read(3, 0));
  node_.give(read(2, 1));
  EXPECT_EQ(chunks(), 0U);
  node_.give(read(2, 0));
  node_.give(read(2, 0));
  EXPECT_EQ(chunks(), 1U);
}

TEST_F(Sender, AChunkForAStrangerOrOfAFormerLeaderClosesItsStream) {
  node_.give(read(kStranger, 0));
  EXPECT_EQ(node_.snapshot_closes.back().to, NodeId(kStranger));
  node_.hear(3, 4, raft::Heartbeat{});
  node_.snapshot_closes.clear();
  node_.give(read(2, 0));
  ASSERT_EQ(node_.snapshot_closes.size(), 1U);
  EXPECT_EQ(chunks(), 0U);
}

TEST_F(Sender, AnAnswerWhileTheNextChunkIsBeingReadChangesNothing) {
  node_.hear(2, 3, InstallSnapshotReply{LogIndex(), 1, false});
  EXPECT_EQ(node_.snapshot_reads.size(), 1U) << "nothing has been sent yet";
  node_.give(read(2, 0));
  node_.hear(2, 3, InstallSnapshotReply{LogIndex(10), 1, false});
  EXPECT_EQ(node_.snapshot_reads.back().sequence, 1U);
  node_.hear(2, 3, InstallSnapshotReply{LogIndex(10), 1, false});
  node_.hear(2, 3, InstallSnapshotReply{LogIndex(9), 1, false});
  EXPECT_EQ(node_.snapshot_reads.size(), 2U);
}

TEST_F(Sender, ACheckpointWhileTheStreamIsBeingOpenedKeepsNoLogForIt) {
  const raft::SnapshotMeta newer{
      .index = LogIndex(12), .term = Term(2), .membership = {}, .generation = 5};
  node_.give(raft::Applied{LogIndex(13)});
  node_.give(raft::Checkpointed{newer});
  node_.give(raft::Checkpointed{newer});
  EXPECT_EQ(node_.core().snapshot_index(), LogIndex(12));
}

// ---- snapshots: the receiver ----

TEST(Untimely, ASecondStreamDoesNotDisturbAnInstallThatIsBeingFinished) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, true));
  node.forget();
  node.hear(3, 2, chunk(9, 2, 0, false));
  EXPECT_EQ(node.count_said(), 0U);
  EXPECT_EQ(node.snapshot_writes.size(), 1U);
}

TEST(Untimely, AnotherLeadersChunkOfTheSameSnapshotIsNotJoinedToTheFormersStream) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.give(stored(5, 0, false));
  node.hear(3, 2, chunk(5, 1, 1, false));
  EXPECT_EQ(node.said<InstallSnapshotReply>(3).back().next_sequence, 0U);
  EXPECT_EQ(node.snapshot_writes.size(), 1U);
  node.hear(3, 2, chunk(5, 1, 0, false));
  EXPECT_EQ(node.snapshot_writes.size(), 2U);
}

TEST(Untimely, AChunkStoredForAStreamThatIsOverIsForgotten) {
  OneNode node;
  node.give(stored(5, 0, false));
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.give(stored(4, 0, false));
  node.give(stored(5, 3, false));
  EXPECT_TRUE(node.said<InstallSnapshotReply>(2).empty());
  node.give(stored(5, 0, false));
  node.give(stored(5, 0, false));
  EXPECT_EQ(node.said<InstallSnapshotReply>(2).size(), 1U);
}

TEST(Untimely, NoElectionAndNoTransferBeginsWhileTheStateIsBeingReplaced) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.give(stored(5, 0, false));
  node.hear(2, 1, chunk(5, 1, 1, true));
  node.hear(2, 1, raft::TimeoutNow{});
  node.time_out();
  EXPECT_EQ(node.core().role(), Role::kFollower);
  EXPECT_EQ(node.term(), 1U);
}

TEST(Untimely, AStreamThatHasOnlyBegunKeepsNobodyFromAnElection) {
  OneNode node;
  node.hear(2, 1, chunk(5, 1, 0, false));
  node.hear(2, 1, raft::TimeoutNow{});
  EXPECT_EQ(node.core().role(), Role::kCandidate);
}

TEST(Untimely, WritesUnderWayWhenTheStateWasReplacedMakeNothingDurableBehindIt) {
  OneNode node({.terms = {1}});
  node.make_disk_slow();
  node.hear(2, 1, OneNode::append(1, 1, {1, 1, 1}));
  node.hear(3, 2, chunk(3, 2, 0, true));
  node.give(stored(3, 0, true));
  node.sync();
  EXPECT_EQ(node.disk_log(), "");
  EXPECT_EQ(node.last(), 3U);
}

// ---- the log ----

TEST(Untimely, ALogIsNotCompactedBackwardsAndHasNothingCachedBehindItsEnd) {
  raft::Log log(LogIndex(4), Term(1), LogIndex(4), {}, 1000, 0);
  log.append(OneNode::entry(5, 1));
  log.append(OneNode::entry(6, 2));
  log.compact(LogIndex(5));
  log.compact(LogIndex(4));
  EXPECT_EQ(log.base(), LogIndex(5));
  EXPECT_TRUE(log.is_cached(LogIndex(6)));
  EXPECT_FALSE(log.is_cached(LogIndex(7)));
  EXPECT_EQ(log.term_at(LogIndex(6)), Term(2));
}

}  // namespace
