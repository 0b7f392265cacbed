// The service as its cluster grows, ends, or is left: reads that nobody need confirm, the dissolve
// entry, a removed node (docs/decisions/membership.md).
#include <gtest/gtest.h>

#include "node/messages/node_name.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

raft::Membership members(bool with_learner) {
  raft::Membership all{base::ClusterId(7), {{kSelf, "a:17001", true}}};
  if (with_learner) all.members.push_back({kOther, "b:17001", false});
  return all;
}

class ServiceMembershipTest : public ::testing::Test {
 protected:
  ServiceMembershipTest() {
    world_.show_cluster();
    world_.service->receive(BaseMembership{base::kFirstGroup, members(false)});
    world_.lead(1);
    client_ = world_.connect();
  }
  void dissolve() {
    world_.commit_foreign(1, raft::EntryKind::kDissolve, "whom to join");
    world_.settle();
  }
  [[nodiscard]] std::optional<Dissolved> told() const {
    for (const ToConsensus& message : world_.asked) {
      if (const auto* dissolved = std::get_if<Dissolved>(&message)) return *dissolved;
    }
    return {};
  }
  [[nodiscard]] std::optional<ClusterRequest> request_told() const {
    for (const ToConsensus& message : world_.asked) {
      if (const auto* request = std::get_if<ClusterRequest>(&message)) return *request;
    }
    return {};
  }
  World world_{Given{.settings = {"--cluster-enabled", "yes"}}};
  base::ConnectionId client_;
};

TEST_F(ServiceMembershipTest, TheOnlyMemberReadsWithoutARoundUntilALearnerComes) {
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "+OK\r\n");
  EXPECT_EQ(world_.say(client_, command("GET a")), "$1\r\n1\r\n");
  EXPECT_EQ(world_.rounds, 0U);
  world_.commit_foreign(1, raft::EntryKind::kMembership, raft::encode_membership(members(true)));
  world_.settle();
  // It is the sole voter still, yet the learner may be made one at any time, and another leader may
  // then have written what this node does not know of.
  EXPECT_EQ(world_.say(client_, command("GET a")), "$1\r\n1\r\n");
  EXPECT_EQ(world_.rounds, 1U);
  world_.commit_foreign(1, raft::EntryKind::kMembership, raft::encode_membership(members(false)));
  world_.settle();
  EXPECT_EQ(world_.say(client_, command("GET a")), "$1\r\n1\r\n");
  EXPECT_EQ(world_.rounds, 1U) << "alone again";
}

TEST_F(ServiceMembershipTest, AnEmptyClusterOfOneDissolvesAndAnswersNoDataFromThenOn) {
  dissolve();
  ASSERT_TRUE(told().has_value());
  EXPECT_TRUE(told()->is_empty);
  EXPECT_EQ(told()->payload, "whom to join");
  EXPECT_TRUE(world_.say(client_, command("SET a 1")).starts_with("-CLUSTERDOWN "));
  EXPECT_TRUE(world_.say(client_, command("GET a")).starts_with("-CLUSTERDOWN "));
  EXPECT_EQ(world_.say(client_, command("PING")), "+PONG\r\n");
}

TEST_F(ServiceMembershipTest, AKeyAtThatPositionKeepsTheCluster) {
  EXPECT_EQ(world_.say(client_, command("SELECT 3")), "+OK\r\n");
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "+OK\r\n");
  dissolve();
  ASSERT_TRUE(told().has_value());
  EXPECT_FALSE(told()->is_empty);
  EXPECT_EQ(world_.say(client_, command("GET a")), "$1\r\n1\r\n");
  EXPECT_EQ(world_.say(client_, command("SET a 2")), "+OK\r\n");
}

TEST_F(ServiceMembershipTest, AScriptOrAFunctionKeepsTheClusterToo) {
  EXPECT_EQ(world_.say(client_, command("SCRIPT LOAD return(1)")).substr(0, 3), "$40");
  dissolve();
  ASSERT_TRUE(told().has_value());
  EXPECT_FALSE(told()->is_empty);
}

TEST_F(ServiceMembershipTest, AWriteBehindTheDissolveEntryNeverHappened) {
  const auto digest = world_.service->state_digest();
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  dissolve();
  world_.place(world_.take_proposal());
  world_.commit_all();
  world_.settle();
  EXPECT_TRUE(world_.received(client_).starts_with("-CLUSTERDOWN "));
  EXPECT_EQ(world_.service->state_digest(), digest);
}

TEST_F(ServiceMembershipTest, ARemovedNodeSaysSo) {
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "+OK\r\n");
  world_.service->receive(LeftCluster{base::kFirstGroup, "CLUSTERDOWN removed"});
  EXPECT_EQ(world_.say(client_, command("GET a")), "-CLUSTERDOWN removed\r\n");
  EXPECT_EQ(world_.say(client_, command("READONLY")), "+OK\r\n");
  EXPECT_EQ(world_.say(client_, command("GET a")), "-CLUSTERDOWN removed\r\n");
  EXPECT_EQ(world_.say(client_, command("SAVE")), "-CLUSTERDOWN removed\r\n");
  EXPECT_TRUE(world_.say(client_, command("CLUSTER MYID")).starts_with("$40\r\n"));
}

// ---- commands ----

TEST_F(ServiceMembershipTest, MeetWaitsForItsAnswerAndWhatComesBehindItWaitsToo) {
  EXPECT_EQ(world_.say(client_, command("CLUSTER MEET 10.0.0.9 7000") + command("PING")), "");
  ASSERT_TRUE(request_told().has_value());
  EXPECT_EQ(std::get<MeetNode>(request_told()->what).address, "10.0.0.9:17000");
  world_.service->receive(ClusterRequestDone{base::kFirstGroup, request_told()->id, {}});
  world_.settle();
  EXPECT_EQ(world_.received(client_), "+OK\r\n+PONG\r\n");
}

TEST_F(ServiceMembershipTest, WhatIsWrongIsTheReply) {
  EXPECT_EQ(world_.say(client_, command("CLUSTER FORGET " + std::string(40, 'a'))),
            "-ERR Unknown node " + std::string(40, 'a') + "\r\n");
  EXPECT_EQ(world_.say(client_, command("CLUSTER FAILOVER")), "");
  ASSERT_TRUE(request_told().has_value());
  world_.service->receive(ClusterRequestDone{base::kFirstGroup, request_told()->id, "ERR not now"});
  world_.settle();
  EXPECT_EQ(world_.received(client_), "-ERR not now\r\n");
}

TEST_F(ServiceMembershipTest, ArgumentsAreJudgedAsRedisDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"CLUSTER MEET a b", "-ERR Invalid TCP base port specified: b\r\n"},
      {"CLUSTER MEET 127.0.0.1 99999", "-ERR Invalid node address specified: 127.0.0.1:99999\r\n"},
      {"CLUSTER MEET 127.0.0.1 0", "-ERR Invalid node address specified: 127.0.0.1:0\r\n"},
      {"CLUSTER MEET 127.0.0.1 6379 x", "-ERR Invalid TCP bus port specified: x\r\n"},
      {"CLUSTER MEET 127.0.0.1 6379 16379 x",
       "-ERR unknown subcommand or wrong number of arguments for 'MEET'. Try CLUSTER HELP.\r\n"},
      {"CLUSTER MEET a", "-ERR wrong number of arguments for 'cluster|meet' command\r\n"},
      {"CLUSTER FORGET x", "-ERR Unknown node x\r\n"},
      {"CLUSTER FAILOVER x", "-ERR syntax error\r\n"},
      {"CLUSTER RESET x", "-ERR syntax error\r\n"},
      {"CLUSTER REPLICATE x", "-ERR Unknown node x\r\n"},
      {"CLUSTER SAVECONFIG", "+OK\r\n"},
      {"CLUSTER SET-CONFIG-EPOCH x", "-ERR value is not an integer or out of range\r\n"}};
  for (const auto& [words, reply] : cases)
    EXPECT_EQ(world_.say(client_, command(words)), reply) << words;
}

TEST_F(ServiceMembershipTest, OneCallShowsVotersLearnersLagsAndTheChangeInFlight) {
  ClusterView view;
  view.is_born = true;
  view.leader = kSelf;
  view.change = "promote:" + node_name(kOther);
  PeerView self, other;
  self.id = kSelf;
  self.is_self = true;
  other.id = kOther;
  other.host = "10.0.0.2";
  other.client_port = 7002;
  other.raft_port = 17002;
  other.is_voter = other.wants_vote = false;
  other.is_connected = true;
  other.match = base::LogIndex(8);
  other.lag_entries = base::LogIndex(2);
  other.lag_bytes = 300;
  other.heard_ms_ago = 5;
  view.peers = {self, other};
  world_.service->receive(FromConsensus(view));
  const std::string lines[] = {
      "raft_voters:" + node_name(kSelf), "raft_learners:" + node_name(kOther),
      "raft_change_in_flight:promote:" + node_name(kOther),
      "raft_peer0:id=" + node_name(kOther) +
          ",host=10.0.0.2,port=7002,raft_port=17002,voter=0,connected=1,match=8,lag=2,"
          "heard_ms_ago=5,lag_bytes=300,wants_vote=0"};
  const std::string info = world_.say(client_, command("INFO raft"));
  const std::string cluster_info = world_.say(client_, command("CLUSTER INFO"));
  for (const std::string& line : lines) {
    EXPECT_NE(info.find("\r\n" + line + "\r\n"), std::string::npos) << line << "\n" << info;
    EXPECT_NE(cluster_info.find("\r\ncluster_" + line + "\r\n"), std::string::npos) << line << "\n"
                                                                                    << cluster_info;
  }
  view.change.clear();
  world_.service->receive(FromConsensus(view));
  EXPECT_NE(world_.say(client_, command("INFO raft")).find("raft_change_in_flight:none\r\n"),
            std::string::npos);
}

TEST(ServiceStandaloneTest, ASingleNodeOfTheOtherDialectAnswersAsASingleRedis) {
  World world;
  world.lead(1);
  for (const std::string words : {"FAILOVER", "RESET", "SAVECONFIG"}) {
    EXPECT_EQ(world.say(command("CLUSTER " + words)),
              "-ERR This instance has cluster support disabled\r\n");
  }
}

TEST_F(ServiceMembershipTest, InATransactionTheyAreRefused) {
  EXPECT_EQ(world_.say(client_,
                       command("MULTI") + command("CLUSTER MEET 10.0.0.9 7000") + command("EXEC")),
            "+OK\r\n+QUEUED\r\n*1\r\n-ERR this cannot be part of a transaction\r\n");
}

}  // namespace
}  // namespace node::testing
