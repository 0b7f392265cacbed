// The follower's side of the log (Raft paper figure 2, AppendEntries receiver): agree, cut what
// conflicts, append, answer when durable. A refusal carries where the logs may agree, so that the
// leader goes back by terms, not by entries.
#include <algorithm>

#include "base/check.h"
#include "raft/core.h"

namespace raft {

void Raft::Core::on(const Message& message, const Append& body) {
  if (install_ && install_->is_finishing)
    return;  // the state is being replaced: nothing may move under it
  const auto own_term = log_.term_at(body.previous_index);
  if (body.previous_index >= log_.base() && own_term != body.previous_term)
    return reject_append(message, body);
  if (contradicts(body)) return disbelieve(message.from, "leads with what was not committed here");
  accept_entries(message, body);
}

// The entries from the first that differs on take the place of those here.
bool Raft::Core::contradicts(const Append& body) const {
  for (const EntryPtr& entry : body.entries) {
    if (entry->index <= log_.base() || log_.term_at(entry->index) == entry->term) continue;
    return entry->index <= commit_ || entry->term < log_.term_at(entry->index.previous());
  }
  return false;
}

void Raft::Core::reject_append(const Message& message, const Append& body) {
  LogIndex hint = std::min(body.previous_index.previous(), log_.last());
  hint = log_.last_with_term_at_most(hint, body.previous_term);
  send(message.from, AppendReply{.success = false,
                                 .match = hint,
                                 .conflict_term = log_.term_at(hint).value_or(Term()),
                                 .rejected_previous = body.previous_index,
                                 .round = body.round});
}

void Raft::Core::accept_entries(const Message& message, const Append& body) {
  LogIndex match = std::max(body.previous_index,
                            log_.base());  // what lies at or before the base is committed, so equal
  for (const EntryPtr& entry : body.entries) {
    if (entry->index <= log_.base()) continue;
    const auto own_term = log_.term_at(entry->index);
    if (own_term != entry->term) {
      if (own_term) truncate_from(entry->index);
      log_.append(entry);
      persist_.entries.push_back(entry);
      has_persist_ = true;
      if (entry->kind == EntryKind::kMembership) adopt_membership(*entry);
    }
    match = entry->index;
  }
  commit_to(std::min(body.commit, match));
  if (has_amnesia_ && !recall_to_) return;  // the leader must not count it: it does not know yet
  recall_up_to(match);
  send_after_durable(message.from, AppendReply{.success = true,
                                               .match = match,
                                               .conflict_term = Term(),
                                               .rejected_previous = LogIndex(),
                                               .round = body.round});
}

void Raft::Core::truncate_from(LogIndex index) {
  CHECK(index > commit_);
  note("log entries " + std::to_string(index.value()) + " to " +
       std::to_string(log_.last().value()) +
       " of a former leader were never committed and give way to the leader's");
  log_.truncate_from(index);
  undo_memberships_from(index);
  CHECK(persist_.truncate_from.is_none());  // what an append has cut it does not cut again
  persist_.truncate_from = index;
  has_persist_ = true;
  durable_ = std::min(durable_, index.previous());
  for (PendingPersist& pending : pending_persists_)
    pending.last = std::min(pending.last, index.previous());
}

void Raft::Core::commit_to(LogIndex index) {
  if (index <= commit_) return;
  CHECK(index <= log_.last());
  commit_ = index;
  if (role_ == Role::kFollower) role_ = resting_role();
}

void Raft::Core::on(const Message& message, const Heartbeat& body) {
  if (!(install_ && install_->is_finishing) && body.commit >= log_.base()) {
    // The leader never sends a commit beyond what it knows this log to match.
    commit_to(std::min(body.commit, log_.last()));
  }
  const auto bound = body.is_leasing ? options_.election_timeout_min : base::Duration();
  send(message.from, HeartbeatReply{body.round, log_.last(),
                                    static_cast<std::uint32_t>(bound / base::milliseconds(1))});
  // The request for a read index, or the answer, may have been lost with a link.
  const bool is_waiting = !reads_.in_round.empty();
  if (!is_waiting || now_ - reads_.requested < options_.election_timeout_min) return;
  reads_.requested = now_;
  send(leader_, ReadIndex{reads_.request, reads_.is_by_round});
}

}  // namespace raft
