// The path of a command through the service machine of a leader: order, batches, reads.
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace node::testing {
namespace {

TEST(ServiceTest, ASoleLeaderAnswersWritesAndReads) {
  World world;
  world.lead(1);
  EXPECT_EQ(world.say("SET a 1\r\n"), "+OK\r\n");
  EXPECT_EQ(world.say("GET a\r\n"), "$1\r\n1\r\n");
  EXPECT_EQ(world.say("INCR a\r\nGET a\r\nDEL a\r\nGET a\r\n"), ":2\r\n$1\r\n2\r\n:1\r\n$-1\r\n");
}

TEST(ServiceTest, NothingIsServedBeforeAnEntryOfTheOwnTermIsApplied) {
  World world;
  world.commits = false;
  world.lead(1);
  EXPECT_EQ(world.say("GET a\r\n"), "");
  EXPECT_EQ(world.say("SET a 1\r\n"), "");
  world.commit_all();
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "$-1\r\n+OK\r\n");
}

TEST(ServiceTest, AWriteIsNotAnsweredBeforeItsCommit) {
  World world;
  world.lead(1);
  world.commits = false;
  EXPECT_EQ(world.say("SET a 1\r\n"), "");
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "+OK\r\n");
}

TEST(ServiceTest, APipelineOfReadsAndWritesTakesEffectInOrderAtEverySplit) {
  const std::string bytes = command("SET k 1") + "GET k\r\n" + command("APPEND k 2") +
                            command("GET k") + "PING\r\n" + command("DEL k") + command("EXISTS k") +
                            command("INCR n") + "MULTI\r\n" + command("INCR n") + command("GET n") +
                            "EXEC\r\n" + command("ECHO end");
  const std::string expected =
      "+OK\r\n$1\r\n1\r\n:2\r\n$2\r\n12\r\n+PONG\r\n:1\r\n:0\r\n:1\r\n+OK\r\n+QUEUED\r\n+"
      "QUEUED\r\n*2\r\n:2\r\n$1\r\n2\r\n"
      "$3\r\nend\r\n";
  for (const bool is_sole_voter : {true, false}) {
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      World world;
      world.lead(1, is_sole_voter);
      const std::string first = world.say(bytes.substr(0, at));
      EXPECT_EQ(first + world.say(bytes.substr(at)), expected) << at;
    }
  }
}

TEST(ServiceTest, APipelineFitsOneBatchAndItsReadsNeedNoRound) {
  World world;
  world.lead(1, false);
  const std::size_t before = world.proposals;
  EXPECT_EQ(world.say("SET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\n"),
            "+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n");
  EXPECT_EQ(world.proposals, before + 1);
  EXPECT_EQ(world.rounds, 0U);
}

TEST(ServiceTest, ReadsOfATurnShareARoundAndLaterOnesTheNext) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  const auto one = world.connect();
  const auto two = world.connect();
  const auto three = world.connect();
  world.send(one, "GET a\r\n");
  world.send(two, "GET b\r\n");
  world.settle();
  EXPECT_EQ(world.rounds, 1U);
  EXPECT_EQ(world.say(three, "GET c\r\n"), "");
  EXPECT_EQ(world.rounds, 1U) << "one in flight";
  world.grants_reads = true;
  world.settle();
  EXPECT_EQ(world.rounds, 2U);
  EXPECT_EQ(world.received(one) + world.received(two) + world.received(three),
            "$-1\r\n$-1\r\n$-1\r\n");
}

TEST(ServiceTest, AReadWaitsUntilTheIndexOfItsRoundIsApplied) {
  World world;
  world.lead(1, false);
  world.grants_reads = false;
  const auto writer = world.connect();
  const auto reader = world.connect();
  world.send(reader, "GET a\r\n");
  world.settle();
  ASSERT_EQ(world.asked.size(), 1U);
  const auto asked = std::get<AskRead>(world.asked.front());
  world.commits = false;
  world.say(writer, "SET a 1\r\n");
  world.service->receive(FromConsensus(
      ReadReady{.group = base::kFirstGroup, .id = asked.id, .index = world.last_index}));
  world.settle();
  EXPECT_EQ(world.received(reader), "");
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.received(reader), "$1\r\n1\r\n");
}

TEST(ServiceTest, AtMostTwoBatchesAreInFlightAndTheRestGathers) {
  World world;
  world.lead(1);
  world.answers_proposals = false;
  const std::size_t before = world.proposals;
  for (int i = 0; i < 10; ++i) world.say(command("INCR n"));
  EXPECT_EQ(world.proposals, before + 2);
  world.answers_proposals = true;
  world.settle();
  EXPECT_EQ(world.proposals, before + 3);
  EXPECT_EQ(world.say("GET n\r\n"),
            ":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:10\r\n$2\r\n10\r\n");
}

TEST(ServiceTest, AReadThatMeetsAnExpiredKeyWaitsForATimeEntry) {
  World world;
  world.lead(1);
  EXPECT_EQ(world.say("SET a 1 PX 50\r\n"), "+OK\r\n");
  const std::size_t before = world.proposals;
  EXPECT_EQ(world.say("GET a\r\n"), "$1\r\n1\r\n");
  EXPECT_EQ(world.proposals, before);
  world.commits = false;
  world.clocks.now += base::milliseconds(60);
  world.clocks.wall_ms += 60;
  EXPECT_EQ(world.say("GET a\r\n"), "");
  EXPECT_EQ(world.proposals, before + 1);
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "$-1\r\n");
}

TEST(ServiceTest, ExpiredKeysAreSweptAndAnIdleLeaderProposesNothing) {
  World world;
  world.lead(1);
  for (int i = 0; i < 2500; ++i)
    world.say(request({"SET", "k" + std::to_string(i), "v", "PX", "50"}));
  EXPECT_EQ(world.say("DBSIZE\r\n"), ":2500\r\n");
  world.pass(base::milliseconds(200));
  world.pass(base::milliseconds(200));
  EXPECT_EQ(world.say("DBSIZE\r\n"), ":0\r\n");
  const std::size_t before = world.proposals;
  world.pass(base::milliseconds(5000));
  EXPECT_EQ(world.proposals, before);
}

TEST(ServiceTest, ExpiredFieldsAreSweptInSlicesAndAHashOfNothingElseAtOnce) {
  World world;
  world.lead(1);
  constexpr int kFields = 600;
  for (int i = 0; i < kFields; ++i) {
    const std::string field = "f" + std::to_string(i);
    world.say(request({"HSET", "h", field, "v"}) +
              request({"HPEXPIRE", "h", "50", "FIELDS", "1", field}));
  }
  world.say("COPY h all\r\nHSET h stays 1\r\n");
  EXPECT_EQ(world.say("HLEN h\r\nHLEN all\r\n"), ":601\r\n:600\r\n");
  const std::size_t before = world.proposals;
  world.pass(base::milliseconds(200));
  world.pass(base::milliseconds(200));
  EXPECT_GE(world.proposals, before + 3) << "250 at a time";
  EXPECT_EQ(world.say("HLEN h\r\nDBSIZE\r\n"), ":1\r\n:1\r\n");
  const std::size_t idle = world.proposals;
  world.pass(base::milliseconds(5000));
  EXPECT_EQ(world.proposals, idle);
}

TEST(ServiceTest, AReadThatMeetsAFieldPastTheLeadersClockWaitsForATimeEntry) {
  World world;
  world.lead(1);
  world.say("HSET h f 1 g 2\r\nHPEXPIRE h 50 FIELDS 1 f\r\nDEBUG SET-ACTIVE-EXPIRE 0\r\n");
  world.commits = false;
  world.pass(base::milliseconds(60));
  EXPECT_EQ(world.say("HGET h f\r\n"), "") << "the log does not say so yet";
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "$-1\r\n");
}

TEST(ServiceTest, APfcountThatHasToKeepItsEstimateIsProposedAndAnotherIsARead) {
  World world;
  world.lead(1);
  ASSERT_EQ(world.say("PFADD h a b\r\n"), ":1\r\n");
  world.commits = false;
  EXPECT_EQ(world.say("PFCOUNT h\r\n"), "") << "the estimate is stale";
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), ":2\r\n");
  world.commits = false;
  EXPECT_EQ(world.say("PFCOUNT h\r\n"), ":2\r\n") << "it is kept";
  EXPECT_EQ(world.say("PFCOUNT h none\r\n"), ":2\r\n") << "several keys never change a byte";
  EXPECT_EQ(world.say("MULTI\r\nPFCOUNT h\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n");
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "*1\r\n:2\r\n");
  EXPECT_EQ(world.say("PFADD h c\r\nPFCOUNT h\r\n"), ":1\r\n:3\r\n");
}

}  // namespace
}  // namespace node::testing
