// Random commands on lists, sets, sorted sets, hashes (and whatever joins them), small and large,
// over the same few keys as random_commands.h.
#pragma once

#include <string>
#include <vector>

#include "base/prng.h"
#include "tests/engine/random_words.h"

namespace engine_test {

class CollectionCommands : private CollectionWords {
 public:
  using CollectionWords::CollectionWords;
  using CollectionWords::Words;

  Words next() {
    switch (prng_.below(8)) {
      case 6: return stores();
      case 7: return rest();
      case 0: return list();
      case 4: return stream();
      case 1: return set();
      case 2: return sorted_set();
      case 3: return hash();
      default: return any();
    }
  }

  Words waiting() {
    const std::string one = key("l"), other = key("l");
    switch (prng_.below(6)) {
      case 4: return {"BLMPOP", "0", "2", one, other, "RIGHT", "COUNT", number(5) + "1"};
      case 5: return {"BZMPOP", "0.5", "2", key("z"), key("z"), "MAX"};
      case 0: return {"BLPOP", one, other, "0.05"};
      case 1: return {"BLMOVE", one, other, "LEFT", "RIGHT", "0"};
      case 2: return {"BZPOPMIN", key("z"), key("z"), "0"};
      default: return {"XREADGROUP", "GROUP", "g1", "c1", "BLOCK", "0", "STREAMS", key("x"), ">"};
    }
  }

 private:
  Words list() {
    switch (prng_.below(12)) {
      case 0: return many({"LPUSH", key("l")}, 400);
      case 1: return many({"RPUSH", key("l")}, 400);
      case 2: {
        const std::string long_one(prng_.below(9000), 'e');
        return {
            prng_.chance(1, 2) ? "RPUSH" : "LPUSH", key("l"), long_one, member(), long_one, "x"};
      }
      case 3: return {"LPOP", key("l"), number(10)};
      case 4: return {"RPOP", key("l"), number(prng_.chance(1, 5) ? 200 : 5)};
      case 5: return {"LINSERT", key("l"), "BEFORE", member(), member()};
      case 6: return {"LSET", key("l"), number(), std::string(prng_.below(5000), 's')};
      case 7: return {"LREM", key("l"), "-2", member()};
      case 8: return {"LTRIM", key("l"), number(3), "-" + number(4)};
      case 9: return {"LMOVE", key("l"), key("l"), "LEFT", "RIGHT"};
      case 10: return {"LRANGE", key("l"), number(), "-1"};
      default: return {"LPOS", key("l"), member(), "COUNT", "0"};
    }
  }
  Words set() {
    switch (prng_.below(9)) {
      case 0:
      case 1: return many({"SADD", key("s")}, 600);
      case 2: return many({"SREM", key("s")}, 200);
      case 3: return {"SPOP", key("s"), number(60)};
      case 4: return {"SMOVE", key("s"), key("s"), member()};
      case 5: return {"SUNIONSTORE", key("s"), key("s"), key("s")};
      case 6: return {"SRANDMEMBER", key("s"), "5"};
      case 7: return {"SSCAN", key("s"), number(), "COUNT", "7"};
      default: return {"SMEMBERS", key("s")};
    }
  }
  Words sorted_set() {
    switch (prng_.below(11)) {
      case 0:
      case 1: return many({"ZADD", key("z")}, 500, true);
      case 2: return {"ZINCRBY", key("z"), "0." + number(), member()};
      case 3: return many({"ZREM", key("z")}, 100);
      case 4: return {"ZREMRANGEBYRANK", key("z"), number(), number()};
      case 5: return {"ZPOPMIN", key("z"), number()};
      case 6: return {"ZUNIONSTORE", key("z"), "2", key("z"), key("s")};
      case 7: return {"ZRANGE", key("z"), "0", "-1", "WITHSCORES"};
      case 8: return {"ZRANK", key("z"), member()};
      case 9: return {"ZSCAN", key("z"), number(), "COUNT", "7"};
      default: return {"ZRANDMEMBER", key("z"), "-4", "WITHSCORES"};
    }
  }
  Words hash() {
    switch (prng_.below(11)) {
      case 8:
      case 9: return hash_times();
      case 10: return {"HINCRBYFLOAT", key("h"), member(), "0.5"};
      case 0:
      case 1: return many({"HSET", key("h")}, 300, false, true);
      case 2: return many({"HDEL", key("h")}, 100);
      case 3: return {"HINCRBY", key("h"), member(), number()};
      case 4: return {"HSETNX", key("h"), member(), "x"};
      case 5: return {"HGETALL", key("h")};
      case 6: return {"HSCAN", key("h"), number(), "COUNT", "7"};
      default: return {"HRANDFIELD", key("h"), "3", "WITHVALUES"};
    }
  }
  Words stream() {
    const std::string group = "g" + number(2), consumer = "c" + number(3);
    switch (prng_.below(12)) {
      case 0:
      case 1:
      case 2:
        return {"XADD", key("x"), prng_.chance(1, 3) ? "*" : number(4000) + "-*", "f" + number(3),
                std::string(prng_.below(900), 'f')};
      case 3: return {"XADD", key("x"), "MAXLEN", "~", number(200), "*", "a", "1", "b", "2"};
      case 4: return {"XTRIM", key("x"), "MAXLEN", number(200)};
      case 5:
        return {"XDEL", key("x"), number(4000) + "-0", number(4000) + "-0", number(4000) + "-0"};
      case 6: return {"XGROUP", "CREATE", key("x"), group, "0", "MKSTREAM"};
      case 7:
        return {"XREADGROUP", "GROUP",   group,    consumer, "COUNT",
                number(),     "STREAMS", key("x"), ">"};
      case 8: return {"XAUTOCLAIM", key("x"), group, consumer, "10", "0", "COUNT", number(9)};
      case 9: return {"XACK", key("x"), group, number(4000) + "-0", number(4000) + "-0"};
      case 10: return {"XINFO", "STREAM", key("x"), "FULL"};
      default: return {"XRANGE", key("x"), "-", "+"};
    }
  }
  Words any() {
    const char* types[] = {"l", "s", "z", "h", "x"};
    const std::string one = key(types[prng_.below(5)]), other = key(types[prng_.below(5)]);
    switch (prng_.below(9)) {
      case 7:
        return {"SORT", one, "BY", "x*", "ALPHA", "LIMIT", number(), number(), "STORE", other};
      case 8: return {"SORT", one, "ALPHA", "DESC", "STORE", other};
      case 0: return {"DEL", one};
      case 1: return {"RENAME", one, other};
      case 2: return {"COPY", one, other, "REPLACE"};
      case 3: return {"MOVE", one, "1"};
      case 4: return {"PEXPIRE", one, number(5000)};
      case 5: return {"OBJECT", "ENCODING", one};
      default: return {"UNLINK", one, other};
    }
  }
};

}  // namespace engine_test
