#include "tests/sim/mixed_work.h"

#include "tests/engine/random_commands.h"

namespace sim {
namespace {

constexpr std::size_t kBytesMost = 1500;

// Those that would touch the keys whose every reply is judged, or are too large for many of them.
bool is_welcome(const std::vector<std::string>& words) {
  if (words[0] == "FLUSHDB" || words[0] == "SWAPDB") return false;
  std::size_t bytes = 0;
  for (const std::string& word : words) bytes += word.size();
  return bytes <= kBytesMost;
}

}  // namespace

std::vector<std::string> MixedWork::command() {
  base::Prng prng(chance_.next());
  while (true) {
    auto words = engine_test::random_command(prng);
    if (is_welcome(words) || (prng.chance(1, 20) && words.size() > 3 && words[0] != "SWAPDB"))
      return words;
  }
}

Exchange MixedWork::next() {
  Exchange exchange;
  exchange.kind = Exchange::Kind::kAny;
  const bool is_transaction = chance_.percent(15);
  if (is_transaction) exchange.commands.push_back({"MULTI"});
  for (std::int64_t left = is_transaction ? chance_.between(1, 4) : 1; left > 0; --left)
    exchange.commands.push_back(command());
  if (is_transaction) exchange.commands.push_back({"EXEC"});
  ++counters_.mixed;
  return exchange;
}

}  // namespace sim
