// The hash family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void hset(WriteContext& context);
void hmset(WriteContext& context);
void hsetnx(WriteContext& context);
void hdel(WriteContext& context);
void hincrby(WriteContext& context);
void hincrbyfloat(WriteContext& context);

// hash_times.cpp
void hexpire(WriteContext& context);
void hpexpire(WriteContext& context);
void hexpireat(WriteContext& context);
void hpexpireat(WriteContext& context);
void hpersist(WriteContext& context);
void httl(ReadContext& context);
void hpttl(ReadContext& context);
void hexpiretime(ReadContext& context);
void hpexpiretime(ReadContext& context);

void hget(ReadContext& context);
void hmget(ReadContext& context);
void hgetall(ReadContext& context);
void hkeys(ReadContext& context);
void hvals(ReadContext& context);
void hlen(ReadContext& context);
void hstrlen(ReadContext& context);
void hexists(ReadContext& context);
void hrandfield(ReadContext& context);
void hscan(ReadContext& context);

}  // namespace engine::commands
