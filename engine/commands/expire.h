// Expiry: EXPIRE and its relatives, TTL and its relatives, PERSIST. Replies and order of checks as
// Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void expire(WriteContext& context);
void pexpire(WriteContext& context);
void expireat(WriteContext& context);
void pexpireat(WriteContext& context);
void persist(WriteContext& context);

void ttl(ReadContext& context);
void pttl(ReadContext& context);
void expiretime(ReadContext& context);
void pexpiretime(ReadContext& context);

}  // namespace engine::commands
