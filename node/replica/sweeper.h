// Keys and fields whose time is up and that nobody touches (DESIGN decision 3): they go by swept
// entries that the leader proposes, a bounded slice at a time. Invariant: one slice is under way at
// most, and a replica that does not serve proposes none.
#pragma once

#include <vector>

#include "node/replica/ground.h"
#include "node/replica/proposals.h"
#include "node/replica/terms.h"

namespace node {

class Sweeper {
 public:
  Sweeper(Ground& ground, const Terms& terms, Proposals& proposals)
      : ground_(ground), terms_(terms), proposals_(proposals) {}
  void set_active(bool is_active) { is_active_ = is_active; }  // DEBUG SET-ACTIVE-EXPIRE
  // `is_held`: nothing is proposed now.
  void sweep(bool is_held);

 private:
  [[nodiscard]] bool has_expiries() const;
  void propose(const std::vector<engine::Engine::Expired>& expired);
  void propose(const std::vector<engine::Engine::ExpiredFields>& expired);

  Ground& ground_;
  const Terms& terms_;
  Proposals& proposals_;
  bool is_active_ = true;
  base::Instant due_{};
};

}  // namespace node
