// What the load generator is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace bench {

// The last two: EVALSHA of a script that gets and sets its key, EVAL_RO of one that gets it.
enum class Command : std::uint8_t {
  kSet,
  kGet,
  kIncr,
  kLpush,
  kHset,
  kZadd,
  kSadd,
  kEvalSha,
  kEvalRo
};

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::size_t connections = 50;
  std::size_t pipeline = 1;
  std::uint64_t keys = 100'000;
  std::size_t value_bytes = 100;
  double seconds = 3;
  double warmup_seconds = 0.5;
  double rate = 0;             // commands per second, open loop; 0: closed loop
  std::size_t wait_every = 0;  // a WAIT 1 0 behind each so many commands; 0: none
  bool fills = false;          // SETs every key once, and caches scripts, before it is measured
  std::uint64_t seed = 1;
  std::vector<std::pair<Command, std::uint32_t>> mix = {{Command::kSet, 1}};  // with weights
};

[[nodiscard]] base::Result<Options> parse_options(const std::vector<std::string>& arguments);
extern const char* const kHelp;

}  // namespace bench
