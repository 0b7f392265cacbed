// Who waits for the positions of followers (WAIT) learns them without delay: at once, and whenever
// a follower has more, until all have what is waited for. Invariant: the newest question counts,
// and what was asked for before stays asked for. Values; thread: consensus.
#pragma once

#include <optional>

#include "node/consensus/groups.h"

namespace node {

class ProgressWatch {
 public:
  void watch(const WatchProgress& message);
  // Each turn, behind the groups.
  void tell(const Groups& groups, ConsensusOutput& out);

 private:
  std::optional<WatchProgress> watched_;
  Progress told_;
};

}  // namespace node
