// Random commands over a small key set, for the property tests. The same seed gives the same commands.
#pragma once

#include <string>
#include <vector>

#include "base/prng.h"

namespace engine_test {

[[nodiscard]] inline std::vector<std::string> random_command(base::Prng& prng) {
  const auto key = [&] { return "k" + std::to_string(prng.below(12)); };
  const auto number = [&] { return std::to_string(prng.below(40000)); };
  switch (prng.below(22)) {
    case 0: return {"SET", key(), number()};
    case 1: return {"SET", key(), std::string(prng.below(90), 'x')};
    case 2: return {"SET", key(), number(), "PX", std::to_string(1 + prng.below(3000))};
    case 3: return {"SET", key(), "v", prng.chance(1, 2) ? "NX" : "XX", "GET"};
    case 4: return {"DEL", key(), key()};
    case 5: return {"APPEND", key(), number()};
    case 6: return {"INCRBY", key(), number()};
    case 7: return {"INCRBYFLOAT", key(), "0." + number()};
    case 8: return {"SETRANGE", key(), std::to_string(prng.below(100)), number()};
    case 9: return {"PEXPIRE", key(), number()};
    case 10: return {"PERSIST", key()};
    case 11: return {"RENAME", key(), key()};
    case 12: return {"COPY", key(), key(), "REPLACE"};
    case 13: return {"MOVE", key(), "1"};
    case 14: return {"SWAPDB", "0", "1"};
    case 15: return prng.chance(1, 10) ? std::vector<std::string>{"FLUSHDB"} : std::vector<std::string>{"GETDEL", key()};
    case 16: return {"MSET", key(), number(), key(), number()};
    case 17: return {"MSETNX", key(), number(), key(), number()};
    case 18: return {"GETEX", key(), "PX", number()};
    case 19: return {"SET", key(), std::string(20000 + prng.below(150000), 'L')};
    case 20: return {"SET", "n" + number(), "1"};
    default: return {"UNLINK", "n" + number(), key()};
  }
}

}  // namespace engine_test
