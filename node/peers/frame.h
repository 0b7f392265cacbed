// The frames of a peer link (docs/formats.md, "Peer links"): a message is cut into frames of at
// most kFrameBytesMax on one of two streams, so that a heartbeat on the control stream never waits
// behind a large value on the bulk stream. Each frame carries length, CRC32C, protocol version and
// cluster id. A message is a body and, for large entries, attached parts, which arrive in a string
// of their own so that nobody copies them whole. The reader puts messages together again, from
// bytes split anywhere, and refuses whatever is not exactly such a frame. Pure values; thread:
// consensus.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"

namespace node {

inline constexpr std::uint8_t kPeerProtocolVersion = 7;

// What a message on a peer link is. Numbers are the wire's.
enum class WireKind : std::uint8_t {
  kHello = 1,        // peer_hello.h: the first message in both directions
  kRefuse = 2,       // text: why this link is closed
  kAlive = 3,        // empty: nothing else to say for a while
  kBirthStatus = 4,  // whom this unborn node sees
  kFound = 5,        // a founding membership to accept
  kFounded = 6,      // accepted durably; body: cluster id
  kRaft = 7,         // raft::encode_message
  kUses = 8,         // keys used at the sender, a hint for eviction: group u32, Engine::take_uses
  kInvite = 9,       // on a visit: meeting_messages.h, Invitation
  kInviteAnswer = 10,
  kAskInvite = 11,    // empty: the visitor wants to be invited
  kMet = 12,          // text: why the newcomer was not added; empty: it was
  kRemoved = 13,      // the receiver is no member any more: cluster u64, version u64
  kOrder = 14,        // to the leader: cluster_orders.h
  kOrderAnswer = 15,  // from it
  kAnnounced = 16,    // the sender is found elsewhere now: Announcement
  kPromised = 17,     // what the sender has promised: promises.h
  kOldCopy = 18,      // what the receiver had promised and does not hold any more: Promise
  kApplied = 19,      // rules and running digest of the sender: group u32, applied_report.h
  kOutsider = 20,     // a proof (peer_hello.h): the receiver is no member of the sender's cluster
  kPubsub = 21,       // for subscribers: group u32, then bytes of node/clients/pubsub/wire.h
  kSubscribers = 22,  // how many there are of what, likewise; nothing: tell me all anew
  kForward = 23,      // to the leader: a batch of the sender's clients (forwarding.cpp)
  kForwardAnswer = 24,
};
inline constexpr std::uint8_t kWireKindLast = 24;

enum class FrameStream : std::uint8_t { kControl = 0, kBulk = 1 };
inline constexpr std::size_t kFrameStreams = 2;

// crc u32, payload length u32, version u8, stream u8, kind u8, flags u8, size of the part u32,
// cluster u64.
inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kFramePayloadBytesMax =
    base::limits::kFrameBytesMax - kFrameHeaderBytes;
// What a peer may make this node hold while it puts a message together.
inline constexpr std::size_t kControlMessageBytesMax = 1 * base::limits::kMiB;
inline constexpr std::size_t kBulkMessageBytesMax =
    base::limits::kUncommittedBytesMax + 64 * base::limits::kMiB;

// The same of somebody who may be anybody, on the control stream; the bulk stream is not for him.
inline constexpr std::size_t kStrangerMessageBytesMax = 64 * base::limits::kKiB;

inline constexpr std::size_t kMessagePartsMax = 1024;

struct FrameHead {
  FrameStream stream = FrameStream::kControl;
  WireKind kind = WireKind::kAlive;
  bool is_last = true;              // of its message
  std::size_t part_size_bytes = 0;  // of the part that this frame belongs to, in all its frames
  base::ClusterId cluster;
};

// Appends one frame; payload at most kFramePayloadBytesMax.
void append_frame(std::string& out, const FrameHead& head, std::string_view payload);

struct WireMessage {
  WireKind kind = WireKind::kAlive;
  base::ClusterId cluster;  // of its last frame
  std::string body;
  std::vector<std::string> attached;
};

class FrameReader {
 public:
  enum class From { kPeer, kStranger };
  explicit FrameReader(From from = From::kPeer) : is_trusted_(from == From::kPeer) {}
  // The stranger is a peer: from now on its messages may be as large as those of peers are.
  void trust() { is_trusted_ = true; }
  // Takes the next bytes of the link; complete messages are appended to `messages`. After an error
  // the link is of no more use: kCorrupt for bytes that are no frame, kUnsupported for another
  // protocol version.
  [[nodiscard]] base::Status read(std::string_view bytes, std::vector<WireMessage>& messages);

 private:
  [[nodiscard]] base::Status take_frame(std::string_view frame, std::vector<WireMessage>& messages);

  [[nodiscard]] base::Status add_to_part(const FrameHead& head, std::string_view payload);

  [[nodiscard]] std::size_t message_bytes_max(FrameStream stream) const;

  bool is_trusted_ = true;
  std::string partial_;  // the beginning of a frame, less than kFrameBytesMax
  struct Assembly {
    bool is_open = false;
    WireKind kind = WireKind::kAlive;
    std::vector<std::string> parts;  // the last one is growing while is_part_open
    bool is_part_open = false;
    std::size_t part_size_bytes = 0, total_bytes = 0;
  };
  std::array<Assembly, kFrameStreams> assemblies_;
};

}  // namespace node
