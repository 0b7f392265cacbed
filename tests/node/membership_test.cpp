// CLUSTER MEET, FORGET and FAILOVER between whole consensus machines: who joins whom, what a crash
// leaves, how a removed node learns it (docs/decisions/membership.md).
#include <gtest/gtest.h>

#include <algorithm>

#include "node/messages/node_name.h"
#include "tests/node/harness_cluster.h"

namespace {

using base::NodeId;
using node_test::Cluster;
using persistence::Standing;

class Members : public testing::Test {
 protected:
  // Lone nodes, each with a cluster of its own.
  void start_lone(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) cluster.start_alone(i);
    ASSERT_TRUE(cluster.run_until(
        [&] {
          for (std::size_t i = 0; i < count; ++i) {
            if (cluster.raft(i) == nullptr || cluster.raft(i)->role() != raft::Role::kLeader)
              return false;
          }
          return true;
        },
        2000));
  }
  // The answer of `node` to what it is asked; "late" if there is none.
  std::string ask(std::size_t node, decltype(node::ClusterRequest::what) what) {
    const std::uint64_t id = cluster.service(node).request(std::move(what));
    const std::size_t life = cluster.at(node).lives;
    const auto answers = [&]() -> const std::map<std::uint64_t, std::string>& {
      return cluster.at(node).lives == life && cluster.is_up(node) ? cluster.service(node).answers
                                                                   : cluster.last_answers;
    };
    if (!cluster.run_until([&] { return answers().contains(id); }, 12000)) return "late";
    return answers().at(id);
  }
  std::string meet(std::size_t node, std::size_t other) {
    return ask(node, node::MeetNode{cluster.at(other).address});
  }
  std::string forget(std::size_t node, std::size_t other) {
    return ask(node, node::ForgetNode{cluster.at(other).id});
  }
  [[nodiscard]] std::size_t voters(std::size_t node) const {
    return cluster.raft(node) == nullptr ? 0 : cluster.raft(node)->membership().voter_count();
  }
  bool become_voters(std::size_t count) {
    return cluster.run_until(
        [&] {
          const auto leader = cluster.leader();
          if (!leader || voters(*leader) != count) return false;
          for (const raft::Member& member : cluster.raft(*leader)->membership().members) {
            const auto index = index_of(member.id);
            if (!index || voters(*index) != count) return false;
          }
          return true;
        },
        10000);
  }
  [[nodiscard]] std::optional<std::size_t> index_of(NodeId id) {
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      if (cluster.at(i).id == id) return i;
    }
    return {};
  }
  bool write(std::size_t node, const std::string& text) {
    cluster.service(node).propose(text);
    return cluster.run_until(
        [&] {
          const auto& list = cluster.service(node).list;
          return std::find(list.begin(), list.end(), text) != list.end();
        },
        3000);
  }
  bool has(std::size_t node, const std::string& text) {
    return cluster.run_until(
        [&] {
          const auto& list = cluster.service(node).list;
          return std::find(list.begin(), list.end(), text) != list.end();
        },
        5000);
  }

  Cluster cluster{4, 11};
};

TEST_F(Members, FromOneToThreeAndBackToOneByCommandsAlone) {
  start_lone(3);
  ASSERT_TRUE(write(0, "a"));
  const NodeId was = cluster.at(1).id;
  EXPECT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
  EXPECT_NE(cluster.at(1).id, was) << "a new life, a new id";
  EXPECT_TRUE(has(1, "a"));
  EXPECT_EQ(meet(2, 0), "") << "sent to the newcomer, as redis-cli --cluster add-node does";
  ASSERT_TRUE(become_voters(3));
  ASSERT_TRUE(write(0, "b"));
  EXPECT_TRUE(has(2, "b"));
  EXPECT_EQ(forget(2, 1), "") << "asked of a follower";
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.service(1).outside.empty(); }, 3000));
  EXPECT_EQ(cluster.at(1).identity.standing, Standing::kRemoved);
  EXPECT_TRUE(cluster.has_line(1, "was removed from cluster"));
  EXPECT_EQ(forget(1, 2), "ERR this node belongs to no cluster");
  EXPECT_EQ(forget(0, 2), "");
  ASSERT_TRUE(become_voters(1));
  ASSERT_TRUE(write(0, "c"));
}

// Found by the simulator: it accepted, and became a cluster of its own all the same.
TEST_F(Members, ANodeThatIsBeingFoundedIsInvitedOnlyAfterwards) {
  start_lone(1);
  cluster.at(1).is_log_stalled = true;
  cluster.start_alone(1);
  cluster.run(50);
  EXPECT_NE(meet(0, 1).find("try again"), std::string::npos);
  cluster.at(1).is_log_stalled = false;
  ASSERT_TRUE(cluster.run_until([&] { return cluster.is_born(1); }, 2000));
  EXPECT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
}

TEST_F(Members, TheNamedOneOfTwoEmptyNodesJoins) {
  start_lone(2);
  const NodeId first = cluster.at(0).id, second = cluster.at(1).id;
  EXPECT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
  EXPECT_EQ(cluster.at(0).id, first);
  EXPECT_NE(cluster.at(1).id, second);
}

TEST_F(Members, AnEmptyNodeThatIsTheOnlyOneToGoGoes) {
  start_lone(2);
  ASSERT_TRUE(write(1, "a"));
  EXPECT_EQ(meet(0, 1), "") << "the named one holds data, so the one that was asked joins it";
  ASSERT_TRUE(become_voters(2));
  EXPECT_TRUE(has(0, "a"));
}

TEST_F(Members, TwoNodesWithDataStayAsTheyAre) {
  start_lone(2);
  ASSERT_TRUE(write(0, "a"));
  ASSERT_TRUE(write(1, "b"));
  const std::string error = meet(0, 1);
  EXPECT_TRUE(error.starts_with("ERR node holds data of cluster c")) << error;
  EXPECT_EQ(cluster.at(0).lives, 1U);
  EXPECT_EQ(cluster.at(1).lives, 1U);
  ASSERT_TRUE(write(0, "c"));
  ASSERT_TRUE(write(1, "d"));
  EXPECT_EQ(voters(0), 1U);
  EXPECT_EQ(voters(1), 1U);
}

TEST_F(Members, ANodeOfAnotherClusterIsNotTaken) {
  start_lone(4);
  ASSERT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
  ASSERT_EQ(meet(2, 3), "");
  cluster.run(3000);
  const std::string error = meet(0, 2);
  EXPECT_NE(error.find("of 2 nodes"), std::string::npos) << error;
  EXPECT_EQ(voters(0), 2U);
}

TEST_F(Members, NodesThatWereNotStartedForItTakePartOnceTheirOwnClientsSaySo) {
  cluster.at(0).is_cluster_enabled = cluster.at(1).is_cluster_enabled = false;
  start_lone(2);
  ASSERT_TRUE(write(0, "a"));
  EXPECT_NE(meet(0, 1).find("say CLUSTER MEET there too"), std::string::npos);
  cluster.run(61'000);
  EXPECT_NE(meet(1, 0).find("say CLUSTER MEET there too"), std::string::npos) << "for a minute";
  EXPECT_EQ(voters(0), 1U);
  EXPECT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
  EXPECT_TRUE(has(1, "a"));
}

TEST_F(Members, NobodyThereIsSaid) {
  start_lone(1);
  const std::string error = ask(0, node::MeetNode{"host3:7000"});
  EXPECT_NE(error.find("cannot talk to host3:7000"), std::string::npos) << error;
  EXPECT_NE(ask(0, node::MeetNode{cluster.at(0).address}).find("itself"), std::string::npos);
}

TEST_F(Members, MeetingAMemberAgainChangesNothing) {
  start_lone(2);
  ASSERT_EQ(meet(0, 1), "");
  ASSERT_TRUE(become_voters(2));
  EXPECT_EQ(meet(0, 1), "");
  EXPECT_EQ(meet(1, 0), "");
  EXPECT_EQ(cluster.at(1).lives, 2U);
}

TEST_F(Members, AStrangerThatWaitsOutsideIsLetIn) {
  for (std::size_t i = 0; i < 3; ++i) cluster.start(i, {"host0:7000", "host1:7000", "host2:7000"});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  ASSERT_TRUE(write(*cluster.leader(), "a"));
  cluster.start(3, {"host0:7000", "host1:7000", "host2:7000", "host3:7000"});
  cluster.run(1000);
  EXPECT_FALSE(cluster.is_born(3));
  EXPECT_EQ(meet(0, 3), "");
  ASSERT_TRUE(become_voters(4));
  EXPECT_TRUE(has(3, "a"));
  EXPECT_EQ(cluster.at(3).lives, 1U) << "it was nobody before";
}

// Found by the simulator, seed 580824740979: told to meet a lone node, it became the second node of
// that one's cluster, and its clients found nothing there.
TEST_F(Members, AMemberThatLostItsDirectoryIsNotLedToAnotherCluster) {
  const std::vector<std::string> peers{"host0:7000", "host1:7000", "host2:7000"};
  for (std::size_t i = 0; i < 3; ++i) cluster.start(i, peers);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  cluster.start_alone(3);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.is_born(3); }, 2000));
  const std::size_t emptied = *cluster.leader() == 0 ? 1 : 0;
  cluster.crash(emptied);
  cluster.empty_directory(emptied);
  cluster.start(emptied, peers);
  cluster.run(200);
  for (const std::string& error : {meet(emptied, 3), meet(3, emptied)})
    EXPECT_NE(error.find("node waits for the cluster that"), std::string::npos) << error;
  ASSERT_TRUE(become_voters(3)) << "its own cluster takes it in again";
  EXPECT_EQ(voters(3), 1U);
}

// Seed 628178820978 of the simulator: the two had met when neither had a cluster.
TEST_F(Members, AMemberThatLostItsDirectoryIsReplacedByALeaderThatJoinedBesideIt) {
  const std::vector<std::string> peers{"host0:7000", "host1:7000", "host2:7000"};
  for (std::size_t i = 0; i < 3; ++i) cluster.start(i, peers);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  cluster.start_alone(3);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.is_born(3); }, 2000));
  const std::size_t leader = *cluster.leader(), emptied = leader == 0 ? 1 : 0;
  cluster.crash(emptied);
  cluster.empty_directory(emptied);
  cluster.start(emptied, peers);
  ASSERT_EQ(meet(leader, 3), "");
  ASSERT_TRUE(cluster.run_until([&] { return voters(3) == 4; }, 1000));
  ASSERT_EQ(ask(3, node::TakeOver{}), "");
  ASSERT_EQ(cluster.leader(), 3U);
  ASSERT_FALSE(cluster.raft(3)->membership().find(cluster.at(emptied).id));
  EXPECT_TRUE(become_voters(4));
  EXPECT_EQ(cluster.leader(), 3U);
}

TEST_F(Members, ANodeThatWaitsForNodesThatAreNotThereIsNotLedAwayByALoneOne) {
  start_lone(1);
  cluster.start(1, {"host1:7000", "host2:7000", "host3:7000"});
  cluster.run(200);
  for (const std::string& error : {meet(1, 0), meet(0, 1)})
    EXPECT_NE(error.find("node waits for its raft-peers"), std::string::npos) << error;
  cluster.start(2, {"host0:7000", "host2:7000"});
  cluster.run(200);
  EXPECT_EQ(meet(0, 2), "") << "it knows that one";
  ASSERT_TRUE(become_voters(2));
  EXPECT_EQ(meet(0, 1), "") << "of two nodes: the list may be old";
  ASSERT_TRUE(become_voters(3));
}

// Seed 591943552551 of the simulator.
TEST_F(Members, ANodeThatWaitsToBeAddedIsNotLedAwayByALoneOne) {
  start_lone(3);
  cluster.service(0).request(node::MeetNode{cluster.at(1).address});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.has_line(1, "invited to cluster"); }, 3000));
  cluster.crash(0);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.at(1).lives == 2; }, 15000));
  cluster.run(500);
  for (const std::string& error : {meet(1, 2), meet(2, 1)})
    EXPECT_NE(error.find("node waits for cluster"), std::string::npos) << error;
  EXPECT_EQ(voters(2), 1U);
}

// ---- crashes in the middle ----

TEST_F(Members, AJoiningNodeThatDiesBeforeItsNextLifeJoinsWhenItStarts) {
  start_lone(2);
  cluster.on_identity = [](std::size_t) { return false; };  // dies when it is written
  cluster.service(0).request(node::MeetNode{cluster.at(1).address});
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_up(1); }, 12000));
  cluster.on_identity = {};
  EXPECT_EQ(cluster.at(1).identity.standing, Standing::kReborn);
  cluster.start_alone(1);
  EXPECT_TRUE(become_voters(2));
}

TEST_F(Members, ADissolvedNodeThatDiesBeforeItsIdentityIsWrittenJoinsWhenItStarts) {
  start_lone(2);
  bool has_dissolved = false;
  cluster.on_output = [&](std::size_t node, const node::ConsensusOutput& out) {
    if (node != 1 || has_dissolved || !cluster.is_up(1)) return true;
    for (const auto& entry : cluster.at(1).log->entries())
      has_dissolved |= entry->kind == raft::EntryKind::kDissolve;
    return !(has_dissolved && !out.to_service.empty());
  };
  cluster.service(0).request(node::MeetNode{cluster.at(1).address});
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.is_up(1); }, 3000));
  EXPECT_EQ(cluster.at(1).identity.standing, Standing::kUsual);
  cluster.on_output = {};
  cluster.start_alone(1);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.is_up(1) && cluster.at(1).lives == 2; }, 3000))
      << "its own log says what it was about to do";
  cluster.run(12000);  // the inviter gives up meanwhile
  EXPECT_EQ(meet(0, 1), "");
  EXPECT_TRUE(become_voters(2));
}

TEST_F(Members, AnInviterThatDiesLeavesANodeThatCanBeMetAgain) {
  start_lone(2);
  cluster.service(0).request(node::MeetNode{cluster.at(1).address});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.has_line(1, "invited to cluster"); }, 3000));
  cluster.crash(0);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.at(1).lives == 2; }, 15000));
  cluster.start_alone(0);
  cluster.run(2000);
  if (voters(0) != 2) {
    EXPECT_EQ(meet(0, 1), "");
  }
  EXPECT_TRUE(become_voters(2));
}

// ---- removed ----

class ThreeMembers : public Members {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < 3; ++i)
      cluster.start(i, {"host0:7000", "host1:7000", "host2:7000"});
    ASSERT_TRUE(cluster.run_until(
        [&] { return cluster.leader().has_value() && cluster.raft(2) != nullptr; }, 5000));
    leader = *cluster.leader();
    other = (leader + 1) % 3;
    third = (leader + 2) % 3;
    ASSERT_TRUE(write(leader, "a"));
  }
  void restart(std::size_t node) {
    cluster.start(node, {"host0:7000", "host1:7000", "host2:7000"});
  }
  std::size_t leader = 0, other = 0, third = 0;
};

TEST_F(ThreeMembers, ANodeThatWasDownWhenItWasRemovedLearnsItWhenItStarts) {
  cluster.crash(other);
  EXPECT_EQ(forget(leader, other), "");
  restart(other);
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.service(other).outside.empty(); }, 3000));
  EXPECT_EQ(cluster.at(other).identity.standing, Standing::kRemoved);
  cluster.crash(other);
  restart(other);
  cluster.run(2000);
  EXPECT_FALSE(cluster.service(other).outside.empty()) << "and knows it after a start";
  EXPECT_EQ(cluster.raft(other), nullptr);
}

TEST_F(ThreeMembers, ANodeThatWasCutOffWhenItWasRemovedDisturbsNobody) {
  cluster.network.isolate(other, 4);
  EXPECT_EQ(forget(leader, other), "");
  cluster.run(5000);
  const base::Term term = cluster.raft(leader)->term();
  cluster.network.heal_all();
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.service(other).outside.empty(); }, 6000));
  EXPECT_EQ(cluster.raft(leader)->term(), term);
  EXPECT_EQ(cluster.raft(leader)->role(), raft::Role::kLeader);
}

TEST_F(ThreeMembers, ARemovedNodeCanBeMetBackAndHasForgottenEverything) {
  EXPECT_EQ(forget(leader, other), "");
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.service(other).outside.empty(); }, 3000));
  const NodeId was = cluster.at(other).id;
  EXPECT_EQ(meet(third, other), "") << "asked of a follower";
  ASSERT_TRUE(become_voters(3));
  EXPECT_NE(cluster.at(other).id, was);
  EXPECT_TRUE(has(other, "a"));
  EXPECT_TRUE(cluster.service(other).outside.empty());
}

TEST_F(ThreeMembers, AFollowerThatMerelyLagsTellsNobodyThatTheyAreRemoved) {
  cluster.network.isolate(third, 4);
  cluster.start_alone(3);
  cluster.run(1000);
  EXPECT_EQ(meet(leader, 3), "");
  cluster.run(3000);
  cluster.network.heal_all();  // the one that knows of three meets the fourth
  cluster.network.cut(third, leader);
  cluster.network.cut(third, other);
  cluster.run(5000);
  EXPECT_TRUE(cluster.service(3).outside.empty());
  EXPECT_NE(cluster.at(3).identity.standing, Standing::kRemoved);
}

TEST_F(ThreeMembers, TheLeaderCanBeForgotten) {
  EXPECT_EQ(forget(leader, leader), "");
  EXPECT_TRUE(cluster.run_until([&] { return !cluster.service(leader).outside.empty(); }, 5000));
  EXPECT_TRUE(become_voters(2));
}

TEST_F(ThreeMembers, ForgettingTwiceIsDoneAndForgettingAStrangerIsNot) {
  cluster.crash(other);
  EXPECT_EQ(forget(leader, other), "");
  EXPECT_EQ(forget(third, other), "") << "redis-cli --cluster del-node tells every node";
  EXPECT_EQ(ask(leader, node::ForgetNode{NodeId(77)}),
            "ERR Unknown node " + node::node_name(NodeId(77)));
}

TEST_F(ThreeMembers, ADeadNodeIsReplaced) {
  cluster.crash(other);
  EXPECT_EQ(forget(third, other), "");
  cluster.start_alone(3);
  cluster.run(1000);
  EXPECT_EQ(meet(leader, 3), "");
  ASSERT_TRUE(become_voters(3));
  ASSERT_TRUE(write(*cluster.leader(), "b"));
  EXPECT_TRUE(has(3, "a"));
  EXPECT_TRUE(has(3, "b"));
}

// Seed 15 of the simulator: nobody whom it knew was there any more, so it refused them all.
TEST_F(ThreeMembers, ANodeThatWasDownWhileAllOthersWereReplacedIsTakenAlong) {
  cluster.crash(third);
  const auto has_voters = [&](std::size_t count) {
    return cluster.run_until([&] { return cluster.leader() && voters(*cluster.leader()) == count; },
                             10'000);
  };
  for (const std::size_t replaced : {other, leader}) {
    const std::size_t made = replaced == other ? 3 : other;
    if (made == other) cluster.empty_directory(made);
    cluster.start_alone(made);
    cluster.run(1000);
    ASSERT_EQ(meet(*cluster.leader(), made), "");
    ASSERT_TRUE(has_voters(4));
    ASSERT_EQ(forget(made, replaced), "");
    ASSERT_TRUE(has_voters(3));
    cluster.crash(replaced);
  }
  restart(third);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  ASSERT_TRUE(write(*cluster.leader(), "b"));
  EXPECT_TRUE(has(third, "b"));
}

TEST_F(ThreeMembers, AnOrderWaitsForTheNextLeader) {
  cluster.crash(leader);
  EXPECT_EQ(forget(third, leader), "");
  EXPECT_EQ(cluster.raft(*cluster.leader())->membership().members.size(), 2U);
}

TEST_F(ThreeMembers, WithoutAMajorityNothingIsForgotten) {
  cluster.crash(leader);
  cluster.crash(other);
  EXPECT_TRUE(forget(third, other).starts_with("TRYAGAIN "));
}

TEST_F(ThreeMembers, ARemovedNodeCanBeginAnew) {
  EXPECT_NE(ask(other, node::BeginAnew{}).find("CLUSTER FORGET"), std::string::npos);
  EXPECT_EQ(forget(leader, other), "");
  ASSERT_TRUE(cluster.run_until([&] { return !cluster.service(other).outside.empty(); }, 3000));
  EXPECT_EQ(ask(other, node::BeginAnew{}), "");
  EXPECT_EQ(cluster.at(other).identity.standing, Standing::kUsual);
}

// ---- addresses ----

TEST_F(ThreeMembers, AMemberThatHasMovedIsFoundByItsId) {
  cluster.crash(other);
  const std::string moved = "host" + std::to_string(other) + ":7100";
  cluster.network.move(other, cluster.at(other).address, moved);
  cluster.at(other).raft_port = 7100;
  restart(other);
  const auto address = [&](std::size_t node) {
    return cluster.raft(node)->membership().find(cluster.at(other).id)->address;
  };
  EXPECT_TRUE(cluster.run_until([&] { return address(leader) == moved; }, 6000));
  EXPECT_TRUE(cluster.run_until([&] { return address(third) == moved; }, 2000));
}

// ---- CLUSTER FAILOVER ----

TEST_F(ThreeMembers, AFollowerTakesOverWhenItIsTold) {
  EXPECT_EQ(ask(other, node::TakeOver{}), "");
  EXPECT_EQ(cluster.leader(), other);
  EXPECT_EQ(ask(other, node::TakeOver{}), "ERR You should send CLUSTER FAILOVER to a replica");
}

TEST_F(ThreeMembers, ForceTakesOverFromALeaderThatIsGone) {
  cluster.crash(leader);
  EXPECT_EQ(ask(other, node::TakeOver{.is_forced = true}), "");
  EXPECT_EQ(cluster.leader(), other);
}

TEST_F(ThreeMembers, ForceWithoutAMajorityTakesNothingOver) {
  cluster.crash(leader);
  cluster.crash(third);
  const std::string error = ask(other, node::TakeOver{.is_forced = true});
  EXPECT_EQ(error, "ERR this node has not become the leader in time");
}

}  // namespace
