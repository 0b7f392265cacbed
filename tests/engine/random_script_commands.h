// Random commands that run random scripts: EVAL and its like, SCRIPT, FUNCTION, FCALL. The same
// seed gives the same ones.
#pragma once

#include <string>
#include <vector>

#include "base/prng.h"
#include "base/sha1.h"
#include "tests/engine/random_scripts.h"

namespace engine_test {

// A command about scripts or functions, of which there are few names.
template <class NextCommand>
[[nodiscard]] std::vector<std::string> random_script_command(base::Prng& prng,
                                                             NextCommand next_command) {
  RandomScript script(prng, next_command);
  const std::string key = "k" + std::to_string(prng.below(12));
  const auto name = [&](const char* kind) { return kind + std::to_string(prng.below(4)); };
  const auto chunk = [&] {
    const std::string first = prng.chance(1, 4) ? "#!lua flags=no-writes\n" : "";
    return first + script.chunk();
  };
  switch (prng.below(12)) {
    case 0: return {"EVAL_RO", chunk(), "1", key, "v"};
    case 1: return {"SCRIPT", "LOAD", chunk()};
    case 2: return {"EVALSHA", base::sha1_hex("return redis.call('incr', KEYS[1])"), "1", key};
    case 3: return {"EVAL", "return redis.call('incr', KEYS[1])", "1", key};
    case 4: return {"SCRIPT", "FLUSH"};
    case 5: return {"FUNCTION", "DELETE", name("lib")};
    case 6: {
      std::string body;
      for (int i = 0; i < 2; ++i) {
        body += "redis.register_function{function_name='" + name("f") +
                "', callback=function(K, A) " + script.chunk("K", "A") + " end" +
                (prng.chance(1, 3) ? ", flags={'no-writes'}" : "") + "} ";
      }
      return {"FUNCTION", "LOAD", "REPLACE", "#!lua name=" + name("lib") + "\n" + body};
    }
    case 7:
    case 8: return {"FCALL", name("f"), "1", key, "v"};
    case 9: return {"FCALL_RO", name("f"), "1", key, "v"};
    default: return {"EVAL", chunk(), "1", key, "v"};
  }
}

}  // namespace engine_test
