// What one raft group has asked of the log worker: what may leave when, what can be read.
#include "node/consensus/group_log.h"

#include <gtest/gtest.h>

namespace {

using node::GroupLog;
using raft::LogIndex;
using raft::NodeId;
using raft::Term;

constexpr std::uint64_t kLast = 10;  // of the log at the start

class GroupLogTest : public testing::Test {
 protected:
  static raft::Restored restored() {
    raft::Restored found;
    found.hard_state.term = Term(3);
    found.snapshot.index = LogIndex(4);
    found.last_index = LogIndex(kLast);
    return found;
  }
  static raft::Message reply(raft::Body body) {
    return {.group = base::kFirstGroup,
            .from = NodeId(1),
            .to = NodeId(2),
            .term = Term(5),
            .body = std::move(body)};
  }
  // Entries first to last, and what is promised when they are durable.
  std::uint64_t append(std::uint64_t first, std::uint64_t last,
                       std::vector<raft::Message> after_durable = {}) {
    raft::Persist persist;
    persist.sequence = ++raft_sequence_;
    if (first <= last_) persist.truncate_from = LogIndex(first);
    for (std::uint64_t index = first; index <= last; ++index) {
      persist.entries.push_back(std::make_shared<raft::Entry>(
          raft::Entry{LogIndex(index), Term(5), raft::EntryKind::kBatch, "four"}));
    }
    persist.after_durable = std::move(after_durable);
    last_ = last;
    return log_.append(persist, {Term(5), NodeId(2)}).sequence;
  }

  GroupLog log_{base::kFirstGroup, 7, restored()};
  std::uint64_t raft_sequence_ = 0, last_ = kLast;
};

TEST_F(GroupLogTest, WhatAnAppendPromisesIsTakenWhenItIsDurableInOrder) {
  const std::uint64_t first = append(kLast + 1, kLast + 2, {reply(raft::VoteReply{true})});
  const std::uint64_t second = append(kLast + 3, kLast + 3);
  EXPECT_EQ(first, 8U) << "behind those that were made before";
  EXPECT_FALSE(log_.take_written(first - 1));
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast));
  const auto written = log_.take_written(second);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->raft_sequence, 1U);
  EXPECT_EQ(written->messages.size(), 1U);
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast + 2));
  EXPECT_EQ(log_.promised().acknowledged, LogIndex(kLast + 2));
  ASSERT_TRUE(log_.take_written(second));
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast + 3));
  EXPECT_FALSE(log_.take_written(second));
  EXPECT_EQ(log_.logged_bytes(), 12U);
}

TEST_F(GroupLogTest, AVoteIsTakenOnceAndPromisesNothingOfEntries) {
  const std::uint64_t sequence =
      append(kLast + 1, kLast + 1,
             {reply(raft::VoteReply{true}), reply(raft::AppendReply{.success = true,
                                                                    .match = LogIndex(kLast + 1),
                                                                    .conflict_term = {},
                                                                    .rejected_previous = {},
                                                                    .round = 0})});
  EXPECT_EQ(log_.take_votes(sequence).size(), 1U);
  EXPECT_TRUE(log_.take_votes(sequence).empty());
  EXPECT_EQ(log_.promised().vote, NodeId(2));
  EXPECT_EQ(log_.promised().acknowledged, LogIndex());
  const auto written = log_.take_written(sequence);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->messages.size(), 1U) << "the acknowledgement waited";
}

TEST_F(GroupLogTest, WhatIsBeingReplacedCannotBeReadAnyMore) {
  const std::uint64_t old = append(kLast + 1, kLast + 5);
  const std::uint64_t replaced = append(kLast - 1, kLast - 1);
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast - 2));
  ASSERT_TRUE(log_.take_written(old));
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast - 2)) << "what it wrote goes at once";
  ASSERT_TRUE(log_.take_written(replaced));
  EXPECT_EQ(log_.durable_last(), LogIndex(kLast - 1));
  const node::LogRead read =
      log_.read(GroupLog::ReadFor::kCore, LogIndex(5), LogIndex(kLast + 5), 100);
  EXPECT_EQ(read.last, LogIndex(kLast - 1));
}

TEST_F(GroupLogTest, AnswersAreToTheOldestQuestion) {
  (void)log_.read(GroupLog::ReadFor::kCore, LogIndex(5), LogIndex(6), 100);
  (void)log_.read(GroupLog::ReadFor::kDelivery, LogIndex(5), LogIndex(6), 100);
  EXPECT_TRUE(log_.is_reading_for_delivery());
  EXPECT_EQ(log_.take_read(), GroupLog::ReadFor::kCore);
  EXPECT_TRUE(log_.is_reading_for_delivery());
  EXPECT_EQ(log_.take_read(), GroupLog::ReadFor::kDelivery);
  EXPECT_FALSE(log_.is_reading_for_delivery());
}

TEST_F(GroupLogTest, ADiscardIsSaidOnce) {
  EXPECT_FALSE(log_.discard(LogIndex(4))) << "the log begins there";
  const auto discard = log_.discard(LogIndex(6));
  ASSERT_TRUE(discard);
  EXPECT_EQ(discard->through, LogIndex(6));
  EXPECT_FALSE(log_.discard(LogIndex(6)));
}

}  // namespace
