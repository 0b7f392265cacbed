// Draws from a seed in the words of a simulation. A chance split off is independent of what the
// others draw, so that adding a draw in one place does not change all histories everywhere.
#pragma once

#include "base/prng.h"
#include "tests/sim/scheduler.h"

namespace sim {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : prng_(seed) {}
  [[nodiscard]] Chance split() { return Chance(base::mix64(prng_.next())); }
  std::uint64_t next() { return prng_.next(); }
  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }
  bool percent(unsigned percent) { return prng_.chance(percent, 100); }
  bool permille(unsigned permille) { return prng_.chance(permille, 1000); }
  // Inclusive at both ends.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(most - least + 1)));
  }
  // Of uniform magnitude: as often between 10 and 20 ms as between 1 and 2 s.
  Time duration(Time least, Time most) {
    std::uint64_t doublings = 1;
    while (least << doublings < most) ++doublings;
    const Time low = least << prng_.below(doublings);
    return between(low, low * 2 < most ? low * 2 : most);
  }

 private:
  base::Prng prng_;
};

}  // namespace sim
