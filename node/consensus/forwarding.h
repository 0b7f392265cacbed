// Batches of members that do not lead, on their way to the service of the one that does, and what
// it says to them. Invariant: what reaches the service of a leader can be applied, and is of a
// member that follows it in its own term. Thread: consensus.
#pragma once

#include <vector>

#include "node/consensus/groups.h"
#include "node/consensus/outgoing.h"
#include "node/peers/links.h"

namespace node {

class Forwarding {
 public:
  // `epoch`: of this run of the node.
  Forwarding(NodeId self, std::uint64_t epoch, Groups& groups, PeerLinks& links, Outgoing& outgoing)
      : self_(self), epoch_(epoch), groups_(groups), links_(links), outgoing_(outgoing) {}

  // ---- of the service here ----
  void forward(ForwardBatch& message, const raft::Raft& raft);
  void answer(const AnswerForward& message);
  // Batches of members are in the log of this leader.
  void answer_taken(GroupId group, const std::vector<GuestBatch>& batches);

  // ---- of peers ----
  void on_forwarded(NodeId from, WireMessage& said);
  void on_answer(base::Instant now, NodeId from, const WireMessage& said);

  // At the end of a turn: nobody waits for the news that a batch was taken, so it does not wake the
  // service but goes along with what does, ahead of it, or when it has waited for long enough.
  void tell_taken(base::Instant now, ConsensusOutput& out);

 private:
  NodeId self_;
  std::uint64_t epoch_;
  Groups& groups_;
  PeerLinks& links_;
  Outgoing& outgoing_;
  std::vector<ForwardAnswered> taken_;  // to be told
  base::Instant tell_taken_by_{};
};

}  // namespace node
