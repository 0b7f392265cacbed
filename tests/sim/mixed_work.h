// Commands of every family on keys of their own, small and large values, some of which wander
// between keys and databases: what they answer is not judged here; that all nodes come to the same
// state is.
#pragma once

#include "tests/sim/chance.h"
#include "tests/sim/counters.h"
#include "tests/sim/exchange.h"

namespace sim {

class MixedWork {
 public:
  MixedWork(Chance chance, Counters& counters)
      : chance_(chance), counters_(counters), has_wanderers_(chance_.percent(50)) {}
  [[nodiscard]] Exchange next();

 private:
  [[nodiscard]] std::vector<std::string> command();
  [[nodiscard]] std::vector<std::string> on_wanderer(const std::string& key);
  [[nodiscard]] Exchange wander();
  Chance chance_;
  Counters& counters_;
  bool has_wanderers_;
};

}  // namespace sim
