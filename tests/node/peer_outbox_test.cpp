#include "node/peers/outbox.h"

#include <gtest/gtest.h>

namespace {

using base::limits::kFrameBytesMax;
using base::limits::kLinkUnsentBytesMax;
using node::FrameReader;
using node::PeerOutbox;
using node::WireKind;
using node::WireMessage;

constexpr base::ClusterId kCluster{42};

base::Instant at_ms(std::int64_t ms) { return base::Instant(base::milliseconds(10'000 + ms)); }

raft::Message append_of(std::uint64_t index, std::size_t bytes) {
  auto entry = std::make_shared<raft::Entry>();
  entry->index = base::LogIndex(index);
  entry->term = base::Term(1);
  entry->payload.assign(bytes, 'v');
  raft::Append append;
  append.previous_index = base::LogIndex(index - 1);
  append.entries.push_back(std::move(entry));
  return {.group = base::kFirstGroup,
          .from = base::NodeId(1),
          .to = base::NodeId(2),
          .term = base::Term(1),
          .body = std::move(append)};
}

raft::Message heartbeat(std::uint64_t round) {
  return {.group = base::kFirstGroup,
          .from = base::NodeId(1),
          .to = base::NodeId(2),
          .term = base::Term(1),
          .body = raft::Heartbeat{{}, round}};
}

TEST(PeerOutbox, KeepsAtMostTheUnsentBoundAndAFrameInFrontOfAHeartbeat) {
  PeerOutbox outbox;
  outbox.push(at_ms(0), append_of(1, 20'000'000));
  std::string first;
  outbox.fill(at_ms(0), kCluster, first);
  EXPECT_GE(first.size(), kLinkUnsentBytesMax);
  EXPECT_LE(first.size(), kLinkUnsentBytesMax + kFrameBytesMax);
  std::string more;
  outbox.fill(at_ms(0), kCluster, more);
  EXPECT_TRUE(more.empty());  // nothing has left
}

TEST(PeerOutbox, AHeartbeatLeavesBeforeTheRestOfALargeValue) {
  PeerOutbox outbox;
  outbox.push(at_ms(0), append_of(1, 20'000'000));
  std::string bytes;
  outbox.fill(at_ms(0), kCluster, bytes);
  FrameReader reader;
  std::vector<WireMessage> messages;
  ASSERT_TRUE(reader.read(bytes, messages));
  ASSERT_TRUE(messages.empty());

  outbox.push(at_ms(0), heartbeat(7));
  outbox.on_sent(0);
  bytes.clear();
  outbox.fill(at_ms(0), kCluster, bytes);
  ASSERT_TRUE(reader.read(bytes, messages));
  ASSERT_EQ(messages.size(), 1U);
  const auto message = raft::decode_parts(messages[0].body, messages[0].attached);
  ASSERT_TRUE(message && std::holds_alternative<raft::Heartbeat>(message->body));
  EXPECT_EQ(std::get<raft::Heartbeat>(message->body).round, 7U);

  while (!outbox.is_empty()) {
    outbox.on_sent(0);
    bytes.clear();
    outbox.fill(at_ms(0), kCluster, bytes);
    ASSERT_TRUE(reader.read(bytes, messages));
  }
  ASSERT_EQ(messages.size(), 2U);
  const auto value = raft::decode_parts(messages[1].body, messages[1].attached);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(std::get<raft::Append>(value->body).entries.at(0)->payload.size(), 20'000'000U);
}

TEST(PeerOutbox, ARepeatedAppendIsNotQueuedWhileItsFirstCopyIsStillThere) {
  PeerOutbox outbox;
  std::string bytes;
  outbox.push(at_ms(0), append_of(1, 2'000'000));
  outbox.fill(at_ms(0), kCluster, bytes);  // being cut
  outbox.push(at_ms(0), append_of(1, 2'000'000));
  outbox.push(at_ms(0), append_of(2, 100));
  outbox.push(at_ms(0), append_of(2, 100));
  FrameReader reader;
  std::vector<WireMessage> messages;
  do {
    ASSERT_TRUE(reader.read(bytes, messages));
    outbox.on_sent(0);
    bytes.clear();
    outbox.fill(at_ms(0), kCluster, bytes);
  } while (!bytes.empty());
  EXPECT_EQ(messages.size(), 2U);
  outbox.push(at_ms(900), append_of(2, 100));
  outbox.fill(at_ms(900), kCluster, bytes);
  EXPECT_TRUE(bytes.empty());  // on its way
  outbox.push(at_ms(1100), append_of(2, 100));
  outbox.fill(at_ms(1100), kCluster, bytes);
  EXPECT_FALSE(bytes.empty());
}

TEST(PeerOutbox, ALinkThatDoesNotMoveHoldsABoundedNumberOfMessages) {
  PeerOutbox outbox;
  outbox.on_sent(kLinkUnsentBytesMax);
  for (std::uint64_t i = 0; i < 100'000; ++i) outbox.push(at_ms(0), heartbeat(i));
  outbox.on_sent(0);
  FrameReader reader;
  std::vector<WireMessage> messages;
  std::string bytes;
  outbox.fill(at_ms(0), kCluster, bytes);
  ASSERT_TRUE(reader.read(bytes, messages));
  EXPECT_LE(messages.size(), 4096U);
}

std::vector<WireMessage> all_of(PeerOutbox& outbox) {
  FrameReader reader;
  std::vector<WireMessage> messages;
  while (!outbox.is_empty()) {
    outbox.on_sent(0);
    std::string bytes;
    outbox.fill(at_ms(0), kCluster, bytes);
    EXPECT_TRUE(reader.read(bytes, messages));
  }
  return messages;
}

TEST(PeerOutbox, WhatIsForSubscribersLeavesInItsPlaceAmongTheEntries) {
  PeerOutbox outbox;
  EXPECT_TRUE(outbox.push_beside(WireKind::kPubsub, "first"));
  outbox.push(at_ms(0), append_of(1, 100));
  EXPECT_TRUE(outbox.push_beside(WireKind::kSubscribers, "second"));
  outbox.push(at_ms(0), append_of(1, 100));  // a repetition
  const std::vector<WireMessage> messages = all_of(outbox);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].body, "first");
  EXPECT_EQ(messages[0].kind, WireKind::kPubsub);
  EXPECT_EQ(messages[1].kind, WireKind::kRaft);
  EXPECT_EQ(messages[2].body, "second");
  EXPECT_EQ(messages[2].kind, WireKind::kSubscribers);
}

TEST(PeerOutbox, HoldsABoundedAmountForSubscribersAndTakesMoreWhenThatHasLeft) {
  constexpr std::size_t kMiB = base::limits::kMiB;
  PeerOutbox outbox;
  EXPECT_TRUE(outbox.push_beside(WireKind::kPubsub, std::string(20 * kMiB, 'm')));  // alone
  EXPECT_FALSE(outbox.push_beside(WireKind::kPubsub, "m"));
  EXPECT_FALSE(outbox.has_room_for_pubsub());
  EXPECT_EQ(all_of(outbox).size(), 1U);
  EXPECT_TRUE(outbox.has_room_for_pubsub());
  for (int i = 0; i < 16; ++i)
    EXPECT_TRUE(outbox.push_beside(WireKind::kPubsub, std::string(kMiB, 'm')));
  EXPECT_FALSE(outbox.push_beside(WireKind::kPubsub, "m"));
}

// Raft goes on where many small bodies wait.
TEST(PeerOutbox, ManyBodiesForSubscribersAreBoundedAndDoNotCrowdOutEntries) {
  PeerOutbox outbox;
  std::size_t taken = 0;
  while (outbox.push_beside(WireKind::kPubsub, "m")) ASSERT_LT(++taken, 100'000U);
  EXPECT_GE(taken, 10'000U);
  outbox.push(at_ms(0), append_of(1, 100));
  const std::vector<WireMessage> messages = all_of(outbox);
  EXPECT_EQ(messages.size(), taken + 1);
  EXPECT_EQ(messages.back().kind, WireKind::kRaft);
}

}  // namespace
