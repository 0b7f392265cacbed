// Changes of the cluster that clients of this node, other members or this node itself ask for
// (docs/decisions/membership.md): who is a member, where, and who leads. Invariant: each order has
// one giver here (a meeting, a failover, a correction of an address, CLUSTER FORGET), which learns
// what has come of it; each client's request is answered once. Thread: consensus.
#pragma once

#include <map>

#include "node/consensus/address_corrections.h"
#include "node/consensus/failover.h"
#include "node/consensus/group.h"
#include "node/consensus/meetings.h"
#include "node/consensus/order_book.h"
#include "node/consensus/outgoing.h"
#include "node/consensus/own_membership.h"

namespace node {

// What a client is told who asks for a change of a cluster that this node does not belong to.
inline constexpr const char* kNoCluster = "ERR this node belongs to no cluster";

class ClusterChanges {
 public:
  // `wants_vote`: raft-voter. `seed`: for ids of next lives.
  ClusterChanges(NodeId self, bool wants_vote, std::uint64_t seed, OwnMembership& own,
                 PeerLinks& links, Outgoing& outgoing);

  // What peers and visitors say of orders and meetings goes in there.
  [[nodiscard]] OrderBook& orders() { return orders_; }
  [[nodiscard]] Meetings& meetings() { return meetings_; }

  // Of a client here. `group` nullptr: this node belongs to no cluster.
  void take(base::Instant now, const ClusterRequest& request, const Group* group);
  // Answers of the core to changes that were carried out here.
  void on_changed(const std::vector<raft::Changed>& changes);
  // This node is a member no more; `why_not`: of orders that are under way.
  void leave(const std::string& why_not);

  // Before the groups end their turn.
  void carry_out(base::Instant now, Group* group);
  [[nodiscard]] base::Instant next_deadline(base::Instant now) const;

 private:
  void take_outcome(const OrderBook::Output::Done& done);

  NodeId self_;
  OwnMembership& own_;
  PeerLinks& links_;
  Outgoing& outgoing_;
  OrderBook orders_;
  Meetings meetings_;
  Failover failover_;
  AddressCorrections addresses_;
  std::map<std::uint64_t, std::uint64_t> forgets_;  // order -> the client's request
};

}  // namespace node
