// A script within an element of the log, or as a read: its commands run on the same state, with the
// entry's time, and count against the element's budgets (DESIGN decisions 7, 25).
#pragma once

#include <cstdint>

#include "engine/context/context.h"
#include "engine/scripts/interpreter.h"

namespace engine::scripts {

struct Job {
  Interpreter::Call call;
  bool has_flags = false;   // it has a first line "#!lua"
  std::uint8_t flags = 0;   // ScriptFlag
  bool only_reads = false;  // EVAL_RO and its like, in the log
  bool is_function = false;
};

// A script with flags that wants to write is refused when memory is short, before its arguments are
// looked at. True: the error is written.
[[nodiscard]] bool refuse_when_short(ReadContext& context, bool has_flags, std::uint8_t flags);
void run(WriteContext& context, const Job& job);
void run_reading(ReadContext& context, const Job& job);

}  // namespace engine::scripts
