// What a user of Sentinel sees of a cluster, and the events that follow from what changes in it.
#include "node/clients/sentinel/master_watch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "node/messages/node_name.h"

namespace node::sentinel {
namespace {

constexpr NodeId kOne{1}, kTwo{2}, kThree{3};

// Three nodes: 10.0.0.N, data at 700N, plain at 710N, sentinel at 720N; this one is the third.
ClusterView three_nodes() {
  ClusterView view;
  for (std::uint16_t i = 1; i <= 3; ++i) {
    PeerView peer;
    peer.id = NodeId(i);
    peer.host = "10.0.0." + std::to_string(i);
    peer.client_port = static_cast<std::uint16_t>(7000 + i);
    peer.plain_port = static_cast<std::uint16_t>(7100 + i);
    peer.sentinel_port = static_cast<std::uint16_t>(7200 + i);
    peer.is_self = i == 3;
    peer.is_connected = true;
    view.peers.push_back(std::move(peer));
  }
  return view;
}

MasterView seen(const ClusterView& view, NodeId leader) {
  return master_view(view, Leadership{.group = {}, .term = Term(3), .leader = leader});
}

std::vector<std::string> lines(const std::vector<Event>& events) {
  std::vector<std::string> all;
  for (const Event& event : events) all.push_back(event.channel + " " + event.message);
  return all;
}

using Lines = std::vector<std::string>;

TEST(MasterView, NamesThePlainDoorWhereThereIsOne) {
  ClusterView view = three_nodes();
  view.peers[1].plain_port = 0;
  const MasterView master = seen(view, kOne);
  EXPECT_EQ(master.master->address(), "10.0.0.1 7101");
  ASSERT_EQ(master.replicas.size(), 2U);
  EXPECT_EQ(master.replicas[0].address(), "10.0.0.2 7002");
  EXPECT_EQ(master.replicas[1].address(), "10.0.0.3 7103");
}

TEST(MasterView, ListsTheOthersThatHaveASentinelDoor) {
  ClusterView view = three_nodes();
  view.peers[0].sentinel_port = 0;
  const MasterView master = seen(view, kOne);
  ASSERT_EQ(master.sentinels.size(), 1U);
  EXPECT_EQ(master.sentinels[0].address(), "10.0.0.2 7202");
}

TEST(MasterView, LeavesOutWhomNobodyCouldDial) {
  ClusterView view = three_nodes();
  view.peers[0].plain_port = view.peers[0].client_port = 0;
  view.peers[1].host.clear();
  const MasterView master = seen(view, kOne);
  EXPECT_FALSE(master.master.has_value());
  ASSERT_EQ(master.replicas.size(), 1U);
  EXPECT_EQ(master.replicas[0].id, kThree);
}

TEST(MasterView, KeepsTheLastLeaderAsAMasterThatIsDown) {
  ClusterView view = three_nodes();
  view.leader = kOne;
  const MasterView master = seen(view, {});
  EXPECT_EQ(master.master->id, kOne);
  EXPECT_TRUE(master.master->is_down);
  EXPECT_TRUE(master.is_objectively_down);
}

TEST(MasterView, CountsTheVotersThatAreLinked) {
  ClusterView view = three_nodes();
  EXPECT_EQ(seen(view, kOne).quorum(), 2U);
  view.peers[0].is_connected = false;
  EXPECT_TRUE(seen(view, kOne).has_quorum());
  view.peers[1].is_connected = false;
  EXPECT_FALSE(seen(view, kOne).has_quorum());
  view.peers[1].is_voter = view.peers[0].is_voter = false;
  EXPECT_TRUE(seen(view, kOne).has_quorum());
}

class MasterWatchTest : public ::testing::Test {
 protected:
  MasterWatchTest() { EXPECT_TRUE(watch_.take(seen(view_, kOne)).empty()); }
  Lines now(NodeId leader) { return lines(watch_.take(seen(view_, leader))); }

  ClusterView view_ = three_nodes();
  MasterWatch watch_{"mymaster"};
};

TEST_F(MasterWatchTest, TellsNothingWhenNothingChanges) { EXPECT_EQ(now(kOne), Lines{}); }

TEST_F(MasterWatchTest, ANewLeaderIsASwitchAfterWhichItsReplicasAreNew) {
  EXPECT_EQ(now(kTwo),
            (Lines{"+switch-master mymaster 10.0.0.1 7101 10.0.0.2 7102",
                   "+slave slave 10.0.0.1:7101 10.0.0.1 7101 @ mymaster 10.0.0.2 7102",
                   "+slave slave 10.0.0.3:7103 10.0.0.3 7103 @ mymaster 10.0.0.2 7102"}));
}

TEST_F(MasterWatchTest, ALeaderThatDiesIsDownUntilAnotherLeads) {
  view_.leader = kOne;
  view_.peers[0].is_connected = false;
  EXPECT_EQ(now(kOne), (Lines{"+sdown master mymaster 10.0.0.1 7101",
                              "+sdown sentinel " + node_name(kOne) +
                                  " 10.0.0.1 7201 @ mymaster 10.0.0.1 7101"}));
  EXPECT_EQ(now({}), (Lines{"+odown master mymaster 10.0.0.1 7101 #quorum 2/2"}));
  EXPECT_EQ(now(kTwo),
            (Lines{"-odown master mymaster 10.0.0.1 7101",
                   "+switch-master mymaster 10.0.0.1 7101 10.0.0.2 7102",
                   "+slave slave 10.0.0.1:7101 10.0.0.1 7101 @ mymaster 10.0.0.2 7102",
                   "+sdown slave 10.0.0.1:7101 10.0.0.1 7101 @ mymaster 10.0.0.2 7102",
                   "+slave slave 10.0.0.3:7103 10.0.0.3 7103 @ mymaster 10.0.0.2 7102"}));
  view_.peers[0].is_connected = true;
  EXPECT_EQ(now(kTwo), (Lines{"-sdown slave 10.0.0.1:7101 10.0.0.1 7101 @ mymaster 10.0.0.2 7102",
                              "-sdown sentinel " + node_name(kOne) +
                                  " 10.0.0.1 7201 @ mymaster 10.0.0.2 7102"}));
}

TEST_F(MasterWatchTest, ALeaderThatIsElectedAgainComesBack) {
  view_.leader = kOne;
  EXPECT_EQ(now({}), (Lines{"+sdown master mymaster 10.0.0.1 7101",
                            "+odown master mymaster 10.0.0.1 7101 #quorum 2/2"}));
  EXPECT_EQ(now(kOne), (Lines{"-sdown master mymaster 10.0.0.1 7101",
                              "-odown master mymaster 10.0.0.1 7101"}));
}

TEST_F(MasterWatchTest, AMemberThatJoinsIsAReplicaAndASentinel) {
  PeerView fourth = view_.peers[1];
  fourth.id = NodeId(4);
  fourth.host = "10.0.0.4";
  view_.peers.push_back(fourth);
  EXPECT_EQ(now(kOne), (Lines{"+slave slave 10.0.0.4:7102 10.0.0.4 7102 @ mymaster 10.0.0.1 7101",
                              "+sentinel sentinel " + node_name(NodeId(4)) +
                                  " 10.0.0.4 7202 @ mymaster 10.0.0.1 7101"}));
}

TEST_F(MasterWatchTest, ALeaderWithAnotherAddressIsASwitch) {
  view_.peers[0].host = "10.0.0.9";
  EXPECT_EQ(now(kOne)[0], "+switch-master mymaster 10.0.0.1 7101 10.0.0.9 7101");
}

TEST_F(MasterWatchTest, WhileNoMasterIsKnownNothingIsToldAndTheSwitchIsNotForgotten) {
  const ClusterView whole = view_;
  view_.peers.clear();
  EXPECT_EQ(now({}), Lines{});
  view_ = whole;
  EXPECT_EQ(now(kTwo)[0], "+switch-master mymaster 10.0.0.1 7101 10.0.0.2 7102");
}

}  // namespace
}  // namespace node::sentinel
