// What the subscribers' sides of two nodes say to each other (docs/formats.md, "Peer links"):
// messages that clients published, and how many have subscribed to what. Bytes from a peer may be
// anything: what cannot be read is nothing. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "node/clients/pubsub/subscriber.h"

namespace node {

// Messages of one turn, in the order published. They are numbered one after the other within a run
// of their node (its epoch), whoever is told: a receiver knows by it what it has missed.
struct PublishedBatch {
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;  // number of the first message
  base::LogIndex after;     // they come behind the messages of the log up to here
  struct Message {
    bool is_shard = false;
    std::string_view channel, message;
  };
  std::vector<Message> messages;  // views into the bytes decoded
};

struct SubscriberCounts {
  std::uint64_t epoch = 0;
  bool is_beginning = false;  // forget what was told before
  std::uint64_t next = 0;     // the number of the next message
  struct Count {
    ChannelKind kind = ChannelKind::kChannel;
    std::string_view name;
    std::uint64_t sessions = 0;  // 0: none any more
  };
  std::vector<Count> counts;
};

// A batch as it grows: each message is copied once, into the bytes that leave.
class PublishedWriter {
 public:
  void add(bool is_shard, std::string_view channel, std::string_view message);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::size_t size_bytes() const { return messages_.size(); }
  // The bytes to send; the writer is empty again.
  [[nodiscard]] std::string seal(std::uint64_t epoch, std::uint64_t first, base::LogIndex after);

 private:
  std::string messages_;
  std::uint64_t count_ = 0;
};

[[nodiscard]] std::string encode(const SubscriberCounts& counts);

using PubsubBody = std::variant<PublishedBatch, SubscriberCounts>;
// Views into `bytes`.
[[nodiscard]] std::optional<PubsubBody> decode_pubsub(std::string_view bytes);

}  // namespace node
