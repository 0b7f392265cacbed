// What waits to leave on one peer link: a control queue that always goes first and a bulk queue, cut into frames only as the
// driver gets rid of them, so that at most kLinkUnsentBytesMax (and a frame) lie in front of the next heartbeat. A message
// is encoded when its first frame leaves; until then it shares its entries with the log cache. Thread: consensus.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <variant>

#include "node/frame.h"
#include "raft/message.h"

namespace node {

class PeerOutbox {
 public:
  void push(WireKind kind, std::string body);  // on the control stream
  // On the stream its size asks for. May drop it when the link has not moved for long: raft's messages may be lost.
  void push(raft::Message message);

  // Appends frames to `out` as far as the bound on unsent bytes allows. Every frame carries `cluster`.
  void fill(base::ClusterId cluster, std::string& out);
  // The driver still holds this many bytes.
  [[nodiscard]] bool is_empty() const { return streams_[0].is_empty() && streams_[1].is_empty(); }
  void on_sent(std::size_t unsent_bytes) { unsent_bytes_ = unsent_bytes; }

 private:
  struct Text { WireKind kind; std::string body; };
  using Item = std::variant<Text, raft::Message>;
  struct Stream {
    std::deque<Item> waiting;
    Text current;              // being cut, from `offset` on
    std::size_t offset = 0;
    bool is_cutting = false;
    [[nodiscard]] bool is_empty() const { return !is_cutting && waiting.empty(); }
  };
  [[nodiscard]] bool is_waiting(const raft::Message& message) const;
  void cut_frame(FrameStream stream, base::ClusterId cluster, std::string& out);

  std::array<Stream, kFrameStreams> streams_;
  std::size_t unsent_bytes_ = 0;
  // What the message being cut on the bulk stream repeats if it comes again.
  struct Repeat {
    base::Term term;
    std::size_t body_kind = 0;
    std::uint64_t position = 0, size = 0;
    friend bool operator==(const Repeat&, const Repeat&) = default;
  };
  [[nodiscard]] static Repeat repeat_of(const raft::Message& message);
  Repeat cutting_;
};

}  // namespace node
