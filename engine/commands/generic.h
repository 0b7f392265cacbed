// Commands on keys of any type, and on databases. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void del(WriteContext& context);
void unlink(WriteContext& context);
void rename(WriteContext& context);
void renamenx(WriteContext& context);
void copy(WriteContext& context);
void move(WriteContext& context);
void swapdb(WriteContext& context);
void flushdb(WriteContext& context);
void flushall(WriteContext& context);

void exists(ReadContext& context);
void touch(ReadContext& context);
void type(ReadContext& context);
void keys(ReadContext& context);
void scan(ReadContext& context);
void randomkey(ReadContext& context);
void dbsize(ReadContext& context);

void object_encoding(ReadContext& context);
void object_refcount(ReadContext& context);
void object_idletime(ReadContext& context);
void object_freq(ReadContext& context);
void object_help(ReadContext& context);

}  // namespace engine::commands
