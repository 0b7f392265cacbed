// The leader's side of the log: proposals, appends in a bounded pipeline per follower, answers,
// heartbeats and the look at the quorum (Raft paper 5.3; check-quorum as in thesis 6.2; DESIGN
// decisions 10 and 17: appends need not wait for the leader's own disk).
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "raft/core.h"

namespace raft {

void Raft::Core::propose(Propose& proposal) {
  const auto refuse = [&](RefusalReason reason) {
    out_.refused.push_back({proposal.id, reason, std::move(proposal.payload)});
  };
  CHECK(proposal.kind != EntryKind::kMembership);
  if (role_ != Role::kLeader) return refuse(RefusalReason::kNotLeader);
  if (!transfer_target_.is_none()) return refuse(RefusalReason::kTransferring);
  if (uncommitted_bytes_ > 0 &&
      uncommitted_bytes_ + proposal.payload.size() > options_.uncommitted_bytes_max) {
    return refuse(RefusalReason::kTooMuchUncommitted);
  }
  append_own(proposal.kind, std::move(proposal.payload));
  out_.proposed.push_back({proposal.id, log_.last(), hard_.term});
  replicate_all();
}

void Raft::Core::append_own(EntryKind kind, std::string payload) {
  const std::size_t bytes = payload.size();
  auto entry =
      std::make_shared<Entry>(Entry{log_.last().next(), hard_.term, kind, std::move(payload)});
  uncommitted_.emplace_back(entry->index, bytes);
  uncommitted_bytes_ += bytes;
  persist_.entries.push_back(entry);
  has_persist_ = true;
  log_.append(entry);
  if (kind == EntryKind::kMembership) adopt_membership(*entry);
}

void Raft::Core::replicate_all() {
  for (auto& [id, peer] : peers_) replicate(id, peer);
}

void Raft::Core::replicate(NodeId id, Progress& peer) {
  if (peer.state == SendState::kSnapshot) return;
  while (send_entries(id, peer)) {
  }
}

// Sends one append if there is something to say and room for it; true if another may follow.
bool Raft::Core::send_entries(NodeId id, Progress& peer) {
  if (peer.state == SendState::kProbe && peer.is_probe_sent) return false;
  if (peer.state == SendState::kReplicate && peer.inflight.size() >= options_.inflight_appends_max)
    return false;
  const bool is_probe = peer.state == SendState::kProbe;
  if (peer.next > log_.last() && !is_probe) return false;
  const LogIndex previous = peer.next.previous();
  const auto previous_term = log_.term_at(previous);
  if (!previous_term) {
    if (is_heard_lately(peer)) start_snapshot(id, peer);
    return false;
  }
  Append append{.previous_index = previous,
                .previous_term = *previous_term,
                .commit = tellable_commit(),
                .round = reads_.round,
                .entries = {},
                .is_leasing = options_.uses_leases};
  if (peer.next <= log_.last()) {
    append.entries = entries_for(peer);
    if (append.entries.empty()) return false;  // asked back from storage
  }
  std::size_t bytes = 0;
  for (const EntryPtr& entry : append.entries) bytes += entry->payload.size();
  const LogIndex last(previous.value() + append.entries.size());
  if (is_probe) {
    peer.is_probe_sent = true;
    peer.probe_last = last;
    peer.probe_bytes = bytes;
    peer.probe_sent = now_;
  } else {
    if (peer.inflight.empty()) peer.progressed = now_;
    peer.inflight.push_back({last, bytes});
    peer.next = last.next();
  }
  peer.sent = now_;
  send(id, std::move(append));
  return !is_probe;
}

std::vector<EntryPtr> Raft::Core::entries_for(const Progress& peer) {
  if (log_.is_cached(peer.next))
    return log_.cached(peer.next, log_.last(), options_.append_bytes_max);
  std::vector<EntryPtr> entries;
  std::size_t bytes = 0;
  for (const EntryPtr& entry : read_back_) {
    if (entry->index < peer.next) continue;
    if (entry->index.value() != peer.next.value() + entries.size() ||
        entry->term != log_.term_at(entry->index))
      break;
    bytes += entry->payload.size();
    if (bytes > options_.append_bytes_max && !entries.empty()) break;
    entries.push_back(entry);
  }
  if (entries.empty() && read_back_pending_.is_none()) {
    read_back_pending_ = peer.next;
    out_.entry_reads.push_back({peer.next, log_.last(), 4 * options_.append_bytes_max});
  }
  return entries;
}

void Raft::Core::on_entries_read(EntriesRead& input) {
  if (input.first != read_back_pending_) return;
  read_back_pending_ = LogIndex();
  if (role_ != Role::kLeader) return;
  read_back_ = std::move(input.entries);
  replicate_all();
}

// The follower's log holds what is under way to it, though maybe not on its disk yet: sending it
// again would only add to its load. Small probes are not worth the question.
bool Raft::Core::has_arrived(const Progress& peer) const {
  constexpr std::size_t kCheapBytes = 64 * 1024;
  if (peer.state == SendState::kReplicate)
    return !peer.inflight.empty() && peer.reported_last >= peer.inflight.front().last;
  return peer.is_probe_sent && peer.probe_bytes > kCheapBytes &&
         peer.reported_last >= peer.probe_last;
}

// At each heartbeat: a probe may have been lost, or a pipeline, or the answers to it.
void Raft::Core::send_again_or_ask(NodeId id, Progress& peer) {
  if (peer.state == SendState::kSnapshot) return;
  if (!has_arrived(peer)) {
    const bool is_stuck =
        !peer.inflight.empty() && now_ - peer.progressed > 4 * options_.election_timeout_min;
    peer.is_probe_sent = false;
    if (peer.state == SendState::kReplicate && is_stuck) peer.probe_again();
    return;
  }
  const bool is_probe = peer.state == SendState::kProbe;
  const base::Instant since = is_probe ? peer.probe_sent : peer.progressed;
  if (now_ - std::max(peer.asked, since) < 2 * options_.election_timeout_min) return;
  peer.asked = now_;
  // An append without entries is acknowledged when all before it is durable. What was sent may have
  // left the log since: then it is asked for where the log begins.
  const LogIndex arrived = is_probe ? peer.probe_last : peer.inflight.front().last;
  const LogIndex last = std::max(arrived, log_.base());
  if (is_probe) peer.probe_last = last;
  send(id, Append{.previous_index = last,
                  .previous_term = *log_.term_at(last),
                  .commit = tellable_commit(),
                  .round = reads_.round,
                  .entries = {},
                  .is_leasing = options_.uses_leases});
}

void Raft::Core::send_heartbeat(NodeId id, Progress& peer) {
  send(id, Heartbeat{std::min(tellable_commit(), peer.match), reads_.round, options_.uses_leases});
  peer.sent = now_;
}

void Raft::Core::send_heartbeats() {
  heartbeat_deadline_ = now_ + options_.heartbeat_interval;
  if (options_.uses_leases)
    reads_.round = lease_.beat(reads_.round, now_, options_.election_timeout_min);
  for (auto& [id, peer] : peers_) {
    send_again_or_ask(id, peer);
    send_heartbeat(id, peer);
    replicate(id, peer);
  }
  tick_snapshots();  // here: rounds of reads put off the heartbeats that are due by themselves
}

void Raft::Core::tick_leader() {
  if (now_ >= election_deadline_) {
    if (!has_heard_majority()) {
      note("a majority has not been heard for " +
           std::to_string(options_.election_timeout_min.count() / 1000) + " ms, stepping down");
      become_follower(hard_.term, NodeId());
      return;
    }
    election_deadline_ = now_ + options_.election_timeout_min / 2;
  }
  if (!transfer_target_.is_none() && now_ >= transfer_deadline_) {
    note("the transfer of leadership to " + short_name(transfer_target_) +
         " took too long, going on as leader");
    transfer_target_ = NodeId();
    if (removal_of_self_) remove_self(*std::exchange(removal_of_self_, {}));
  }
  advance_transfer();  // a lease may have run out
  if (now_ >= heartbeat_deadline_) send_heartbeats();
}

void Raft::Core::on(const Message& message, const AppendReply& body) {
  const auto found = peers_.find(message.from);
  if (role_ != Role::kLeader || found == peers_.end()) return;
  Progress& peer = found->second;
  peer.heard = now_;
  peer.round = std::max(peer.round, body.round);
  if (body.success) {
    if (body.match > log_.last()) return;  // not of this log: damage on the way
    if (body.match > peer.match) peer.progressed = now_;
    peer.match = std::max(peer.match, body.match);
    peer.is_forgetful = peer.is_forgetful && peer.match < peer.recall_to;
    while (!peer.inflight.empty() && peer.inflight.front().last <= peer.match)
      peer.inflight.pop_front();
    peer.next = std::max(peer.next, peer.match.next());
    if (peer.state == SendState::kProbe) {
      peer.state = SendState::kReplicate;
      peer.next = peer.match.next();
      peer.inflight.clear();
    }
    advance_commit();
    advance_transfer();
    shrink_cache();
    if (role_ != Role::kLeader) return;
  } else if (body.rejected_previous <= peer.match) {
    // It has acknowledged this: a refusal of long ago, or a disk that has lost what it had. Sending
    // it again at once would go round and round.
  } else if (body.rejected_previous == peer.next.previous()) {
    // Go back by whole runs of terms: at most one round trip per term that differs.
    const LogIndex agreed = log_.last_with_term_at_most(
        std::min(body.match, body.rejected_previous.previous()), body.conflict_term);
    peer.next = std::max(peer.match, std::min(agreed, body.match)).next();
    peer.is_probe_sent = false;
  } else if (peer.state == SendState::kProbe && body.rejected_previous == peer.probe_last) {
    peer.is_probe_sent = false;  // asked for an acknowledgement, and it does not have it after all
    peer.probe_bytes = 0;
  } else if (peer.state == SendState::kReplicate) {
    peer.probe_again();  // a gap in the pipeline: something was lost or overtaken
  }
  end_round_if_answered();
  replicate(message.from, peer);
  promote_or_demote(message.from, peer);
}

void Raft::Core::on(const Message& message, const HeartbeatReply& body) {
  const auto found = peers_.find(message.from);
  if (role_ != Role::kLeader || found == peers_.end()) return;
  Progress& peer = found->second;
  peer.heard = now_;
  peer.round = std::max(peer.round, body.round);
  peer.reported_last = body.last_index;
  on_bound(peer, body);
  // The follower's log ends before what the pipeline believes to have sent: if nothing has moved
  // for a while, the appends were lost.
  if (peer.state == SendState::kReplicate && !peer.inflight.empty() &&
      body.last_index < peer.inflight.front().last &&
      now_ - peer.progressed >= options_.election_timeout_min) {
    peer.probe_again();
  }
  end_round_if_answered();
  replicate(message.from, peer);
  promote_or_demote(message.from, peer);
}

}  // namespace raft
