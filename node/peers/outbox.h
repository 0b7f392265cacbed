// What waits to leave on one peer link: a control queue that always goes first and a bulk queue,
// cut into frames only as the driver gets rid of them, so that at most kLinkUnsentBytesMax (and a
// frame) lie in front of the next heartbeat. A message is encoded when its first frame leaves;
// large entries are shared with the log cache to the end. Thread: consensus.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <variant>

#include "base/time.h"
#include "node/peers/frame.h"
#include "raft/message.h"

namespace node {

class PeerOutbox {
 public:
  // On the control stream. Hints (kUses) only on a link that has nothing else to send.
  void push(WireKind kind, std::string body);
  // On the stream its size asks for. Dropped when the link has not moved for long (raft's messages
  // may be lost), or when it only repeats bulk that is still here or left a moment ago.
  void push(base::Instant now, raft::Message message);

  // kPubsub, kSubscribers, kForward, on the bulk stream: before entries that are pushed later.
  // False, and nothing is kept: too much would wait, or it is larger than what a link carries.
  [[nodiscard]] bool push_beside(WireKind kind, std::string body);
  [[nodiscard]] bool has_room_for_pubsub() const { return pubsub_bytes_ < kPubsubBytesMax / 2; }

  // Appends frames to `out` as far as the bound on unsent bytes allows. Every frame carries
  // `cluster`.
  void fill(base::Instant now, base::ClusterId cluster, std::string& out);
  // The driver still holds this many bytes.
  [[nodiscard]] bool is_empty() const { return streams_[0].is_empty() && streams_[1].is_empty(); }
  [[nodiscard]] bool can_move() const {
    return !is_empty() && unsent_bytes_ < base::limits::kLinkUnsentBytesMax;
  }
  void on_sent(std::size_t unsent_bytes) { unsent_bytes_ = unsent_bytes; }

 private:
  struct Text {
    WireKind kind;
    std::string body;
  };
  using Item = std::variant<Text, raft::Message>;
  struct Stream {
    std::deque<Item> waiting;
    // The message being cut: its part `part` (0: the head), from `offset` on.
    bool is_cutting = false;
    WireKind kind = WireKind::kAlive;
    raft::MessageParts parts;
    std::size_t part = 0, offset = 0;
    [[nodiscard]] bool is_empty() const { return !is_cutting && waiting.empty(); }
    [[nodiscard]] std::string_view current() const {
      return part == 0 ? std::string_view(parts.head) : parts.attached[part - 1]->payload;
    }
  };
  [[nodiscard]] bool is_repeated(base::Instant now, const raft::Message& message) const;
  void begin_cutting(FrameStream which);
  void cut_frame(base::Instant now, FrameStream stream, base::ClusterId cluster, std::string& out);

  // A body that is larger alone goes when no other waits.
  static constexpr std::size_t kPubsubBytesMax = 16 * base::limits::kMiB;
  static constexpr std::size_t kPubsubBodiesMax = 16 * 1024;

  std::array<Stream, kFrameStreams> streams_;
  std::size_t pubsub_bytes_ = 0, pubsub_bodies_ = 0;  // waiting and not begun
  std::size_t unsent_bytes_ = 0;
  // What tells one bulk message from another.
  struct Repeat {
    base::Term term;
    std::size_t body_kind = 0;
    std::uint64_t position = 0, size = 0;
    friend bool operator==(const Repeat&, const Repeat&) = default;
  };
  [[nodiscard]] static Repeat repeat_of(const raft::Message& message);
  Repeat cutting_;             // the message of raft being cut, or the last one that was
  base::Instant cut_until_{};  // when its last frame left
};

}  // namespace node
