// Ends of waits in the log (DESIGN decision 5): time is up, the client has gone or was told to wait
// no longer. Invariant: a wait is over when an entry says so, and each is proposed in one batch at
// a time. What cannot be proposed now, or is refused, is proposed when this node serves again; a
// deposed leader leaves it to the next.
#pragma once

#include <cstdint>
#include <map>

#include "engine/elements/batch.h"
#include "node/replica/ground.h"
#include "node/replica/proposals.h"
#include "node/replica/terms.h"

namespace node {

class WaitEnds {
 public:
  WaitEnds(Ground& ground, const Terms& terms, Proposals& proposals)
      : ground_(ground), terms_(terms), proposals_(proposals) {}

  // The wait that the client is in now ends, for that reason, once an entry says so.
  void propose(const engine::ClientRef& client, engine::UnblockReason reason);
  // Nobody is there any more for what it may be given.
  void forget(const engine::ClientRef& client) { propose(client, engine::UnblockReason::kGone); }
  // Clients that began to wait, or left, when nobody could be told so: by entries of an earlier
  // term of this leader, whose clients had been told that the outcome is in doubt. They would take
  // what is for others.
  void forget_ghosts(const ReplicaListener& listener);
  // Those whose time is up, by the log's time. A wait that is being ended wakes nobody: its entry
  // will.
  void advance();

  void on_over(const engine::ClientRef& client) { ends_.erase(client); }
  void on_refused(std::uint64_t batch);
  void on_deposed() { ends_.clear(); }

 private:
  struct End {
    engine::UnblockReason reason = engine::UnblockReason::kTimeout;
    std::uint64_t wait = 0;   // WaitingClient::sequence
    std::uint64_t batch = 0;  // 0: not proposed yet
  };
  void propose_left_over();

  Ground& ground_;
  const Terms& terms_;
  Proposals& proposals_;
  std::map<engine::ClientRef, End> ends_;
  bool has_unproposed_ = false;
};

}  // namespace node
