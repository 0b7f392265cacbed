// What the driver of one raft group carries out, and in which order.
#include "node/consensus/group.h"

#include <gtest/gtest.h>

namespace {

using node::Group;
using raft::LogIndex;
using raft::NodeId;
using raft::Term;

constexpr std::uint64_t kLogBase = 10;

// Node 1 of three, with a log that begins behind index 10; its disk is fast.
class GroupTest : public testing::Test {
 protected:
  GroupTest() : group_(options(), restored(), 0, true) { group_.start(now_); }

  static raft::Options options() {
    return {.self = NodeId(1),
            .seed = 5,
            .append_bytes_max = 1000,
            .inflight_appends_max = 8,
            .uncommitted_bytes_max = 100'000,
            .cache_bytes_max = 100'000};
  }
  static raft::Restored restored() {
    raft::Restored found;
    found.hard_state.term = Term(3);
    found.snapshot.index = found.last_index = LogIndex(kLogBase);
    found.snapshot.term = Term(3);
    for (std::uint64_t id = 1; id <= 3; ++id)
      found.snapshot.membership.members.push_back({NodeId(id), "a:1", true});
    return found;
  }

  void hear(std::uint64_t from, raft::Body body) {
    group_.receive(now_, raft::Message{.group = base::kFirstGroup,
                                       .from = NodeId(from),
                                       .to = NodeId(1),
                                       .term = group_.raft().term(),
                                       .body = std::move(body)});
    turn();
  }
  // Ends the turn; whatever is written is durable.
  void turn() {
    node::ConsensusOutput out;
    taken_ = group_.finish_turn(now_, out).taken_batches;
    to_state_ = std::move(out.to_state);
    for (const node::ToLog& request : out.to_log) {
      if (const auto* append = std::get_if<node::LogAppend>(&request))
        group_.receive(now_,
                       node::FromLog(node::LogDurable{base::kFirstGroup, append->sequence, 0}));
    }
  }
  void lead() {
    now_ += base::milliseconds(5000);
    turn();
    hear(2, raft::PreVoteReply{Term(4), true});
    hear(2, raft::VoteReply{true});
    ASSERT_EQ(group_.raft().role(), raft::Role::kLeader);
  }

  base::Instant now_{base::milliseconds(100'000)};
  Group group_;
  std::vector<node::ToState> to_state_;  // of the last turn
  std::vector<node::GuestBatch> taken_;  // likewise
};

TEST_F(GroupTest, AStreamThatEndsIsClosedBeforeTheNextOneToTheSameNodeBegins) {
  lead();
  hear(3, raft::AppendReply{.success = false,
                            .match = LogIndex(0),
                            .conflict_term = Term(0),
                            .rejected_previous = LogIndex(kLogBase),
                            .round = 0});
  ASSERT_EQ(to_state_.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<node::StreamRead>(to_state_[0]));
  raft::SnapshotMeta old = restored().snapshot;
  old.index = LogIndex(kLogBase - 5);  // the log has gone on since it was begun
  group_.receive(now_, node::FromState(node::StreamChunk{.group = base::kFirstGroup,
                                                         .to = NodeId(3),
                                                         .meta = old,
                                                         .sequence = 0,
                                                         .is_last = true,
                                                         .bytes = {}}));
  hear(3, raft::InstallSnapshotReply{old.index, 0, true});
  ASSERT_EQ(to_state_.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<node::StreamClose>(to_state_[0]));
  EXPECT_TRUE(std::holds_alternative<node::StreamRead>(to_state_[1]));
}

// Its disk has room for a vote and none for entries.
TEST_F(GroupTest, AVoteLeavesWhenItIsDurableThoughEntriesBeforeItAreNot) {
  const auto say = [&](std::uint64_t from, std::uint64_t term, raft::Body body) {
    group_.receive(now_, raft::Message{.group = base::kFirstGroup,
                                       .from = NodeId(from),
                                       .to = NodeId(1),
                                       .term = Term(term),
                                       .body = std::move(body)});
  };
  const auto finish = [&] {
    node::ConsensusOutput out;
    std::vector<raft::Message> messages = group_.finish_turn(now_, out).messages;
    std::uint64_t sequence = 0;
    for (const node::ToLog& request : out.to_log) {
      if (const auto* append = std::get_if<node::LogAppend>(&request)) sequence = append->sequence;
    }
    return std::pair(sequence, messages);
  };
  raft::Append append;
  append.previous_index = LogIndex(kLogBase);
  append.previous_term = Term(3);
  append.entries.push_back(std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(kLogBase + 1), Term(3), raft::EntryKind::kBatch, "x"}));
  say(2, 3, std::move(append));
  EXPECT_TRUE(finish().second.empty());
  now_ += base::milliseconds(5000);
  say(3, 9, raft::Vote{LogIndex(kLogBase + 1), Term(3), false});
  const auto [sequence, before] = finish();
  EXPECT_TRUE(before.empty());
  group_.receive(now_, node::FromLog(node::LogVoted{base::kFirstGroup, sequence}));
  const auto after = finish().second;
  ASSERT_EQ(after.size(), 1U);
  EXPECT_TRUE(std::get<raft::VoteReply>(after[0].body).granted);
  EXPECT_EQ(group_.promised().term, Term(9));
  EXPECT_EQ(group_.promised().acknowledged, LogIndex());
}

// A leader's service that slept through the loss of its leadership and its return proposes what a
// member has sent elsewhere in between.
TEST_F(GroupTest, AMembersBatchIsOfTheTermAloneInWhichItWasSent) {
  lead();
  const Term term = group_.raft().term();
  const auto propose = [&](std::optional<node::GuestBatch> guest) {
    const LogIndex before = group_.raft().last_index();
    group_.receive(now_, node::ToConsensus(node::ProposeBatch{
                             .group = base::kFirstGroup, .id = 1, .payload = "p", .guest = guest}));
    turn();
    return group_.raft().last_index() > before;
  };
  const auto of = [](Term sent_in) {
    return node::GuestBatch{.member = NodeId(2), .epoch = 3, .id = 4, .term = sent_in};
  };
  EXPECT_FALSE(propose(of(Term(term.value() - 1))));
  EXPECT_TRUE(taken_.empty());
  EXPECT_TRUE(propose(of(term)));
  const std::vector<node::GuestBatch> taken = taken_;
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].id, 4U);
  EXPECT_TRUE(propose({})) << "one of this node";
  EXPECT_TRUE(taken_.empty());
}

TEST_F(GroupTest, BehindABatchThatWasTurnedAwayNothingIsTakenUntilTheServiceHasHeardOfIt) {
  const auto is_taken = [&](std::uint64_t id, std::uint64_t refusals_heard) {
    const LogIndex before = group_.raft().last_index();
    group_.receive(now_, node::ToConsensus(node::ProposeBatch{.group = base::kFirstGroup,
                                                              .id = id,
                                                              .payload = "p",
                                                              .refusals_heard = refusals_heard}));
    turn();
    return group_.raft().last_index() > before;
  };
  EXPECT_FALSE(is_taken(1, 0)) << "it does not lead";
  lead();
  EXPECT_FALSE(is_taken(2, 0)) << "it was proposed behind the one that was turned away";
  EXPECT_FALSE(is_taken(3, 1)) << "and this one behind that";
  EXPECT_TRUE(is_taken(1, 3));
  EXPECT_TRUE(is_taken(2, 3));
}

}  // namespace
