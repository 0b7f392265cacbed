// The list family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void lpush(WriteContext& context);
void rpush(WriteContext& context);
void lpushx(WriteContext& context);
void rpushx(WriteContext& context);
void lpop(WriteContext& context);
void rpop(WriteContext& context);
void linsert(WriteContext& context);
void lset(WriteContext& context);
void lrem(WriteContext& context);
void ltrim(WriteContext& context);
void lmove(WriteContext& context);
void rpoplpush(WriteContext& context);
void lmpop(WriteContext& context);

void blpop(WriteContext& context);
void brpop(WriteContext& context);
void blmove(WriteContext& context);
void brpoplpush(WriteContext& context);
void blmpop(WriteContext& context);

void llen(ReadContext& context);
void lindex(ReadContext& context);
void lrange(ReadContext& context);
void lpos(ReadContext& context);

}  // namespace engine::commands
