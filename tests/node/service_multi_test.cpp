// MULTI to EXEC and WATCH, with Redis 7.0's texts.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

class ServiceMultiTest : public ::testing::Test {
 protected:
  ServiceMultiTest() { world_.lead(1, false); }
  World world_;
};

TEST_F(ServiceMultiTest, CommandsAreQueuedAndCarriedOutAsOneElement) {
  const std::size_t before = world_.proposals;
  EXPECT_EQ(world_.say("MULTI\r\nSET a 1\r\nINCR a\r\nGET a\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_EQ(world_.proposals, before + 1);
}

TEST_F(ServiceMultiTest, MisuseHasRedisTexts) {
  EXPECT_EQ(world_.say("EXEC\r\n"), "-ERR EXEC without MULTI\r\n");
  EXPECT_EQ(world_.say("DISCARD\r\n"), "-ERR DISCARD without MULTI\r\n");
  EXPECT_EQ(world_.say("MULTI\r\nMULTI\r\n"), "+OK\r\n-ERR MULTI calls can not be nested\r\n");
  EXPECT_EQ(world_.say("WATCH a\r\n"), "-ERR WATCH inside MULTI is not allowed\r\n");
  EXPECT_EQ(world_.say("EXEC\r\n"), "*0\r\n") << "neither spoils the transaction";
}

TEST_F(ServiceMultiTest, ACommandThatCannotBeQueuedAbortsTheTransaction) {
  for (const char* bad : {"NOSUCH\r\n", "GET\r\n", "SAVE\r\n", "SHUTDOWN\r\n"}) {
    EXPECT_EQ(world_.say("MULTI\r\n"), "+OK\r\n");
    EXPECT_EQ(world_.say(bad).front(), '-');
    EXPECT_EQ(world_.say("EXEC\r\n"),
              "-EXECABORT Transaction discarded because of previous errors.\r\n")
        << bad;
  }
  EXPECT_EQ(world_.say("MULTI\r\nSAVE\r\nDISCARD\r\n"),
            "+OK\r\n-ERR Command not allowed inside a transaction\r\n+OK\r\n");
}

TEST_F(ServiceMultiTest, DiscardForgetsQueueAndWatch) {
  EXPECT_EQ(world_.say("WATCH a\r\nMULTI\r\nSET a 1\r\nDISCARD\r\nGET a\r\n"),
            "+OK\r\n+OK\r\n+QUEUED\r\n+OK\r\n$-1\r\n");
  EXPECT_EQ(world_.say("SET a 2\r\nMULTI\r\nGET a\r\nEXEC\r\n"),
            "+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\n2\r\n");
}

TEST_F(ServiceMultiTest, AWatchedKeyThatChangedAbortsExecWhenApplied) {
  const auto other = world_.connect();
  const auto client = world_.connect();
  EXPECT_EQ(world_.say(client, "WATCH a\r\nMULTI\r\nSET a mine\r\n"), "+OK\r\n+OK\r\n+QUEUED\r\n");
  EXPECT_EQ(world_.say(other, "SET a theirs\r\n"), "+OK\r\n");
  EXPECT_EQ(world_.say(client, "EXEC\r\nGET a\r\n"), "*-1\r\n$6\r\ntheirs\r\n");
  EXPECT_EQ(world_.say(client, "MULTI\r\nSET a mine\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n")
      << "the watch is used up";
}

TEST_F(ServiceMultiTest, AWriteOfTheSameBatchBetweenWatchAndExecIsSeen) {
  const auto client = world_.connect();
  const auto other = world_.connect();
  world_.commits = false;
  world_.send(client, "WATCH a\r\n");
  world_.send(other, "SET a theirs\r\n");
  world_.turn();
  world_.send(client, "MULTI\r\nSET a mine\r\nEXEC\r\n");
  world_.commits = true;
  world_.settle();
  EXPECT_EQ(world_.received(client), "+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n");
}

TEST_F(ServiceMultiTest, UnwatchResetAndDisconnectForgetTheWatch) {
  const auto client = world_.connect();
  const auto other = world_.connect();
  EXPECT_EQ(world_.say(client, "WATCH a\r\nUNWATCH\r\n"), "+OK\r\n+OK\r\n");
  world_.say(other, "SET a 1\r\n");
  EXPECT_EQ(world_.say(client, "MULTI\r\nPING\r\nGET a\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n$1\r\n1\r\n");
  EXPECT_EQ(world_.say(client, "WATCH a\r\nRESET\r\n"), "+OK\r\n+RESET\r\n");
  world_.say(other, "SET a 2\r\n");
  EXPECT_EQ(world_.say(client, "MULTI\r\nGET a\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n*1\r\n$1\r\n2\r\n");
  EXPECT_EQ(world_.say(client, "WATCH a\r\n"), "+OK\r\n");
  const std::size_t before = world_.proposals;
  world_.service->on_disconnect(client);
  world_.settle();
  EXPECT_EQ(world_.proposals, before + 1);
}

TEST_F(ServiceMultiTest, AWatchDiesWithItsLeadersTerm) {
  EXPECT_EQ(world_.say("WATCH a\r\n"), "+OK\r\n");
  world_.follow(2, kOther);
  engine::BatchWriter writer;
  writer.drop_clients({kOther});
  world_.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(world_.clocks.wall_ms, 1));
  world_.lead(3, false);
  EXPECT_EQ(world_.say("MULTI\r\nSET a 1\r\nEXEC\r\n"), "+OK\r\n+QUEUED\r\n*-1\r\n");
}

TEST_F(ServiceMultiTest, ATransactionOfReadsIsARead) {
  world_.say("SET a 1\r\n");
  const std::size_t before = world_.proposals;
  EXPECT_EQ(world_.say("MULTI\r\nGET a\r\nEXISTS a b\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$1\r\n1\r\n:1\r\n");
  EXPECT_EQ(world_.proposals, before);
}

TEST_F(ServiceMultiTest, SelectInsideTakesEffectForWhatFollows) {
  EXPECT_EQ(world_.say("MULTI\r\nSELECT 3\r\nSET a three\r\nSELECT 99\r\nEXEC\r\nGET a\r\nSELECT "
                       "0\r\nGET a\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n-ERR DB index is out of "
            "range\r\n$5\r\nthree\r\n+OK\r\n$-1\r\n");
}

TEST_F(ServiceMultiTest, AnAbortedExecSelectsNothing) {
  const auto client = world_.connect();
  EXPECT_EQ(
      world_.say(client,
                 "SET a zero\r\nWATCH a\r\nSET a zero\r\nMULTI\r\nSELECT 3\r\nEXEC\r\nGET a\r\n"),
      "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n$4\r\nzero\r\n");
}

TEST_F(ServiceMultiTest, LocalCommandsRunAtTheirPlace) {
  EXPECT_EQ(
      world_.say("MULTI\r\nCLIENT SETNAME me\r\nSET a 1\r\nCLIENT GETNAME\r\nUNWATCH\r\nEXEC\r\n"),
      "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n+OK\r\n+OK\r\n$2\r\nme\r\n+OK\r\n");
  EXPECT_EQ(world_.say("MULTI\r\nPING\r\nECHO x\r\nWAIT 0 0\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+PONG\r\n$1\r\nx\r\n:0\r\n");
}

TEST_F(ServiceMultiTest, QuitInsideEndsTheConnection) {
  EXPECT_EQ(world_.say("MULTI\r\nSET a 1\r\nQUIT\r\nPING\r\n"), "+OK\r\n+QUEUED\r\n+OK\r\n");
  EXPECT_EQ(world_.closed.size(), 1U);
}

TEST_F(ServiceMultiTest, Resp3GetsNullForAnAbortedExec) {
  EXPECT_EQ(world_.say("HELLO 3\r\nWATCH a\r\nSET a 1\r\nMULTI\r\nGET b\r\nEXEC\r\n").substr(0, 2),
            "%7");
  EXPECT_EQ(world_.say("WATCH a\r\nSET a 1\r\nMULTI\r\nGET b\r\nEXEC\r\n"),
            "+OK\r\n+OK\r\n+OK\r\n+QUEUED\r\n_\r\n");
}

}  // namespace
}  // namespace node::testing
