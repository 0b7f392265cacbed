// How an element of the log is held to its budgets (DESIGN decisions 4, 25): by the state and the
// entry alone, so that all nodes decide alike.
#pragma once

#include <algorithm>

#include "engine/command/command.h"
#include "engine/command/errors.h"
#include "engine/elements/batch.h"
#include "engine/state/state.h"
#include "resp/reply_writer.h"

namespace engine {

// What the reply to any command may be, whatever the budget is: all that does not depend on what
// is stored.
inline constexpr std::uint64_t kReplyBytesFree = 64, kReplyBytesFreePerArgument = 32;

// Writes the reply to one command by `run()`. One that is larger than the budget is undone and
// replaced by an error.
template <class Run>
void within_budget(resp::ReplyWriter& reply, std::size_t arguments, Run run) {
  reply.extend_limit(kReplyBytesFree + kReplyBytesFreePerArgument * arguments);
  const resp::ReplyWriter::Mark mark = reply.mark();
  run();
  if (!reply.is_over()) return;
  reply.undo(mark);
  reply.uncounted_error(errors::kReplyTooLarge);
}

inline bool is_refused_for_memory(const State& state, const CommandSpec& spec) {
  return (spec.flags & kFlagDenyOom) != 0 && state.is_content_over();
}

// As a command that needs memory is refused before it is queued, and the EXEC with it (Redis 7.0).
inline constexpr std::string_view kExecOutOfMemory =
    "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
    "'maxmemory'.";

inline bool is_refused_for_memory(const State& state, const Element& exec) {
  if (!state.is_content_over()) return false;
  return std::any_of(exec.commands.begin(), exec.commands.end(),
                     [&state](const QueuedCommand& command) {
                       const CommandSpec* spec = state.commands.resolve(command.argv).spec;
                       return spec != nullptr && (spec->flags & kFlagDenyOom) != 0;
                     });
}

}  // namespace engine
