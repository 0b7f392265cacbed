// Leadership transfer (thesis 3.10): the target is brought level first, then told to stand at once;
// until then or until an election timeout has passed no new proposals are taken.
#include "raft/core.h"

namespace raft {

// Of the voters that are heard, the one whose log is longest; who wishes to vote no more only if
// there is no other.
NodeId Raft::Core::best_successor() const {
  NodeId found;
  std::pair<bool, LogIndex> best;
  for (const auto& [id, peer] : peers_) {
    const bool may_lead = is_voter(id) && is_heard(peer) && !peer.is_forgetful;
    const std::pair<bool, LogIndex> worth{wants_vote(id), peer.match};
    if (may_lead && (found.is_none() || worth > best)) {
      found = id;
      best = worth;
    }
  }
  return found;
}

void Raft::Core::start_transfer(NodeId target) {
  if (role_ != Role::kLeader || !transfer_target_.is_none()) return;
  if (target.is_none()) target = best_successor();
  if (!peers_.contains(target) || !is_voter(target)) return;
  note("handing leadership over to " + short_name(target));
  transfer_target_ = target;
  transfer_deadline_ = now_ + 2 * options_.election_timeout_min;
  is_timeout_now_sent_ = false;
  revoke_lease();
  advance_transfer();
}

void Raft::Core::advance_transfer() {
  if (transfer_target_.is_none() || is_timeout_now_sent_) return;
  // Its votes set aside what the others are bound to.
  if (!lease_.is_over(now_)) return;
  const auto peer = peers_.find(transfer_target_);
  // All entries applied here first: their clients get their answers from this node (DESIGN decision
  // 15).
  if (peer == peers_.end() || peer->second.match != log_.last() || commit_ != log_.last()) return;
  is_timeout_now_sent_ = lease_.is_given_up = true;
  send(transfer_target_, TimeoutNow{});
}

void Raft::Core::on(const Message& message, const TimeoutNow&) {
  if (!is_voter(options_.self) || has_amnesia_ || !may_lead_) return;
  if (install_ && install_->is_finishing) return;
  note("leader " + short_name(message.from) + " hands leadership over to this node");
  start_election(true);
}

}  // namespace raft
