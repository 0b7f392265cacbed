// DESIGN decision 11: an unknown outcome is never dressed as another. Each way a write can lose its
// leader, and its answer.
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace node::testing {
namespace {

constexpr base::Duration kOutcomeWait = base::milliseconds(5000);
constexpr base::Duration kLeaderWait = base::milliseconds(3000);
// The slot of key "a" is 15495.
const std::string kMovedA = "-MOVED 15495 10.0.0.2:7002\r\n";

class ServiceOutcomeTest : public ::testing::Test {
 protected:
  ServiceOutcomeTest() {
    world_.show_cluster();
    world_.lead(1, false);
    client_ = world_.connect();
    world_.commits = false;
  }
  // SET a 1 is placed behind the entries committed so far, which `committed_` names.
  void propose_write() {
    committed_ = world_.last_index;
    EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  }
  World world_{Given{.settings = {"--cluster-enabled", "yes"}}};
  base::ConnectionId client_;
  base::LogIndex committed_;
};

TEST_F(ServiceOutcomeTest, AppliedAtItsIndexAndTermItGetsTheRealReply) {
  propose_write();
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), "");
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(client_), "+OK\r\n");
}

TEST_F(ServiceOutcomeTest, OverwrittenItNeverHappenedAndIsRedirected) {
  propose_write();
  world_.follow(2, kOther);
  world_.lose_log_after(committed_);
  world_.commit_foreign(2, raft::EntryKind::kNoop, "");
  world_.settle();
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, AnEntryOfALaterTermBeforeItsPlaceProvesThatItNeverHappened) {
  propose_write();
  EXPECT_EQ(world_.say(client_, command("SET a 2")), "");
  world_.follow(3, kOther);
  world_.lose_log_after(committed_);
  world_.commit_foreign(3, raft::EntryKind::kNoop, "");
  world_.settle();
  EXPECT_EQ(world_.received(client_), kMovedA + kMovedA);
}

// A leader of term 1 fell silent with entries nobody else had, this node led term 2 with entries
// nobody else had, and the former came back to lead term 3 and committed its own.
TEST_F(ServiceOutcomeTest, AnEntryOfAnEarlierTermAtItsPlaceProvesThatItNeverHappenedToo) {
  world_.lead(2);
  propose_write();
  world_.follow(3, kOther);
  world_.lose_log_after(committed_);
  world_.commit_foreign(1, raft::EntryKind::kNoop, "");
  world_.settle();
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, UnknownForTooLongItIsInDoubtAndIsNotAnsweredTwice) {
  propose_write();
  world_.follow(2, kOther);
  world_.pass(kOutcomeWait - base::milliseconds(1));
  EXPECT_EQ(world_.received(client_), "");
  world_.pass(base::milliseconds(1));
  EXPECT_EQ(world_.received(client_).substr(0, 9), "-INDOUBT ");
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.say(client_, "PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(world_.say(client_, "READONLY\r\nGET a\r\n"), "+OK\r\n$1\r\n1\r\n");
}

TEST_F(ServiceOutcomeTest, RefusedBeforeItWasProposedItIsRedirected) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  const ProposeBatch batch = world_.take_proposal();
  world_.service->receive(FromConsensus(BatchRefused{
      .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kNotLeader}));
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, StillInTheOpenBatchItIsRedirected) {
  world_.answers_proposals = false;
  std::string pipelined;
  for (int i = 0; i < 3; ++i) world_.say(client_, command("SET a 1"));
  world_.follow(2, kOther);
  // The first two are with consensus, whose answer is outstanding; the third waits behind them.
  EXPECT_EQ(world_.received(client_), "");
  for (int i = 0; i < 2; ++i) {
    const ProposeBatch batch = world_.take_proposal();
    world_.service->receive(FromConsensus(BatchRefused{
        .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kNotLeader}));
  }
  world_.settle();
  EXPECT_EQ(world_.received(client_), kMovedA + kMovedA + kMovedA);
}

TEST_F(ServiceOutcomeTest, CoveredByASnapshotItIsInDoubt) {
  propose_write();
  world_.follow(2, kOther);
  world_.service->receive(FromConsensus(StateReplaced{
      .group = base::kFirstGroup,
      .meta = {.index = world_.last_index.next(), .term = base::Term(2), .membership = {}}}));
  world_.writes_checkpoints = false;
  world_.settle();
  EXPECT_EQ(world_.received(client_).substr(0, 9), "-INDOUBT ");
}

TEST_F(ServiceOutcomeTest, WithoutANextLeaderItWaitsABoundedTime) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  world_.follow(1, base::NodeId{});
  const ProposeBatch batch = world_.take_proposal();
  world_.service->receive(FromConsensus(BatchRefused{
      .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kNotLeader}));
  world_.pass(kLeaderWait - base::milliseconds(1));
  EXPECT_EQ(world_.received(client_), "");
  world_.pass(base::milliseconds(1));
  EXPECT_EQ(world_.received(client_), "-CLUSTERDOWN The cluster is down\r\n");
}

// The successor leads in a moment; CLUSTERDOWN would be an answer that many clients give up at.
TEST_F(ServiceOutcomeTest, RefusedInAHandOverItWaitsForTheNextLeader) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  const ProposeBatch batch = world_.take_proposal();
  world_.service->receive(FromConsensus(BatchRefused{
      .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kTransferring}));
  world_.settle();
  world_.pass(base::milliseconds(500));
  EXPECT_EQ(world_.received(client_), "");
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, AHandOverThatComesToNothingLeavesItToBeTriedAgain) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  const ProposeBatch batch = world_.take_proposal();
  world_.service->receive(FromConsensus(BatchRefused{
      .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kTransferring}));
  world_.settle();
  world_.pass(base::milliseconds(2000));
  EXPECT_EQ(world_.received(client_).substr(0, 10), "-TRYAGAIN ");
}

// ---- a full disk ----

TEST_F(ServiceOutcomeTest, AWriteThatMeetsTheFullDiskIsInDoubtAfterABoundedTime) {
  world_.commits = false;
  for (int i = 0; i < 3; ++i) world_.say(client_, command("SET a 1"));  // the third is not proposed
  world_.service->receive(FromConsensus(DiskState{.is_full = true, .detail = "no space"}));
  world_.settle();
  world_.pass(kOutcomeWait - base::milliseconds(100));
  EXPECT_EQ(world_.received(client_), "");
  world_.pass(base::milliseconds(200));
  const std::string answers = world_.received(client_);
  EXPECT_EQ(answers.substr(0, 9), "-INDOUBT ");
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '-'), 3);
  EXPECT_EQ(world_.say(client_, command("SET a 2")).substr(0, 9), "-MISCONF ");
  // There is room again: what was under way takes effect, and nobody is answered twice.
  world_.service->receive(FromConsensus(DiskState{.is_full = false, .detail = ""}));
  world_.commits = true;
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(client_), "");
  EXPECT_EQ(world_.say(client_, command("GET a")), "$1\r\n1\r\n");
}

TEST_F(ServiceOutcomeTest, RoomInTimeAnswersItAsEver) {
  propose_write();
  world_.service->receive(FromConsensus(DiskState{.is_full = true, .detail = "no space"}));
  world_.settle();
  world_.pass(kOutcomeWait - base::milliseconds(1000));
  world_.service->receive(FromConsensus(DiskState{.is_full = false, .detail = ""}));
  world_.pass(base::milliseconds(3000));
  EXPECT_EQ(world_.received(client_), "");
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(client_), "+OK\r\n");
}

TEST_F(ServiceOutcomeTest, ALeaderThatReturnsAnswersTryAgainForWhatNeverHappened) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  const ProposeBatch batch = world_.take_proposal();
  world_.follow(1, base::NodeId{});
  world_.service->receive(FromConsensus(BatchRefused{
      .group = base::kFirstGroup, .id = batch.id, .reason = raft::RefusalReason::kNotLeader}));
  world_.answers_proposals = world_.commits = true;
  world_.lead(3, false);
  EXPECT_EQ(world_.received(client_).substr(0, 10), "-TRYAGAIN ");
  EXPECT_EQ(world_.say(client_, command("GET a")), "$-1\r\n");
}

TEST_F(ServiceOutcomeTest, ACommandThatComesDuringAnElectionWaitsForTheNextLeader) {
  world_.follow(1, base::NodeId{});
  EXPECT_EQ(world_.say(client_, command("SET a 1") + "PING\r\n"), "");
  world_.pass(base::milliseconds(1000));
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), kMovedA + "+PONG\r\n");
}

TEST_F(ServiceOutcomeTest, WithoutOneItGetsClusterdownAndSoDoThoseBehindItAtOnce) {
  world_.follow(1, base::NodeId{});
  EXPECT_EQ(world_.say(client_, command("SET a 1") + command("GET a")), "");
  world_.pass(kLeaderWait);
  EXPECT_EQ(world_.received(client_),
            "-CLUSTERDOWN The cluster is down\r\n-CLUSTERDOWN The cluster is down\r\n");
  EXPECT_EQ(world_.say(client_, command("GET a")), "-CLUSTERDOWN The cluster is down\r\n");
  world_.commits = true;
  world_.lead(2);
  EXPECT_EQ(world_.say(client_, command("GET a")), "$-1\r\n");
}

TEST_F(ServiceOutcomeTest, AReadThatLosesItsRoundIsRedirected) {
  world_.grants_reads = false;
  EXPECT_EQ(world_.say(client_, command("GET a")), "");
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, ATransactionOfReadsThatLosesItsRoundIsNotAnsweredFromOldState) {
  world_.grants_reads = false;
  EXPECT_EQ(world_.say(client_, command("MULTI") + command("GET a") + command("EXEC")),
            "+OK\r\n+QUEUED\r\n");
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, ATransactionThatNeverHappenedIsRedirectedByTheSlotOfItsFirstKey) {
  committed_ = world_.last_index;
  EXPECT_EQ(world_.say(client_, command("MULTI") + command("SET a 1") + command("EXEC")),
            "+OK\r\n+QUEUED\r\n");
  world_.follow(2, kOther);
  world_.lose_log_after(committed_);
  world_.commit_foreign(2, raft::EntryKind::kNoop, "");
  world_.settle();
  EXPECT_EQ(world_.received(client_), kMovedA);
}

TEST_F(ServiceOutcomeTest, ADeniedRoundIsAskedAgainWhileStillLeader) {
  world_.grants_reads = false;
  EXPECT_EQ(world_.say(client_, command("GET a")), "");
  const auto asked = std::get<AskRead>(world_.asked.back());
  world_.asked.clear();
  world_.grants_reads = true;
  world_.service->receive(FromConsensus(ReadDenied{.group = base::kFirstGroup, .id = asked.id}));
  world_.settle();
  EXPECT_EQ(world_.received(client_), "");
  world_.pass(base::milliseconds(20));
  EXPECT_EQ(world_.received(client_), "$-1\r\n");
}

TEST_F(ServiceOutcomeTest, RepliesKeepTheirOrderWhenOnlyTheFirstOfTwoBatchesIsLost) {
  world_.answers_proposals = false;
  EXPECT_EQ(world_.say(client_, command("SET a 1")), "");
  EXPECT_EQ(world_.say(client_, command("SET a 2")), "");
  const ProposeBatch refused = world_.take_proposal();
  world_.service->receive(
      FromConsensus(BatchRefused{.group = base::kFirstGroup,
                                 .id = refused.id,
                                 .reason = raft::RefusalReason::kTooMuchUncommitted}));
  world_.place(world_.take_proposal());
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(client_),
            "-TRYAGAIN the write was not carried out: the leader changed meanwhile\r\n+OK\r\n");
}

TEST_F(ServiceOutcomeTest, AClientThatLeftDoesNotDisturbTheRest) {
  propose_write();
  const auto other = world_.connect();
  world_.say(other, command("INCR n"));
  world_.service->on_disconnect(client_);
  world_.commits = true;
  world_.settle();
  EXPECT_EQ(world_.received(other), ":1\r\n");
  EXPECT_EQ(world_.say(other, command("GET a")), "$1\r\n1\r\n");
}

}  // namespace
}  // namespace node::testing
