// The state worker: checkpoints of the service, pages for loading, snapshot streams to peers and
// installs from them.
#include <utility>

#include "base/failpoint.h"
#include "node/disk/workers.h"

namespace node {

using base::Cause;
using base::Result;
using base::Status;

namespace {

void to_service(std::vector<StateReply>& replies, FromState message) {
  replies.push_back({Asker::kService, std::move(message)});
}
void to_consensus(std::vector<StateReply>& replies, FromState message) {
  replies.push_back({Asker::kConsensus, std::move(message)});
}
bool is_full(const Status& status) { return !status && status.error().cause == Cause::kNoSpace; }

}  // namespace

Result<std::vector<StateReply>> StateWorker::handle(ToState request) {
  Replies replies;
  const Status status = std::visit([&](auto& specific) { return on(specific, replies); }, request);
  if (!status) return status.error();
  return replies;
}

Result<bool> StateWorker::on_idle() {
  if (is_checkpoint_open_) return false;
  Result<bool> is_done = store_.purge_slice();
  if (!is_done) {
    if (is_done.error().cause == Cause::kNoSpace) return false;
    return is_done.error();
  }
  return !is_done.value();
}

// -- checkpoints

Status StateWorker::on(const CheckpointBegin& request, Replies& replies) {
  // The service does not know yet that its state has been replaced by a newer one.
  if (request.index < installed_) return base::success();
  if (gives_way_to_install(replies)) return base::success();
  is_checkpoint_open_ = true;
  const Status begun = store_.begin_checkpoint();
  FAILPOINT("checkpoint.begun");
  return end_checkpoint_if_full(begun, replies);
}

bool StateWorker::gives_way_to_install(Replies& replies) {
  if (!install_next_) return false;
  if (!has_refused_checkpoint_) {
    has_refused_checkpoint_ = true;
    to_service(replies,
               CheckpointFailed{base::kFirstGroup, "a checkpoint of the leader is being received"});
    return true;
  }
  lose_install(base::kFirstGroup, "nothing more has come from the leader", replies);
  return false;
}

void StateWorker::lose_install(base::GroupId group, std::string detail, Replies& replies) {
  install_next_.reset();
  to_consensus(replies, StreamFailed{group, base::NodeId(), std::move(detail)});
}

Status StateWorker::on(const CheckpointRows& request, Replies& replies) {
  if (!is_checkpoint_open_)
    return base::success();  // of one that found no space: CheckpointFailed has said so
  for (const std::uint64_t keyspace : request.dropped_keyspaces) {
    const Status status = store_.drop_keyspace(keyspace);
    if (!status) return end_checkpoint_if_full(status, replies);
  }
  const Status status = store_.put_rows(request.rows);
  FAILPOINT("checkpoint.slice-written");
  if (!status) return end_checkpoint_if_full(status, replies);
  std::size_t bytes = 0;
  for (const base::Row& row : request.rows) bytes += row.body.size();
  to_service(replies, RowsWritten{bytes});
  return base::success();
}

Status StateWorker::on(const CheckpointFinish& request, Replies& replies) {
  if (!is_checkpoint_open_) return base::success();
  FAILPOINT("checkpoint.rows-written");
  const Result<raft::SnapshotMeta> done = store_.finish_checkpoint(request.meta);
  FAILPOINT("checkpoint.valid");
  if (!done) return end_checkpoint_if_full(done.error(), replies);
  is_checkpoint_open_ = false;
  to_service(replies, CheckpointDone{request.group, done.value()});
  to_consensus(replies, CheckpointDone{request.group, done.value()});
  return base::success();
}

Status StateWorker::end_checkpoint_if_full(Status status, Replies& replies) {
  if (!is_full(status)) return status;
  is_checkpoint_open_ = false;
  to_service(replies, CheckpointFailed{base::kFirstGroup, status.error().text()});
  return base::success();
}

// The generation is pinned from the first page to the last, so that all pages are of one state.
Status StateWorker::on(const LoadPage& request, Replies& replies) {
  if (!request.after || !loading_) {
    if (loading_) store_.unpin(loading_->meta.generation);
    loading_.reset();
    Result<std::optional<raft::SnapshotMeta>> pinned = store_.pin();
    if (!pinned) return pinned.error();
    if (pinned.value())
      loading_ = Loading{*pinned.value(), {.generation = pinned.value()->generation}};
  }
  if (!loading_) {
    to_service(replies,
               LoadedPage{.page = {.rows = {}, .is_last = true}, .total_bytes = 0, .index = {}});
    return base::success();
  }
  // A page of a load that was begun anew meanwhile: what it adds up to is not asked for.
  if (loading_->walk.after != request.after)
    loading_->walk = {.generation = loading_->meta.generation, .after = request.after};
  Result<persistence::RowPage> page = store_.read_page(loading_->walk, chunk_bytes_max_);
  if (!page) return page.error();
  const LogIndex index = loading_->meta.index;
  if (page.value().is_last) {
    store_.unpin(loading_->meta.generation);
    loading_.reset();
  }
  to_service(replies, LoadedPage{.page = std::move(page).value(),
                                 .total_bytes = store_.size_bytes(),
                                 .index = index});
  return base::success();
}

// -- streams to peers

Status StateWorker::on(const StreamRead& request, Replies& replies) {
  const auto open = streams_.find(request.to);
  const bool is_asked_again = open != streams_.end() && open->second.sequence == request.sequence;
  if (request.sequence == 0 && !is_asked_again) {
    Result<bool> is_open = open_stream(request, replies);
    if (!is_open) return is_open.error();
    if (!is_open.value()) return base::success();
  }
  const auto found = streams_.find(request.to);
  const bool is_next = found != streams_.end() && request.sequence == found->second.sequence + 1 &&
                       !found->second.is_last;
  if (is_next) {
    if (Status status = read_chunk(found->second, request.sequence); !status) return status;
  }
  if (found == streams_.end() || found->second.sequence != request.sequence) {
    to_consensus(replies,
                 StreamFailed{request.group, request.to,
                              "chunk " + std::to_string(request.sequence) + " is out of order"});
    return base::success();
  }
  FAILPOINT("stream.chunk-read");
  const Stream& stream = found->second;
  to_consensus(replies, StreamChunk{.group = request.group,
                                    .to = request.to,
                                    .meta = stream.meta,
                                    .sequence = stream.sequence,
                                    .is_last = stream.is_last,
                                    .bytes = stream.chunk});
  return base::success();
}

Result<bool> StateWorker::open_stream(const StreamRead& request, Replies& replies) {
  close_stream(request.to);
  Result<std::optional<raft::SnapshotMeta>> pinned = store_.pin();
  if (!pinned) return pinned.error();
  if (!pinned.value()) {
    to_consensus(replies, StreamFailed{request.group, request.to, "there is no checkpoint yet"});
    return false;
  }
  Stream& stream = streams_[request.to];
  stream.meta = *pinned.value();
  stream.walk = {.generation = stream.meta.generation};
  if (Status status = read_chunk(stream, 0); !status) return status.error();
  return true;
}

Status StateWorker::read_chunk(Stream& stream, std::uint64_t sequence) {
  Result<persistence::RowPage> page = store_.read_page(stream.walk, chunk_bytes_max_);
  if (!page) return page.error();
  stream.sequence = sequence;
  stream.is_last = page.value().is_last;
  stream.chunk = persistence::encode_rows(page.value().rows);
  return base::success();
}

void StateWorker::close_stream(NodeId to) {
  const auto open = streams_.find(to);
  if (open == streams_.end()) return;
  store_.unpin(open->second.meta.generation);
  streams_.erase(open);
}

Status StateWorker::on(const StreamClose& request, Replies&) {
  FAILPOINT("stream.ended");
  close_stream(request.to);
  return base::success();
}

// -- installs from a leader

Status StateWorker::on(InstallChunk& request, Replies& replies) {
  waiting_install_.reset();
  const std::optional<std::vector<base::Row>> rows = persistence::decode_rows(request.bytes);
  if (!rows) {
    // Frames have checksums: the leader made it so.
    lose_install(request.group, "a chunk of it makes no sense", replies);
    return base::success();
  }
  if (request.sequence == 0) {
    const Status status = store_.begin_install();
    FAILPOINT("install.begun");
    if (is_full(status)) {
      waiting_install_ = std::move(request);
      return base::success();
    }
    if (!status) return status;
    install_next_ = 0;
    install_meta_ = request.meta;
    if (std::exchange(is_checkpoint_open_, false)) {  // begin_install has ended it
      to_service(
          replies,
          CheckpointFailed{request.group, "it gives way to a checkpoint received from the leader"});
    }
  }
  if (install_next_ != request.sequence || !(install_meta_ == request.meta)) return base::success();
  has_refused_checkpoint_ = false;
  const Status status = install(request, *rows, replies);
  if (!is_full(status)) return status;
  waiting_install_ = std::move(request);
  return base::success();
}

Status StateWorker::install(const InstallChunk& chunk, const std::vector<base::Row>& rows,
                            Replies& replies) {
  if (Status status = store_.install_rows(rows); !status) return status;
  FAILPOINT_IF("install.chunk-stored", !chunk.is_last);
  FAILPOINT_IF("install.rows-written", chunk.is_last);
  raft::SnapshotMeta meta = chunk.meta;
  if (chunk.is_last) {
    Result<raft::SnapshotMeta> done = store_.finish_install(chunk.meta);
    if (!done) return done.error();
    FAILPOINT("install.valid");
    meta = std::move(done).value();
    install_next_.reset();
    installed_ = meta.index;
  } else {
    install_next_ = chunk.sequence + 1;
  }
  to_consensus(replies, ChunkStored{.group = chunk.group,
                                    .meta = meta,
                                    .sequence = chunk.sequence,
                                    .is_installed = chunk.is_last});
  return base::success();
}

Result<std::vector<StateReply>> StateWorker::retry() {
  Replies replies;
  if (!waiting_install_) return replies;
  InstallChunk again = std::move(*waiting_install_);
  const Status status = on(again, replies);
  if (!status) return status.error();
  return replies;
}

}  // namespace node
