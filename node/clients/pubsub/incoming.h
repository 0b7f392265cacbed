// What other nodes' clients published, put in order. Invariants: no message of a node comes out
// twice, or behind a later one of it; none comes out before the messages of the log that its node
// had delivered first (PublishedBatch::after). What has not come in its turn is missed for good,
// and counted. Thread: service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "node/clients/pubsub/wire.h"

namespace node {

class Incoming {
 public:
  // Those that wait for the log are held up to so many bytes of each node, what is above is missed.
  static constexpr std::size_t kHeldBytesMax = 16 * 1024 * 1024;

  // Takes a batch; true if its messages go out now, else they are held or dropped.
  [[nodiscard]] bool take(base::NodeId from, const PublishedBatch& batch, base::LogIndex applied,
                          std::string_view bytes);
  // The number of the next message, told by a node that is to be known from now on.
  void begin(base::NodeId from, std::uint64_t epoch, std::uint64_t next);
  // What was held and may go now that the log is applied so far: bodies, to be decoded again.
  [[nodiscard]] std::vector<std::string> release(base::LogIndex applied);
  [[nodiscard]] bool has_held() const { return held_bodies_ > 0; }
  // Since the start: published elsewhere and not seen here.
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  struct Held {
    base::LogIndex after;
    std::string body;
  };
  struct Origin {
    std::uint64_t epoch = 0;
    std::uint64_t next = 0;  // number of the message that is to come
    std::deque<Held> held;
    std::size_t held_bytes = 0;
  };
  // The origin in the run of that epoch; a new run begins at `next`.
  Origin& origin(base::NodeId from, std::uint64_t epoch, std::uint64_t next);

  std::map<base::NodeId, Origin> origins_;
  std::size_t held_bodies_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace node
