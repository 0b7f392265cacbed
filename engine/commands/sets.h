// The set family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void sadd(WriteContext& context);
void srem(WriteContext& context);
void smove(WriteContext& context);
void spop(WriteContext& context);
void sinterstore(WriteContext& context);
void sunionstore(WriteContext& context);
void sdiffstore(WriteContext& context);

void scard(ReadContext& context);
void sismember(ReadContext& context);
void smismember(ReadContext& context);
void smembers(ReadContext& context);
void srandmember(ReadContext& context);
void sinter(ReadContext& context);
void sintercard(ReadContext& context);
void sunion(ReadContext& context);
void sdiff(ReadContext& context);
void sscan(ReadContext& context);

}  // namespace engine::commands
