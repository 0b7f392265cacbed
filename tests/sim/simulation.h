// The life of one world: birth, faults and load for a while, healing, the demand that it goes on,
// and the judgement of all that clients were told. A function of the seed alone.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/counters.h"

namespace sim {

struct Result {
  std::uint64_t seed = 0;
  bool has_failed = false;
  std::string report;  // of a failure: the claim, the last lines of the trace
  Counters counters;
  std::uint64_t fingerprint = 0;
  double virtual_seconds = 0;
};

[[nodiscard]] Result simulate(std::uint64_t seed, bool is_verbose);

}  // namespace sim
