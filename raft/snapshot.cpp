// Checkpoints let the log go; a follower too far behind gets the newest checkpoint in chunks, one
// acknowledged at a time, and takes it up after an interruption where it stopped (Raft paper 7).
// The receiver makes the state durable first, then the log is reset behind it (DESIGN decision 18).
#include <algorithm>

#include "base/check.h"
#include "raft/core.h"

namespace raft {
namespace {

// Election timeouts that a receiver may be silent, or take nothing, before it has to begin anew: an
// interruption of seconds costs a large stream nothing.
constexpr int kStreamPatience = 40;

}  // namespace

void Raft::Core::on_checkpointed(const SnapshotMeta& meta) {
  if (meta.index < checkpoint_.index || meta == checkpoint_) return;
  CHECK(meta.index <= log_.last());
  checkpoint_ = meta;
  update_discardable();
}

// Whoever is not there is not sent a checkpoint: when it returns a newer one will do, and until
// then the log would be kept for it.
bool Raft::Core::is_heard_lately(const Progress& peer) const {
  return now_ - peer.heard < 4 * options_.election_timeout_min;
}

void Raft::Core::update_discardable() {
  LogIndex keep_after = std::min(checkpoint_.index, durable_);
  for (const auto& [id, peer] : peers_) {
    const bool is_streaming = peer.state == SendState::kSnapshot && !peer.snapshot_index.is_none();
    const LogIndex needed = is_streaming        ? peer.snapshot_index
                            : peer.is_forgetful ? peer.next.previous()
                                                : peer.match;
    if (!is_streaming && !is_heard_lately(peer)) continue;
    // Beyond the bound the log goes all the same: this one gets another checkpoint.
    if (log_.bytes_after(needed) <= options_.catch_up_bytes_max)
      keep_after = std::min(keep_after, needed);
  }
  if (keep_after <= discardable_) return;
  discardable_ = keep_after;
  log_.compact(discardable_);
  while (memberships_.size() > 1 && memberships_[1].index <= discardable_)
    memberships_.erase(memberships_.begin());
}

// ---- the sender ----

void Raft::Core::start_snapshot(NodeId id, Progress& peer) {
  note(short_name(id) + " is too far behind the log (wants " + std::to_string(peer.next.value()) +
       ", the log begins at " + std::to_string(log_.base().value() + 1) +
       "): sending it a checkpoint");
  peer.state = SendState::kSnapshot;
  peer.inflight.clear();
  peer.snapshot_index = LogIndex();
  peer.chunk_unanswered.reset();
  read_chunk(id, peer, 0);
}

void Raft::Core::read_chunk(NodeId id, Progress& peer, std::uint64_t sequence) {
  peer.chunk_wanted = sequence;
  peer.is_chunk_read_pending = true;
  peer.chunk_unanswered.reset();
  out_.snapshot_reads.push_back({id, sequence});
}

void Raft::Core::end_snapshot(NodeId id, Progress& peer) {
  if (peer.state != SendState::kSnapshot) return;
  peer.chunk_unanswered.reset();
  peer.is_chunk_read_pending = false;
  peer.probe_again();
  std::erase_if(out_.snapshot_reads, [id](const SnapshotRead& read) { return read.to == id; });
  out_.snapshot_closes.push_back({id});
}

void Raft::Core::on_chunk(SnapshotChunk& chunk) {
  const auto found = peers_.find(chunk.to);
  if (role_ != Role::kLeader || found == peers_.end()) {
    out_.snapshot_closes.push_back({chunk.to});
    return;
  }
  Progress& peer = found->second;
  if (peer.state != SendState::kSnapshot || !peer.is_chunk_read_pending ||
      chunk.sequence != peer.chunk_wanted)
    return;
  CHECK(chunk.meta.index <= commit_);
  peer.is_chunk_read_pending = false;
  peer.snapshot_index = chunk.meta.index;
  peer.chunk_unanswered =
      InstallSnapshot{std::move(chunk.meta), chunk.sequence, chunk.is_last, std::move(chunk.bytes)};
  peer.chunk_begun = peer.chunk_sent = now_;
  send(chunk.to, *peer.chunk_unanswered);
}

void Raft::Core::tick_snapshots() {
  for (auto& [id, peer] : peers_) {
    if (peer.state != SendState::kSnapshot) continue;
    if (now_ - peer.heard >= kStreamPatience * options_.election_timeout_min) {
      note(short_name(id) + " is gone, the checkpoint being sent to it is given up");
      end_snapshot(id, peer);
      continue;
    }
    if (!peer.chunk_unanswered) continue;
    // It is there and takes nothing (its disk is full, say): it would keep an old checkpoint from
    // going for as long as that lasts, and the newest serves it as well.
    const bool is_stuck =
        now_ - peer.chunk_begun >= kStreamPatience * options_.election_timeout_min;
    if (is_stuck && checkpoint_.index > peer.snapshot_index) {
      note(short_name(id) +
           " takes nothing of the checkpoint being sent to it: it will be sent a newer one");
      end_snapshot(id, peer);
      continue;
    }
    if (now_ - peer.chunk_sent < 2 * options_.election_timeout_min) continue;
    peer.chunk_sent = now_;
    send(id, *peer.chunk_unanswered);
  }
}

void Raft::Core::on(const Message& message, const InstallSnapshotReply& body) {
  const auto found = peers_.find(message.from);
  if (role_ != Role::kLeader || found == peers_.end()) return;
  Progress& peer = found->second;
  peer.heard = now_;
  if (peer.state != SendState::kSnapshot || body.snapshot_index != peer.snapshot_index) return;
  if (body.is_installed) {
    note(short_name(message.from) + " has installed the checkpoint at " +
         std::to_string(body.snapshot_index.value()));
    peer.match = std::max(peer.match, body.snapshot_index);
    peer.is_forgetful = peer.is_forgetful && peer.match < peer.recall_to;
    end_snapshot(message.from, peer);
    return replicate(message.from, peer);  // commit stays: what it has is committed
  }
  if (peer.is_chunk_read_pending) return;
  CHECK(peer.chunk_unanswered);
  const std::uint64_t sequence = peer.chunk_unanswered->sequence;
  if (body.next_sequence == sequence + 1) return read_chunk(message.from, peer, sequence + 1);
  if (body.next_sequence == 0 && sequence != 0)
    return start_snapshot(message.from, peer);  // it has lost what it had
}

// ---- the receiver ----

void Raft::Core::on(const Message& message, const InstallSnapshot& body) {
  const auto reply = [&](std::uint64_t next, bool is_installed) {
    send(message.from, InstallSnapshotReply{body.meta.index, next, is_installed});
  };
  if (install_ && install_->is_finishing) return;
  // A log that has the snapshot's last entry holds all that it says, and maybe acknowledged entries
  // behind it, which must stay (Raft paper figure 13, step 6).
  if (log_.term_at(body.meta.index) == body.meta.term) commit_to(body.meta.index);
  if (body.meta.index <= commit_) {
    install_.reset();
    return send_after_durable(message.from, InstallSnapshotReply{body.meta.index, 0, true});
  }
  // A stream of what is being received already begins again when its sender has led, stopped and
  // leads again: what lies between its first chunk and the next one awaited will not come.
  const bool is_same = install_ && install_->meta == body.meta && install_->leader == message.from;
  const bool begins_again = is_same && !install_->is_writing && install_->next_sequence > 1;
  if (body.sequence == 0 && (!is_same || begins_again)) {
    note("receiving a checkpoint at " + std::to_string(body.meta.index.value()) + " from " +
         short_name(message.from));
    install_ = Install{.meta = body.meta, .leader = message.from};
  }
  if (!install_ || install_->meta != body.meta || install_->leader != message.from)
    return reply(0, false);
  if (install_->is_writing) return;  // its answer comes when it is stored
  if (body.sequence != install_->next_sequence) {
    const bool is_known = body.sequence < install_->next_sequence;
    return reply(is_known ? install_->next_sequence : 0, false);
  }
  install_->is_writing = true;
  install_->is_finishing = body.is_last;
  out_.snapshot_writes.push_back({body.meta, body.sequence, body.is_last, body.bytes});
}

void Raft::Core::on_stored(const SnapshotStored& stored) {
  if (!install_ || stored.snapshot_index != install_->meta.index) return;
  if (!stored.is_installed) {
    if (!install_->is_writing || stored.sequence != install_->next_sequence) return;
    install_->is_writing = false;
    install_->next_sequence = stored.sequence + 1;
    send(install_->leader,
         InstallSnapshotReply{stored.snapshot_index, install_->next_sequence, false});
    return;
  }
  const Install done = std::move(*install_);
  install_.reset();
  CHECK(done.meta.index > commit_);
  note("the checkpoint at " + std::to_string(done.meta.index.value()) +
       " is installed; the log goes on behind it");
  log_.reset(done.meta.index, done.meta.term);
  commit_ = applied_ = durable_ = discardable_ = done.meta.index;
  for (PendingPersist& pending : pending_persists_)
    pending.last = std::min(pending.last, done.meta.index);
  checkpoint_ = done.meta;
  memberships_ = {{done.meta.index, done.meta.membership}};
  persist_.entries.clear();
  persist_.reset_to = done.meta;
  has_persist_ = true;
  membership_changed();
  if (leader_ == done.leader) recall_up_to(done.meta.index);
  send_after_durable(done.leader, InstallSnapshotReply{done.meta.index, 0, true});
}

}  // namespace raft
