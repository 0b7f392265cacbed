// The parts of a session, each by its rule: what it has said, whether it is parsed, what it is
// owed, MULTI; and the batch that it writes into.
#include <gtest/gtest.h>

#include "node/clients/session.h"
#include "node/replica/open_batch.h"

namespace {

using base::Instant;
using base::milliseconds;
using node::MultiState;
using node::OpenBatch;
using node::Session;
using node::SessionInput;
using node::SessionOutput;
using node::SessionParsing;
using node::Stall;

Instant at(std::int64_t ms) { return Instant(milliseconds(ms)); }

// ---- input ----

TEST(SessionInputTest, CutsWhatCameIntoCommands) {
  SessionInput input;
  input.append("PING\r\nECHO a");
  std::size_t consumed = 0;
  ASSERT_EQ(input.next(consumed), resp::RequestParser::Status::kCommand);
  EXPECT_EQ(input.argv()[0], "PING");
  input.consume(consumed);
  EXPECT_EQ(input.next(consumed), resp::RequestParser::Status::kNeedMore);
  EXPECT_EQ(input.unread_bytes(), 6U);
}

TEST(SessionInputTest, NothingIsUnreadAfterItsEnd) {
  SessionInput input;
  input.append("QUIT\r\nPING\r\n");
  std::size_t consumed = 0;
  ASSERT_EQ(input.next(consumed), resp::RequestParser::Status::kCommand);
  input.end();
  input.consume(consumed);
  EXPECT_TRUE(input.is_over());
  EXPECT_EQ(input.unread_bytes(), 0U);
}

// ---- parsing ----

TEST(SessionParsingTest, StandsInTheQueueAtMostOnce) {
  SessionParsing parsing;
  EXPECT_TRUE(parsing.enqueue());
  EXPECT_FALSE(parsing.enqueue());
  parsing.dequeue();
  EXPECT_TRUE(parsing.enqueue());
}

TEST(SessionParsingTest, TheFirstCommandThatWaitsForALeaderSetsTheDeadlineOfThoseBehindIt) {
  SessionParsing parsing;
  parsing.expect_leader_by(at(100));
  parsing.expect_leader_by(at(200));
  EXPECT_EQ(parsing.leader_deadline(), at(100));
  parsing.on_leader();
  parsing.expect_leader_by(at(300));
  EXPECT_EQ(parsing.leader_deadline(), at(300));
}

TEST(SessionParsingTest, ItStallsForOneReasonUntilItGoesOn) {
  SessionParsing parsing;
  EXPECT_FALSE(parsing.is_stalled());
  parsing.stop(Stall::kBarrier);
  EXPECT_TRUE(parsing.is_stalled());
  EXPECT_EQ(parsing.stall(), Stall::kBarrier);
  parsing.go_on();
  EXPECT_FALSE(parsing.is_stalled());
}

// ---- output ----

TEST(SessionOutputTest, WhatWasSentIsDropped) {
  SessionOutput output;
  output.buffer() += "abcdef";
  output.on_sent(2);
  output.drop_sent(0);
  EXPECT_EQ(output.unsent(), "cdef");
  output.on_sent(4);
  output.drop_sent(0);
  EXPECT_EQ(output.unsent_bytes(), 0U);
}

TEST(SessionOutputTest, TheLargerPartThatWasSentGivesItsMemoryBack) {
  SessionOutput output;
  output.buffer().assign(1024 * 1024, 'x');
  output.on_sent(1024 * 1024 - 1);
  output.drop_sent(0);
  EXPECT_EQ(output.buffer(), "x");
  output.on_sent(1);
  output.drop_sent(0);
  EXPECT_LT(output.capacity(), 64U * 1024);
}

TEST(SessionOutputTest, ItMayBeOwedAsMuchAsItHasSentUntilItIsOwedNothing) {
  SessionOutput output;
  output.on_received(100);
  output.buffer().assign(60, 'x');
  output.on_sent(40);
  EXPECT_EQ(output.asked_bytes(), 60U);
  output.on_sent(20);
  output.drop_sent(7);
  EXPECT_EQ(output.asked_bytes(), 7U);
}

TEST(SessionOutputTest, TheSoftLimitIsTimedFromWhereItWasPassedFirst) {
  SessionOutput output;
  output.note_soft_limit(true, at(10));
  output.note_soft_limit(true, at(20));
  EXPECT_EQ(output.over_soft_limit_since(), at(10));
  output.note_soft_limit(false, at(30));
  EXPECT_FALSE(output.over_soft_limit_since().has_value());
}

TEST(SessionOutputTest, NothingIsLeftOfOneThatWasKilled) {
  SessionOutput output;
  output.buffer() += "abc";
  output.on_sent(1);
  EXPECT_TRUE(output.takes_pushes());
  EXPECT_TRUE(output.kill());
  EXPECT_FALSE(output.kill());
  EXPECT_EQ(output.unsent(), "");
  EXPECT_FALSE(output.takes_pushes());
}

TEST(SessionOutputTest, TheDriverIsToldOnce) {
  SessionOutput output;
  EXPECT_TRUE(output.mark_dirty());
  EXPECT_FALSE(output.mark_dirty());
  output.clear_dirty();
  EXPECT_TRUE(output.mark_dirty());
  EXPECT_FALSE(output.take_close());
  output.close_when_sent();
  EXPECT_TRUE(output.take_close());
  EXPECT_FALSE(output.take_close());
}

TEST(SessionOutputTest, AClientThatHasToReadFirstGoesOnOnce) {
  SessionOutput output;
  output.wait_for_reader();
  EXPECT_TRUE(output.note_read_enough());
  EXPECT_FALSE(output.note_read_enough());
  output.go_on();
  EXPECT_FALSE(output.waits_for_reader());
  EXPECT_TRUE(output.note_read_enough());
}

// ---- MULTI ----

TEST(MultiStateTest, ARefusalSpoilsItAndNothingIsSpoiltOutside) {
  MultiState multi;
  multi.spoil();
  EXPECT_FALSE(multi.is_spoilt());
  multi.begin();
  multi.spoil();
  EXPECT_TRUE(multi.is_spoilt());
  EXPECT_TRUE(multi.take().is_dirty);
  EXPECT_FALSE(multi.is_open());
  EXPECT_FALSE(multi.is_spoilt());
}

TEST(SessionTest, ResetBringsBackTheModesOfANewConnection) {
  Session session(base::ConnectionId(1), node::ConnectInfo{}, Instant{});
  session.modes.database = 3;
  session.modes.version = 3;
  session.modes.user = "alice";
  session.modes.is_monitor = true;
  session.multi.begin();
  session.reset_modes();
  EXPECT_EQ(session.modes.database, 0U);
  EXPECT_EQ(session.modes.version, 2);
  EXPECT_TRUE(session.modes.user.empty());
  EXPECT_FALSE(session.modes.is_monitor);
  EXPECT_FALSE(session.multi.is_open());
}

// ---- the open batch ----

TEST(OpenBatchTest, AnElementsPlaceSaysWhoWaitsForIt) {
  OpenBatch open;
  node::Addressee client;
  const std::vector<std::string_view> argv = {"SET", "k", "v"};
  open.writer().command(0, {}, false, argv);
  open.add_waiter(client, 7);
  open.writer().command(0, {}, false, argv);
  open.add_nobody();
  EXPECT_EQ(open.id(), 1U);
  std::string payload;
  const node::SealedBatch batch = open.close(1000, 1, 5, 1, payload);
  EXPECT_EQ(batch.id, 1U);
  EXPECT_EQ(batch.ticket, 5U);
  ASSERT_EQ(batch.waiters.size(), 2U);
  EXPECT_EQ(batch.waiters[0].operation, 7U);
  EXPECT_EQ(batch.waiters[1].client, nullptr);
  EXPECT_FALSE(payload.empty());
  EXPECT_FALSE(open.has_something());
  EXPECT_EQ(open.id(), 2U);
}

TEST(OpenBatchTest, WhoWaitsInItHasOneDeadlineAndItsElementGoesOn) {
  OpenBatch open;
  node::Addressee client;
  open.expect_by(at(10));
  EXPECT_EQ(open.deadline(), Instant::max()) << "nobody waits";
  open.writer().command(0, {}, false, std::vector<std::string_view>{"SET", "k", "v"});
  open.add_waiter(client, 7);
  open.expect_by(at(10));
  open.expect_by(at(20));
  EXPECT_EQ(open.deadline(), at(10));
  std::vector<node::Waiter> late;
  open.take_late(at(9), late);
  EXPECT_TRUE(late.empty());
  open.take_late(at(10), late);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].operation, 7U);
  EXPECT_EQ(open.waiter_count(), 1U) << "with nobody waiting";
}

TEST(OpenBatchTest, GivenUpItLeavesNothingBehind) {
  OpenBatch open;
  open.want_time();
  node::Addressee client;
  open.writer().command(0, {}, false, std::vector<std::string_view>{"SET", "k", "v"});
  open.add_waiter(client, 7);
  EXPECT_EQ(open.abandon().size(), 1U);
  EXPECT_FALSE(open.has_something());
}

}  // namespace
