// The hand-over of committed entries to the service, and what it is told of members' batches.
#include "node/consensus/delivery.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "node/consensus/member_batches.h"

namespace {

using node::Delivery;
using node::MemberBatches;
using raft::LogIndex;
using raft::NodeId;
using raft::Term;

std::vector<raft::EntryPtr> entry(std::uint64_t index, std::size_t bytes = 100) {
  return {std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(2), raft::EntryKind::kBatch, std::string(bytes, 'x')})};
}

TEST(Delivery, HasRoomForMoreWhenTheServiceHasApplied) {
  Delivery delivery(base::kFirstGroup, LogIndex(5), Term(2));
  const std::size_t most = base::limits::kApplyWindowBytesMax;
  EXPECT_EQ(delivery.room(), most);
  const std::vector<raft::EntryPtr> large = entry(6, most + 1);
  EXPECT_TRUE(delivery.has_room_for(*large[0])) << "it goes alone";
  const node::Committed told = delivery.hand_over(large, LogIndex(9));
  EXPECT_EQ(told.commit, LogIndex(9));
  EXPECT_EQ(delivery.delivered(), LogIndex(6));
  EXPECT_EQ(delivery.room(), 0U);
  EXPECT_FALSE(delivery.has_room_for(*entry(7)[0]));
  EXPECT_TRUE(delivery.on_applied(LogIndex(6)));
  EXPECT_EQ(delivery.room(), most);
}

TEST(Delivery, GoesOnBehindTheStateThatReplacesTheServices) {
  Delivery delivery(base::kFirstGroup, LogIndex(5), Term(2));
  (void)delivery.hand_over(entry(6), LogIndex(6));
  raft::SnapshotMeta checkpoint;
  checkpoint.index = LogIndex(20);
  checkpoint.term = Term(2);
  delivery.replace(checkpoint);
  EXPECT_EQ(delivery.room(), base::limits::kApplyWindowBytesMax);
  EXPECT_TRUE(delivery.on_applied(LogIndex(6))) << "said before it learned of the new state";
  EXPECT_FALSE(delivery.on_applied(LogIndex(21))) << "beyond what it was given";
  EXPECT_EQ(delivery.hand_over(entry(21), LogIndex(21)).entries.size(), 1U);
  EXPECT_TRUE(delivery.on_applied(LogIndex(21)));
}

TEST(MemberBatches, AMemberIsToldUntilItKnowsThatItsNewestBatchIsCommitted) {
  MemberBatches batches;
  const node::GuestBatch batch{.member = NodeId(2), .epoch = 3, .id = 4, .term = Term(5)};
  batches.on_proposed(LogIndex(6));
  EXPECT_FALSE(batches.is_anyone_waiting()) << "one of this node";
  batches.begin(batch);
  batches.on_proposed(LogIndex(7));
  batches.begin(std::nullopt);
  ASSERT_EQ(batches.take_taken().size(), 1U);
  EXPECT_TRUE(batches.take_taken().empty());
  EXPECT_FALSE(batches.must_tell(NodeId(3), LogIndex(7)));
  EXPECT_TRUE(batches.must_tell(NodeId(2), LogIndex(6)));
  EXPECT_FALSE(batches.must_tell(NodeId(2), LogIndex(6))) << "it knows that";
  EXPECT_TRUE(batches.must_tell(NodeId(2), LogIndex(8)));
  EXPECT_FALSE(batches.is_anyone_waiting());
}

}  // namespace
