#include "node/clients/watch.h"

#include "node/clients/proposing.h"

namespace node {

void forget_watch(Session& session, Replica& replica) {
  if (!session.has_watch) return;
  session.has_watch = false;
  const bool may_say = replica.terms().is_leader() || may_propose(session, replica);
  if (!may_say) return;  // the next leader drops it
  replica.proposals().writer().unwatch(replica.client(session.id));
  replica.proposals().add_nobody();
}

void end_transaction(Session& session, Replica& replica) {
  session.multi.end();
  forget_watch(session, replica);
}

}  // namespace node
