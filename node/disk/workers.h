// The two machines that touch the disk, as plain blocking calls: one owns the log storage, one the
// state store. The server runs each on a thread of its own, the simulator calls them when its
// schedule says so. An Error that comes back ends the process (DESIGN decision 17); a full disk
// does not, it is reported and retried by `retry`.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "node/messages/messages.h"
#include "persistence/storage.h"

namespace node {

class LogWorker {
 public:
  explicit LogWorker(persistence::LogStorage& storage, SyncPolicy policy = SyncPolicy::kAlways)
      : storage_(storage), policy_(policy) {}

  // Takes all requests that gathered while the last call ran: reads first (what they ask for has
  // been durable for long), then all appends as one write and one sync, then discards. Without
  // room, term and vote go ahead of the entries that wait, and each discard is followed by another
  // attempt.
  [[nodiscard]] base::Result<std::vector<FromLog>> handle(std::vector<ToLog> requests);
  // Whether handle() would only write: no sync, no new file, nothing to read.
  [[nodiscard]] bool takes_at_once(const std::vector<ToLog>& requests) const;
  // True while appends wait for space: call retry about each second.
  [[nodiscard]] bool is_waiting_for_space() const { return !waiting_.empty(); }
  [[nodiscard]] base::Result<std::vector<FromLog>> retry();
  // The log fell idle (no request for a moment): durable end mark. Not if it is never to be synced.
  [[nodiscard]] base::Status on_idle();
  // True while batches wait for the sync of each second: call sync a second after it became so.
  [[nodiscard]] bool is_behind() const;
  [[nodiscard]] base::Status sync() { return storage_.sync(); }
  // The process ends in good order: all is synced.
  [[nodiscard]] base::Status on_stop();

 private:
  void gather(LogAppend append);
  [[nodiscard]] base::Status read(const LogRead& request, std::vector<FromLog>& answers);
  [[nodiscard]] base::Status change_policy(SyncPolicy policy);
  [[nodiscard]] base::Status trust_if_all_is_written();
  [[nodiscard]] base::Status remember(const LogRemember& request);
  [[nodiscard]] base::Status flush(std::vector<FromLog>& answers);
  [[nodiscard]] base::Status write_votes(std::vector<FromLog>& answers);
  [[nodiscard]] bool has_waiting_entries() const;
  void tell_space(bool is_full, std::string detail, std::vector<FromLog>& answers);

  persistence::LogStorage& storage_;
  SyncPolicy policy_;
  std::vector<LogAppend> waiting_;
  bool is_full_ = false;
  std::map<GroupId, std::uint64_t> voted_;  // as LogVoted says
  bool has_trust_ = false;                  // what is to be written before it is not yet
  bool is_marked_ = true;
};

class StateWorker {
 public:
  explicit StateWorker(persistence::StateStore& store,
                       std::size_t chunk_bytes_max = base::limits::kSnapshotChunkBytesMax)
      : store_(store), chunk_bytes_max_(chunk_bytes_max) {}

  [[nodiscard]] base::Result<std::vector<StateReply>> handle(ToState request);
  // True while a received chunk waits for space: call retry about each second.
  [[nodiscard]] bool is_waiting_for_space() const { return waiting_install_.has_value(); }
  [[nodiscard]] base::Result<std::vector<StateReply>> retry();
  // A bounded slice of clean-up; false when there is nothing left to do.
  [[nodiscard]] base::Result<bool> on_idle();

 private:
  struct Stream {
    raft::SnapshotMeta meta;
    std::uint64_t sequence = 0;  // of `chunk`
    persistence::RowWalk walk;   // to the end of `chunk`
    bool is_last = false;
    std::string chunk;  // kept so that the same sequence may be asked again
  };
  using Replies = std::vector<StateReply>;
  [[nodiscard]] base::Status on(const CheckpointBegin& request, Replies& replies);
  [[nodiscard]] base::Status on(const CheckpointRows& request, Replies& replies);
  [[nodiscard]] base::Status on(const CheckpointFinish& request, Replies& replies);
  [[nodiscard]] base::Status on(const LoadPage& request, Replies& replies);
  [[nodiscard]] base::Status on(const StreamRead& request, Replies& replies);
  [[nodiscard]] base::Status on(const StreamClose& request, Replies& replies);
  [[nodiscard]] base::Status on(InstallChunk& request, Replies& replies);
  // One generation is written at a time: a checkpoint of the service or an install. An install goes
  // first; one that gets no further between two attempts to begin a checkpoint is given up.
  [[nodiscard]] bool gives_way_to_install(Replies& replies);
  void lose_install(base::GroupId group, std::string detail, Replies& replies);
  // A full disk abandons the checkpoint, any other error is passed on.
  [[nodiscard]] base::Status end_checkpoint_if_full(base::Status status, Replies& replies);
  [[nodiscard]] base::Result<bool> open_stream(const StreamRead& request, Replies& replies);
  [[nodiscard]] base::Status read_chunk(Stream& stream, std::uint64_t sequence);
  void close_stream(NodeId to);
  [[nodiscard]] base::Status install(const InstallChunk& chunk, const std::vector<base::Row>& rows,
                                     Replies& replies);

  persistence::StateStore& store_;
  std::size_t chunk_bytes_max_;  // of a page for loading and of a snapshot chunk
  bool is_checkpoint_open_ = false;
  struct Loading {
    raft::SnapshotMeta meta;  // pinned while its pages are read
    persistence::RowWalk walk;
  };
  std::optional<Loading> loading_;
  std::map<base::NodeId, Stream> streams_;
  std::optional<std::uint64_t>
      install_next_;  // the chunk an open install waits for; none: no install
  raft::SnapshotMeta install_meta_;
  LogIndex installed_;                           // the newest state received in this run
  std::optional<InstallChunk> waiting_install_;  // found no space
  bool has_refused_checkpoint_ = false;          // since the last chunk of the open install
};

}  // namespace node
