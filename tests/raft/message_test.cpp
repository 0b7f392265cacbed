// The wire form of raft's messages: what is decoded is what was encoded, and nothing else is
// decoded at all.
#include "raft/message.h"

#include <gtest/gtest.h>

namespace {

using raft::Message;

raft::EntryPtr entry(std::uint64_t index, std::size_t bytes) {
  return std::make_shared<raft::Entry>(raft::Entry{
      raft::LogIndex(index), raft::Term(3), raft::EntryKind::kBatch, std::string(bytes, 'p')});
}

Message message_of(raft::Body body) {
  return {base::kFirstGroup, raft::NodeId(1), raft::NodeId(2), raft::Term(3), std::move(body)};
}

raft::Append append_of(std::vector<std::size_t> sizes) {
  raft::Append append{raft::LogIndex(9), raft::Term(2), raft::LogIndex(8), 5, {}};
  for (const std::size_t size : sizes)
    append.entries.push_back(entry(10 + append.entries.size(), size));
  return append;
}

std::vector<Message> one_of_each() {
  const raft::Membership members{base::ClusterId(5),
                                 {{raft::NodeId(1), "a:1", true}, {raft::NodeId(2), "b:2", false}}};
  return {
      message_of(raft::PreVote{raft::Term(4), raft::LogIndex(9), raft::Term(3)}),
      message_of(raft::PreVoteReply{raft::Term(4), true}),
      message_of(raft::Vote{raft::LogIndex(9), raft::Term(2), true}),
      message_of(raft::VoteReply{true}),
      message_of(append_of({0, 3, 100})),
      message_of(raft::AppendReply{true, raft::LogIndex(4), raft::Term(1), raft::LogIndex(6), 7}),
      message_of(raft::Heartbeat{raft::LogIndex(4), 7, true}),
      message_of(raft::HeartbeatReply{7, raft::LogIndex(4), 250}),
      message_of(
          raft::InstallSnapshot{{raft::LogIndex(4), raft::Term(2), members, 8}, 3, true, "rows"}),
      message_of(raft::InstallSnapshotReply{raft::LogIndex(4), 3, true}),
      message_of(raft::TimeoutNow{}),
      message_of(raft::ReadIndex{8, true}),
      message_of(raft::ReadIndexReply{8, true, raft::LogIndex(4)})};
}

TEST(Message, EachKindSurvivesTheWire) {
  for (const Message& message : one_of_each()) {
    const std::string bytes = raft::encode_message(message);
    const auto read = raft::decode_message(bytes);
    ASSERT_TRUE(read.has_value()) << message.body.index();
    EXPECT_EQ(read->body.index(), message.body.index());
    EXPECT_EQ(raft::encode_message(*read), bytes);
    EXPECT_EQ(read->from, message.from);
    EXPECT_EQ(read->term, message.term);
  }
}

TEST(Message, AnythingShorterOrLongerIsRefused) {
  for (const Message& message : one_of_each()) {
    const std::string bytes = raft::encode_message(message);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(raft::decode_message(std::string_view(bytes).substr(0, size)));
    EXPECT_FALSE(raft::decode_message(bytes + "x"));
  }
  EXPECT_FALSE(raft::decode_message("\xFF" + std::string(40, '\0')));
}

TEST(Message, AMembershipShorterOrLongerThanItSaysIsNone) {
  const raft::Membership members{base::ClusterId(7), {{raft::NodeId(1), "a:1", true}}};
  const std::string bytes = raft::encode_membership(members);
  EXPECT_EQ(raft::decode_membership(bytes), members);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(raft::decode_membership(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(raft::decode_membership(bytes + "x"));
  EXPECT_FALSE(raft::decode_membership(bytes.substr(0, bytes.size() - 1) + "\2"))
      << "neither a voter nor none";
}

// What a CHECK of the core rests on; numbers so large that they would begin anew.
TEST(Message, WhatNoCoreSaysIsRefused) {
  const raft::LogIndex far(1ULL << 62);
  const raft::Membership learners{base::ClusterId(5), {{raft::NodeId(1), "a:1", false}}};
  const raft::Membership members{base::ClusterId(5), {{raft::NodeId(1), "a:1", true}}};
  raft::Append back = append_of({1, 1}), ahead = append_of({1}), shapeless = append_of({1}),
               misplaced = append_of({1});
  back.entries[1] = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(11), raft::Term(2), raft::EntryKind::kBatch, "x"});
  ahead.entries[0] = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(10), raft::Term(4), raft::EntryKind::kBatch, "x"});
  shapeless.entries[0] = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(10), raft::Term(3), raft::EntryKind::kMembership, "x"});
  misplaced.entries[0] = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(10), raft::Term(3), raft::EntryKind::kMembership,
                  raft::encode_membership(members)});
  const std::vector<raft::Body> bodies = {
      back,
      ahead,
      shapeless,
      misplaced,
      raft::Append{far, raft::Term(2), {}, 0, {}},
      raft::PreVote{raft::Term(1ULL << 62), raft::LogIndex(9), raft::Term(3)},
      raft::PreVote{raft::Term(4), raft::LogIndex(9), raft::Term(4)},
      raft::Vote{raft::LogIndex(9), raft::Term(3), true},
      raft::AppendReply{true, far, raft::Term(1), raft::LogIndex(6), 7},
      raft::Heartbeat{far, 7, true},
      raft::HeartbeatReply{7, far, 250},
      raft::InstallSnapshot{{raft::LogIndex(4), raft::Term(4), members, 8}, 3, true, "rows"},
      raft::InstallSnapshot{{raft::LogIndex(4), raft::Term(2), learners, 8}, 3, true, "rows"}};
  for (const raft::Body& body : bodies) {
    const Message message = message_of(body);
    EXPECT_FALSE(raft::decode_message(raft::encode_message(message))) << body.index();
  }
  Message late = message_of(raft::TimeoutNow{});
  late.term = raft::Term(1ULL << 62);
  EXPECT_FALSE(raft::decode_message(raft::encode_message(late)));
}

TEST(Message, FlagsAreZeroOrOne) {
  std::string bytes =
      raft::encode_message(message_of(raft::InstallSnapshotReply{raft::LogIndex(1), 1, true}));
  bytes.back() = 2;
  EXPECT_FALSE(raft::decode_message(bytes));
}

TEST(Message, AVoteIsGrantedOrNotOrDoubtful) {
  for (const raft::Body& body :
       {raft::Body(raft::VoteReply{true}), raft::Body(raft::PreVoteReply{raft::Term(1), true})}) {
    std::string bytes = raft::encode_message(message_of(body));
    bytes.back() = 2;
    EXPECT_EQ(raft::encode_message(raft::decode_message(bytes).value()), bytes);
    bytes.back() = 3;
    EXPECT_FALSE(raft::decode_message(bytes));
  }
}

TEST(Message, MembersStandInOrderAndOnce) {
  const auto is_read = [](std::vector<raft::Member> members) {
    return raft::decode_membership(raft::encode_membership({base::ClusterId(1), members}))
        .has_value();
  };
  const raft::Member one{raft::NodeId(1), "a:1", true}, two{raft::NodeId(2), "b:1", false};
  EXPECT_TRUE(is_read({one, two}));
  EXPECT_FALSE(is_read({two, one}));
  EXPECT_FALSE(is_read({one, one}));
  EXPECT_FALSE(is_read({{raft::NodeId(), "c:1", true}}));
}

TEST(Message, LargePayloadsAreAttachedAndComeBackWithoutACopy) {
  const Message message = message_of(append_of({10, 100'000, 20, 200'000}));
  const raft::MessageParts parts = raft::encode_parts(message);
  EXPECT_LT(parts.head.size(), 200U);
  ASSERT_EQ(parts.attached.size(), 2U);
  std::vector<std::string> attached = {parts.attached[0]->payload, parts.attached[1]->payload};
  const char* storage = attached[1].data();
  const auto read = raft::decode_parts(parts.head, attached);
  ASSERT_TRUE(read.has_value());
  const auto& entries = std::get<raft::Append>(read->body).entries;
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[1]->payload.size(), 100'000U);
  EXPECT_EQ(entries[3]->payload.data(), storage);
  EXPECT_EQ(entries[3]->index, raft::LogIndex(13));
}

TEST(Message, AttachmentsTooFewOrTooManyAreRefused) {
  const raft::MessageParts parts = raft::encode_parts(message_of(append_of({100'000})));
  std::vector<std::string> none;
  EXPECT_FALSE(raft::decode_parts(parts.head, none));
  std::vector<std::string> two = {"a", "b"};
  EXPECT_FALSE(raft::decode_parts(parts.head, two));
  std::vector<std::string> one = {"a"};
  EXPECT_FALSE(raft::decode_parts(raft::encode_message(message_of(raft::TimeoutNow{})), one));
}

TEST(Message, AnEntryOfAnUnknownKindOrPlaceIsNoMessage) {
  const std::string sound = raft::encode_message(message_of(append_of({3})));
  const std::size_t payload = sound.rfind("ppp");
  const std::size_t kind = payload - 3, place = payload - 2;
  for (const auto& [at, byte] : {std::pair{kind, '\x7f'}, {place, '\x02'}, {place, '\x01'}}) {
    std::string damaged = sound;
    damaged[at] = byte;
    EXPECT_FALSE(raft::decode_message(damaged).has_value()) << at;
  }
}

TEST(Message, WhatMayTakeLongToCarryIsBulk) {
  EXPECT_TRUE(raft::is_bulk(message_of(append_of({3}))));
  EXPECT_FALSE(raft::is_bulk(message_of(append_of({}))));
  EXPECT_TRUE(raft::is_bulk(message_of(raft::InstallSnapshot{})));
  EXPECT_FALSE(raft::is_bulk(message_of(raft::Heartbeat{})));
}

TEST(Message, AMembershipThatEndsEarlyIsNone) {
  const raft::Membership members{base::ClusterId(5),
                                 {{raft::NodeId(1), "a:1", true}, {raft::NodeId(2), "b:2", false}}};
  const std::string sound = raft::encode_membership(members);
  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_FALSE(raft::decode_membership(sound.substr(0, size)).has_value()) << size;
}

}  // namespace
