// Every command that reads or changes the state, in each shape in which it takes numbers: for tests
// that ask something of all of them. A test checks that the table is complete.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/model.h"

namespace engine_test {

// Words are separated by blanks; '#' stands for a number, '@' for a payload of DUMP.
inline constexpr std::string_view kCommandShapes[] = {
    // strings
    "APPEND str more", "DECR num", "DECRBY num #", "GET str", "GET long", "GETDEL long",
    "GETEX long EX #", "GETEX long PX #", "GETEX long EXAT #", "GETEX long PXAT #",
    "GETEX long PERSIST", "GETRANGE long # #", "GETSET long new", "INCR num", "INCRBY num #",
    "INCRBYFLOAT num #", "LCS str long", "LCS str str MINMATCHLEN # IDX WITHMATCHLEN",
    "MGET long long str long", "MSET str 1 new 2", "MSETNX new 1 newer 2", "PSETEX str # v",
    "SET str v EX #", "SET str v PX #", "SET str v EXAT #", "SET str v PXAT #", "SET long v GET",
    "SETEX str # v", "SETNX new v", "SETRANGE str # patch", "STRLEN str", "SUBSTR long # #",
    // bitmaps
    "BITCOUNT long # #", "BITCOUNT long # # BIT", "BITFIELD str SET u8 # #",
    "BITFIELD str GET u8 ## INCRBY i16 ## #", "BITFIELD str OVERFLOW SAT INCRBY i64 0 #",
    "BITFIELD str OVERFLOW FAIL INCRBY u63 0 #", "BITFIELD_RO long GET u8 #", "BITOP NOT new long",
    "BITOP XOR new long str", "BITPOS long 0 # #", "BITPOS long 1 # # BIT", "BITPOS long #",
    "GETBIT long #", "SETBIT str # 1", "SETBIT str 5 #",
    // keys
    "COPY biglist new", "COPY long new DB #", "DEL str biglist", "DUMP bighash", "EXISTS str",
    "EXPIRE str #", "EXPIREAT str #", "EXPIRETIME str", "KEYS *", "MOVE str #",
    "OBJECT ENCODING str", "OBJECT FREQ str", "OBJECT HELP", "OBJECT IDLETIME str",
    "OBJECT REFCOUNT str", "PERSIST str", "PEXPIRE str #", "PEXPIREAT str #", "PEXPIRETIME str",
    "PTTL str", "RANDOMKEY", "RENAME biglist new", "RENAMENX biglist new", "RESTORE new # @",
    "RESTORE new # @ ABSTTL", "RESTORE new 0 @ IDLETIME #", "RESTORE new 0 @ FREQ #",
    "RESTORE-ASKING new # @", "SCAN # COUNT #", "SORT bigset ALPHA LIMIT # #",
    "SORT biglist BY nosort GET # GET * LIMIT # #", "SORT biglist ALPHA STORE new",
    "SORT zset ALPHA GET \\#", "SORT zset ALPHA GET \\# STORE new",
    "SORT_RO biglist ALPHA LIMIT # #", "SORT_RO zset ALPHA", "TOUCH str", "TTL str", "TYPE str",
    "UNLINK str",
    // lists
    "BLMOVE biglist new LEFT RIGHT #", "BLMPOP # 1 biglist LEFT COUNT #", "BLMPOP 0 # biglist LEFT",
    "BLPOP biglist #", "BRPOP biglist #", "BRPOPLPUSH biglist new #", "LINDEX biglist #",
    "LINSERT biglist BEFORE element-1 new", "LLEN biglist", "LMOVE biglist list LEFT LEFT",
    "LMPOP # biglist LEFT", "LMPOP 1 biglist RIGHT COUNT #", "LPOP biglist", "LPOP biglist #",
    "LPOS biglist element-1 RANK # COUNT # MAXLEN #", "LPUSH list a b", "LPUSHX list a",
    "LRANGE biglist # #", "LREM biglist # element-1", "LSET biglist # new", "LTRIM biglist # #",
    "RPOP biglist", "RPOP biglist #", "RPOPLPUSH biglist biglist", "RPUSH list a", "RPUSHX list a",
    // sets
    "SADD set new", "SCARD set", "SDIFF bigset set", "SDIFFSTORE new bigset set", "SINTER bigset",
    "SINTERCARD # bigset", "SINTERCARD 1 bigset LIMIT #", "SINTERSTORE new bigset",
    "SISMEMBER set member-1", "SMEMBERS bigset", "SMISMEMBER set member-1 member-2",
    "SMOVE set bigset member-1", "SPOP bigset", "SPOP bigset #", "SRANDMEMBER bigset",
    "SRANDMEMBER bigset #", "SREM bigset member-1", "SSCAN bigset # COUNT #",
    "SUNION bigset intset", "SUNIONSTORE new bigset intset",
    // sorted sets
    "BZMPOP # 1 bigzset MIN COUNT #", "BZMPOP 0 # bigzset MIN", "BZPOPMAX bigzset #",
    "BZPOPMIN bigzset #", "ZADD zset # m", "ZADD zset INCR # member-1", "ZCARD zset",
    "ZCOUNT bigzset # #", "ZDIFF # bigzset zset", "ZDIFF 2 bigzset zset WITHSCORES",
    "ZDIFFSTORE new # bigzset zset", "ZDIFFSTORE new 2 bigzset zset", "ZINCRBY zset # member-1",
    "ZINTER # bigzset", "ZINTER 1 bigzset WEIGHTS # WITHSCORES", "ZINTERCARD # bigzset",
    "ZINTERCARD 1 bigzset LIMIT #", "ZINTERSTORE new 1 bigzset WEIGHTS #", "ZLEXCOUNT zset - +",
    "ZMPOP # bigzset MIN", "ZMPOP 1 bigzset MAX COUNT #", "ZMSCORE zset member-1 member-2",
    "ZPOPMAX bigzset #", "ZPOPMIN bigzset #", "ZPOPMIN bigzset", "ZRANDMEMBER bigzset",
    "ZRANDMEMBER bigzset # WITHSCORES", "ZRANDMEMBER bigzset #", "ZRANGE bigzset # #",
    "ZRANGE bigzset # # BYSCORE LIMIT # #", "ZRANGE bigzset - + BYLEX LIMIT # #",
    "ZRANGE bigzset # # REV WITHSCORES", "ZRANGEBYLEX bigzset - + LIMIT # #",
    "ZRANGEBYSCORE bigzset # # LIMIT # #", "ZRANGESTORE new bigzset # #", "ZRANK zset member-1",
    "ZREM zset member-1", "ZREMRANGEBYLEX zset - +", "ZREMRANGEBYRANK bigzset # #",
    "ZREMRANGEBYSCORE bigzset # #", "ZREVRANGE bigzset # #", "ZREVRANGEBYLEX bigzset + - LIMIT # #",
    "ZREVRANGEBYSCORE bigzset # # LIMIT # #", "ZREVRANK zset member-1", "ZSCAN bigzset # COUNT #",
    "ZSCORE zset member-1", "ZUNION # bigzset zset", "ZUNION 2 bigzset zset WEIGHTS # #",
    "ZUNIONSTORE new # bigzset zset", "ZUNIONSTORE new 2 bigzset zset WEIGHTS # #",
    // hashes
    "HDEL bighash field-1", "HEXISTS hash field-1", "HEXPIRE hash # FIELDS # field-1",
    "HEXPIREAT hash # FIELDS 1 field-1", "HEXPIRETIME hash FIELDS # field-1",
    "HGET bighash field-1", "HGETALL bighash", "HINCRBY hash number #",
    "HINCRBYFLOAT hash number #", "HKEYS bighash", "HLEN hash", "HMGET bighash field-1 field-2",
    "HMSET hash a 1", "HPERSIST hash FIELDS # field-1", "HPEXPIRE hash # FIELDS 1 field-1",
    "HPEXPIREAT hash # FIELDS 1 field-1", "HPEXPIRETIME hash FIELDS 1 field-1",
    "HPTTL hash FIELDS 1 field-1", "HRANDFIELD bighash", "HRANDFIELD bighash #",
    "HRANDFIELD bighash # WITHVALUES", "HRANDFIELD hash # WITHVALUES", "HSCAN bighash # COUNT #",
    "HSET hash a 1", "HSETNX hash a 1", "HSTRLEN hash field-1", "HTTL hash FIELDS 1 field-1",
    "HVALS bighash",
    // geo
    "GEOADD geo # # new", "GEODIST geo place-1 place-2 km", "GEOHASH geo place-1 place-2",
    "GEOPOS geo place-1 place-2", "GEORADIUS geo # # # km WITHDIST WITHHASH WITHCOORD COUNT #",
    "GEORADIUS geo 13 38 500 km STORE new", "GEORADIUSBYMEMBER geo place-1 # km COUNT # ANY",
    "GEORADIUSBYMEMBER_RO geo place-1 500 km", "GEORADIUS_RO geo 13 38 # km",
    "GEOSEARCH geo FROMLONLAT # # BYBOX # # km COUNT #",
    "GEOSEARCH geo FROMMEMBER place-1 BYRADIUS # km",
    "GEOSEARCHSTORE new geo FROMLONLAT 13 38 BYRADIUS 500 km COUNT #",
    // hyperloglogs
    "PFADD hll a b c", "PFCOUNT hll", "PFDEBUG GETREG hll", "PFMERGE new hll", "PFSELFTEST",
    // streams
    "XACK stream g 1-1", "XADD stream # f v", "XADD stream #-# f v", "XADD stream MAXLEN # * f v",
    "XADD stream MAXLEN ~ # LIMIT # * f v", "XADD stream MINID ~ # LIMIT # * f v",
    "XAUTOCLAIM stream g other # # COUNT #", "XAUTOCLAIM stream g other 0 0 JUSTID",
    "XCLAIM stream g other # 1-1 2-1 3-1", "XCLAIM stream g other 0 1-1 2-1 IDLE #",
    "XCLAIM stream g other 0 1-1 TIME # RETRYCOUNT #", "XCLAIM stream g other 0 1-1 LASTID #",
    "XCLAIM stream g other 0 1-1 2-1 3-1 JUSTID", "XDEL stream 1-1",
    "XGROUP CREATE stream new # ENTRIESREAD #", "XGROUP CREATECONSUMER stream g new",
    "XGROUP DELCONSUMER stream g c", "XGROUP DESTROY stream g", "XGROUP HELP",
    "XGROUP SETID stream g # ENTRIESREAD #", "XINFO CONSUMERS stream g", "XINFO GROUPS stream",
    "XINFO HELP", "XINFO STREAM stream", "XINFO STREAM stream FULL COUNT #", "XLEN stream",
    "XPENDING stream g", "XPENDING stream g IDLE # - + #", "XRANGE stream # # COUNT #",
    "XRANGE stream - + COUNT #", "XREAD COUNT # BLOCK # STREAMS stream #",
    "XREADGROUP GROUP g c COUNT # BLOCK # STREAMS stream >",
    "XREADGROUP GROUP g c COUNT # STREAMS stream #",
    "XREADGROUP GROUP g new NOACK STREAMS stream >", "XREVRANGE stream + - COUNT #",
    "XSETID stream #-1 ENTRIESADDED # MAXDELETEDID #", "XTRIM stream MAXLEN #",
    "XTRIM stream MAXLEN ~ # LIMIT #", "XTRIM stream MINID ~ # LIMIT #",
    // the rest
    "FCALL nofunction # str", "FCALL_RO nofunction # str", "FUNCTION LOAD REPLACE code",
    "FUNCTION DELETE lib", "FUNCTION DUMP", "FUNCTION LIST WITHCODE", "FUNCTION STATS",
    "EVAL return{KEYS[1]} # str", "EVAL return{redis.call('incrby','num',ARGV[1])} 0 #",
    "EVAL_RO return{redis.call('get','long'),ARGV[1]} 0 #",
    "EVALSHA 0000000000000000000000000000000000000000 # str",
    "EVALSHA_RO 0000000000000000000000000000000000000000 # str", "SCRIPT EXISTS sha",
    "SCRIPT LOAD return(1)", "SCRIPT FLUSH", "DBSIZE", "FLUSHALL", "FLUSHDB", "FUNCTION FLUSH",
    "FUNCTION RESTORE @", "LOLWUT VERSION # # #", "MEMORY USAGE str SAMPLES #", "SWAPDB 0 #"};

// Keys that the shapes name, of all types and both sizes. Replies to most are longer than what a
// reply may be whatever its budget is.
inline void fill_for_shapes(Driver& redis) {
  const std::string filler(150, 'f');
  redis("SET num 10");
  redis("SET str hello");
  redis.call({"SET", "long", std::string(20000, 'l')});
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    redis.call({"RPUSH", i < 10 ? "list" : "biglist", "element-" + n + filler});
    redis.call({"RPUSH", "biglist", "element-" + n + filler});
    redis.call({"SADD", "bigset", "member-" + n + filler});
    redis.call({"ZADD", "bigzset", n, "member-" + n + filler});
    redis.call({"HSET", "bighash", "field-" + n + filler, filler});
    redis.call({"SADD", "intset", n});
  }
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    redis.call({"SADD", "set", "member-" + n});
    redis.call({"ZADD", "zset", n, "member-" + n});
    redis.call({"HSET", "hash", "field-" + n, filler});
    redis.call({"GEOADD", "geo", "13." + n, "38." + n, "place-" + n + filler});
    redis.call({"GEOADD", "geo", "13." + n, "38." + n, "place-" + n});
    redis.call({"XADD", "stream", std::to_string(i + 1) + "-1", "field", filler});
  }
  redis("HSET hash number 5");
  redis("PFADD hll a b c");
  redis("XGROUP CREATE stream g 0");
  redis("XREADGROUP GROUP g c COUNT 8 STREAMS stream >");
}

// The words of a shape; each '#' becomes the next of `numbers`, which begin again at their end.
inline std::vector<std::string> words_of_shape(std::string_view shape,
                                               const std::vector<std::string>& numbers,
                                               const std::string& payload) {
  std::vector<std::string> words(1);
  std::size_t next = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '\\') {
      words.back() += shape[++i];
    } else if (shape[i] == ' ') {
      words.emplace_back();
    } else if (shape[i] == '#' && i + 1 < shape.size() && shape[i + 1] == '#') {
      words.back() += '#' + numbers[next++ % numbers.size()];  // BITFIELD's places in units
      ++i;
    } else if (shape[i] == '#') {
      words.back() += numbers[next++ % numbers.size()];
    } else {
      words.back() += shape[i] == '@' ? payload : std::string(1, shape[i]);
    }
  }
  return words;
}

}  // namespace engine_test
