// Commands about the server that read or change the state: MEMORY USAGE, LOLWUT, FUNCTION FLUSH.
#pragma once

namespace engine {

class ReadContext;
class WriteContext;

namespace commands {

void memory_usage(ReadContext& context);
void lolwut(ReadContext& context);
void function_flush(WriteContext& context);
void function_restore(WriteContext& context);

}  // namespace commands
}  // namespace engine
