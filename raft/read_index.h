// What read_index.cpp keeps: reads that wait for a round, or at a follower for its leader's answer.
#pragma once

#include <vector>

#include "base/time.h"
#include "raft/types.h"

namespace raft {

struct Ticket {
  NodeId from;  // this node or a follower
  std::uint64_t id = 0;
  LogIndex arrived_last;
  bool is_by_round = false;  // no lease is evidence for it
};

struct Reads {
  std::vector<Ticket> waiting;  // for the next round (or the own term's first commit)
  std::vector<Ticket> in_round;
  std::uint64_t round = 0;            // the last one begun
  std::uint64_t round_in_flight = 0;  // 0: none
  LogIndex round_index;
  struct Unapplied {
    Ticket ticket;
    LogIndex index;
  };
  std::vector<Unapplied> unapplied;  // granted to followers: leave when applied here
  // At a follower:
  std::uint64_t request = 0;  // the last one made; no number of another run's
  base::Instant requested{};
  NodeId requested_of;
  bool is_by_round = false;  // some ticket of that request is
};

}  // namespace raft
