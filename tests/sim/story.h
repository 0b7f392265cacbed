// A directed scenario: a cluster that serves clients, something that happens to it, and claims
// about what follows; run with several seeds. QUORATE_SEEDS=N: with that many instead.
// QUORATE_FIRST_SEED=N: from that one on (./dev soak).
#pragma once

#include <functional>
#include <vector>

#include "tests/sim/crowd.h"
#include "tests/sim/world.h"

namespace sim {

using Side = std::vector<HostId>;

class Story {
 public:
  Story(std::size_t nodes, std::uint64_t seed, const Sizes& sizes);

  // Born, level, and with all clients at work for a while.
  void begin();
  // What the cluster promises when nothing fails any more, and all that clients were told.
  void end();

  // The one in the highest term; demands that there is one.
  [[nodiscard]] std::size_t leader();
  [[nodiscard]] std::uint64_t term() const;  // the highest
  [[nodiscard]] std::size_t follower();      // some node that does not lead
  // Demands that `claim` comes true within `most`; every millisecond is looked at.
  void wait(Time most, const std::function<bool()>& claim, const std::string& what);
  void run_for(Time duration) { world.run_for(duration); }
  // Nothing may unseat the leader while this goes on, and clients get on.
  void demand_calm_for(Time duration);

  // Every third client and these nodes; all others of both kinds.
  [[nodiscard]] Side with_clients(Side nodes) const;
  [[nodiscard]] Side all_but(const Side& side) const;
  // Both ways, between every machine here and every machine there.
  void cut(const Side& here, const Side& there);
  // No client of `side` has been answered, with OK or with a value, what it asked for after
  // `since`.
  void demand_silence(const Side& side, Time since);
  [[nodiscard]] std::uint64_t done_by(const Side& side) const;

  Chance chance;
  World world;
  Crowd crowd;

 private:
  template <class Act>
  void for_clients(const Side& side, Act act) const;
};

struct Scene {
  std::size_t nodes = 3;
  std::size_t seeds = 2;
  Sizes sizes = {};
};
// A gtest assertion: a violation is reported with its seed and the last lines of the trace.
void tell(const Scene& scene, const std::function<void(Story&)>& story);

}  // namespace sim
