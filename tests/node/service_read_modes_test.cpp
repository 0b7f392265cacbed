// CLIENT READS: what each mode lets a node answer by itself, and what it asks the leader for
// (docs/operations.md, "Reads").
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const std::string kMovedA = "-MOVED 15495 10.0.0.2:7002\r\n";

struct Node : World {
  explicit Node(const std::string& is_cluster = "yes")
      : World(Given{.settings = {"--cluster-enabled", is_cluster}}) {
    show_cluster();
  }
  // By the leader, which is another node; the rules of forwarding are in force behind it.
  void set_elsewhere(const std::string& value) {
    engine::BatchWriter writer;
    const std::vector<std::string_view> argv{"SET", "a", value};
    writer.command(0, {}, false, argv);
    commit_foreign(1, raft::EntryKind::kBatch, writer.seal(clocks.wall_ms, 1));
    settle();
  }
  // The oldest request for a read index that is not answered yet, which it is now.
  void answer_ask() {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto* ask = std::get_if<AskRead>(&asked[i]);
      if (ask == nullptr) continue;
      const ReadReady ready{base::kFirstGroup, ask->id, last_index};
      asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(i));
      service->receive(FromConsensus(ready));
      return settle();
    }
    ADD_FAILURE() << "nothing was asked for";
  }
  [[nodiscard]] const AskRead& last_ask() const { return std::get<AskRead>(asked.back()); }
};

struct Follower : Node {
  explicit Follower(const std::string& is_cluster = "yes") : Node(is_cluster) {
    follow(1, kOther);
    set_elsewhere("1");
    client = connect();
  }
  base::ConnectionId client;
};

// A leader of three with a lease, or so it was told.
struct LeasedLeader : Node {
  LeasedLeader() {
    lead(1, false);
    client = connect();
    EXPECT_EQ(say(client, "SET a 1\r\n"), "+OK\r\n");
    grants_reads = false;
    const raft::Lease lease{1, base::Term(1), clocks.now + base::milliseconds(100)};
    service->receive(FromConsensus(Lease{base::kFirstGroup, lease}));
    settle();
  }
  base::ConnectionId client;
};

// ---- the command ----

TEST(ServiceReadsCommandTest, TellsTheModeInForce) {
  Node world;
  world.lead(1);
  EXPECT_EQ(world.say("CLIENT READS\r\nCLIENT READS bounded 50\r\nCLIENT READS\r\n"),
            "$7\r\ndefault\r\n+OK\r\n$10\r\nbounded 50\r\n");
  EXPECT_NE(world.say("CLIENT INFO\r\n").find(" reads=bounded:50"), std::string::npos);
  for (const char* mode : {"linearizable", "lease", "local", "default"}) {
    const std::string text = std::string(mode);
    EXPECT_EQ(world.say("CLIENT READS " + text + "\r\nCLIENT READS\r\n"),
              "+OK\r\n$" + std::to_string(text.size()) + "\r\n" + text + "\r\n");
  }
  EXPECT_EQ(world.say("CLIENT READS LOCAL\r\nRESET\r\nCLIENT READS\r\n"),
            "+OK\r\n+RESET\r\n$7\r\ndefault\r\n");
  EXPECT_EQ(world.say("CLIENT INFO\r\n").find(" reads="), std::string::npos);
}

TEST(ServiceReadsCommandTest, WhatIsNoModeIsRefusedAndChangesNothing) {
  Node world;
  world.lead(1);
  EXPECT_EQ(world.say("CLIENT READS LOCAL\r\n"), "+OK\r\n");
  for (const char* words : {"fresh", "bounded", "bounded 0", "bounded -1", "bounded x",
                            "bounded 86400001", "bounded 1 2", "local 1", "lease 1"}) {
    const std::string told = world.say("CLIENT READS " + std::string(words) + "\r\n");
    EXPECT_TRUE(told.starts_with("-ERR CLIENT READS takes ")) << words << ": " << told;
  }
  EXPECT_EQ(world.say("CLIENT READS\r\n"), "$5\r\nlocal\r\n");
}

TEST(ServiceReadsCommandTest, WhatIsOwedIsAnsweredByTheModeItWasSentIn) {
  Follower world;
  world.grants_reads = false;
  EXPECT_EQ(
      world.say(world.client, "CLIENT READS LEASE\r\nGET a\r\nCLIENT READS LOCAL\r\nGET a\r\n"),
      "+OK\r\n");
  world.answer_ask();
  EXPECT_EQ(world.received(world.client), "$1\r\n1\r\n+OK\r\n$1\r\n1\r\n");
}

// ---- LINEARIZABLE, LEASE ----

TEST(ServiceReadModesTest, LinearizableTrustsNoLeaseOfThisLeader) {
  LeasedLeader world;
  EXPECT_EQ(world.say(world.client, "GET a\r\nCLIENT READS LEASE\r\nGET a\r\n"),
            "$1\r\n1\r\n+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 0U);
  EXPECT_EQ(world.say(world.client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  ASSERT_EQ(world.rounds, 1U);
  EXPECT_TRUE(world.last_ask().is_by_round);
  world.answer_ask();
  EXPECT_EQ(world.received(world.client), "$1\r\n1\r\n");
}

TEST(ServiceReadModesTest, NorDoesATransactionOfReads) {
  LeasedLeader world;
  EXPECT_EQ(world.say(world.client, "CLIENT READS LINEARIZABLE\r\nMULTI\r\nGET a\r\nEXEC\r\n"),
            "+OK\r\n+OK\r\n+QUEUED\r\n");
  EXPECT_TRUE(world.last_ask().is_by_round);
  world.answer_ask();
  EXPECT_EQ(world.received(world.client), "*1\r\n$1\r\n1\r\n");
}

TEST(ServiceReadModesTest, AtAFollowerOnlyLinearizableAsksForARound) {
  Follower world;
  world.grants_reads = false;
  EXPECT_EQ(world.say(world.client, "CLIENT READS LEASE\r\nGET a\r\n"), "+OK\r\n");
  EXPECT_FALSE(world.last_ask().is_by_round);
  world.answer_ask();
  EXPECT_EQ(world.received(world.client), "$1\r\n1\r\n");
  EXPECT_EQ(world.say(world.client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"), "+OK\r\n");
  EXPECT_TRUE(world.last_ask().is_by_round);
}

TEST(ServiceReadModesTest, LeaseWithoutOneIsARound) {
  Node world;
  world.lead(1, false);
  world.grants_reads = false;
  EXPECT_EQ(world.say("CLIENT READS LEASE\r\nGET a\r\n"), "+OK\r\n");
  EXPECT_EQ(world.rounds, 1U);
}

// ---- BOUNDED ----

TEST(ServiceBoundedReadTest, ItAsksOnceAndAnswersOfItsOwnStateWhileThatIsYoungEnough) {
  Follower world;
  EXPECT_EQ(world.say(world.client, "CLIENT READS BOUNDED 100\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 1U);
  world.grants_reads = false;
  // 5 percent of drift on either side: 90.47 ms by this clock.
  world.pass(base::milliseconds(90));
  EXPECT_EQ(world.say(world.client, "GET a\r\nMULTI\r\nGET a\r\nEXEC\r\n"),
            "$1\r\n1\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 1U);
  world.pass(base::milliseconds(1));
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "");
  EXPECT_EQ(world.rounds, 2U);
  EXPECT_FALSE(world.last_ask().is_by_round);
}

TEST(ServiceBoundedReadTest, AgeCountsFromWhenTheIndexWasAskedFor) {
  Follower world;
  world.grants_reads = false;
  EXPECT_EQ(world.say(world.client, "CLIENT READS BOUNDED 100\r\nGET a\r\n"), "+OK\r\n");
  world.pass(base::milliseconds(60));
  world.answer_ask();
  EXPECT_EQ(world.received(world.client), "$1\r\n1\r\n");
  world.pass(base::milliseconds(30));
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "$1\r\n1\r\n");
  world.pass(base::milliseconds(1));
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "") << "91 ms after it was asked for";
}

TEST(ServiceBoundedReadTest, WhatTheIndexNamesIsAppliedFirst) {
  Follower world;
  world.grants_reads = false;
  EXPECT_EQ(world.say(world.client, "CLIENT READS BOUNDED 100\r\nGET a\r\n"), "+OK\r\n");
  const ReadReady ready{base::kFirstGroup, world.last_ask().id, world.last_index.next()};
  world.service->receive(FromConsensus(ready));
  world.settle();
  const base::ConnectionId other = world.connect();
  EXPECT_EQ(world.say(other, "CLIENT READS BOUNDED 100\r\nGET a\r\n"), "+OK\r\n");
  world.set_elsewhere("2");
  EXPECT_EQ(world.received(other), "") << "it came behind the request: it has a request of its own";
  EXPECT_EQ(world.received(world.client), "$1\r\n2\r\n");
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "$1\r\n2\r\n");
}

TEST(ServiceBoundedReadTest, AnybodysAnswerMakesTheStateYounger) {
  Follower world;
  EXPECT_EQ(world.say(world.client, "CLIENT READS LINEARIZABLE\r\nGET a\r\n"),
            "+OK\r\n$1\r\n1\r\n");
  world.grants_reads = false;
  const base::ConnectionId other = world.connect();
  EXPECT_EQ(world.say(other, "CLIENT READS BOUNDED 50\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 1U);
}

TEST(ServiceBoundedReadTest, WithoutALeaderItAnswersAsLongAsItMay) {
  Follower world;
  EXPECT_EQ(world.say(world.client, "CLIENT READS BOUNDED 1000\r\nGET a\r\n"),
            "+OK\r\n$1\r\n1\r\n");
  world.follow(2, base::NodeId());
  world.pass(base::milliseconds(900));
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "$1\r\n1\r\n");
  world.pass(base::milliseconds(10));
  EXPECT_EQ(world.say(world.client, "GET a\r\n"), "");
  world.pass(base::milliseconds(3100));
  EXPECT_EQ(world.received(world.client), "-CLUSTERDOWN The cluster is down\r\n");
}

TEST(ServiceBoundedReadTest, AReadThatWaitsBehindAWriteIsJudgedWhenItCame) {
  Follower world("no");
  EXPECT_EQ(world.say(world.client, "CLIENT READS BOUNDED 100\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
  world.grants_reads = false;
  EXPECT_EQ(world.say(world.client, "INCR n\r\nGET a\r\n"), "");
  world.pass(base::milliseconds(200));
  std::string payload;
  for (const ToConsensus& message : world.asked)
    if (const auto* batch = std::get_if<ForwardBatch>(&message)) payload = batch->payload;
  world.commit_foreign(1, raft::EntryKind::kBatch, payload);
  world.settle();
  EXPECT_EQ(world.received(world.client), ":1\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 1U);
}

TEST(ServiceBoundedReadTest, ALeaderHasEvidenceOfItsOwn) {
  Node world;
  world.lead(1, false);
  EXPECT_EQ(world.say("CLIENT READS BOUNDED 100\r\nSET a 1\r\n"), "+OK\r\n+OK\r\n");
  world.grants_reads = false;
  EXPECT_EQ(world.say("GET a\r\n"), "$1\r\n1\r\n") << "its own entry is evidence";
  EXPECT_EQ(world.rounds, 0U);
  world.pass(base::milliseconds(91));
  EXPECT_EQ(world.say("GET a\r\n"), "");
  EXPECT_EQ(world.rounds, 1U);
}

// ---- LOCAL ----

TEST(ServiceLocalReadTest, ItAsksNobodyAtEitherDoorOrAsALeader) {
  Follower cluster("yes"), plain("no");
  for (Follower* world : {&cluster, &plain}) {
    world->grants_reads = false;
    EXPECT_EQ(world->say(world->client,
                         "CLIENT READS LOCAL\r\nGET a\r\nMULTI\r\nGET a\r\nEXEC\r\nDBSIZE\r\n"),
              "+OK\r\n$1\r\n1\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\n1\r\n:1\r\n");
    world->follow(2, base::NodeId());
    EXPECT_EQ(world->say(world->client, "GET a\r\n"), "$1\r\n1\r\n");
    EXPECT_EQ(world->rounds, 0U);
  }
  Node leader;
  leader.lead(1, false);
  leader.grants_reads = false;
  EXPECT_EQ(leader.say("CLIENT READS LOCAL\r\nGET a\r\n"), "+OK\r\n$-1\r\n");
  EXPECT_EQ(leader.rounds, 0U);
}

TEST(ServiceLocalReadTest, AReadThatMayWriteDoesNotGoThroughTheLog) {
  Node world;
  world.lead(1, false);
  EXPECT_EQ(world.say("PFADD h x\r\nCLIENT READS LOCAL\r\n"), ":1\r\n+OK\r\n");
  world.answers_proposals = false;
  EXPECT_EQ(world.say("PFCOUNT h\r\n"), ":1\r\n");
}

// ---- writes, and what else a connection says ----

TEST(ServiceReadModesTest, WritesGoWhereTheyWentBefore) {
  for (const char* mode : {"LINEARIZABLE", "LEASE", "BOUNDED 10", "LOCAL"}) {
    const std::string say = "CLIENT READS " + std::string(mode) + "\r\n";
    Follower cluster("yes"), plain("no");
    EXPECT_EQ(cluster.say(cluster.client, say + "SET a 2\r\n"), "+OK\r\n" + kMovedA);
    EXPECT_EQ(plain.say(plain.client, say + "SET a 2\r\n"), "+OK\r\n");
    const auto is_batch = [](const ToConsensus& message) {
      return std::holds_alternative<ForwardBatch>(message);
    };
    EXPECT_EQ(std::count_if(plain.asked.begin(), plain.asked.end(), is_batch), 1) << mode;
  }
}

TEST(ServiceReadModesTest, AModeCountsMoreThanReadonlyAndReadwrite) {
  Follower world;
  EXPECT_EQ(world.say(world.client, "READONLY\r\nCLIENT READS LEASE\r\nGET a\r\n"),
            "+OK\r\n+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 1U);
  EXPECT_EQ(world.say(world.client, "READWRITE\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 2U);
  EXPECT_EQ(world.say(world.client, "READONLY\r\nCLIENT READS DEFAULT\r\nGET a\r\n"),
            "+OK\r\n+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.rounds, 2U) << "READONLY is in force again";
}

TEST(ServiceReadModesTest, AClientThatFollowsRedirectionsIsServedWhereItAskedToBe) {
  World world(Given{.settings = {"--cluster-enabled", "no", "--forward", "no"}});
  world.show_cluster();
  world.follow(1, kOther);
  const base::ConnectionId client = world.connect();
  const std::string told = world.say(client, "CLIENT CAPA redirect\r\nGET a\r\n");
  EXPECT_TRUE(told.starts_with("+OK\r\n-REDIRECT ")) << told;
  EXPECT_EQ(world.say(client, "CLIENT READS LEASE\r\nGET a\r\n"), "+OK\r\n$-1\r\n");
  EXPECT_EQ(world.rounds, 1U);
}

}  // namespace
}  // namespace node::testing
