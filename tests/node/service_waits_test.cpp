// A client that waits is told the end of its wait by an entry of the log or not at all: what a
// stop, a change of leader, a refused batch or a snapshot must not make of it (DESIGN decisions 5,
// 11, 15).
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const std::string kOne = "*2\r\n$1\r\nq\r\n$1\r\na\r\n";
const std::string kForced =
    "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> "
    "replica?)\r\n";

class ServiceWaitsTest : public ::testing::Test {
 protected:
  ServiceWaitsTest() {
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
  void refuse(raft::RefusalReason reason) {
    world_.service->receive(FromConsensus(BatchRefused{
        .group = base::kFirstGroup, .id = world_.take_proposal().id, .reason = reason}));
    world_.settle();
  }
  // What queries have looked for and not found.
  std::string misses() {
    const std::string stats = give("INFO stats");
    const std::size_t at = stats.find("keyspace_misses:");
    return stats.substr(at, stats.find('\r', at) - at);
  }
  World world_{Given{.settings = {"--cluster-enabled", "yes"}}};
  base::ConnectionId giver_, first_, second_;
};

// ---- a stop in good order ----

TEST_F(ServiceWaitsTest, AStopThatMeetsAPushUnderWayGivesItToTheOneWhoWaits) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.commits = false;
  EXPECT_EQ(give("RPUSH q a"), "");
  world_.service->begin_stop();
  world_.settle();
  EXPECT_EQ(world_.received(first_), "") << "it is not told yet that it took nothing";
  world_.commits = true;
  world_.settle();
  EXPECT_EQ(world_.received(giver_), ":1\r\n");
  EXPECT_EQ(world_.received(first_), kOne);
}

TEST_F(ServiceWaitsTest, AStopEndsWaitsByEntriesOfTheLog) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  EXPECT_EQ(wait(second_, "XREAD BLOCK 0 STREAMS x $"), "");
  const std::size_t proposals = world_.proposals;
  world_.service->begin_stop();
  world_.settle();
  EXPECT_EQ(world_.received(first_), kForced);
  EXPECT_EQ(world_.received(second_), kForced);
  EXPECT_EQ(world_.proposals, proposals + 1);
}

TEST_F(ServiceWaitsTest, AStopEndsAWaitThatBeginsMeanwhile) {
  world_.commits = false;
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.service->begin_stop();
  world_.settle();
  EXPECT_EQ(world_.received(first_), "");
  world_.commits = true;
  world_.settle();
  EXPECT_EQ(world_.received(first_), kForced);
}

// ---- waits that outlive their client's interest ----

// It was told that BLPOP is in doubt, and waits for something else by the time BLPOP is served.
TEST_F(ServiceWaitsTest, TheReplyToAWaitInDoubtIsNotGivenToAnotherWaitOfItsConnection) {
  world_.commits = false;
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  EXPECT_EQ(give("RPUSH q a"), "");
  world_.follow(2, kOther);
  world_.pass(base::milliseconds(5000));
  EXPECT_EQ(world_.received(first_).substr(0, 9), "-INDOUBT ");
  EXPECT_EQ(wait(first_, "READONLY"), "+OK\r\n");
  EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS x 0"), "");
  world_.commits = true;
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(first_), "");
  engine::BatchWriter writer;
  const std::string_view add[] = {"XADD", "x", "1-1", "a", "b"};
  writer.command(0, {}, false, add);
  world_.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(world_.clocks.wall_ms, 1));
  world_.settle();
  EXPECT_EQ(world_.received(first_).substr(0, 4), "*1\r\n");
}

// Its end cannot be proposed when the term begins, because this node is not sure to lead it.
TEST_F(ServiceWaitsTest, AClientThatLeftTakesNothingAlsoIfTheNextTermBeginsInDoubt) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.follow(1, base::NodeId{});
  world_.service->on_disconnect(first_);
  world_.answers_proposals = false;
  world_.lead(2, false);
  refuse(raft::RefusalReason::kNotLeader);
  world_.answers_proposals = true;
  world_.pass(base::milliseconds(60));
  world_.pass(base::milliseconds(1000));
  EXPECT_EQ(give("RPUSH q a"), ":1\r\n");
  EXPECT_EQ(give("LLEN q"), ":1\r\n");
}

// ---- a state that was replaced ----

TEST_F(ServiceWaitsTest, AWaitThatASnapshotDoesNotHoldAnyMoreIsInDoubt) {
  give("SET a 1");
  give("SAVE");
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.follow(2, kOther);
  world_.stored_meta.index = world_.last_index.next();
  world_.last_index = world_.stored_meta.index;
  world_.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = world_.stored_meta}));
  world_.settle();
  EXPECT_EQ(world_.received(first_).substr(0, 9), "-INDOUBT ");
}

TEST_F(ServiceWaitsTest, AWaitThatASnapshotHoldsGoesOn) {
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  give("SAVE");
  world_.follow(2, kOther);
  world_.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = world_.stored_meta}));
  world_.settle();
  EXPECT_EQ(world_.received(first_), "");
  engine::BatchWriter writer;
  const std::string_view push[] = {"RPUSH", "q", "a"};
  writer.command(0, {}, false, push);
  world_.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(world_.clocks.wall_ms, 1));
  world_.settle();
  EXPECT_EQ(world_.received(first_), kOne);
}

TEST_F(ServiceWaitsTest, AReaderWaitsOnInAReplacedState) {
  give("SAVE");
  world_.follow(2, kOther);
  EXPECT_EQ(wait(first_, "READONLY"), "+OK\r\n");
  EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS x 0"), "");
  world_.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = world_.stored_meta}));
  world_.settle();
  EXPECT_EQ(world_.received(first_), "");
  engine::BatchWriter writer;
  const std::string_view add[] = {"XADD", "x", "1-1", "a", "b"};
  writer.command(0, {}, false, add);
  world_.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(world_.clocks.wall_ms, 1));
  world_.settle();
  EXPECT_EQ(world_.received(first_).substr(0, 4), "*1\r\n");
}

// ---- ends that are refused ----

TEST_F(ServiceWaitsTest, AnEndThatWasRefusedIsProposedAgain) {
  for (const auto reason :
       {raft::RefusalReason::kTransferring, raft::RefusalReason::kTooMuchUncommitted}) {
    EXPECT_EQ(wait(first_, "BLPOP q 0.25"), "");
    world_.answers_proposals = false;
    world_.pass(base::milliseconds(300));
    refuse(reason);
    EXPECT_EQ(world_.received(first_), "");
    world_.answers_proposals = true;
    world_.pass(base::milliseconds(1000));
    EXPECT_EQ(world_.received(first_), "*-1\r\n");
  }
}

TEST_F(ServiceWaitsTest, AnEndUnderWayWakesNobody) {
  EXPECT_EQ(wait(first_, "BLPOP q 0.25"), "");
  world_.answers_proposals = false;
  world_.pass(base::milliseconds(300));
  EXPECT_GE(world_.last_output.next_deadline - world_.clocks.now, base::milliseconds(50));
  refuse(raft::RefusalReason::kNotLeader);
  EXPECT_GE(world_.last_output.next_deadline - world_.clocks.now, base::milliseconds(50));
}

TEST_F(ServiceWaitsTest, ClientUnblockOutlivesARefusal) {
  const std::string reply = world_.say(first_, command("CLIENT ID"));
  EXPECT_EQ(wait(first_, "BLPOP q 0"), "");
  world_.answers_proposals = false;
  EXPECT_EQ(give("CLIENT UNBLOCK " + reply.substr(1, reply.size() - 3) + " ERROR"), ":1\r\n");
  refuse(raft::RefusalReason::kTooMuchUncommitted);
  world_.answers_proposals = true;
  world_.settle();
  EXPECT_EQ(world_.received(first_), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
}

TEST_F(ServiceWaitsTest, TheLongestTimeoutsDoNotOverflow) {
  EXPECT_EQ(give("XGROUP CREATE x g $ MKSTREAM"), "+OK\r\n");
  EXPECT_EQ(wait(first_, "XREADGROUP GROUP g c BLOCK 9223372036854775807 STREAMS x >"), "");
  EXPECT_EQ(wait(second_, "XREAD BLOCK 9223372036854775807 STREAMS x $"), "");
  world_.pass(base::milliseconds(100'000));
  EXPECT_EQ(world_.received(first_) + world_.received(second_), "");
}

// ---- XREAD BLOCK ----

TEST_F(ServiceWaitsTest, AReaderLooksAgainOnlyWhenItsStreamsWereChanged) {
  EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS x y 0 0"), "");
  const std::string before = misses();
  for (int i = 0; i < 100; ++i) give("SET other " + std::to_string(i));
  give("XADD z 1-1 a b");
  world_.show_cluster();  // whatever else makes the service look around
  EXPECT_EQ(misses(), before);
  give("XADD y 1-1 a b");
  EXPECT_EQ(world_.received(first_).substr(0, 4), "*1\r\n");
}

TEST_F(ServiceWaitsTest, AReaderLooksAgainWhenItsDatabaseIsSwapped) {
  EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS x 0"), "");
  EXPECT_EQ(give("SELECT 1"), "+OK\r\n");
  give("XADD x 1-1 a b");
  EXPECT_EQ(world_.received(first_), "");
  give("SWAPDB 0 1");
  EXPECT_EQ(world_.received(first_).substr(0, 4), "*1\r\n");
}

TEST_F(ServiceWaitsTest, AReaderLooksAgainWhenAStreamTakesItsKey) {
  for (const char* taking : {"RENAME from x", "COPY from x", "RENAMENX from x"}) {
    give("DEL x");
    give("XADD from 1-1 a b");
    EXPECT_EQ(wait(first_, "XREAD BLOCK 0 STREAMS x 0"), "");
    give(taking);
    EXPECT_EQ(world_.received(first_).substr(0, 4), "*1\r\n") << taking;
  }
}

}  // namespace
}  // namespace node::testing
