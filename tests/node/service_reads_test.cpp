// Reads by a lease, and linearizable reads of a follower (DESIGN decision 9).
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const Given kCluster{.settings = {"--cluster-enabled", "yes"}};
const std::string kMovedA = "-MOVED 15495 10.0.0.2:7002\r\n";

void lease(World& world, std::uint64_t number, std::uint64_t term, base::Instant until) {
  world.service->receive(
      FromConsensus(Lease{base::kFirstGroup, {number, base::Term(term), until}}));
  world.settle();
}

void set_elsewhere(World& world, std::string_view value) {
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"SET", "a", value};
  writer.command(0, {}, false, argv);
  world.commit_foreign(1, raft::EntryKind::kBatch, writer.seal(world.clocks.wall_ms, 1));
}

// ---- leases ----

TEST(ServiceLeaseTest, AReadNeedsNobodyWhileTheLeaseLasts) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  EXPECT_EQ(world.say("SET a 1\r\n"), "+OK\r\n");
  lease(world, 1, 1, world.clocks.now + base::milliseconds(100));
  EXPECT_EQ(world.say("GET a\r\nMULTI\r\nGET a\r\nEXEC\r\n"),
            "$1\r\n1\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 0U);
  EXPECT_TRUE(world.service->leased_term().has_value());
}

TEST(ServiceLeaseTest, BehindItsEndAReadAsksForARound) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  lease(world, 1, 1, world.clocks.now + base::milliseconds(100));
  world.pass(base::milliseconds(100));
  EXPECT_EQ(world.say(client, "GET a\r\n"), "");
  EXPECT_EQ(world.rounds, 1U);
}

TEST(ServiceLeaseTest, ALeaseOfAnotherTermIsNone) {
  World world;
  world.lead(2, false);
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  lease(world, 1, 1, world.clocks.now + base::milliseconds(100));
  EXPECT_EQ(world.say(client, "GET a\r\n"), "");
}

TEST(ServiceLeaseTest, BeforeItsTermIsOpenALeaderReadsNothing) {
  World world;
  world.commits = false;
  world.lead(1, false);
  const base::ConnectionId client = world.connect();
  lease(world, 1, 1, world.clocks.now + base::milliseconds(100));
  EXPECT_EQ(world.say(client, "GET a\r\n"), "");
  EXPECT_FALSE(world.service->leased_term().has_value());
}

TEST(ServiceLeaseTest, ItsEndIsConfirmedAndHeeded) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  lease(world, 4, 1, world.clocks.now + base::milliseconds(100));
  world.asked.clear();
  lease(world, 5, 1, {});
  ASSERT_EQ(world.asked.size(), 1U);
  EXPECT_EQ(std::get<LeaseEnded>(world.asked[0]).number, 5U);
  EXPECT_EQ(world.say(client, "GET a\r\n"), "");
}

TEST(ServiceLeaseTest, AKeyThatHasExpiredByTheClockIsNotRead) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  EXPECT_EQ(world.say("SET a 1 PX 50\r\n"), "+OK\r\n");
  lease(world, 1, 1, world.clocks.now + base::milliseconds(200));
  EXPECT_EQ(world.say("GET a\r\n"), "$1\r\n1\r\n");
  world.clocks.now += base::milliseconds(60);
  world.clocks.wall_ms += 60;
  EXPECT_EQ(world.say("GET a\r\n"), "$-1\r\n");
}

// ---- followers ----

struct Follower : World {
  Follower() : World(kCluster) {
    show_cluster();
    follow(1, kOther);
  }
};

TEST(ServiceFollowerReadTest, ItWaitsForWhatTheLeaderHasAndAnswers) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  ASSERT_EQ(world.rounds, 1U);
  const AskRead read = std::get<AskRead>(world.asked.back());
  world.service->receive(
      FromConsensus(ReadReady{base::kFirstGroup, read.id, world.last_index.next()}));
  world.settle();
  EXPECT_EQ(world.received(client), "") << "it is not applied here";
  set_elsewhere(world, "new");
  world.settle();
  EXPECT_EQ(world.received(client), "$3\r\nnew\r\n");
}

// Else its client would keep what it knows of `a`, although it has been answered behind the change.
TEST(ServiceFollowerReadTest, WhatIsBroadcastIsToldBeforeAReadBehindItIsAnswered) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  world.say(client, "HELLO 3\r\n");
  EXPECT_EQ(
      world.say(client, "CLIENT READS LINEARIZABLE\r\nCLIENT TRACKING ON BCAST\r\nGET other\r\n"),
      "+OK\r\n+OK\r\n");
  const AskRead read = std::get<AskRead>(world.asked.back());
  world.service->receive(
      FromConsensus(ReadReady{base::kFirstGroup, read.id, world.last_index.next()}));
  world.settle();
  set_elsewhere(world, "new");
  world.settle();
  EXPECT_EQ(world.received(client), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n_\r\n");
}

TEST(ServiceFollowerReadTest, AllThatWaitShareOneRequest) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId one = world.connect(), two = world.connect();
  world.send(one, "CLIENT READS LINEARIZABLE\r\nGET a\r\n");
  world.send(two, "CLIENT READS LINEARIZABLE\r\nGET a\r\nGET b\r\n");
  world.settle();
  EXPECT_EQ(world.rounds, 1U);
}

TEST(ServiceFollowerReadTest, TransactionsOfReadsAndKeylessReadsToo) {
  Follower world;
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nMULTI\r\nGET a\r\nEXEC\r\nDBSIZE\r\n"),
            "+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(world.rounds, 1U);
}

TEST(ServiceFollowerReadTest, WritesAreMovedAndDefaultEndsIt) {
  Follower world;
  EXPECT_EQ(world.say("CLIENT READS LINEARIZABLE\r\nSET a 1\r\nCLIENT READS DEFAULT\r\nGET a\r\n"),
            "+OK\r\n" + kMovedA + "+OK\r\n" + kMovedA);
}

TEST(ServiceFollowerReadTest, ItIsStrongerThanReadonly) {
  Follower world;
  EXPECT_EQ(world.say("READONLY\r\nGET a\r\n"), "+OK\r\n$-1\r\n");
  EXPECT_EQ(world.rounds, 0U);
  EXPECT_EQ(world.say("CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n$-1\r\n");
  EXPECT_EQ(world.rounds, 1U);
  EXPECT_EQ(world.say("RESET\r\nGET a\r\n"), "+RESET\r\n" + kMovedA);
}

TEST(ServiceFollowerReadTest, ALeaderThatDoesNotAnswerIsNamedInTime) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  world.pass(base::milliseconds(2900));
  EXPECT_EQ(world.received(client), "");
  world.pass(base::milliseconds(200));
  EXPECT_EQ(world.received(client), kMovedA);
}

TEST(ServiceFollowerReadTest, WithoutALeaderItIsRefusedInTime) {
  Follower world;
  world.follow(2, base::NodeId());
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  world.pass(base::milliseconds(3100));
  EXPECT_EQ(world.received(client), "-CLUSTERDOWN The cluster is down\r\n");
}

TEST(ServiceFollowerReadTest, ADeniedRequestIsMadeAgain) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  const AskRead read = std::get<AskRead>(world.asked.back());
  world.service->receive(FromConsensus(ReadDenied{base::kFirstGroup, read.id}));
  world.settle();
  world.grants_reads = true;
  world.pass(base::milliseconds(30));
  EXPECT_EQ(world.received(client), "$-1\r\n");
}

TEST(ServiceFollowerReadTest, AFollowerThatComesToLeadAnswersWhatWaits) {
  Follower world;
  world.grants_reads = false;
  const base::ConnectionId client = world.connect();
  EXPECT_EQ(world.say(client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  const AskRead read = std::get<AskRead>(world.asked.back());
  world.service->receive(FromConsensus(ReadDenied{base::kFirstGroup, read.id}));
  world.grants_reads = true;
  world.lead(2, false);
  world.pass(base::milliseconds(30));
  EXPECT_EQ(world.received(client), "$-1\r\n");
}

}  // namespace
}  // namespace node::testing
