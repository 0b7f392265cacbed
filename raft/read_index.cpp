// Linearizable reads without a clock (DESIGN decision 9, thesis 6.4): a read that arrived before a
// round of heartbeats began may be answered at the commit index of the round's beginning once a
// majority has answered it; or at the commit of any entry proposed after the read arrived. At most
// one round is in flight; later reads share the next.
#include "raft/core.h"

namespace raft {

bool Raft::Core::has_committed_own_term() const { return log_.term_at(commit_) == hard_.term; }

void Raft::Core::on_ticket(std::uint64_t id) {
  if (role_ != Role::kLeader || !transfer_target_.is_none()) {
    out_.read_refusals.push_back(id);
    return;
  }
  if (has_committed_own_term() && is_sole_voter()) {
    out_.reads.push_back({id, commit_});
    return;
  }
  tickets_waiting_.push_back({id, log_.last()});
  if (has_committed_own_term() && round_in_flight_ == 0) begin_round();
}

void Raft::Core::begin_round() {
  round_in_flight_ = ++round_;
  round_index_ = commit_;
  tickets_in_round_ = std::move(tickets_waiting_);
  tickets_waiting_.clear();
  send_heartbeats();
}

void Raft::Core::end_round_if_answered() {
  if (round_in_flight_ == 0) return;
  std::set<NodeId> answered = {options_.self};
  for (const auto& [id, peer] : peers_) {
    if (peer.round >= round_in_flight_) answered.insert(id);
  }
  if (!has_majority(answered)) return;
  for (const Ticket& ticket : tickets_in_round_) out_.reads.push_back({ticket.id, round_index_});
  tickets_in_round_.clear();
  round_in_flight_ = 0;
  if (!tickets_waiting_.empty()) begin_round();
}

// Commit has advanced within the own term.
void Raft::Core::grant_by_commit() {
  const auto grant_earlier = [this](std::vector<Ticket>& tickets) {
    std::erase_if(tickets, [this](const Ticket& ticket) {
      if (ticket.arrived_last >= commit_) return false;
      out_.reads.push_back({ticket.id, commit_});
      return true;
    });
  };
  grant_earlier(tickets_waiting_);
  grant_earlier(tickets_in_round_);
  if (tickets_in_round_.empty()) round_in_flight_ = 0;
  if (!tickets_waiting_.empty() && is_sole_voter()) {
    for (const Ticket& ticket : tickets_waiting_) out_.reads.push_back({ticket.id, commit_});
    tickets_waiting_.clear();
  }
  if (round_in_flight_ == 0 && !tickets_waiting_.empty()) begin_round();
}

void Raft::Core::refuse_tickets() {
  for (const Ticket& ticket : tickets_in_round_) out_.read_refusals.push_back(ticket.id);
  for (const Ticket& ticket : tickets_waiting_) out_.read_refusals.push_back(ticket.id);
  tickets_in_round_.clear();
  tickets_waiting_.clear();
  round_in_flight_ = 0;
}

}  // namespace raft
