// Random Lua from a grammar. Half of what it does goes wrong, as far as Lua or a command sees to
// that; none of it runs for long. The same seed gives the same text.
#pragma once

#include <string>
#include <string_view>

#include "base/prng.h"

namespace engine_test {

// As a literal of Lua.
[[nodiscard]] inline std::string lua_quoted(std::string_view bytes) {
  std::string text = "'";
  for (const char c : bytes) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '-';
    const std::string code = std::to_string(static_cast<unsigned char>(c));
    text += is_plain ? std::string(1, c) : "\\" + std::string(3 - code.size(), '0') + code;
  }
  return text + "'";
}

// `next_command`: words of a command for redis.call.
template <class NextCommand>
class RandomScript {
 public:
  RandomScript(base::Prng& prng, NextCommand next_command)
      : prng_(prng), next_command_(next_command) {}

  // A whole chunk; its keys and arguments are the tables that two expressions name.
  std::string chunk(const std::string& keys = "KEYS", const std::string& words = "ARGV") {
    std::string text =
        "local a, b, t, u = 1, 'x', {}, {3, 1, 2} local k, w = " + keys + "[1], " + words + "[1] ";
    return text + block(kDepth) + "return " + result();
  }

 private:
  static constexpr int kDepth = 3;

  template <class... Texts>
  std::string one_of(Texts... texts) {
    const std::string all[] = {texts...};
    return all[prng_.below(sizeof...(texts))];
  }
  std::string small() { return std::to_string(prng_.below(30)); }
  std::string variable() { return one_of("a", "b", "t", "u", "k", "w"); }

  // ---- expressions ----
  std::string value(int depth = 2) {
    if (depth == 0 || prng_.chance(1, 3)) return leaf();
    switch (prng_.below(7)) {
      case 0: return text(depth - 1);
      case 1: return table(depth - 1);
      case 2: return call();
      case 3: return library(depth - 1);
      case 4:
        return "(" + value(depth - 1) +
               one_of(" + ", " * ", " .. ", " % ", " == ", " and ", " or ") + value(depth - 1) +
               ")";
      case 5: return number();
      default: return "t[" + leaf() + "]";
    }
  }
  std::string leaf() {
    return one_of(variable(), small(), lua_quoted(small()), std::string("nil"), std::string("true"),
                  std::string("1.5"), "'s" + small() + "'", std::string("{}"));
  }
  std::string number() {
    return one_of(
        "math.random(" + one_of("10", "0", "1e6") + ")", "#" + one_of("t", "u", "b"),
        "tonumber(" + leaf() + ")", "math.floor(" + leaf() + ")", "select('#', unpack(u))",
        "bit." + one_of("band", "bor", "lshift", "rol") + "(" + leaf() + "," + small() + ")");
  }
  std::string text(int depth) {
    const std::string from = one_of("tostring(" + value(depth) + ")", "('ab" + small() + "')", "b");
    switch (prng_.below(8)) {
      case 0: return from + ":rep(" + small() + ")";
      case 1:
        return from + ":gsub(" + one_of("'%a'", "'.'", "'(.)(.)'", "'['") + ", " +
               one_of("'<%0>'", "string.upper", "{a='b'}", "function(c) a = c end") + ")";
      case 2:
        return "string.format(" + one_of("'%s|%5s'", "'%d'", "'%q'", "'%.3f'") + ", " +
               value(depth) + ", " + leaf() + ")";
      case 3: return from + ":find(" + one_of("'%d+'", "'b'", "'(b)()'", "'^a*'") + ")";
      case 4: return from + ":sub(" + small() + ", -" + small() + ")";
      case 5: return "table.concat(" + one_of("u", "t") + ", '" + small() + "')";
      case 6: return "redis.sha1hex(" + from + ")";
      default: return from + ":byte(1, " + small() + ")";
    }
  }
  std::string table(int depth) {
    return one_of("{" + value(depth) + ", " + value(depth) + "}",
                  "{['f" + small() + "'] = " + value(depth) + ", [" + small() + "] = 1}",
                  std::string("{t, u}"), "{map = {x" + small() + " = " + leaf() + "}}");
  }
  std::string library(int depth) {
    return one_of("cjson.encode(" + value(depth) + ")",
                  std::string("cjson.decode('{\"a\":[1,2]}')"),
                  "cmsgpack.unpack(cmsgpack.pack(" + value(depth) + "))",
                  "struct.pack('>I2s', " + leaf() + ", " + leaf() + ")",
                  "redis." + one_of("status_reply", "error_reply") + "(" + leaf() + ")",
                  "tostring(" + value(depth) + ")", "type(" + value(depth) + ")",
                  "next(" + one_of("t", "u", "{}") + ")");
  }
  std::string call() {
    std::string words;
    for (const std::string& word : next_command_(prng_))
      words += (words.empty() ? "" : ", ") + lua_quoted(word);
    if (prng_.chance(1, 12)) words += ", " + leaf();
    return (prng_.chance(1, 2) ? "redis.pcall(" : "redis.call(") + words + ")";
  }
  std::string result() {
    return one_of(value(), "{" + value() + ", " + value() + ", #t, a}",
                  "{pcall(function() return " + value() + " end)}",
                  std::string("{t, u, tostring(b)}"), std::string("cjson.encode({t, u})"));
  }

  // ---- statements ----
  std::string block(int depth) {
    std::string text;
    for (std::uint64_t left = prng_.below(4); left > 0; --left) text += statement(depth) + " ";
    return text;
  }
  std::string statement(int depth) {
    if (depth == 0) return simple();
    switch (prng_.below(12)) {
      case 0:
        return "for i = 1, " + one_of("3", "9", small()) + " do t[i] = i " + block(depth - 1) +
               "end";
      case 1:
        return "for key, v in pairs(" + one_of("t", "u", value(1)) + ") do u[#u + 1] = v " +
               block(depth - 1) + "if #u > 40 then break end end";
      case 2:
        return "if " + value(1) + " then " + block(depth - 1) + "else " + block(depth - 1) + "end";
      case 3:
        return "local n = 0 repeat n = n + 1 " + block(depth - 1) + "until n > 2 or " + value(1);
      case 4:
        return "a = pcall(function() " + block(depth - 1) + one_of("", "error(" + leaf() + ") ") +
               "end)";
      case 5:
        return "local c = coroutine.wrap(function() " + block(depth - 1) + "coroutine.yield(" +
               value(1) + ") " + block(depth - 1) + "return 1 end) a = c() b = c()";
      // Not within another loop: its length times the other's would be most of what the tests do.
      case 6: return depth == kDepth ? churn() : simple();
      default: return simple();
    }
  }
  // What leaves garbage behind, and tables with a history.
  std::string churn() {
    const std::string times = std::to_string(200 + prng_.below(3000));
    return one_of("for i = 1, " + times +
                      " do t['k' .. i % 37] = {i} if i % 5 == 0 then "
                      "t['k' .. i % 31] = nil end end",
                  "local s = '' for i = 1, 300 do s = s .. i end b = #s",
                  "for i = 1, " + times + " do u[i] = tostring(i) end u = {#u}");
  }
  std::string simple() {
    switch (prng_.below(9)) {
      case 0: return variable() + " = " + value();
      case 1: return "t[" + leaf() + "] = " + value(1);
      case 2: return "table.insert(" + one_of("t", "u") + ", " + leaf() + ")";
      case 3: return "table.sort(" + one_of("t", "u") + ")";
      case 4: return prng_.chance(1, 6) ? "error(" + leaf() + ")" : "a = 2";
      case 5: return prng_.chance(1, 3) ? "redis.setresp(3)" : "local now = redis.call('time')";
      default: return "a = " + call();
    }
  }

  base::Prng& prng_;
  NextCommand next_command_;
};

}  // namespace engine_test
