// What goes into the core and comes out of it for reads (read_index.cpp, lease.cpp).
#pragma once

#include <cstdint>

#include "base/time.h"
#include "raft/types.h"

namespace raft {

// Ask for a linearizable read (DESIGN decision 9). Answered by Output.reads or
// Output.read_refusals, maybe much later. A follower asks its leader. `is_by_round`: no lease,
// which trusts clocks, is evidence enough for it.
struct ReadTicket {
  std::uint64_t id = 0;
  bool is_by_round = false;
};
// The state machine may answer the read when it has applied `index`.
struct ReadGranted {
  std::uint64_t id = 0;
  LogIndex index;
};
// While this node leads in `term` and its clock shows less than `until`, read after a request has
// come, that request may be answered from what is applied here. It takes the place of the one
// before; `until` none (the epoch's begin): it is over, and LeaseEnded says that this was heeded.
struct Lease {
  std::uint64_t number = 0;
  Term term;
  base::Instant until{};
};
// The state machine has stopped to read by the lease before the one of that number.
struct LeaseEnded {
  std::uint64_t number = 0;
};

}  // namespace raft
