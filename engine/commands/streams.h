// The stream family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void xadd(WriteContext& context);
void xdel(WriteContext& context);
void xtrim(WriteContext& context);
void xsetid(WriteContext& context);
void xack(WriteContext& context);
void xclaim(WriteContext& context);
void xautoclaim(WriteContext& context);
void xreadgroup(WriteContext& context);
void xgroup_create(WriteContext& context);
void xgroup_setid(WriteContext& context);
void xgroup_destroy(WriteContext& context);
void xgroup_createconsumer(WriteContext& context);
void xgroup_delconsumer(WriteContext& context);

void xgroup_help(ReadContext& context);
void xlen(ReadContext& context);
void xrange(ReadContext& context);
void xrevrange(ReadContext& context);
void xread(ReadContext& context);
void xpending(ReadContext& context);
void xinfo_stream(ReadContext& context);
void xinfo_groups(ReadContext& context);
void xinfo_consumers(ReadContext& context);
void xinfo_help(ReadContext& context);

}  // namespace engine::commands
