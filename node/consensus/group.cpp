#include "node/consensus/group.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "base/limits.h"
#include "node/peers/hello.h"

namespace node {

Group::Group(raft::Options options, raft::Restored restored, std::uint64_t sequence,
             bool wants_vote)
    : id_(options.group),
      self_(options.self),
      base_membership_(restored.snapshot.membership),
      election_timeout_min_(options.election_timeout_min),
      heartbeat_interval_(options.heartbeat_interval),
      wants_vote_(wants_vote),
      raft_(options, restored),
      sequence_(sequence),
      durable_last_(restored.last_index),
      promised_{restored.hard_state.term, restored.hard_state.vote, {}},
      delivered_(restored.snapshot.index),
      delivered_term_(restored.snapshot.term),
      discarded_(restored.log_base ? restored.log_base->index : restored.snapshot.index) {}

// -- inputs

void Group::start(base::Instant now) {
  now_ = now;
  has_changed_ = true;
  tell_service(BaseMembership{id_, base_membership_, true});
  step(raft::Tick{});
}

void Group::receive(base::Instant now, raft::Message message) {
  now_ = now;
  FAILPOINT_IF("transfer.received", std::holds_alternative<raft::TimeoutNow>(message.body));
  if (const auto* append = std::get_if<raft::Append>(&message.body))
    heard_ = {message.term, append->commit};
  step(raft::Received{std::move(message)});
}

void Group::receive(base::Instant now, ToConsensus message) {
  now_ = now;
  std::visit([this](auto& specific) { on(specific); }, message);
}

void Group::receive(base::Instant now, FromLog message) {
  now_ = now;
  std::visit([this](auto& specific) { on(specific); }, message);
}

void Group::receive(base::Instant now, FromState message) {
  now_ = now;
  std::visit([this](auto& specific) { on(specific); }, message);
}

void Group::on_peer_lost(base::Instant now, NodeId peer) {
  now_ = now;
  step(raft::PeerLost{peer});
}

void Group::on(ProposeBatch& message) {
  if (message.payload.size() > base::limits::kUncommittedBytesMax) {
    say(LogLevel::kWarning, "a batch of " + std::to_string(message.payload.size()) +
                                " bytes is above the limit of an entry, refused");
    return tell_service(BatchRefused{id_, message.id, raft::RefusalReason::kTooMuchUncommitted});
  }
  // The member has sent it to the leader of a later term, if it has not met it in the log by then.
  if (!message.term.is_none() && message.term != raft_.term())
    return tell_service(BatchRefused{id_, message.id, raft::RefusalReason::kNotLeader});
  step(raft::Propose{
      .id = message.id, .kind = raft::EntryKind::kBatch, .payload = std::move(message.payload)});
}

void Group::on(const AskRead& message) { step(raft::ReadTicket{message.id}); }

void Group::on(const AppliedUpTo& message) {
  while (!handed_.empty() && handed_.front().index <= message.index) {
    handed_bytes_ -= handed_.front().bytes;
    handed_.pop_front();
  }
  // What the service said before it learned of a new state may lie behind it; never beyond what it
  // was given.
  if (message.index <= delivered_) step(raft::Applied{message.index});
}

void Group::on(const LogDurable& message) {
  counters_.log_bytes = message.log_bytes;
  while (!writing_.empty() && writing_.front().sequence <= message.sequence) {
    Writing done = std::move(writing_.front());
    writing_.pop_front();
    durable_last_ = done.last;
    add(promised_, done.promise);
    for (raft::Message& promise : done.after_durable) messages_.push_back(std::move(promise));
    step(raft::Durable{done.raft_sequence});
  }
}

// A vote promises nothing of entries: others can elect a leader though this disk is full.
void Group::on(const LogVoted& message) {
  for (Writing& writing : writing_) {
    if (writing.sequence > message.sequence) return;
    add(promised_, {writing.promise.term, writing.promise.vote, LogIndex()});
    std::erase_if(writing.after_durable, [this](raft::Message& promise) {
      const bool is_vote = std::holds_alternative<raft::VoteReply>(promise.body);
      if (is_vote) messages_.push_back(std::move(promise));
      return is_vote;
    });
  }
}

void Group::on(LogEntries& message) {
  CHECK(!reads_.empty());  // answers come in the order of the requests
  const ReadFor purpose = reads_.front();
  reads_.pop_front();
  if (purpose == ReadFor::kCore)
    return step(raft::EntriesRead{message.first, std::move(message.entries)});
  is_apply_read_pending_ = false;
  if (message.first == delivered_.next()) hand_over(std::move(message.entries));
}

void Group::on(const LogSpace& message) {
  is_disk_full_ = message.is_full;
  hand_over_again_ = now_;
  tell_service(DiskState{message.is_full, message.detail});
  say(LogLevel::kWarning,
      message.is_full
          ? "the disk of the log is full, this node acknowledges nothing: " + message.detail
          : "the disk of the log has room again");
}

void Group::on(const CheckpointDone& message) { step(raft::Checkpointed{message.meta}); }

void Group::on(StreamChunk& message) {
  if (message.is_last) ++counters_.snapshots_sent;
  step(raft::SnapshotChunk{.to = message.to,
                           .meta = std::move(message.meta),
                           .sequence = message.sequence,
                           .is_last = message.is_last,
                           .bytes = std::move(message.bytes)});
}

void Group::on(const StreamFailed& message) {
  say(LogLevel::kWarning,
      (message.to.is_none() ? "what has come of a checkpoint is given up"
                            : "cannot send a checkpoint to " + short_name(message.to)) +
          ": " + message.detail);
  step(raft::SnapshotFailed{message.to});
}

void Group::on(const ChunkStored& message) {
  if (message.is_installed) {
    // Before the core goes on: what it commits next follows the new state.
    ++counters_.snapshots_installed;
    delivered_ = message.meta.index;
    delivered_term_ = message.meta.term;
    handed_.clear();
    handed_bytes_ = 0;
    tell_service(StateReplaced{id_, message.meta});
  }
  step(raft::SnapshotStored{.snapshot_index = message.meta.index,
                            .sequence = message.sequence,
                            .is_installed = message.is_installed});
}

// -- what the core asks for

void Group::step(raft::Input input) {
  raft::Output out = raft_.step(now_, std::move(input));
  carry_out(out);
}

void Group::carry_out(raft::Output& out) {
  for (std::string& note : out.notes) say(LogLevel::kNotice, std::move(note));
  if (out.role_change) on_role(*out.role_change);
  if (out.membership_change) {
    FAILPOINT("membership.appended");
    has_changed_ = true;  // is_sole_voter may have changed
    tell_leadership();
  }
  for (raft::Message& message : out.messages) {
    FAILPOINT_IF("transfer.told", std::holds_alternative<raft::TimeoutNow>(message.body));
    messages_.push_back(std::move(message));
  }
  for (raft::Persist& persist : out.persists) carry_out_persist(persist);
  if (out.has_recalled) out_.to_log.emplace_back(LogTrust{});
  for (const raft::EntryRead& read : out.entry_reads) {
    read_log(ReadFor::kCore, read.first, std::min(read.last, durable_last_), read.bytes_max);
  }
  carry_out_snapshots(out);
  carry_out_answers(out);
  if (out.discardable > discarded_) {
    discarded_ = out.discardable;
    out_.to_log.emplace_back(LogDiscard{id_, discarded_});
    say(LogLevel::kNotice,
        "the log up to index " + std::to_string(discarded_.value()) + " is no longer needed");
  }
}

// The entries of a write are of the leader of the term in which it is made.
Promise Group::promise_of(const raft::Persist& persist) const {
  Promise promise{raft_.hard_state().term, raft_.hard_state().vote, LogIndex()};
  if (!persist.entries.empty()) promise.acknowledged = persist.entries.back()->index;
  for (const raft::Message& message : persist.after_durable) {
    const auto* reply = std::get_if<raft::AppendReply>(&message.body);
    if (reply != nullptr && reply->success && message.term == promise.term)
      promise.acknowledged = std::max(promise.acknowledged, reply->match);
  }
  return promise;
}

Holding Group::holding() const {
  return {.term = raft_.hard_state().term,
          .vote = raft_.hard_state().vote,
          .last_index = raft_.last_index(),
          .may_have_forgotten = raft_.has_amnesia()};
}

void Group::carry_out_persist(raft::Persist& persist) {
  Writing writing{.sequence = ++sequence_,
                  .raft_sequence = persist.sequence,
                  .last = writing_.empty() ? durable_last_ : writing_.back().last,
                  .promise = promise_of(persist),
                  .after_durable = std::move(persist.after_durable)};
  if (persist.reset_to) writing.last = persist.reset_to->index;
  if (!persist.truncate_from.is_none()) {
    writing.last = std::min(writing.last, persist.truncate_from.previous());
    durable_last_ = std::min(durable_last_, writing.last);  // not to be read any more
    for (Writing& earlier : writing_) earlier.last = std::min(earlier.last, writing.last);
  }
  if (!persist.entries.empty()) writing.last = persist.entries.back()->index;
  for (const raft::EntryPtr& entry : persist.entries)
    counters_.logged_bytes += entry->payload.size();
  out_.to_log.emplace_back(LogAppend{.sequence = writing.sequence,
                                     .write = {.group = id_,
                                               .reset_to = std::move(persist.reset_to),
                                               .truncate_from = persist.truncate_from,
                                               .entries = std::move(persist.entries),
                                               .hard_state = persist.hard_state}});
  writing_.push_back(std::move(writing));
}

void Group::carry_out_snapshots(raft::Output& out) {
  for (const raft::SnapshotClose& close : out.snapshot_closes)
    out_.to_state.emplace_back(StreamClose{id_, close.to});
  for (const raft::SnapshotRead& read : out.snapshot_reads)
    out_.to_state.emplace_back(StreamRead{id_, read.to, read.sequence});
  for (raft::SnapshotWrite& write : out.snapshot_writes) {
    out_.to_state.emplace_back(InstallChunk{.group = id_,
                                            .meta = std::move(write.meta),
                                            .sequence = write.sequence,
                                            .is_last = write.is_last,
                                            .bytes = std::move(write.bytes)});
  }
}

void Group::carry_out_answers(raft::Output& out) {
  for (const raft::Proposed& proposed : out.proposed) {
    if (proposed.id != kDissolveProposal)
      tell_service(BatchProposed{id_, proposed.id, proposed.index, proposed.term});
  }
  for (raft::Refused& refused : out.refused) {
    if (refused.id == kDissolveProposal)
      is_dissolving_ = false;
    else
      tell_service(BatchRefused{id_, refused.id, refused.reason, std::move(refused.payload)});
  }
  for (const raft::Changed& changed : out.changed) changed_members_.push_back(changed);
  for (const raft::ReadGranted& read : out.reads) tell_service(ReadReady{id_, read.id, read.index});
  for (const std::uint64_t id : out.read_refusals) tell_service(ReadDenied{id_, id});
  if (out.lease) tell_service(Lease{id_, *out.lease});
}

void Group::on_role(const raft::RoleChange& change) {
  const bool is_new_leader = change.leader != role_.leader || change.term != role_.term;
  if (change.role == raft::Role::kCandidate && change.term != role_.term) ++counters_.elections;
  if (is_new_leader && !change.leader.is_none() && change.leader != self_) {
    say(LogLevel::kNotice, "following leader " + short_name(change.leader) + " in term " +
                               std::to_string(change.term.value()));
  }
  const bool is_elected = change.role == raft::Role::kLeader && role_.role != change.role;
  if (is_elected && !wants_vote_ && raft_.is_sole_voter()) {
    say(LogLevel::kWarning,
        "raft-voter no, but this node is the only voter of its cluster: it goes on as one");
  }
  role_ = change;
  has_changed_ = true;
  waiting_members_.clear();
  tell_leadership();
}

void Group::tell_leadership() {
  tell_service(Leadership{id_, raft_.term(), raft_.role(), raft_.leader(), raft_.is_sole_voter(),
                          raft_.was_handed_over()});
}

// -- delivery to the service

void Group::read_log(ReadFor purpose, LogIndex first, LogIndex last, std::size_t bytes_max) {
  CHECK(first <= last);  // what is not on the disk yet is in the cache
  reads_.push_back(purpose);
  out_.to_log.emplace_back(
      LogRead{.group = id_, .first = first, .last = last, .bytes_max = bytes_max});
}

void Group::hand_over(std::vector<raft::EntryPtr> entries) {
  if (entries.empty()) return;
  for (const raft::EntryPtr& entry : entries) {
    FAILPOINT_IF("membership.committed", entry->kind == raft::EntryKind::kMembership);
    CHECK(entry->index == delivered_.next());
    delivered_ = entry->index;
    delivered_term_ = entry->term;
    handed_.push_back({entry->index, entry->payload.size() + sizeof(raft::Entry)});
    handed_bytes_ += handed_.back().bytes;
  }
  tell_service(Committed{id_, std::move(entries), raft_.committed()});
}

void Group::deliver() {
  while (!is_apply_read_pending_ && delivered_ < raft_.committed() &&
         handed_bytes_ < base::limits::kApplyWindowBytesMax) {
    const std::size_t room = base::limits::kApplyWindowBytesMax - handed_bytes_;
    std::vector<raft::EntryPtr> entries = raft_.entries(delivered_.next(), raft_.committed(), room);
    if (entries.empty()) {
      is_apply_read_pending_ = true;
      return read_log(ReadFor::kApply, delivered_.next(),
                      std::min(raft_.committed(), durable_last_), room);
    }
    if (entries.front()->payload.size() > room && handed_bytes_ > 0)
      return;  // a large one goes alone
    hand_over(std::move(entries));
  }
}

// What this node applied before it started was committed. It has all of that when the leader, which
// has committed in its own term and so knows of all that was, has nothing committed that is not
// here.
void Group::look_whether_caught_up() {
  if (is_caught_up_ || delivered_ != raft_.committed() || delivered_term_ != raft_.term()) return;
  if (delivered_term_ == Term()) return;  // it knows of nothing yet
  const bool is_leader = raft_.role() == raft::Role::kLeader;
  if (!is_leader && (heard_.term != raft_.term() || heard_.commit > delivered_)) return;
  is_caught_up_ = true;
  tell_service(CaughtUp{id_, delivered_});
}

// A heartbeat says no more than what the member has and the leader has committed.
void Group::tell_commits() {
  if (waiting_members_.empty()) return;
  for (const raft::PeerProgress& peer : raft_.progress()) {
    const auto waiting = waiting_members_.find(peer.id);
    if (waiting == waiting_members_.end()) continue;
    const LogIndex known = std::min(raft_.tellable_commit(), peer.match);
    if (known <= waiting->second.told) continue;
    waiting->second.told = known;
    if (known >= waiting->second.index) waiting_members_.erase(waiting);
    step(raft::TellCommit{peer.id});
  }
}

// -- a turn

void Group::finish_turn(base::Instant now, ConsensusOutput& out,
                        std::vector<raft::Message>& messages) {
  now_ = now;
  if (raft_.next_deadline() <= now) step(raft::Tick{});
  tell_commits();
  hand_leadership_over_if_full();
  hand_leadership_over_if_unwilling();
  tick_transfer();
  deliver();
  look_whether_caught_up();
  const auto move_all = [](auto& from, auto& into) {
    for (auto& item : from) into.push_back(std::move(item));
    from.clear();
  };
  move_all(out_.to_log, out.to_log);
  move_all(out_.to_state, out.to_state);
  move_all(out_.to_service, out.to_service);
  move_all(out_.lines, out.lines);
  move_all(messages_, messages);
}

base::Instant Group::next_deadline() const {
  base::Instant next = raft_.next_deadline();
  if (transfer_deadline_) next = std::min(next, *transfer_deadline_);
  if (is_disk_full_) next = std::min(next, hand_over_again_);
  return next;
}

}  // namespace node
