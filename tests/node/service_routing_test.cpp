// Who answers what (DESIGN decision 21): leaders, followers of a cluster, plain followers.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const Given kCluster{.settings = {"--cluster-enabled", "yes"}};
const std::string kMovedA = "-MOVED 15495 10.0.0.2:7002\r\n";

TEST(ServiceRoutingTest, AFollowerOfAClusterNamesTheSlotAndTheLeader) {
  World world(kCluster);
  world.show_cluster();
  world.follow(1, kOther);
  EXPECT_EQ(world.say("GET a\r\nSET a 1\r\nMGET a b\r\nWATCH a\r\n"),
            kMovedA + kMovedA + kMovedA + kMovedA);
}

TEST(ServiceRoutingTest, KeylessReadsAnswerFromAFollowersOwnStateKeylessWritesAreMoved) {
  World world(kCluster);
  world.show_cluster();
  world.follow(1, kOther);
  EXPECT_EQ(world.say("DBSIZE\r\nFLUSHALL\r\nPING\r\n"),
            ":0\r\n-MOVED 0 10.0.0.2:7002\r\n+PONG\r\n");
}

TEST(ServiceRoutingTest, AReadonlyConnectionReadsItsFollowersState) {
  World world(kCluster);
  world.show_cluster();
  world.follow(1, kOther);
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"SET", "a", "seen"};
  writer.command(0, {}, false, argv);
  world.commit_foreign(1, raft::EntryKind::kBatch, writer.seal(world.clocks.wall_ms, 1));
  EXPECT_EQ(world.say("READONLY\r\nGET a\r\nSET a 1\r\nREADWRITE\r\nGET a\r\n"),
            "+OK\r\n$4\r\nseen\r\n" + kMovedA + "+OK\r\n" + kMovedA);
  EXPECT_EQ(world.rounds, 0U);
}

// A follower without cluster mode that forwards nothing.
struct ReplicaWorld : World {
  ReplicaWorld() : World(Given{.settings = {"--cluster-enabled", "no", "--forward", "no"}}) {
    show_cluster();
    follow(1, kOther);
  }
};

TEST(ServiceRoutingTest, AFollowerWithoutClusterModeThatForwardsNothingIsAReplicaOfRedis) {
  ReplicaWorld world;
  EXPECT_EQ(world.say("GET a\r\nSET a 1\r\n"),
            "$-1\r\n-READONLY You can't write against a read only replica.\r\n");
}

TEST(ServiceRoutingTest, AClientThatFollowsIsSentToTheLeader) {
  ReplicaWorld world;
  EXPECT_EQ(world.say("CLIENT CAPA redirect\r\nGET a\r\nSET a 1\r\n"),
            "+OK\r\n-REDIRECT 10.0.0.2:7002\r\n-REDIRECT 10.0.0.2:7002\r\n");
  EXPECT_EQ(world.say("READONLY\r\nGET a\r\n"), "+OK\r\n$-1\r\n");
}

TEST(ServiceRoutingTest, ANodeThatMayBecomeTheLeaderShowsNoStateBeforeItIsOne) {
  World world;
  EXPECT_EQ(world.say("GET a\r\nSET a 1\r\nDBSIZE\r\n"), "");
  world.lead(1);
  EXPECT_EQ(world.say(""), "$-1\r\n+OK\r\n:1\r\n");
}

TEST(ServiceRoutingTest, AFollowerWaitsForTheLeadersAddress) {
  World world(kCluster);
  world.follow(1, kOther);
  EXPECT_EQ(world.say("GET a\r\n"), "");
  world.show_cluster();
  EXPECT_EQ(world.say(""), kMovedA);
}

TEST(ServiceRoutingTest, ATransactionOnAFollowerIsSpoiledByTheFirstMovedCommand) {
  World world(kCluster);
  world.show_cluster();
  world.follow(1, kOther);
  EXPECT_EQ(
      world.say("MULTI\r\nSET a 1\r\nEXEC\r\n"),
      "+OK\r\n" + kMovedA + "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST(ServiceRoutingTest, ATransactionWhoseLeaderIsGoneWhenItEndsIsMoved) {
  World world(kCluster);
  world.show_cluster();
  world.lead(1);
  EXPECT_EQ(world.say("MULTI\r\nSET a 1\r\n"), "+OK\r\n+QUEUED\r\n");
  world.follow(2, kOther);
  EXPECT_EQ(world.say("EXEC\r\nPING\r\n"), kMovedA + "+PONG\r\n");
}

TEST(ServiceRoutingTest, MovedNamesThePreferredEndpoint) {
  World world(kCluster);
  world.show_cluster();
  world.follow(1, kOther);
  EXPECT_EQ(world.say("CONFIG SET cluster-preferred-endpoint-type hostname\r\nSET a 1\r\n"),
            "+OK\r\n-MOVED 15495 ?:7002\r\n");
  EXPECT_EQ(world.say("CONFIG SET cluster-preferred-endpoint-type unknown-endpoint\r\nSET a 1\r\n"),
            "+OK\r\n-MOVED 15495 :7002\r\n");
  EXPECT_EQ(world.say("CONFIG SET cluster-preferred-endpoint-type ip\r\nSET a 1\r\n"),
            "+OK\r\n" + kMovedA);
}

TEST(ServiceRoutingTest, AFullDiskRefusesWritesAndServesReads) {
  World world;
  world.lead(1);
  world.service->receive(FromConsensus(DiskState{.is_full = true, .detail = "no space"}));
  world.settle();
  EXPECT_EQ(world.say("SET a 1\r\n").substr(0, 9), "-MISCONF ");
  EXPECT_EQ(world.say("GET a\r\n"), "$-1\r\n");
  world.service->receive(FromConsensus(DiskState{.is_full = false, .detail = ""}));
  EXPECT_EQ(world.say("SET a 1\r\n"), "+OK\r\n");
}

TEST(ServiceRoutingTest, WritesThatNeedMemoryAreRefusedOverMaxmemory) {
  World world(Given{.settings = {"--maxmemory", "1000"}});
  world.lead(1);
  EXPECT_EQ(world.say(request({"SET", "a", std::string(5000, 'x')})), "+OK\r\n");
  const std::string oom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  EXPECT_EQ(world.say("SET b 1\r\n"), oom);
  EXPECT_EQ(world.say("MULTI\r\nSET b 1\r\nEXEC\r\n"),
            "+OK\r\n" + oom + "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_EQ(world.say("DEL a\r\nSET b 1\r\n"), ":1\r\n" + oom)
      << "judged before the DEL is applied";
  EXPECT_EQ(world.say("SET b 1\r\n"), "+OK\r\n");
}

}  // namespace
}  // namespace node::testing
