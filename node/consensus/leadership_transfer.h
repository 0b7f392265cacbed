// When this node hands its leadership over (DESIGN decision 15), by an order or because it should
// not lead: its disk is full, or it wishes to be no voter. Invariant: whatever was begun is
// answered by one TransferDone within a bounded time. It is told who leads and says what to do; the
// group steps the core. Values; thread: consensus.
#pragma once

#include <optional>
#include <string>

#include "node/messages/consensus_messages.h"
#include "raft/raft.h"

namespace node {

class LeadershipTransfer {
 public:
  // `wants_vote`: raft-voter.
  LeadershipTransfer(const raft::Options& options, bool wants_vote);

  // Why this node cannot hand over to `target` (none: to any other); empty: it can.
  [[nodiscard]] static std::string objection_to(NodeId target, const raft::Raft& raft);
  [[nodiscard]] TransferBegun begin(base::Instant now);
  [[nodiscard]] TransferDone end(bool is_done, std::string detail);
  // What has come of the one under way, once it is known.
  [[nodiscard]] std::optional<TransferDone> advance(base::Instant now, const raft::Raft& raft);

  void on_disk(base::Instant now, bool is_full);
  // The disk is full: hand over to whoever can lead, and do not wait for what comes of it.
  [[nodiscard]] bool must_flee_full_disk(base::Instant now, const raft::Raft& raft);
  // The next leader makes a learner of this node.
  [[nodiscard]] bool should_hand_over(base::Instant now, const raft::Raft& raft);

  [[nodiscard]] bool wants_vote() const { return wants_vote_; }
  [[nodiscard]] base::Instant next_deadline() const;

 private:
  GroupId group_;
  base::Duration patience_;
  bool wants_vote_;
  std::optional<base::Instant> deadline_;  // of the one under way
  bool is_disk_full_ = false;
  base::Instant again_{};  // not before, of its own accord
};

}  // namespace node
