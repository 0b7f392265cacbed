// Random commands and entries over a small key set, for the property tests. The same seed gives the
// same ones.
#pragma once

#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "engine/engine.h"
#include "tests/engine/payloads.h"
#include "tests/engine/random_collections.h"
#include "tests/engine/random_script_commands.h"

namespace engine_test {

// On keys and values.
[[nodiscard]] inline std::vector<std::string> random_data_command(base::Prng& prng) {
  const auto key = [&] {
    return prng.chance(1, 60)
               ? std::string(16380 + prng.below(60000), static_cast<char>('K' + prng.below(2)))
               : "k" + std::to_string(prng.below(12));
  };
  // Of any type, the large ones too.
  const auto any = [&] {
    return prng.chance(1, 2) ? key()
                             : "hszlx"[prng.below(5)] + ("k" + std::to_string(prng.below(12)));
  };
  const auto number = [&] { return std::to_string(prng.below(40000)); };
  if (prng.chance(2, 3)) return CollectionCommands(prng).next();
  switch (prng.below(34)) {
    case 0: return {"SET", key(), number()};
    case 1: return {"SET", key(), std::string(prng.below(90), 'x')};
    case 2: return {"SET", key(), number(), "PX", std::to_string(1 + prng.below(3000))};
    case 3: return {"SET", key(), "v", prng.chance(1, 2) ? "NX" : "XX", "GET"};
    case 4: return {"DEL", key(), any()};
    case 5: return {"APPEND", key(), number()};
    case 6: return {"INCRBY", key(), number()};
    case 7: return {"INCRBYFLOAT", key(), "0." + number()};
    case 8: return {"SETRANGE", key(), std::to_string(prng.below(100)), number()};
    case 9: return {"PEXPIRE", key(), number()};
    case 10: return {"PERSIST", key()};
    case 11: return {"RENAME", any(), any()};
    case 12: return {"COPY", any(), any(), "REPLACE"};
    case 13: return {"MOVE", any(), prng.chance(2, 3) ? "1" : "0"};
    case 14: return {"SWAPDB", "0", "1"};
    case 15:
      return prng.chance(1, 10) ? std::vector<std::string>{"FLUSHDB"}
                                : std::vector<std::string>{"GETDEL", any()};
    case 16: return {"MSET", key(), number(), key(), number()};
    case 17: return {"MSETNX", key(), number(), key(), number()};
    case 18: return {"GETEX", key(), "PX", number()};
    case 19: return {"SET", key(), std::string(20000 + prng.below(150000), 'L')};
    case 20: return {"SET", "n" + number(), "1"};
    case 21: return {"RANDOMKEY"};
    case 22: return {"SCAN", std::to_string(prng.below(20)), "COUNT", "4"};
    case 23: return {"SETBIT", key(), number(), prng.chance(1, 2) ? "1" : "0"};
    case 24: return {"BITOP", prng.chance(1, 2) ? "OR" : "XOR", key(), key(), key()};
    case 25: return {"BITFIELD", key(), "INCRBY", "u7", number(), "99", "GET", "i9", number()};
    case 26: return {"BITCOUNT", key()};
    case 27: return {"PFADD", "h" + std::to_string(prng.below(3)), number(), number()};
    case 28: return {"PFCOUNT", "h" + std::to_string(prng.below(3))};
    case 29: return {"PFMERGE", "h1", "h" + std::to_string(prng.below(3))};
    case 30:
    case 31: {
      const Payload& payload = kPayloads[prng.below(std::size(kPayloads))];
      const std::string target = (prng.chance(1, 2) ? payload.type[0] : 'k') + key();
      return {"RESTORE", target, prng.chance(1, 2) ? "0" : number(), unhex(payload.hex), "REPLACE"};
    }
    case 32: return {"DUMP", prng.chance(1, 2) ? key() : "xk" + std::to_string(prng.below(12))};
    default: return {"UNLINK", "n" + number(), key()};
  }
}

// For a script: without the longest words, which its text would carry in each run.
[[nodiscard]] inline std::vector<std::string> random_scripted_command(base::Prng& prng) {
  while (true) {
    auto words = random_data_command(prng);
    std::size_t bytes = 0;
    for (const std::string& word : words) bytes += word.size();
    if (bytes < 1000) return words;
  }
}

[[nodiscard]] inline std::vector<std::string> random_command(base::Prng& prng) {
  return prng.chance(1, 12) ? random_script_command(prng, random_scripted_command)
                            : random_data_command(prng);
}

inline void random_settings(base::Prng& prng, engine::BatchWriter& batch) {
  batch.setting("proto-max-bulk-len", prng.chance(1, 4) ? "1048576" : "536870912");
  batch.setting("reply-bytes-max", prng.chance(1, 4) ? "2000" : "536870912");
  batch.setting("growth-bytes-max", prng.chance(1, 4) ? "30000" : "1073741824");
}

// Of memory, in content: most often none, else somewhere around what is there.
[[nodiscard]] inline std::uint64_t random_limit(base::Prng& prng, const engine::Engine& engine) {
  const std::uint64_t content = engine.content_bytes();
  return prng.chance(1, 4) ? content / 2 + prng.below(content + 1) : 0;
}

// What a transaction does, in its database, to the key of a command before.
[[nodiscard]] inline std::vector<std::string> random_sequel(base::Prng& prng,
                                                            const std::string& key) {
  switch (prng.below(4)) {
    case 0: return {"DEL", key};
    case 1: return {"RENAME", key, "k" + std::to_string(prng.below(12))};
    case 2: return {"COPY", key, "k" + std::to_string(prng.below(12)), "REPLACE"};
    default: return {"MOVE", key, std::to_string(prng.below(3))};
  }
}

// A command of a transaction, maybe with what is done to its key next.
inline void add_random_steps(base::Prng& prng, std::span<std::vector<std::string>> words,
                             std::vector<engine::QueuedCommand>& queued) {
  const auto database = static_cast<std::uint32_t>(prng.below(3));
  words[0] = random_command(prng);
  queued.push_back({database, prng.chance(1, 20), {words[0].begin(), words[0].end()}});
  if (words[0].size() < 2 || !prng.chance(1, 4)) return;
  words[1] = random_sequel(prng, words[0][1]);
  queued.push_back({database, false, {words[1].begin(), words[1].end()}});
}

// One entry of a few elements of every kind. Keys a leader may have seen expired come from
// `engine`.
[[nodiscard]] inline std::string random_entry(base::Prng& prng, const engine::Engine& engine,
                                              base::UnixMillis time_ms) {
  engine::BatchWriter batch;
  const engine::ClientRef client{base::NodeId(1 + prng.below(3)), 1 + prng.below(2),
                                 base::ConnectionId(prng.below(3))};
  for (std::uint64_t elements = prng.below(4); elements > 0; --elements) {
    std::vector<std::vector<std::string>> commands(2 + 2 * prng.below(4));
    std::vector<engine::QueuedCommand> queued;  // with the words of `commands`
    for (std::size_t i = 0; i < commands.size(); i += 2)
      add_random_steps(prng, std::span(commands).subspan(i, 2), queued);
    const std::string key = "k" + std::to_string(prng.below(12));
    const std::string_view keys[] = {key, "k1"};
    const auto expired = engine.expired(time_ms, 10);
    std::vector<engine::SweptKey> swept;
    for (const auto& one : expired) swept.push_back({one.database, one.key, one.expiry_ms});
    const auto fields = engine.expired_fields(time_ms, prng.below(20));
    std::vector<engine::SweptFields> hashes;
    for (const auto& one : fields)
      hashes.push_back({one.database, one.key, one.first_ms, one.count});
    const engine::EvictionPolicy policy{
        .is_off = false, .is_volatile = prng.chance(1, 2), .order = engine::EvictionOrder::kRandom};
    const auto victims = engine.victims(policy, time_ms, prng.below(200), 3, prng);
    std::vector<engine::EvictedKey> evicted;
    for (const auto& one : victims) evicted.push_back({one.database, one.key, one.fingerprint});
    switch (prng.below(13)) {
      case 12: batch.swept_fields(hashes); break;
      case 11: {
        const auto words = CollectionCommands(prng).waiting();
        const std::vector<std::string_view> views(words.begin(), words.end());
        batch.blocking(client, 2 + static_cast<int>(prng.below(2)), 0, {}, false, views);
        break;
      }
      case 10:
        batch.unblock(client, static_cast<engine::UnblockReason>(prng.below(4)),
                      prng.chance(1, 2) ? 0 : engine.wait_of(client).value_or(1));
        break;
      case 0: batch.watch(client, static_cast<std::uint32_t>(prng.below(2)), keys); break;
      case 1: batch.unwatch(client); break;
      case 2: batch.exec(client, true, {}, false, queued); break;
      case 3: batch.exec(client, false, "user", true, queued); break;
      case 4: batch.swept(swept); break;
      case 9: batch.evicted(evicted); break;
      case 5:
        if (prng.chance(1, 5)) batch.drop_clients({base::NodeId(1), base::NodeId(2)});
        break;
      case 6: random_settings(prng, batch); break;
      default:
        batch.command(static_cast<std::uint32_t>(prng.below(2)), {}, false, queued[0].argv);
        break;
    }
  }
  return batch.seal(time_ms, prng.next(), random_limit(prng, engine));
}

}  // namespace engine_test
