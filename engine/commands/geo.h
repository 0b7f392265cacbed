// The geo family: points as scores of sorted sets. Replies and order of checks as Redis 7.0.
#pragma once

namespace engine {
class ReadContext;
class WriteContext;
}  // namespace engine

namespace engine::commands {

void geoadd(WriteContext& context);
void geosearchstore(WriteContext& context);
void georadius(WriteContext& context);
void georadiusbymember(WriteContext& context);

void geodist(ReadContext& context);
void geohash(ReadContext& context);
void geopos(ReadContext& context);
void geosearch(ReadContext& context);
void georadius_ro(ReadContext& context);
void georadiusbymember_ro(ReadContext& context);

}  // namespace engine::commands
