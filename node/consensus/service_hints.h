// What the services of the members tell each other by way of consensus, and nobody waits for: keys
// that were used, positions that were applied. A hint is lost when a link does not move.
// Thread: consensus.
#pragma once

#include <string_view>

#include "node/consensus/groups.h"
#include "node/consensus/outgoing.h"
#include "node/peers/links.h"

namespace node {

class ServiceHints {
 public:
  ServiceHints(NodeId self, Groups& groups, PeerLinks& links, Outgoing& outgoing)
      : self_(self), groups_(groups), links_(links), outgoing_(outgoing) {}

  // Of the service here, to all other members.
  void tell(const TellUses& message);
  void tell(const TellApplied& message);
  // Of a member: what cannot be used of a hint of uses is dropped.
  void on_uses(const WireMessage& said);
  // False: it is malformed.
  [[nodiscard]] bool on_applied(NodeId from, const WireMessage& said);

 private:
  void tell_members(WireKind kind, GroupId group, std::string_view what);

  NodeId self_;
  Groups& groups_;
  PeerLinks& links_;
  Outgoing& outgoing_;
};

}  // namespace node
