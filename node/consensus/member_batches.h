// Batches that this leader proposes for other members, whose clients wait for them. Invariants: a
// member is told at once that its batch is in the log, and it is told at once when its batches are
// committed and it has them, not at the next heartbeat; after a change of role or leader nobody
// waits here any more. Values; thread: consensus.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "node/messages/forward_messages.h"

namespace node {

class MemberBatches {
 public:
  // What is proposed until the next call is of this member's batch; nullopt: of this node's own.
  void begin(std::optional<GuestBatch> batch) { proposing_ = std::move(batch); }
  // That it is of this node.
  [[nodiscard]] bool is_own() const { return !proposing_; }
  // It is in the log.
  void on_proposed(base::LogIndex index);
  // Those that are in the log since the last call.
  [[nodiscard]] std::vector<GuestBatch> take_taken() { return std::exchange(taken_, {}); }

  [[nodiscard]] bool is_anyone_waiting() const { return !waiting_.empty(); }
  // All up to `known` is committed and the member has it. True: it waits to hear that, and counts
  // as told.
  [[nodiscard]] bool must_tell(base::NodeId member, base::LogIndex known);
  void forget_waiting() { waiting_.clear(); }

 private:
  struct Waiting {
    base::LogIndex index;  // the newest entry that it waits for
    base::LogIndex told;   // it knows that all up to there is committed
  };

  std::optional<GuestBatch> proposing_;
  std::vector<GuestBatch> taken_;
  std::map<base::NodeId, Waiting> waiting_;
};

}  // namespace node
