// The sorted set family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void zadd(WriteContext& context);
void zincrby(WriteContext& context);
void zrem(WriteContext& context);
void zremrangebyrank(WriteContext& context);
void zremrangebyscore(WriteContext& context);
void zremrangebylex(WriteContext& context);
void zrangestore(WriteContext& context);
void zpopmin(WriteContext& context);
void zpopmax(WriteContext& context);
void zmpop(WriteContext& context);
void zunionstore(WriteContext& context);
void zinterstore(WriteContext& context);
void zdiffstore(WriteContext& context);

void bzpopmin(WriteContext& context);
void bzpopmax(WriteContext& context);
void bzmpop(WriteContext& context);

void zcard(ReadContext& context);
void zscore(ReadContext& context);
void zmscore(ReadContext& context);
void zrank(ReadContext& context);
void zrevrank(ReadContext& context);
void zcount(ReadContext& context);
void zlexcount(ReadContext& context);
void zrange(ReadContext& context);
void zrevrange(ReadContext& context);
void zrangebyscore(ReadContext& context);
void zrevrangebyscore(ReadContext& context);
void zrangebylex(ReadContext& context);
void zrevrangebylex(ReadContext& context);
void zunion(ReadContext& context);
void zinter(ReadContext& context);
void zdiff(ReadContext& context);
void zintercard(ReadContext& context);
void zrandmember(ReadContext& context);
void zscan(ReadContext& context);

}  // namespace engine::commands
