// What the leader corrects by itself: a member that is found elsewhere than its entry says, and one
// that has lost its directory, so that at its address there is a new node, which comes in its place
// (DESIGN decision 14). Invariant: for each member one order is under way at most.
// Thread: consensus.
#pragma once

#include <map>

#include "node/consensus/order_book.h"
#include "node/consensus/outgoing.h"
#include "node/peers/links.h"

namespace node {

class AddressCorrections {
 public:
  AddressCorrections(NodeId self, PeerLinks& links, OrderBook& orders, Outgoing& outgoing)
      : self_(self), links_(links), orders_(orders), outgoing_(outgoing) {}

  // Each turn; looks now and then.
  void advance(base::Instant now, const raft::Raft& raft);
  void on_order_done(const OrderBook::Output::Done& done);

 private:
  void look_at(base::Instant now, const raft::Member& member);
  void replace(base::Instant now, const raft::Member& lost, NodeId stranger);

  NodeId self_;
  PeerLinks& links_;
  OrderBook& orders_;
  Outgoing& outgoing_;
  std::map<NodeId, std::uint64_t> under_way_;  // the orders, by member
  base::Instant due_{};
};

}  // namespace node
