// A session's watches and its MULTI, ended.
#pragma once

#include "node/clients/session.h"
#include "node/replica/replica.h"

namespace node {

// UNWATCH and its like. Nobody waits for the element: it takes effect at its place in the log,
// before a later EXEC.
void forget_watch(Session& session, Replica& replica);
// DISCARD and its like.
void end_transaction(Session& session, Replica& replica);

}  // namespace node
