// Whatever happens to the bytes of a raft message on its way, the frame notices it.
#include <gtest/gtest.h>

#include "node/peers/frame.h"
#include "raft/message.h"

namespace {

raft::Message message_of(raft::Body body) {
  return {base::kFirstGroup, raft::NodeId(1), raft::NodeId(2), raft::Term(3), std::move(body)};
}

std::vector<raft::Message> one_of_each() {
  const auto entry = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(10), raft::Term(3), raft::EntryKind::kBatch, "payload"});
  const raft::Membership members{base::ClusterId(5), {{raft::NodeId(1), "a:1", true}}};
  return {
      message_of(raft::PreVote{raft::Term(4), raft::LogIndex(9), raft::Term(3)}),
      message_of(raft::PreVoteReply{raft::Term(4), true}),
      message_of(raft::Vote{raft::LogIndex(9), raft::Term(3), true}),
      message_of(raft::VoteReply{true}),
      message_of(raft::Append{raft::LogIndex(9), raft::Term(2), raft::LogIndex(8), 5, {entry}}),
      message_of(raft::AppendReply{true, raft::LogIndex(4), raft::Term(1), raft::LogIndex(6), 7}),
      message_of(raft::Heartbeat{raft::LogIndex(4), 7, true}),
      message_of(raft::HeartbeatReply{7, raft::LogIndex(4), 250}),
      message_of(
          raft::InstallSnapshot{{raft::LogIndex(4), raft::Term(2), members, 8}, 3, true, "r"}),
      message_of(raft::InstallSnapshotReply{raft::LogIndex(4), 3, true}),
      message_of(raft::TimeoutNow{}),
      message_of(raft::ReadIndex{8, true}),
      message_of(raft::ReadIndexReply{8, true, raft::LogIndex(4)})};
}

std::string framed(const raft::Message& message) {
  const std::string body = raft::encode_message(message);
  std::string bytes;
  node::append_frame(bytes,
                     {.stream = node::FrameStream::kControl,
                      .kind = node::WireKind::kRaft,
                      .is_last = true,
                      .part_size_bytes = body.size(),
                      .cluster = base::ClusterId(5)},
                     body);
  return bytes;
}

std::size_t messages_read(const std::string& bytes) {
  node::FrameReader reader;
  std::vector<node::WireMessage> messages;
  static_cast<void>(reader.read(bytes, messages));
  return messages.size();
}

TEST(FrameDamage, NoFlippedBitAnywhereLetsAMessageThrough) {
  for (const raft::Message& message : one_of_each()) {
    const std::string sound = framed(message);
    ASSERT_EQ(messages_read(sound), 1U);
    for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
      std::string bytes = sound;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      // A greater length waits for more; then the checksum speaks.
      EXPECT_EQ(messages_read(bytes + std::string(node::kFrameHeaderBytes * 4, '\0')), 0U)
          << "kind " << message.body.index() << " bit " << bit;
    }
  }
}

TEST(FrameDamage, NoTruncatedMessageIsDelivered) {
  for (const raft::Message& message : one_of_each()) {
    const std::string sound = framed(message);
    for (std::size_t size = 0; size < sound.size(); ++size)
      EXPECT_EQ(messages_read(sound.substr(0, size)), 0U);
  }
}

}  // namespace
