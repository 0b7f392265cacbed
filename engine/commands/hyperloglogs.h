// HyperLogLogs: Redis 7.0's commands.
#pragma once

namespace engine {

class ReadContext;
class WriteContext;

namespace commands {

void pfadd(WriteContext& context);
// PFCOUNT of one key keeps the estimate in the string: it is a read that may have to change bytes
// (CommandSpec::wants_write).
void pfcount(ReadContext& context);
void pfcount_and_keep(WriteContext& context);
[[nodiscard]] bool pfcount_wants_write(ReadContext& context);
void pfmerge(WriteContext& context);
void pfdebug(WriteContext& context);
void pfselftest(ReadContext& context);

}  // namespace commands
}  // namespace engine
