// What random_collections.h makes commands of, and the commands that make a key of others or are
// rarer.
#pragma once

#include <string>
#include <vector>

#include "base/prng.h"

namespace engine_test {

class CollectionWords {
 public:
  explicit CollectionWords(base::Prng& prng) : prng_(prng) {}

  using Words = std::vector<std::string>;

 protected:
  std::string key() { return "k" + std::to_string(prng_.below(12)); }
  // Of the type's own, so that it grows large.
  std::string key(const char* type) { return prng_.chance(2, 3) ? type + key() : key(); }
  std::string number(std::uint64_t bound = 40) { return std::to_string(prng_.below(bound)); }
  std::string member() {
    if (prng_.chance(1, 200)) return std::string(prng_.below(700000), 'M');
    if (prng_.chance(1, 4)) return "m" + number(6);  // so that many commands meet
    return prng_.chance(1, 3) ? number(400) : "m" + number(400);
  }
  Words many(Words words, std::uint64_t most, bool has_scores = false, bool has_values = false) {
    for (std::uint64_t left = prng_.chance(1, 6) ? prng_.below(most) + 1 : 1 + prng_.below(3);
         left > 0; --left) {
      if (has_scores) words.push_back(number());
      words.push_back(member());
      if (has_values) words.push_back(std::string(prng_.below(200), 'v'));
    }
    return words;
  }

  Words hash_times() {
    const std::string one = member(), other = member();
    const Words condition = prng_.chance(1, 2) ? Words{} : Words{prng_.chance(1, 2) ? "NX" : "LT"};
    switch (prng_.below(4)) {
      case 0: return {"HPERSIST", key("h"), "FIELDS", "2", one, other};
      case 1: return {"HPTTL", key("h"), "FIELDS", "6", "m0", "m1", "m2", "m3", "m4", "m5"};
      default: break;
    }
    Words words{"HPEXPIRE", key("h"), number(prng_.chance(1, 2) ? 300 : 4000)};
    words.insert(words.end(), condition.begin(), condition.end());
    const std::uint64_t count = 1 + prng_.below(prng_.chance(1, 6) ? 200 : 3);
    words.insert(words.end(), {"FIELDS", std::to_string(count)});
    for (std::uint64_t i = 0; i < count; ++i) words.push_back(member());
    return words;
  }
  // Whatever makes a key of others.
  Words stores() {
    const std::string to = key("s"), sorted = key("z");
    switch (prng_.below(12)) {
      case 0: return {"SINTERSTORE", to, key("s"), key("s")};
      case 1: return {"SDIFFSTORE", to, key("s"), key("s")};
      case 2: return {"ZINTERSTORE", sorted, "2", key("z"), key("z"), "WEIGHTS", "2", "0.5"};
      case 3: return {"ZDIFFSTORE", sorted, "2", key("z"), key("s")};
      case 4: return {"ZRANGESTORE", sorted, key("z"), number(), "-2", "REV"};
      case 5: return {"GEOADD", sorted, number(170), "4" + number(10) + ".5", member()};
      case 6:
        return {"GEOSEARCHSTORE", sorted, key("z"), "FROMLONLAT", number(), "45",
                "BYRADIUS",       "2000", "km",     "COUNT",      "9"};
      case 7: return {"GEORADIUS", key("z"), "20", "45", "3000", "km", "STOREDIST", sorted};
      case 8: return {"GEOSEARCH", key("z"), "FROMLONLAT", "9", "44", "BYBOX", "900", "900", "km"};
      case 9: return {"ZADD", sorted, "GT", "CH", number(), member(), number(), member()};
      case 10: return {"ZADD", sorted, "XX", "INCR", "1.5", member()};
      default: return {"SORT_RO", key("l"), "BY", "nosort", "GET", "#", "GET", "hk1->*"};
    }
  }
  // What the others leave out.
  Words rest() {
    const std::string id = number(4000) + "-0";
    switch (prng_.below(12)) {
      case 0: return {"LMPOP", "2", key("l"), key("l"), "LEFT", "COUNT", "3"};
      case 1: return {"ZMPOP", "2", key("z"), key("z"), "MAX", "COUNT", "3"};
      case 2: return {"RPOPLPUSH", key("l"), key("l")};
      case 3: return {prng_.chance(1, 2) ? "LPUSHX" : "RPUSHX", key("l"), member()};
      case 4: return {"ZREMRANGEBYSCORE", key("z"), "(" + number(), number()};
      case 5: return {"ZREMRANGEBYLEX", key("z"), "[m1", "(m2"};
      case 6: return {"ZPOPMAX", key("z"), number()};
      case 7: return {"XSETID", key("x"), "9000-" + number(), "ENTRIESADDED", number(4000)};
      case 8: return {"XCLAIM", key("x"), "g1", "c1", "0", id, "FORCE", "IDLE", number()};
      case 9:
        return {"XGROUP", prng_.chance(1, 3) ? "DELCONSUMER" : "CREATECONSUMER", key("x"), "g0",
                "c" + number(3)};
      case 10:
        return prng_.chance(1, 8) ? Words{"XGROUP", "DESTROY", key("x"), "g0"}
                                  : Words{"XGROUP", "SETID", key("x"), "g1", id};
      default: return {"XPENDING", key("x"), "g1", "-", "+", "9"};
    }
  }

  base::Prng& prng_;
};

}  // namespace engine_test
