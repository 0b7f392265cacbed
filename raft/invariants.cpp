// What must hold after every step, in release builds too. A false claim ends the process: going on
// could lose data.
#include "base/check.h"
#include "raft/core.h"

namespace raft {

void Raft::Core::check_invariants() {
  CHECK(hard_.term >= checked_hard_.term);
  if (hard_.term == checked_hard_.term && !checked_hard_.vote.is_none())
    CHECK(hard_.vote == checked_hard_.vote);
  CHECK(commit_ >= checked_commit_);
  CHECK(commit_ <= log_.last());
  CHECK(log_.base() <= commit_);
  CHECK(durable_ <= log_.last());
  CHECK(discardable_ <= commit_);
  CHECK(log_.last_term() <= hard_.term);
  if (role_ == Role::kLeader) {
    CHECK(leader_ == options_.self);
    CHECK(log_.last_term() == hard_.term);
    // A transfer outlasts the lease that it revokes.
    CHECK(!lease_.is_revoked || lease_.is_over(now_) || !transfer_target_.is_none());
  } else {
    CHECK(leader_.is_none() || role_ == Role::kFollower || role_ == Role::kLearner);
  }
  checked_hard_ = hard_;
  checked_commit_ = commit_;
}

}  // namespace raft
