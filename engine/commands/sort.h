// SORT and SORT_RO. Replies, order and order of checks as Redis 7.0; ALPHA compares as in the C
// locale, whatever the environment says.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void sort(WriteContext& context);
void sort_ro(ReadContext& context);
// Redis 7.0 turns a packed sorted set into a skip list when it sorts it, and leaves it so, even for
// SORT_RO: such a read goes through the log.
void sort_ro_in_log(WriteContext& context);
[[nodiscard]] bool sort_ro_wants_write(ReadContext& context);

}  // namespace engine::commands
