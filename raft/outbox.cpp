// Input in, output out: the dispatch of inputs and messages, the rule on terms that is common to
// all messages (Raft paper figure 2, "Rules for all servers"), the two outboxes, and the persist of
// a step.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "raft/core.h"

namespace raft {

Output Raft::Core::step(base::Instant now, Input input) {
  CHECK(now >= now_);
  now_ = now;
  if (!has_started_) {
    has_started_ = true;
    started_ = now;
    reset_election_deadline();
    if (is_sole_voter()) election_deadline_ = now;
    if (is_sole_voter()) end_amnesia("the only voter goes on with what it has");
    begin_amnesia();
  }
  dispatch(input);
  finish_step();
  return std::exchange(out_, Output{});
}

void Raft::Core::dispatch(Input& input) {
  struct Dispatch {
    Core& core;
    void operator()(Tick&) {
      core.role_ == Role::kLeader ? core.tick_leader() : core.tick_election();
    }
    void operator()(Received& in) { core.on_message(in.message); }
    void operator()(Propose& in) { core.propose(in); }
    void operator()(ChangeMembership& in) { core.change_membership(in); }
    void operator()(ReadTicket& in) {
      core.on_ticket({core.options_.self, in.id, core.log_.last()});
    }
    void operator()(Durable& in) {
      core.on_durable(in.sequence);
      core.advance_transfer();
    }
    void operator()(EntriesRead& in) { core.on_entries_read(in); }
    void operator()(Applied& in) {
      core.applied_ = std::max(core.applied_, in.index);
      core.send_applied_grants();
      core.shrink_cache();
    }
    void operator()(Checkpointed& in) { core.on_checkpointed(in.meta); }
    void operator()(SnapshotChunk& in) { core.on_chunk(in); }
    void operator()(SnapshotStored& in) { core.on_stored(in); }
    void operator()(SnapshotFailed& in) {
      if (in.to.is_none()) return core.install_.reset();
      const auto peer = core.peers_.find(in.to);
      if (peer != core.peers_.end()) core.end_snapshot(in.to, peer->second);
    }
    void operator()(PeerLost& in) { core.on_peer_lost(in.peer); }
    void operator()(Transfer& in) { core.start_transfer(in.target); }
    void operator()(LeaseEnded& in) {
      if (core.lease_.end(in.number)) core.advance_transfer();
    }
    void operator()(Campaign&) {
      const bool is_waiting = core.role_ == Role::kFollower || core.role_ == Role::kPreCandidate;
      if (!is_waiting || !core.may_stand()) return;
      core.has_heard_leader_ = false;
      core.election_deadline_ = core.now_;
      core.tick_election();
    }
    void operator()(MayLead& in) { core.set_may_lead(in.may_lead); }
    void operator()(PeerWish& in) { core.on_wish(in); }
    void operator()(TellCommit& in) {
      const auto peer = core.peers_.find(in.to);
      if (core.role_ == Role::kLeader && peer != core.peers_.end())
        core.send_heartbeat(in.to, peer->second);
    }
  };
  std::visit(Dispatch{*this}, input);
}

void Raft::Core::on_peer_lost(NodeId id) {
  if (role_ == Role::kLeader) {
    const auto peer = peers_.find(id);
    if (peer != peers_.end() && peer->second.state == SendState::kReplicate)
      peer->second.probe_again();
  } else if (role_ == Role::kFollower && id == leader_ && now_ >= lease_.bound_until) {
    // Its process is gone or its link is: ask at once. A vote is still refused by all who hear the
    // leader. (A leader with a lease may read by it although its link is gone.)
    has_heard_leader_ = false;
    const auto stagger = static_cast<std::int64_t>(
        prng_.below(static_cast<std::uint64_t>(options_.heartbeat_interval.count())));
    election_deadline_ = std::min(election_deadline_, now_ + base::Duration(stagger));
  }
}

void Raft::Core::on_message(Message& message) {
  if (message.to != options_.self || message.group != options_.group) return;
  if (message.from == options_.self) return;  // nobody speaks under this name but this node
  const Body& body = message.body;
  const bool is_from_leader = std::holds_alternative<Append>(body) ||
                              std::holds_alternative<Heartbeat>(body) ||
                              std::holds_alternative<InstallSnapshot>(body);
  const auto* vote = std::get_if<Vote>(&body);
  if (vote != nullptr && !vote->is_transfer && is_protecting_leader()) return;  // thesis 4.2.3
  if (std::holds_alternative<TimeoutNow>(body) &&
      (message.term != hard_.term || message.from != leader_))
    return;
  if (message.term > hard_.term && !std::holds_alternative<PreVote>(body)) {
    become_follower(message.term, is_from_leader ? message.from : NodeId());
  }
  // A pre-vote may be granted by a node whose term is lower; the answer names the term it is for.
  const bool is_pre_vote_answer = std::holds_alternative<PreVoteReply>(body);
  if (message.term < hard_.term && !is_pre_vote_answer) {
    // An old leader or candidate learns the term from the answer.
    if (std::holds_alternative<PreVote>(body))
      send(message.from, PreVoteReply{std::get<PreVote>(body).next_term, false});
    if (is_from_leader) send(message.from, HeartbeatReply{});
    return;
  }
  if (is_from_leader) {
    // Election safety says that there is one leader per term.
    if (role_ == Role::kLeader) return disbelieve(message.from, "leads in this node's term");
    if (leader_ != message.from) become_follower(hard_.term, message.from);
    lease_.bind(body, now_ + options_.election_timeout_min);
    leader_heard_ = now_;
    has_heard_leader_ = true;
    failed_rounds_ = 0;
    reset_election_deadline();
    ask_for_recall();
  }
  std::visit([&](const auto& specific) { on(message, specific); }, body);
}

// A bug, or nobody's core: what is written here stands.
void Raft::Core::disbelieve(NodeId from, const std::string& claim) {
  note(short_name(from) + " says that it " + claim + "; not believed");
}

void Raft::Core::send(NodeId to, Body body) {
  out_.messages.push_back({options_.group, options_.self, to, hard_.term, std::move(body)});
}

void Raft::Core::send_after_durable(NodeId to, Body body) {
  persist_.after_durable.push_back(
      {options_.group, options_.self, to, hard_.term, std::move(body)});
}

void Raft::Core::persist_hard_state() {
  persist_.hard_state = hard_;
  has_persist_ = true;
}

void Raft::Core::finish_step() {
  refuse_tickets_of_former_leader();
  if (!has_persist_ && pending_persists_.empty()) {
    // Nothing of what these messages promise is on its way to the disk: it is there.
    for (Message& message : persist_.after_durable) out_.messages.push_back(std::move(message));
    persist_.after_durable.clear();
  }
  if (has_persist_ || !persist_.after_durable.empty()) {
    persist_.sequence = ++persist_sequence_;
    pending_persists_.push_back({persist_sequence_, log_.last()});
    out_.persists.push_back(std::exchange(persist_, Persist{}));
    has_persist_ = false;
  }
  out_.committed = commit_;
  out_.discardable = discardable_;
  const RoleChange current{role_, hard_.term, leader_};
  if (must_tell_role_ || current.role != told_.role || current.term != told_.term ||
      current.leader != told_.leader) {
    must_tell_role_ = false;
    told_ = current;
    out_.role_change = current;
  }
  check_invariants();
}

base::Instant Raft::Core::next_deadline() const {
  if (!has_started_) return base::Instant{};
  return role_ == Role::kLeader ? std::min(heartbeat_deadline_, election_deadline_)
                                : election_deadline_;
}

}  // namespace raft
