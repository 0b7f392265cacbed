// The parts of the service machine that need no machine: operations, batches, read tickets.
#include <gtest/gtest.h>

#include <algorithm>

#include "node/clients/operation.h"
#include "node/clients/session.h"
#include "node/replica/batcher.h"
#include "node/replica/read_tickets.h"

namespace node {
namespace {

Session session() { return Session(base::ConnectionId(1), ConnectInfo{}, base::Instant{}); }

ProposeBatch seal_one(Batcher& batcher, Session& owner, std::uint64_t operation,
                      std::uint64_t ticket) {
  const std::vector<std::string_view> argv{"INCR", "n"};
  batcher.open().writer().command(0, {}, false, argv);
  batcher.open().add_waiter(owner, operation);
  return batcher.seal(1, 1, ticket, 1);
}

void place(Batcher& batcher, std::uint64_t id, std::uint64_t index, std::uint64_t term) {
  batcher.on_proposed({.group = base::kFirstGroup,
                       .id = id,
                       .index = base::LogIndex(index),
                       .term = base::Term(term)});
}

TEST(OperationRingTest, NumbersNeverRepeatAndAnsweredOnesAreNotFound) {
  OperationRing ring;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 13; ++i) {
      numbers.push_back(ring.push(OperationKind::kLiteral));
      ring.back().bytes = std::to_string(i);
      ring.grown();
    }
    EXPECT_EQ(ring.find(numbers[5])->bytes, "5");
    for (int i = 0; i < 13; ++i) {
      EXPECT_EQ(ring.front().bytes, std::to_string(i));
      ring.pop();
    }
    EXPECT_EQ(ring.find(numbers[5]), nullptr);
    EXPECT_EQ(ring.bytes(), 0U);
  }
}

TEST(OperationRingTest, ArgumentsComeBackAsTheyWere) {
  OperationRing ring;
  ring.push(OperationKind::kRead);
  const std::vector<std::string_view> argv{"MGET", "", "two words", "x"};
  ring.back().set_arguments(argv);
  std::vector<std::string_view> back;
  ring.back().arguments(back);
  EXPECT_TRUE(std::equal(back.begin(), back.end(), argv.begin(), argv.end()));
}

TEST(BatcherTest, AnEntryAtItsIndexAndTermIsTheBatch) {
  Batcher batcher;
  Session owner = session();
  const auto batch = seal_one(batcher, owner, 5, 9);
  place(batcher, batch.id, 10, 2);
  std::vector<SealedBatch> lost;
  EXPECT_FALSE(batcher.settle(base::LogIndex(9), base::Term(2), lost).has_value());
  const auto own = batcher.settle(base::LogIndex(10), base::Term(2), lost);
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->waiters.front().operation, 5U);
  EXPECT_EQ(own->ticket, 9U);
  EXPECT_TRUE(lost.empty());
  EXPECT_TRUE(batcher.is_idle());
}

TEST(BatcherTest, AnEntryOfALaterTermAtOrBeforeItsIndexMeansItIsLost) {
  for (const std::uint64_t index : {10U, 8U}) {
    Batcher batcher;
    Session owner = session();
    place(batcher, seal_one(batcher, owner, 1, 1).id, 10, 2);
    std::vector<SealedBatch> lost;
    EXPECT_FALSE(batcher.settle(base::LogIndex(index), base::Term(3), lost).has_value());
    EXPECT_EQ(lost.size(), 1U);
  }
}

TEST(BatcherTest, ABatchWithoutAPlaceIsNeverTakenForLost) {
  Batcher batcher;
  Session owner = session();
  const auto batch = seal_one(batcher, owner, 1, 1);
  std::vector<SealedBatch> lost;
  EXPECT_FALSE(batcher.settle(base::LogIndex(10), base::Term(3), lost).has_value());
  EXPECT_TRUE(lost.empty());
  EXPECT_TRUE(batcher.take_refused(batch.id).has_value());
  EXPECT_FALSE(batcher.take_refused(batch.id).has_value());
}

TEST(BatcherTest, OrphansDoNotCountAsInFlightAndFallDueAtTheirDeadline) {
  Batcher batcher;
  Session owner = session();
  place(batcher, seal_one(batcher, owner, 1, 1).id, 10, 2);
  place(batcher, seal_one(batcher, owner, 2, 2).id, 11, 2);
  batcher.open().want_time();
  EXPECT_FALSE(batcher.may_seal());
  const base::Instant deadline(base::milliseconds(100));
  batcher.orphan(deadline);
  EXPECT_TRUE(batcher.may_seal());
  EXPECT_EQ(batcher.next_deadline(), deadline);
  EXPECT_TRUE(batcher.take_doubtful(deadline - base::Duration(1), base::LogIndex{}).empty());
  EXPECT_EQ(batcher.take_doubtful(deadline, base::LogIndex{}).size(), 2U);
}

TEST(BatcherTest, ASecondBatchLeavesWhenItIsAsLargeAsTheOneUnderWay) {
  Batcher batcher;
  Session owner = session();
  const std::vector<std::string_view> argv = {"SET", "key", "value"};
  const auto add = [&](std::uint64_t operation) {
    batcher.open().writer().command(0, "", false, argv);
    batcher.open().add_waiter(owner, operation);
  };
  add(1), add(2);
  EXPECT_TRUE(batcher.may_seal());
  (void)batcher.seal(1000, 1, 1, 1);
  add(3);
  EXPECT_FALSE(batcher.may_seal());
  add(4);
  EXPECT_TRUE(batcher.may_seal());
}

TEST(BatcherTest, ALargeSecondBatchDoesNotWaitForMoreCommands) {
  Batcher batcher;
  Session owner = session();
  (void)seal_one(batcher, owner, 1, 1);
  const std::string value(base::limits::kBatchBytesWorthwhile, 'v');
  batcher.open().writer().command(0, "", false, std::vector<std::string_view>{"SET", "key", value});
  batcher.open().add_waiter(owner, 2);
  EXPECT_TRUE(batcher.may_seal());
}

TEST(BatcherTest, ASnapshotCoversBatchesUpToItsIndex) {
  Batcher batcher;
  Session owner = session();
  place(batcher, seal_one(batcher, owner, 1, 1).id, 10, 2);
  place(batcher, seal_one(batcher, owner, 2, 2).id, 11, 2);
  EXPECT_EQ(batcher.take_doubtful(base::Instant{}, base::LogIndex(10)).size(), 1U);
}

const base::Instant kNow(base::milliseconds(1000));

TEST(ReadTicketsTest, AGrantCoversAllEarlierTicketsAndStays) {
  ReadTickets tickets;
  const std::uint64_t first = tickets.close(kNow);
  const std::uint64_t second = tickets.close(kNow);
  tickets.grant(second);
  EXPECT_TRUE(tickets.is_granted(first));
  tickets.grant(first);
  EXPECT_TRUE(tickets.is_granted(second));
  EXPECT_FALSE(tickets.is_granted(tickets.open()));
}

TEST(ReadTicketsTest, ARoundGrantsOnlyOnceItsIndexIsApplied) {
  ReadTickets tickets;
  const std::uint64_t ticket = tickets.open();
  const AskRead asked = tickets.ask(kNow);
  tickets.on_applied(base::LogIndex(100));
  EXPECT_FALSE(tickets.is_granted(ticket));
  tickets.on_ready({.group = base::kFirstGroup, .id = asked.id, .index = base::LogIndex(7)});
  tickets.on_applied(base::LogIndex(6));
  EXPECT_FALSE(tickets.is_granted(ticket));
  tickets.on_applied(base::LogIndex(7));
  EXPECT_TRUE(tickets.is_granted(ticket));
  EXPECT_FALSE(tickets.is_asking());
}

TEST(ReadTicketsTest, AnAnswerToAForgottenRoundGrantsNothing) {
  ReadTickets tickets;
  const std::uint64_t ticket = tickets.open();
  const AskRead asked = tickets.ask(kNow);
  tickets.forget_round();
  tickets.on_ready({.group = base::kFirstGroup, .id = asked.id, .index = base::LogIndex(1)});
  tickets.on_applied(base::LogIndex(1));
  EXPECT_FALSE(tickets.is_granted(ticket));
}

TEST(ReadTicketsTest, AGrantTellsSinceWhenNothingIsMissing) {
  ReadTickets tickets;
  const std::uint64_t first = tickets.close(kNow);
  const std::uint64_t second = tickets.close(kNow + base::milliseconds(5));
  EXPECT_FALSE(tickets.level_at());
  tickets.grant(first);
  EXPECT_EQ(tickets.level_at(), kNow);
  tickets.grant(second);
  EXPECT_EQ(tickets.level_at(), kNow + base::milliseconds(5));
  tickets.grant(first);
  EXPECT_EQ(tickets.level_at(), kNow + base::milliseconds(5)) << "it does not grow older";
}

TEST(ReadTicketsTest, OfTicketsThatNobodyGrantsOnlyTheLatestAreKnown) {
  ReadTickets tickets;
  const std::uint64_t first = tickets.close(kNow);
  for (int i = 1; i <= 64; ++i) (void)tickets.close(kNow + base::milliseconds(i));
  tickets.grant(first);
  EXPECT_FALSE(tickets.level_at()) << "it is forgotten, which makes nothing younger";
  tickets.grant(tickets.open() - 1);
  EXPECT_EQ(tickets.level_at(), kNow + base::milliseconds(64));
}

// One answer is given to all who wait for the round, and for those before it.
TEST(ReadTicketsTest, ARoundIsByRoundIfSomebodyWhoWaitsForItTrustsNoClock) {
  ReadTickets tickets;
  (void)tickets.take(false);
  AskRead asked = tickets.ask(kNow);
  EXPECT_FALSE(asked.is_by_round);
  (void)tickets.take(true);
  (void)tickets.take(false);
  tickets.forget_round();
  (void)tickets.close(kNow);
  asked = tickets.ask(kNow);
  EXPECT_TRUE(asked.is_by_round) << "of a ticket that a batch closed, which was lost";
  tickets.on_ready({.group = base::kFirstGroup, .id = asked.id, .index = base::LogIndex(1)});
  tickets.on_applied(base::LogIndex(1));
  (void)tickets.take(false);
  EXPECT_FALSE(tickets.ask(kNow).is_by_round);
}

TEST(ReadTicketsTest, AReaderWhoseTicketNobodyWillGrantNeedsARound) {
  ReadTickets tickets;
  tickets.enlist(tickets.open(), base::ConnectionId(1));
  EXPECT_TRUE(tickets.needs_round(true));
  (void)tickets.close(kNow);
  EXPECT_FALSE(tickets.needs_round(true));
  EXPECT_TRUE(tickets.needs_round(false)) << "its batch was lost";
  (void)tickets.ask(kNow);
  EXPECT_FALSE(tickets.needs_round(false));
}

}  // namespace
}  // namespace node
