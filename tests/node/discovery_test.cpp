// What an unborn node learns of the others, whatever the order in which it comes.
#include "node/consensus/discovery.h"

#include <gtest/gtest.h>

namespace {

using base::ClusterId;
using base::NodeId;
using node::Discovery;
using node::Hello;

constexpr std::uint64_t kEpoch = 50;

class DiscoveryTest : public testing::Test {
 protected:
  static Hello hello(std::uint64_t id, std::uint64_t epoch = kEpoch) {
    Hello said;
    said.id = NodeId(id);
    said.epoch = epoch;
    return said;
  }
  void answer_all() {
    discovery_.on_answer("a:1", hello(1));
    discovery_.on_answer("b:1", hello(2));
  }
  // Of node 2, which sees both.
  static Hello of_one_that_sees_both(std::uint64_t epoch = kEpoch) {
    Hello said = hello(2, epoch);
    said.birth = {.version = 1, .is_complete = true, .met = {NodeId(1), NodeId(2)}};
    return said;
  }

  Discovery discovery_{NodeId(1), kEpoch, {"a:1", "b:1"}};
};

TEST_F(DiscoveryTest, AllAgreeWhenAllAnswerAreConnectedAndSeeTheSame) {
  answer_all();
  EXPECT_FALSE(discovery_.do_all_agree());
  EXPECT_EQ(discovery_.missing_answers(), "b:1 does not see the same nodes");
  discovery_.on_hello(of_one_that_sees_both());
  EXPECT_TRUE(discovery_.do_all_agree());
  EXPECT_EQ(discovery_.missing_answers(), "");
  const std::vector<raft::Member> founders = discovery_.founders();
  ASSERT_EQ(founders.size(), 2U);
  EXPECT_EQ(founders[0].id, NodeId(1));
  EXPECT_EQ(founders[1].address, "b:1");
  discovery_.on_disconnected(NodeId(2));
  EXPECT_FALSE(discovery_.do_all_agree());
}

TEST_F(DiscoveryTest, OneRunsOlderStatusAndAnEarlierRunsClusterDoNotCount) {
  answer_all();
  discovery_.on_hello(of_one_that_sees_both());
  discovery_.on_status(NodeId(2), {.version = 0, .is_complete = false, .met = {}});
  EXPECT_TRUE(discovery_.do_all_agree());
  discovery_.on_founded(NodeId(2), ClusterId(9));
  EXPECT_FALSE(discovery_.lacks_cluster(NodeId(2)));
  raft::Membership membership;
  membership.cluster = ClusterId(9);
  membership.members = {{.id = NodeId(1), .address = "a:1"}, {.id = NodeId(2), .address = "b:1"}};
  EXPECT_TRUE(discovery_.have_all_accepted(membership));
  discovery_.on_hello(of_one_that_sees_both(kEpoch + 1));
  EXPECT_TRUE(discovery_.lacks_cluster(NodeId(2)));
  EXPECT_FALSE(discovery_.have_all_accepted(membership));
  EXPECT_FALSE(discovery_.do_all_agree()) << "another run answers at its address";
}

TEST_F(DiscoveryTest, EachConnectedPeerIsOwedTheNewestOnce) {
  discovery_.on_hello(hello(2));
  EXPECT_EQ(discovery_.take_owed(), std::vector<NodeId>{NodeId(2)});
  EXPECT_TRUE(discovery_.take_owed().empty());
  discovery_.on_disconnected(NodeId(2));
  discovery_.owe_all();
  EXPECT_TRUE(discovery_.take_owed().empty());
  discovery_.on_hello(hello(2));
  EXPECT_EQ(discovery_.take_owed().size(), 1U);
}

}  // namespace
