// Elements that carry commands: one alone, or an EXEC. Each command is held to its budget and
// leaves the length of its reply in the running digest. Holes stay until the caller ends the step.
#pragma once

#include <cstdint>

#include "engine/elements/batch.h"
#include "engine/elements/effects.h"
#include "engine/elements/exec_observer.h"
#include "engine/state/state.h"
#include "resp/reply_writer.h"

namespace engine {

// What chance the element has, from its entry's seed and its number there.
[[nodiscard]] std::uint64_t element_seed(const State& state);

void run_command(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects);
// `local` answers what one node answers alone (nullptr: nobody does), `observer` is told of each
// command (nullptr: nobody is).
void run_exec(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects,
              LocalCommands* local, ExecObserver* observer);
void run_watch(State& state, const Element& element);
void take_settings(State& state, Arguments settings, Effects& effects);

}  // namespace engine
