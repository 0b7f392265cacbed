// Linearizable reads without a clock (DESIGN decision 9, thesis 6.4): a read that arrived before a
// round of heartbeats began may be answered at the commit index of the round's beginning once a
// majority has answered it; or at the commit of any entry proposed after the read arrived. At most
// one round is in flight; later reads share the next. With a lease none is needed, but for a ticket
// that is by round: whoever asked for it trusts no clock.
//
// A follower asks its leader: one request is in flight, later reads share the next, and what the
// leader grants is what it grants itself. An index leaves for a follower only when it is applied
// here, and with leases nothing is applied there before it is applied here: whoever then reads here
// by a lease sees no less than was seen there.
#include <algorithm>
#include <utility>

#include "raft/core.h"

namespace raft {

bool Raft::Core::has_committed_own_term() const { return log_.term_at(commit_) == hard_.term; }

void Raft::Core::on_ticket(const Ticket& ticket) {
  const bool is_to_ask = role_ != Role::kLeader && ticket.from == options_.self;
  if (is_to_ask && !leader_.is_none()) {
    reads_.waiting.push_back(ticket);
    if (reads_.in_round.empty()) ask_leader();
    return;
  }
  if (role_ != Role::kLeader || !transfer_target_.is_none()) return refuse(ticket);
  const bool has_lease = !ticket.is_by_round && !lease_.is_over(now_);
  if (has_committed_own_term() && (is_sole_voter() || has_lease)) return grant(ticket, commit_);
  reads_.waiting.push_back(ticket);
  if (has_committed_own_term() && reads_.round_in_flight == 0) begin_round();
}

void Raft::Core::grant(const Ticket& ticket, LogIndex index) {
  if (ticket.from == options_.self) {
    out_.reads.push_back({ticket.id, index});
  } else if (index <= applied_) {
    // What it does not know to be committed it cannot apply: by the next heartbeat would be late.
    const auto peer = peers_.find(ticket.from);
    if (peer != peers_.end()) send_heartbeat(ticket.from, peer->second);
    send(ticket.from, ReadIndexReply{ticket.id, true, index});
  } else {
    reads_.unapplied.push_back({ticket, index});
  }
}

void Raft::Core::refuse(const Ticket& ticket) {
  if (ticket.from == options_.self)
    out_.read_refusals.push_back(ticket.id);
  else
    send(ticket.from, ReadIndexReply{ticket.id, false, LogIndex()});
}

void Raft::Core::send_applied_grants() {
  std::erase_if(reads_.unapplied, [this](const Reads::Unapplied& each) {
    if (each.index > applied_) return false;
    grant(each.ticket, each.index);
    return true;
  });
}

// ---- the leader ----

void Raft::Core::begin_round() {
  reads_.round_in_flight = ++reads_.round;
  reads_.round_index = commit_;
  reads_.in_round = std::move(reads_.waiting);
  reads_.waiting.clear();
  send_heartbeats();
}

void Raft::Core::end_round_if_answered() {
  if (reads_.round_in_flight == 0) return;
  std::set<NodeId> answered = {options_.self};
  for (const auto& [id, peer] : peers_) {
    if (peer.round >= reads_.round_in_flight) answered.insert(id);
  }
  if (!has_majority(answered)) return;
  for (const Ticket& ticket : reads_.in_round) grant(ticket, reads_.round_index);
  reads_.in_round.clear();
  reads_.round_in_flight = 0;
  if (!reads_.waiting.empty()) begin_round();
}

// Commit has advanced within the own term.
void Raft::Core::grant_by_commit() {
  const auto grant_earlier = [this](std::vector<Ticket>& tickets) {
    std::erase_if(tickets, [this](const Ticket& ticket) {
      if (ticket.arrived_last >= commit_) return false;
      grant(ticket, commit_);
      return true;
    });
  };
  grant_earlier(reads_.waiting);
  grant_earlier(reads_.in_round);
  if (reads_.in_round.empty()) reads_.round_in_flight = 0;
  if (!reads_.waiting.empty() && is_sole_voter()) {
    for (const Ticket& ticket : reads_.waiting) grant(ticket, commit_);
    reads_.waiting.clear();
  }
  if (reads_.round_in_flight == 0 && !reads_.waiting.empty()) begin_round();
}

void Raft::Core::refuse_tickets() {
  for (const Ticket& ticket : reads_.in_round) refuse(ticket);
  for (const Ticket& ticket : reads_.waiting) refuse(ticket);
  for (const Reads::Unapplied& each : reads_.unapplied) refuse(each.ticket);
  reads_.in_round.clear();
  reads_.waiting.clear();
  reads_.unapplied.clear();
  reads_.round_in_flight = 0;
}

void Raft::Core::on(const Message& message, const ReadIndex& body) {
  on_ticket({message.from, body.request, log_.last(), body.is_by_round});
}

// ---- a follower ----

void Raft::Core::ask_leader() {
  reads_.in_round = std::move(reads_.waiting);
  reads_.waiting.clear();
  reads_.requested = now_;
  reads_.requested_of = leader_;
  reads_.is_by_round = std::any_of(reads_.in_round.begin(), reads_.in_round.end(),
                                   [](const Ticket& ticket) { return ticket.is_by_round; });
  send(leader_, ReadIndex{++reads_.request, reads_.is_by_round});
}

void Raft::Core::on(const Message& message, const ReadIndexReply& body) {
  const bool is_awaited = role_ != Role::kLeader && message.from == reads_.requested_of &&
                          body.request == reads_.request && !reads_.in_round.empty();
  if (!is_awaited) return;
  for (const Ticket& ticket : std::exchange(reads_.in_round, {}))
    body.is_granted ? grant(ticket, body.index) : refuse(ticket);
  if (!reads_.waiting.empty()) ask_leader();
}

// It or another one leads now, or nobody: what was asked for is not answered any more.
void Raft::Core::refuse_tickets_of_former_leader() {
  const bool is_asked = role_ != Role::kLeader && !reads_.in_round.empty();
  if (is_asked && leader_ != reads_.requested_of) refuse_tickets();
}

}  // namespace raft
