#include "tests/sim/mixed_work.h"

#include <algorithm>

#include "tests/engine/random_commands.h"

namespace sim {
namespace {

constexpr std::size_t kBytesMost = 1500;

// Also in a script, whose text it is: it would touch the keys whose every reply is judged.
bool touches_all_keys(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.find("FLUSHDB") != std::string::npos || word.find("SWAPDB") != std::string::npos;
  });
}

// Not too large for many of them.
bool is_welcome(const std::vector<std::string>& words) {
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return bytes <= kBytesMost;
}

}  // namespace

std::vector<std::string> MixedWork::command() {
  base::Prng prng(chance_.next());
  while (true) {
    auto words = engine_test::random_command(prng);
    if (touches_all_keys(words)) continue;
    if (is_welcome(words) || (prng.chance(1, 20) && words.size() > 3)) return words;
  }
}

// A hash that is checkpointed in segments.
std::vector<std::string> MixedWork::on_wanderer(const std::string& key) {
  const auto other = [this] { return "wanderer" + std::to_string(chance_.below(3)); };
  const std::uint64_t draw = chance_.below(100);
  if (draw < 45) {
    std::vector<std::string> words = {"HSET", key};
    for (int i = 0; i < 12; ++i) {
      words.push_back("f" + std::to_string(chance_.below(300)));
      words.emplace_back(70 + chance_.below(30), static_cast<char>('a' + chance_.below(26)));
    }
    return words;
  }
  if (draw < 60) return {"HDEL", key, "f" + std::to_string(chance_.below(300)), "f7", "f70"};
  if (draw < 75) return {"MOVE", key, std::to_string(chance_.below(3))};
  if (draw < 83) return {"RENAME", key, other()};
  if (draw < 91) return {"COPY", key, other(), "DB", std::to_string(chance_.below(3)), "REPLACE"};
  if (draw < 96) return {"SWAPDB", "1", "2"};
  return {"DEL", key};
}

Exchange MixedWork::wander() {
  Exchange exchange;
  exchange.kind = Exchange::Kind::kAny;
  const std::string key = "wanderer" + std::to_string(chance_.below(3));
  if (chance_.percent(30)) {
    exchange.commands = {{"MULTI"}, on_wanderer(key), on_wanderer(key), {"EXEC"}};
  } else {
    exchange.commands = {
        {"SELECT", std::to_string(chance_.below(3))}, on_wanderer(key), {"SELECT", "0"}};
  }
  return exchange;
}

Exchange MixedWork::next() {
  ++counters_.mixed;
  if (has_wanderers_ && chance_.percent(40)) return wander();
  Exchange exchange;
  exchange.kind = Exchange::Kind::kAny;
  const bool is_transaction = chance_.percent(15);
  if (is_transaction) exchange.commands.push_back({"MULTI"});
  for (std::int64_t left = is_transaction ? chance_.between(1, 4) : 1; left > 0; --left)
    exchange.commands.push_back(command());
  if (is_transaction) exchange.commands.push_back({"EXEC"});
  return exchange;
}

}  // namespace sim
