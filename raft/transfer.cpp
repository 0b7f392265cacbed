// Leadership transfer (thesis 3.10): the target is brought level first, then told to stand at once;
// until then or until an election timeout has passed no new proposals are taken.
#include "raft/core.h"

namespace raft {

void Raft::Core::start_transfer(NodeId target) {
  if (role_ != Role::kLeader || !transfer_target_.is_none()) return;
  if (target.is_none()) {
    LogIndex best;
    for (const auto& [id, peer] : peers_) {
      const bool is_active = now_ - peer.heard < options_.election_timeout_min;
      if (is_voter(id) && is_active && (target.is_none() || peer.match > best)) {
        target = id;
        best = peer.match;
      }
    }
  }
  if (!peers_.contains(target) || !is_voter(target)) return;
  note("handing leadership over to " + short_name(target));
  transfer_target_ = target;
  transfer_deadline_ = now_ + 2 * options_.election_timeout_min;
  is_timeout_now_sent_ = false;
  advance_transfer();
}

void Raft::Core::advance_transfer() {
  if (transfer_target_.is_none() || is_timeout_now_sent_) return;
  const auto peer = peers_.find(transfer_target_);
  // All entries applied here first: their clients get their answers from this node (DESIGN decision
  // 15).
  if (peer == peers_.end() || peer->second.match != log_.last() || commit_ != log_.last()) return;
  is_timeout_now_sent_ = true;
  send(transfer_target_, TimeoutNow{});
}

void Raft::Core::on(const Message& message, const TimeoutNow&) {
  if (!is_voter(options_.self) || role_ == Role::kLeader) return;
  if (install_ && install_->is_finishing) return;
  note("leader " + short_name(message.from) + " hands leadership over to this node");
  start_election(true);
}

}  // namespace raft
