// Clients that wait in replicated state (DESIGN decision 5): a blocking command, the end of a wait,
// and what the end of a step does for those whose keys have become ready. An element's chance is
// its command's; a client that is served has none.
#pragma once

#include "engine/elements/batch.h"
#include "engine/elements/effects.h"
#include "engine/state/state.h"
#include "resp/reply_writer.h"

namespace engine {

// Answers, or leaves the client waiting and writes nothing.
void run_blocking(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects);
void run_unblock(State& state, const Element& element, Effects& effects);
void run_drop_clients(State& state, const Element& element, Effects& effects);
// Until no key is ready, in the order in which keys became so. Ends a step for each client served.
void serve_waiters(State& state, Effects& effects);

}  // namespace engine
