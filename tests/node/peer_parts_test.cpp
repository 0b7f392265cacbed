// The parts of the peer links that stand alone: the plan of dialling, what is known of peers, the
// membership as the links know it.
#include <gtest/gtest.h>

#include "node/peers/dial_plan.h"
#include "node/peers/known_peers.h"
#include "node/peers/membership.h"

namespace {

using base::ClusterId;
using base::Instant;
using base::LogIndex;
using base::milliseconds;
using base::NodeId;
using node::DialPlan;
using node::Hello;
using node::KnownPeers;
using node::LinkId;
using node::PeerMembership;

constexpr NodeId kPeer{2}, kOther{3};
constexpr ClusterId kCluster{7}, kForeign{8};

Instant at(std::int64_t ms) { return Instant(milliseconds(ms)); }

Hello hello(NodeId id, ClusterId cluster = kCluster, std::optional<LogIndex> version = {}) {
  return {.id = id,
          .epoch = 1,
          .cluster = cluster,
          .announcement = {},
          .birth = {},
          .version = version};
}

// ---- the plan of dialling ----

TEST(DialPlanTest, ATargetIsDueAtOnceAndNotWhileALinkToItStands) {
  DialPlan plan(1);
  EXPECT_TRUE(plan.set_targets({{"a:1", kPeer}}).empty());
  ASSERT_EQ(plan.due(at(0)).size(), 1U);
  EXPECT_EQ(plan.due(at(0))[0].expected, kPeer);
  plan.on_dialled("a:1", LinkId(1));
  EXPECT_TRUE(plan.due(at(9999)).empty());
  EXPECT_EQ(plan.next_due(), Instant::max());
  EXPECT_EQ(plan.link_to("a:1"), LinkId(1));
}

TEST(DialPlanTest, EachFailureDoublesThePauseUpToASecondAndAHalf) {
  DialPlan plan(1);
  EXPECT_TRUE(plan.set_targets({{"a:1", kPeer}}).empty());
  base::Duration last{};
  for (std::uint64_t i = 1; i < 10; ++i) {
    plan.on_dialled("a:1", LinkId(i));
    EXPECT_TRUE(plan.on_ended("a:1", LinkId(i), {}, at(0)));
    last = plan.next_due() - at(0);
    EXPECT_GE(last, std::min(milliseconds(1000),
                             milliseconds(50) * (1 << std::min(i - 1, std::uint64_t{5}))));
    EXPECT_LE(last, milliseconds(1500));
  }
  plan.on_dialled("a:1", LinkId(20));
  EXPECT_TRUE(plan.on_ended("a:1", LinkId(20), milliseconds(5000), at(0)));
  EXPECT_LT(plan.next_due() - at(0), milliseconds(100));
}

TEST(DialPlanTest, ALinkOfAnAddressThatIsNoTargetAnyMoreIsHandedBack) {
  DialPlan plan(1);
  EXPECT_TRUE(plan.set_targets({{"a:1", kPeer}, {"b:1", kOther}}).empty());
  plan.on_dialled("a:1", LinkId(1));
  plan.on_dialled("b:1", LinkId(2));
  EXPECT_EQ(plan.set_targets({{"b:1", kOther}}), std::vector<LinkId>{LinkId(1)});
  EXPECT_FALSE(plan.on_ended("a:1", LinkId(1), {}, at(0)));
  EXPECT_EQ(plan.links(), std::vector<LinkId>{LinkId(2)});
}

TEST(DialPlanTest, ThisNodesOwnAddressIsNeverDialledAgain) {
  DialPlan plan(1);
  EXPECT_TRUE(plan.set_targets({{"a:1", {}}}).empty());
  plan.on_dialled("a:1", LinkId(1));
  plan.on_self("a:1");
  EXPECT_TRUE(plan.on_ended("a:1", LinkId(1), {}, at(0)));
  EXPECT_TRUE(plan.due(at(99'999)).empty());
}

TEST(DialPlanTest, APeerThatLivesIsDialledAtOnceWhereItMayBe) {
  DialPlan plan(1);
  EXPECT_TRUE(plan.set_targets({{"a:1", kPeer}, {"b:1", kOther}}).empty());
  for (const auto& [address, link] : {std::pair("a:1", LinkId(1)), std::pair("b:1", LinkId(2))}) {
    plan.on_dialled(address, link);
    EXPECT_TRUE(plan.on_ended(address, link, {}, at(0)));
  }
  plan.hurry(kPeer, at(1));
  ASSERT_EQ(plan.due(at(1)).size(), 1U);
  EXPECT_EQ(plan.due(at(1))[0].address, "a:1");
}

TEST(DialPlanTest, AStrangerAtAMembersAddressIsRememberedForAWhile) {
  DialPlan plan(1);
  const raft::Member member{kPeer, "a:1", true};
  EXPECT_TRUE(plan.set_targets({{"a:1", kPeer}}).empty());
  EXPECT_FALSE(plan.stranger_at(member, at(0)).has_value());
  plan.on_stranger("a:1", kOther, at(1000));
  EXPECT_EQ(plan.stranger_at(member, at(3999)), kOther);
  EXPECT_FALSE(plan.stranger_at(member, at(4000)).has_value());
  EXPECT_FALSE(plan.stranger_at({kOther, "a:1", true}, at(1000)).has_value());
}

// ---- what is known of peers ----

TEST(KnownPeersTest, APeerIsMissedFromTheEndOfItsLastLinkOrFromTheFirstTurn) {
  KnownPeers known;
  known.begin(at(5));
  EXPECT_EQ(known.missed_since(kPeer), at(5));
  EXPECT_EQ(known.epoch_of(kPeer), 0U);
  known.on_connected(hello(kPeer), "a:1", at(10));
  EXPECT_TRUE(known.info(kPeer).is_connected);
  EXPECT_EQ(known.epoch_of(kPeer), 1U);
  known.on_lost(kPeer, at(20));
  EXPECT_FALSE(known.info(kPeer).is_connected);
  EXPECT_EQ(known.missed_since(kPeer), at(20));
}

// ---- the membership ----

TEST(PeerMembershipTest, ANodeWithoutAClusterTakesWhoeverComes) {
  const PeerMembership membership;
  EXPECT_TRUE(membership.may_be_peer(hello(kPeer, {})));
  EXPECT_TRUE(membership.may_be_peer(hello(kPeer, kForeign)));
  EXPECT_FALSE(membership.is_foreign(kForeign));
}

TEST(PeerMembershipTest, OfAClusterTheMembersAreTakenAndNewcomersThatDoNotKnowIt) {
  PeerMembership membership;
  membership.set_cluster(kCluster, {kPeer, kOther}, {kOther});
  EXPECT_TRUE(membership.may_be_peer(hello(kPeer)));
  EXPECT_FALSE(membership.may_be_peer(hello(kPeer, {})));
  EXPECT_TRUE(membership.may_be_peer(hello(kOther, {})));
  EXPECT_FALSE(membership.may_be_peer(hello(NodeId(9))));
  EXPECT_TRUE(membership.is_foreign(kForeign));
}

TEST(PeerMembershipTest, WhoeverKnowsALaterMembershipIsAPeerAndOfAnEarlierOneIsRemoved) {
  PeerMembership membership;
  membership.set_cluster(kCluster, {kPeer}, {});
  EXPECT_TRUE(
      membership.set_committed({kCluster, {{kPeer, "a:1", true}}, LogIndex(5)}, {}).empty());
  EXPECT_TRUE(membership.may_be_peer(hello(kOther, kCluster, LogIndex(6))));
  EXPECT_FALSE(membership.is_removed(hello(kOther, kCluster, LogIndex(6))));
  EXPECT_TRUE(membership.is_removed(hello(kOther, kCluster, LogIndex(4))));
  EXPECT_FALSE(membership.is_removed(hello(kPeer, kCluster, LogIndex(4))));
}

TEST(PeerMembershipTest, WhoWasCommittedAndIsAMemberNoMoreHasLeft) {
  PeerMembership membership;
  membership.set_cluster(kCluster, {kPeer, kOther}, {});
  const raft::Membership both{kCluster, {{kPeer, "a:1", true}, {kOther, "b:1", true}}, LogIndex(1)};
  EXPECT_TRUE(membership.set_committed(both, LogIndex(1)).empty());
  membership.set_cluster(kCluster, {kPeer}, {});
  const raft::Membership one{kCluster, {{kPeer, "a:1", true}}, LogIndex(2)};
  EXPECT_EQ(membership.set_committed(one, LogIndex(2)), std::set<NodeId>{kOther});
}

TEST(PeerMembershipTest, ThatThisNodeWasRemovedIsNewsOnlyOfItsClusterAndOfALaterMembership) {
  PeerMembership membership;
  membership.set_cluster(kCluster, {kPeer}, {});
  EXPECT_FALSE(membership.is_news({.cluster = kCluster, .version = LogIndex(9)}));
  EXPECT_TRUE(membership.set_committed({kCluster, {{kPeer, "a:1", true}}, LogIndex(5)}, LogIndex(5))
                  .empty());
  EXPECT_TRUE(membership.is_news({.cluster = kCluster, .version = LogIndex(6)}));
  EXPECT_FALSE(membership.is_news({.cluster = kCluster, .version = LogIndex(5)}));
  EXPECT_FALSE(membership.is_news({.cluster = kForeign, .version = LogIndex(6)}));
  membership.leave();
  EXPECT_FALSE(membership.is_news({.cluster = {}, .version = LogIndex(6)}));
  EXPECT_TRUE(membership.has_left());
}

}  // namespace
