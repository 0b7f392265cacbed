// CLUSTER FAILOVER at the node that is to lead: it has the leader hand over; with FORCE it also
// stands for election by itself. Invariant: there is one at a time, and its client is answered
// within kOrderPatience: done when this node leads, whoever saw to it. Thread: consensus.
#pragma once

#include <optional>
#include <string>

#include "node/consensus/order_book.h"
#include "node/consensus/outgoing.h"
#include "raft/raft.h"

namespace node {

class Failover {
 public:
  // `wants_vote`: raft-voter.
  Failover(NodeId self, bool wants_vote, OrderBook& orders, Outgoing& outgoing)
      : self_(self), wants_vote_(wants_vote), orders_(orders), outgoing_(outgoing) {}

  void begin(base::Instant now, std::uint64_t request, bool is_forced, const raft::Raft& raft);
  // False: not the order of a failover.
  [[nodiscard]] bool on_order_done(const OrderBook::Output::Done& done);
  // Each turn; `raft` nullptr: this node has no group. True: it is to stand for election now.
  [[nodiscard]] bool advance(base::Instant now, const raft::Raft* raft);
  [[nodiscard]] base::Instant next_deadline(base::Instant now) const;

 private:
  struct UnderWay {
    std::uint64_t request = 0, order = 0;
    bool is_forced = false;
    base::Instant deadline{}, stands{};  // FORCE: when it stands for election (again)
    std::string refusal;                 // by the leader
  };
  [[nodiscard]] std::string objection(bool is_forced, const raft::Raft& raft) const;

  NodeId self_;
  bool wants_vote_;
  OrderBook& orders_;
  Outgoing& outgoing_;
  std::optional<UnderWay> under_way_;
};

}  // namespace node
