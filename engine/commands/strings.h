// The string family. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void set(WriteContext& context);
void setnx(WriteContext& context);
void setex(WriteContext& context);
void psetex(WriteContext& context);
void getset(WriteContext& context);
void getdel(WriteContext& context);
void getex(WriteContext& context);
void mset(WriteContext& context);
void msetnx(WriteContext& context);
void append(WriteContext& context);
void setrange(WriteContext& context);
void incr(WriteContext& context);
void decr(WriteContext& context);
void incrby(WriteContext& context);
void decrby(WriteContext& context);
void incrbyfloat(WriteContext& context);

void get(ReadContext& context);
void mget(ReadContext& context);
void strlen(ReadContext& context);
void getrange(ReadContext& context);
void lcs(ReadContext& context);

}  // namespace engine::commands
