// Elements by which a leader has keys and fields go: what has expired, what is evicted. Each says
// what the leader saw of the key, and has effect only while that is still so (DESIGN decisions 3
// and 4).
#pragma once

#include "engine/elements/batch.h"
#include "engine/elements/effects.h"
#include "engine/state/state.h"
#include "resp/reply_writer.h"

namespace engine {

void run_swept(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects);
void run_swept_fields(State& state, const Element& element, resp::ReplyWriter& reply,
                      Effects& effects);
void run_evicted(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects);

}  // namespace engine
