// Whether what a client changes goes into the log from this node: because it leads, or because the
// client came by a door at which the node passes it on to the leader.
#pragma once

#include "node/clients/session.h"
#include "node/replica/replica.h"

namespace node {

[[nodiscard]] inline bool may_propose(const Session& session, Replica& replica) {
  return replica.terms().is_serving() ||
         (session.is_forwarded && replica.proposals().may_forward());
}

}  // namespace node
