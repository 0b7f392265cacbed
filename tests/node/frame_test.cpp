#include "node/peers/frame.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/crc.h"
#include "base/prng.h"

namespace {

using node::FrameHead;
using node::FrameReader;
using node::FrameStream;
using node::WireKind;
using node::WireMessage;

constexpr base::ClusterId kCluster{42};

// `part_size` 0: the payload is the whole part.
std::string frame(FrameStream stream, WireKind kind, bool is_last, std::string_view payload,
                  std::size_t part_size = 0) {
  std::string bytes;
  const FrameHead head{.stream = stream,
                       .kind = kind,
                       .is_last = is_last,
                       .part_size_bytes = part_size == 0 ? payload.size() : part_size,
                       .cluster = kCluster};
  node::append_frame(bytes, head, payload);
  return bytes;
}

// A heartbeat between the two frames of a larger message, and one after it.
std::string conversation() {
  return frame(FrameStream::kBulk, WireKind::kRaft, false, "first half, ", 23) +
         frame(FrameStream::kControl, WireKind::kAlive, true, "") +
         frame(FrameStream::kBulk, WireKind::kRaft, false, "second half", 23) +
         frame(FrameStream::kBulk, WireKind::kRaft, true, "attached") +
         frame(FrameStream::kControl, WireKind::kFounded, true, "12345678");
}

// A frame with a right checksum and whatever head the test wants.
std::string forged(std::uint32_t length, std::uint8_t version, std::uint8_t stream,
                   std::uint8_t kind, std::uint8_t flags, std::string_view payload) {
  std::string rest;
  base::Encoder out(rest);
  out.u32(length);
  out.u8(version), out.u8(stream), out.u8(kind), out.u8(flags);
  out.u32(length);
  out.u64(kCluster.value());
  rest += payload;
  std::string bytes;
  base::Encoder(bytes).u32(base::crc32c(rest));
  return bytes + rest;
}

std::string complaint(std::string_view bytes) {
  FrameReader reader;
  std::vector<WireMessage> messages;
  const base::Status status = reader.read(bytes, messages);
  return status ? "" : status.error().detail;
}

void expect_conversation(const std::vector<WireMessage>& messages) {
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].kind, WireKind::kAlive);
  EXPECT_EQ(messages[1].kind, WireKind::kRaft);
  EXPECT_EQ(messages[1].body, "first half, second half");
  EXPECT_EQ(messages[1].attached, std::vector<std::string>{"attached"});
  EXPECT_EQ(messages[1].cluster, kCluster);
  EXPECT_EQ(messages[2].body, "12345678");
}

TEST(Frame, MessagesOfTwoStreamsAreReadWhereverTheBytesAreSplit) {
  const std::string bytes = conversation();
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    FrameReader reader;
    std::vector<WireMessage> messages;
    ASSERT_TRUE(reader.read(std::string_view(bytes).substr(0, split), messages)) << split;
    ASSERT_TRUE(reader.read(std::string_view(bytes).substr(split), messages)) << split;
    expect_conversation(messages);
  }
}

TEST(Frame, MessagesAreReadByteByByte) {
  FrameReader reader;
  std::vector<WireMessage> messages;
  for (const char byte : conversation()) ASSERT_TRUE(reader.read({&byte, 1}, messages));
  expect_conversation(messages);
}

TEST(Frame, AFlippedBitAnywhereIsNeverTakenForAMessage) {
  const std::string bytes = conversation();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    FrameReader reader;
    std::vector<WireMessage> messages;
    const bool is_refused = !reader.read(damaged, messages);
    // A larger length makes the reader wait for bytes that never come; everything else is refused.
    EXPECT_TRUE(is_refused || messages.size() < 3) << bit;
    for (const WireMessage& message : messages) {
      const bool is_as_sent = message.body.empty() || message.body == "first half, second half" ||
                              message.body == "12345678";
      EXPECT_TRUE(is_as_sent) << bit;
    }
  }
}

TEST(Frame, RubbishIsRefusedWithAReason) {
  EXPECT_EQ(complaint("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "something that is no frame of a peer");
  EXPECT_EQ(complaint(forged(0, 9, 0, 3, 1, "")), "protocol version 9, this node speaks 7");
  EXPECT_EQ(complaint(forged(0, node::kPeerProtocolVersion, 2, 3, 1, "")), "unknown stream 2");
  EXPECT_EQ(complaint(forged(0, node::kPeerProtocolVersion, 0, 0, 1, "")),
            "unknown message kind 0");
  EXPECT_EQ(complaint(forged(0, node::kPeerProtocolVersion, 0, 99, 1, "")),
            "unknown message kind 99");
  EXPECT_EQ(complaint(forged(0, node::kPeerProtocolVersion, 0, 3, 7, "")), "unknown flags 7");
  std::string damaged = frame(FrameStream::kControl, WireKind::kRaft, true, "payload");
  damaged.back() ^= 1;
  EXPECT_EQ(complaint(damaged), "the checksum does not match");
}

TEST(Frame, AMessageOfTwoKindsIsRefused) {
  EXPECT_EQ(complaint(frame(FrameStream::kBulk, WireKind::kRaft, false, "a") +
                      frame(FrameStream::kBulk, WireKind::kHello, true, "b")),
            "a message of two kinds");
}

TEST(Frame, APartThatIsNotAsLargeAsItSaysIsRefused) {
  EXPECT_EQ(complaint(frame(FrameStream::kBulk, WireKind::kRaft, false, "abc", 2)),
            "a part that is not as large as it says");
  EXPECT_EQ(complaint(frame(FrameStream::kBulk, WireKind::kRaft, false, "a", 5) +
                      frame(FrameStream::kBulk, WireKind::kRaft, false, "b", 6)),
            "a part that is not as large as it says");
  EXPECT_EQ(complaint(frame(FrameStream::kBulk, WireKind::kRaft, true, "a", 5)),
            "a message that ends within a part");
}

TEST(Frame, AMessageAboveTheLimitOfItsStreamIsRefusedBeforeItIsThere) {
  EXPECT_EQ(complaint(frame(FrameStream::kControl, WireKind::kRaft, false, "x",
                            node::kControlMessageBytesMax + 1)),
            "a message above the limit of its stream");
  EXPECT_EQ(complaint(frame(FrameStream::kControl, WireKind::kRaft, false, "x",
                            node::kControlMessageBytesMax)),
            "");
  EXPECT_EQ(complaint(frame(FrameStream::kBulk, WireKind::kRaft, false, "x",
                            node::kBulkMessageBytesMax + 1)),
            "a message above the limit of its stream");
  std::string crumbs;
  for (std::size_t i = 0; i <= node::kMessagePartsMax; ++i)
    crumbs += frame(FrameStream::kBulk, WireKind::kRaft, false, "x");
  EXPECT_EQ(complaint(crumbs), "a message above the limit of its stream");
}

TEST(Frame, TheLargestFrameKeepsTheLimit) {
  const std::string bytes = frame(FrameStream::kBulk, WireKind::kRaft, true,
                                  std::string(node::kFramePayloadBytesMax, 'x'));
  EXPECT_EQ(bytes.size(), base::limits::kFrameBytesMax);
  EXPECT_EQ(complaint(bytes), "");
}

}  // namespace
