// Commands of every family on keys of their own, small and large values: what they answer is not
// judged here; that all nodes come to the same state is.
#pragma once

#include "tests/sim/chance.h"
#include "tests/sim/counters.h"
#include "tests/sim/exchange.h"

namespace sim {

class MixedWork {
 public:
  MixedWork(Chance chance, Counters& counters) : chance_(chance), counters_(counters) {}
  [[nodiscard]] Exchange next();

 private:
  [[nodiscard]] std::vector<std::string> command();
  Chance chance_;
  Counters& counters_;
};

}  // namespace sim
