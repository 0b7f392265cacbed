#include "node/replica/evidence.h"

#include "base/drift.h"

namespace node {

void Evidence::grant(LogIndex applied) {
  if (tickets_.on_applied(applied)) asked_since_.reset();
  while (const auto reader = tickets_.take_ready()) listener_.on_evidence(*reader);
}

bool Evidence::is_level_within(base::Duration age_most) const {
  const std::optional<base::Instant> level_at = tickets_.level_at();
  return level_at && !terms_.is_outside() &&
         ground_.turn.now() - *level_at <= base::within_drift(age_most, drift_percent_max_);
}

void Evidence::on(const ReadDenied& denied) {
  constexpr auto kPause = base::milliseconds(20);
  if (tickets_.on_denied(denied)) ask_again_ = ground_.turn.now() + kPause;
}

bool Evidence::has_waited_in_vain() {
  if (!asked_since_) return false;
  if (!tickets_.has_readers() || !terms_.has_leader_elsewhere()) {
    asked_since_.reset();
    return false;
  }
  const base::Instant deadline = *asked_since_ + kLeaderWait;
  if (ground_.turn.now() < deadline) {
    ground_.turn.due(deadline);
    return false;
  }
  asked_since_.reset();
  tickets_.forget_round();
  return true;
}

void Evidence::ask(bool has_batches_under_way, bool has_batch_leaving) {
  const bool is_follower = terms_.has_leader_elsewhere();
  if (!terms_.is_serving() && !is_follower) return;
  if (!tickets_.needs_round(!is_follower && has_batches_under_way)) return;
  if (ground_.turn.now() < ask_again_) return ground_.turn.due(ask_again_);
  if (is_follower && !asked_since_) asked_since_ = ground_.turn.now();
  // The batch that is about to leave will be evidence enough.
  if (is_follower || !has_batch_leaving)
    ground_.turn.to_consensus.emplace_back(tickets_.ask(ground_.turn.now()));
}

}  // namespace node
