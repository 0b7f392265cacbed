// Scripts: EVAL, EVALSHA, SCRIPT and their like.
#pragma once

namespace engine {

class ReadContext;
class WriteContext;

namespace commands {

void eval(WriteContext& context);
void evalsha(WriteContext& context);
// The forms that only read. EVAL_RO of a script that is not cached yet goes through the log once,
// which caches it (CommandSpec::wants_write).
void eval_ro(ReadContext& context);
void eval_ro_and_keep(WriteContext& context);
[[nodiscard]] bool eval_ro_wants_write(ReadContext& context);
void evalsha_ro(ReadContext& context);
void script_load(WriteContext& context);
void script_exists(ReadContext& context);
void script_flush(WriteContext& context);

}  // namespace commands
}  // namespace engine
