// DESIGN decision 5: clients that wait are state of the log. Who is served in which order, and what
// ends a wait: time, CLIENT UNBLOCK, a connection that is gone, a leader that is gone.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const std::string kOne = "*2\r\n$1\r\nq\r\n$1\r\na\r\n";
const std::string kForced =
    "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> "
    "replica?)\r\n";

class ServiceBlockingTest : public ::testing::Test {
 protected:
  ServiceBlockingTest() {
    world_.show_cluster();
    world_.lead(1, false);
    giver_ = world_.connect();
    first_ = world_.connect();
    second_ = world_.connect();
  }
  std::string give(std::string_view words) { return world_.say(giver_, command(words)); }
  std::string wait(base::ConnectionId client, std::string_view words) {
    return world_.say(client, command(words));
  }
  World world_{Given{.settings = {"--cluster-enabled", "yes"}}};
  base::ConnectionId giver_, first_, second_;
};

TEST_F(ServiceBlockingTest, TheOneWhoWaitedFirstIsServedFirst) {
  EXPECT_EQ(wait(second_, "BLPOP q 0"), "");
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  EXPECT_EQ(give("RPUSH q a b"), ":2\r\n");
  EXPECT_EQ(world_.received(second_), kOne);
  EXPECT_EQ(world_.received(first_), "*2\r\n$1\r\nq\r\n$1\r\nb\r\n");
  EXPECT_EQ(give("LLEN q"), ":0\r\n");
}

TEST_F(ServiceBlockingTest, WhatFollowsInThePipelineComesBehindTheReply) {
  EXPECT_EQ(world_.say(first_, command("BLPOP q 0") + command("PING")), "");
  give("RPUSH q a");
  EXPECT_EQ(world_.received(first_), kOne + "+PONG\r\n");
}

TEST_F(ServiceBlockingTest, PushedAndRemovedInOneExecWakesNobody) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.say(giver_, "MULTI\r\nRPUSH q a\r\nDEL q\r\nEXEC\r\n");
  EXPECT_EQ(world_.received(first_), "");
  give("RPUSH q a");
  EXPECT_EQ(world_.received(first_), kOne);
}

TEST_F(ServiceBlockingTest, InsideExecNobodyWaits) {
  EXPECT_EQ(world_.say(first_, "MULTI\r\nBLPOP q 0\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n*1\r\n*-1\r\n");
}

TEST_F(ServiceBlockingTest, AWaitEndsByTheLogsTimeAndNotBefore) {
  EXPECT_EQ(wait(first_, "BLPOP q 0.25"), "");
  world_.pass(base::milliseconds(240));
  EXPECT_EQ(world_.received(first_), "");
  world_.pass(base::milliseconds(20));
  EXPECT_EQ(world_.received(first_), "*-1\r\n");
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LLEN q"), ":1\r\n") << "nobody waits any more";
}

TEST_F(ServiceBlockingTest, ClientUnblockEndsItEitherWay) {
  const auto id = [this](base::ConnectionId client) {
    const std::string reply = world_.say(client, command("CLIENT ID"));
    return reply.substr(1, reply.size() - 3);
  };
  const std::string first = id(first_), second = id(second_);
  wait(first_, "BLPOP q 0");
  wait(second_, "XREAD BLOCK 0 STREAMS x $");
  EXPECT_EQ(give("CLIENT UNBLOCK " + first), ":1\r\n");
  EXPECT_EQ(world_.received(first_), "*-1\r\n");
  EXPECT_EQ(give("CLIENT UNBLOCK " + second + " ERROR"), ":1\r\n");
  EXPECT_EQ(world_.received(second_), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
  EXPECT_EQ(give("CLIENT UNBLOCK " + first), ":0\r\n");
}

TEST_F(ServiceBlockingTest, AClientThatLeftTakesNothing) {
  wait(first_, "BLPOP q 0");
  world_.service->on_disconnect(first_);
  world_.settle();
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LRANGE q 0 -1"), "*1\r\n$1\r\na\r\n");
}

TEST_F(ServiceBlockingTest, TheNextLeadersFirstEntryRemovesThoseOfTheFormer) {
  wait(first_, "BLPOP q 0");
  world_.follow(2, kOther);
  engine::BatchWriter writer;
  writer.drop_clients({kOther});
  world_.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(world_.clocks.wall_ms, 1));
  world_.settle();
  EXPECT_EQ(world_.received(first_), kForced);
  world_.lead(3, false);
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LLEN q"), ":1\r\n");
}

// Seed 157 of the simulator: the wait of a command that was answered INDOUBT began in the next term
// of the same leader, and its end was taken for that of the next command.
TEST_F(ServiceBlockingTest, AWaitWhoseClientWasToldThatItIsInDoubtTakesNothing) {
  world_.commits = false;
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.follow(2, kOther);
  world_.pass(base::milliseconds(5000));
  EXPECT_EQ(world_.received(first_).substr(0, 9), "-INDOUBT ");
  world_.lead(3, false);
  world_.commits = true;
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LLEN q"), ":1\r\n") << "nobody waits for it";
  EXPECT_EQ(wait(first_, "BLPOP q 0"), kOne);
}

TEST_F(ServiceBlockingTest, AClientThatLeftWhileThereWasNoLeaderTakesNothing) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.follow(1, base::NodeId{});
  world_.service->on_disconnect(first_);
  world_.lead(2, false);
  world_.settle();
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LLEN q"), ":1\r\n");
}

// Every node must answer XREADGROUP so; asked of redis-server 7.0.15.
TEST_F(ServiceBlockingTest, AGroupsReaderLearnsThatItsStreamIsGone) {
  const std::string gone = "-UNBLOCKED the stream key no longer exists\r\n";
  for (const char* end : {"DEL x", "SET x 1", "RENAME x y", "FLUSHDB", "SWAPDB 0 1", "MOVE x 2"}) {
    give("FLUSHALL");
    EXPECT_EQ(give("XGROUP CREATE x g $ MKSTREAM"), "+OK\r\n");
    EXPECT_EQ(wait(first_, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >"), "");
    give(end);
    EXPECT_EQ(world_.received(first_), gone) << end;
  }
}

TEST_F(ServiceBlockingTest, AGroupsReaderLearnsThatItsGroupIsGone) {
  give("XGROUP CREATE x g $ MKSTREAM");
  wait(first_, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >");
  give("XGROUP DESTROY x g");
  EXPECT_EQ(world_.received(first_),
            "-NOGROUP the consumer group this client was blocked on no longer exists\r\n");
}

TEST_F(ServiceBlockingTest, XreadWaitsOnWhateverBecomesOfTheKey) {
  const auto proposals = world_.proposals;
  EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS y x $ $"), "");
  EXPECT_EQ(world_.proposals, proposals) << "it takes nothing: no entry of the log";
  for (const char* change : {"SET x 1", "DEL x", "RPUSH y a", "FLUSHALL"}) {
    give(change);
    EXPECT_EQ(world_.received(first_), "") << change;
  }
  give("XADD x 5-1 a b");
  EXPECT_EQ(world_.received(first_),
            "*1\r\n*2\r\n$1\r\nx\r\n*1\r\n*2\r\n$3\r\n5-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

// As redis-server 7.0.15 does: that one, not the one that is named first, and not both.
TEST_F(ServiceBlockingTest, XreadOfSeveralGetsTheStreamThatWasChangedFirst) {
  const auto reply = [](const std::string& stream) {
    return "*1\r\n*2\r\n$1\r\n" + stream +
           "\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
  };
  wait(first_, "XREAD BLOCK 0 STREAMS x y 0 0");
  wait(second_, "XREAD BLOCK 0 STREAMS z x 0 0");
  give("MULTI");
  give("SET z 1");  // a change, but nothing to read
  give("XADD y 1-1 a b");
  give("XADD x 1-1 a b");
  give("DEL z");
  give("XADD z 1-1 a b");
  give("EXEC");
  EXPECT_EQ(world_.received(first_), reply("y"));
  EXPECT_EQ(world_.received(second_), reply("x"));
}

TEST_F(ServiceBlockingTest, XreadEndsByItsOwnNodesTime) {
  EXPECT_EQ(wait(first_, "XREAD BLOCK 200 STREAMS x $"), "");
  world_.pass(base::milliseconds(199));
  EXPECT_EQ(world_.received(first_), "");
  world_.pass(base::milliseconds(2));
  EXPECT_EQ(world_.received(first_), "*-1\r\n");
}

}  // namespace
}  // namespace node::testing
