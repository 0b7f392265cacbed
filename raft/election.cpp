// Elections: randomised timeouts that double with each failed round, pre-vote, votes, and the rule
// that nobody helps to depose a leader it still hears (Raft paper 5.2, 5.4.1; thesis 4.2.3, 9.6;
// DESIGN decision 10).
#include <algorithm>

#include "raft/core.h"

namespace raft {
namespace {

constexpr unsigned kFailedRoundsCounted = 3;  // the timeout doubles up to 8 times its base

}  // namespace

void Raft::Core::reset_election_deadline() {
  const auto base = options_.election_timeout_min.count()
                    << std::min(failed_rounds_, kFailedRoundsCounted);
  const auto spread = static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(base)));
  election_deadline_ = now_ + base::Duration(base + spread);
}

bool Raft::Core::is_protecting_leader() const {
  if (role_ == Role::kLeader || now_ < lease_.bound_until) return true;
  if (now_ - started_ < options_.election_timeout_min && !is_sole_voter()) return true;
  return has_heard_leader_ && !leader_.is_none() &&
         now_ - leader_heard_ < options_.election_timeout_min;
}

bool Raft::Core::is_up_to_date(LogIndex last_index, Term last_term) const {
  if (last_term != log_.last_term()) return last_term > log_.last_term();
  return last_index >= log_.last();
}

void Raft::Core::tick_election() {
  if (now_ < election_deadline_) return;
  if (!may_stand() || (!may_lead_ && !is_sole_voter())) {
    if (!leader_.is_none()) become_follower(hard_.term, NodeId());
    return reset_election_deadline();
  }
  if (install_ && install_->is_finishing) return reset_election_deadline();
  start_pre_vote();
}

// Whoever is the only voter goes on: nobody could take its place.
void Raft::Core::set_may_lead(bool may_lead) {
  may_lead_ = may_lead;
  if (may_lead_ || is_sole_voter() || role_ == Role::kFollower || role_ == Role::kLearner) return;
  if (role_ == Role::kLeader) note("the service of this node does not answer, stepping down");
  become_follower(hard_.term, NodeId());
}

void Raft::Core::start_pre_vote() {
  if (role_ == Role::kPreCandidate || role_ == Role::kCandidate) ++failed_rounds_;
  if (is_sole_voter()) return start_election(false);
  if (role_ == Role::kFollower) {
    note(leader_.is_none()
             ? "no leader is known, asking for pre-votes for term " +
                   std::to_string(hard_.term.value() + 1)
             : "heard nothing from leader " + short_name(leader_) + " for " +
                   std::to_string((now_ - leader_heard_).count() / 1000) +
                   " ms, asking for pre-votes for term " + std::to_string(hard_.term.value() + 1));
  }
  role_ = Role::kPreCandidate;
  leader_ = NodeId();
  clear_votes();
  add_vote(options_.self, has_amnesia_);
  reset_election_deadline();
  for (const Member& member : membership().members) {
    if (member.is_voter && member.id != options_.self) {
      send(member.id, PreVote{hard_.term.next(), log_.last(), log_.last_term()});
    }
  }
}

void Raft::Core::start_election(bool is_transfer) {
  // Its own vote is one too, whoever asks for the election.
  if (!is_transfer && now_ < lease_.bound_until) {
    role_ = resting_role();
    clear_votes();
    election_deadline_ = std::max(election_deadline_, lease_.bound_until);
    return;
  }
  role_ = Role::kCandidate;
  is_by_transfer_ = is_transfer;
  leader_ = NodeId();
  hard_ = {hard_.term.next(), options_.self};
  clear_votes();
  persist_hard_state();
  self_vote_sequence_ = persist_sequence_ + 1;  // the persist of this step
  reset_election_deadline();
  note("standing for election in term " + std::to_string(hard_.term.value()));
  for (const Member& member : membership().members) {
    if (member.is_voter && member.id != options_.self) {
      send_after_durable(member.id, Vote{log_.last(), log_.last_term(), is_transfer});
    }
  }
}

void Raft::Core::become_follower(Term term, NodeId leader) {
  const bool was_leader = role_ == Role::kLeader;
  if (was_leader) {
    refuse_tickets();
    for (auto& [id, peer] : peers_) end_snapshot(id, peer);
    peers_.clear();
    uncommitted_.clear();
    uncommitted_bytes_ = 0;
    read_back_.clear();
    transfer_target_ = NodeId();
    lose_changes();
    note("no longer leader; term " + std::to_string(term.value()));
  }
  if (term > hard_.term) {
    hard_ = {term, NodeId()};
    persist_hard_state();
  }
  role_ = resting_role();
  leader_ = leader;
  clear_votes();
  recall_to_.reset();
  self_vote_sequence_ = 0;
  if (!leader.is_none()) failed_rounds_ = 0;
  if (was_leader || !leader.is_none()) reset_election_deadline();
}

void Raft::Core::on(const Message& message, const PreVote& body) {
  // Whether the asker is a voter is its log's to say: this one may not have that entry yet (thesis
  // 4.2.2).
  const bool is_granted = body.next_term > hard_.term && !is_protecting_leader() &&
                          is_up_to_date(body.last_index, body.last_term);
  send(message.from, PreVoteReply{body.next_term, is_granted, has_amnesia_});
  // Two that ask at once would stand at once and split the votes, for as many rounds as a round
  // trip is longer than what their timeouts differ by: one of them waits. It asks again in time if
  // the other one comes to nothing.
  const bool is_tie = role_ == Role::kPreCandidate && body.next_term == hard_.term.next();
  if (!is_granted || !is_tie || message.from < options_.self) return;
  role_ = Role::kFollower;
  clear_votes();
  reset_election_deadline();
}

void Raft::Core::on(const Message& message, const PreVoteReply& body) {
  if (role_ != Role::kPreCandidate || !body.granted || body.next_term != hard_.term.next()) return;
  add_vote(message.from, body.is_doubtful);
  if (has_won()) start_election(false);
}

void Raft::Core::on(const Message& message, const Vote& body) {
  // message.term == hard_.term here: greater terms were adopted, lower ones answered, by
  // on_message.
  const bool may_vote = hard_.vote.is_none() || hard_.vote == message.from;
  const bool is_granted =
      may_vote && leader_.is_none() && is_up_to_date(body.last_index, body.last_term);
  if (!is_granted) return send(message.from, VoteReply{false});
  if (hard_.vote.is_none()) {
    hard_.vote = message.from;
    persist_hard_state();
    note("voted for " + short_name(message.from) + " in term " +
         std::to_string(hard_.term.value()));
  }
  reset_election_deadline();
  send_after_durable(message.from, VoteReply{true, has_amnesia_});
}

void Raft::Core::on(const Message& message, const VoteReply& body) {
  if (role_ != Role::kCandidate || !body.granted) return;
  add_vote(message.from, body.is_doubtful);
  count_votes();
}

void Raft::Core::count_votes() {
  if (has_won()) become_leader();
}

void Raft::Core::become_leader() {
  note("elected leader in term " + std::to_string(hard_.term.value()) + " with the votes of " +
       std::to_string(votes_.size()) + " of " + std::to_string(membership().voter_count()));
  end_amnesia("elected by those who forgot nothing or by all: what this node has is what there is");
  role_ = Role::kLeader;
  leader_ = options_.self;
  failed_rounds_ = 0;
  peers_.clear();
  for (const Member& member : membership().members) {
    if (member.id == options_.self) continue;
    Progress peer;
    peer.next = log_.last().next();
    // The first answers take a round trip, which may be longer than an election timeout; from then
    // on they come as often as heartbeats leave.
    peer.heard = credit_ = now_ + options_.election_timeout_min;
    peers_.emplace(member.id, std::move(peer));
  }
  refused_demotions_.clear();
  reads_.round_in_flight = 0;
  lease_.begin();
  append_own(EntryKind::kNoop, {});
  heartbeat_deadline_ = now_;
  election_deadline_ =
      now_ + options_.election_timeout_min;  // as leader: the next look at the quorum
  replicate_all();
}

}  // namespace raft
