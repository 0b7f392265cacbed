// What the log worker and the state worker are asked and what they answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/row.h"
#include "node/messages/sync_policy.h"
#include "persistence/storage.h"
#include "raft/raft.h"

namespace node {

using base::GroupId;
using base::LogIndex;
using base::NodeId;
using base::Term;

// -- consensus -> log
struct LogAppend {
  std::uint64_t sequence = 0;
  persistence::LogWrite write;
};  // answered by LogDurable (sequences coalesce)
struct LogRead {
  GroupId group;
  LogIndex first, last;
  std::size_t bytes_max = 0;
};
struct LogDiscard {
  GroupId group;
  LogIndex through;
};
// What amnesia had lost has been brought back (raft::Output::has_recalled).
struct LogTrust {};
// Service -> log: CONFIG SET appendfsync.
struct LogSyncPolicy {
  SyncPolicy policy = SyncPolicy::kAlways;
};
// The promises of the members, to be found at the next start.
struct LogRemember {
  std::string bytes;
};
using ToLog = std::variant<LogAppend, LogRead, LogDiscard, LogTrust, LogSyncPolicy, LogRemember>;

// -- log -> consensus
struct LogDurable {
  GroupId group;
  std::uint64_t sequence = 0;
  std::uint64_t log_bytes = 0;
};  // all up to this sequence; size on disk
// Term and vote of all appends up to this sequence are durable; for their entries there is no room.
struct LogVoted {
  GroupId group;
  std::uint64_t sequence = 0;
};
struct LogEntries {
  GroupId group;
  LogIndex first;
  std::vector<raft::EntryPtr> entries;
};
struct LogSpace {
  bool is_full = false;
  std::string detail;
};  // on change
using FromLog = std::variant<LogDurable, LogVoted, LogEntries, LogSpace>;

// -- to state
enum class Asker : std::uint8_t { kService, kConsensus };
// Service: a checkpoint. Begin, rows..., finish (its meta's generation is filled in by the store).
struct CheckpointBegin {
  LogIndex index;  // of the state; one behind an installed state is ignored, StateReplaced tells
};
struct CheckpointRows {
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped_keyspaces;
};
struct CheckpointFinish {
  GroupId group;
  raft::SnapshotMeta meta;
};
// Service: the next page of the newest checkpoint, for loading.
struct LoadPage {
  std::optional<base::RowKey> after;
};
// Consensus: the next chunk for a peer's snapshot; sequence 0 opens (pins the newest generation),
// n+1 follows n, the same n may be asked again.
struct StreamRead {
  GroupId group;
  NodeId to;
  std::uint64_t sequence = 0;
};
struct StreamClose {
  GroupId group;
  NodeId to;
};
// Consensus: a chunk that came; sequence 0 begins a new install.
struct InstallChunk {
  GroupId group;
  raft::SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_last = false;
  std::string bytes;
};
using ToState = std::variant<CheckpointBegin, CheckpointRows, CheckpointFinish, LoadPage,
                             StreamRead, StreamClose, InstallChunk>;

// -- state -> service or consensus
struct RowsWritten {
  std::size_t bytes = 0;
};  // to service, per CheckpointRows
struct CheckpointDone {
  GroupId group;
  raft::SnapshotMeta meta;
};  // to both
struct CheckpointFailed {
  GroupId group;
  std::string detail;
};  // to service (no space: tried again later)
struct LoadedPage {
  persistence::RowPage page;
  std::uint64_t total_bytes = 0;  // of all rows of the checkpoint
  LogIndex index;                 // of the checkpoint; none: there is none
};                                // to service
struct StreamChunk {
  GroupId group;
  NodeId to;
  raft::SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_last = false;
  std::string bytes;
};
struct StreamFailed {
  GroupId group;
  NodeId to;  // none: the install that was under way here
  std::string detail;
};
struct ChunkStored {
  GroupId group;
  raft::SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_installed = false;
};
using FromState = std::variant<RowsWritten, CheckpointDone, CheckpointFailed, LoadedPage,
                               StreamChunk, StreamFailed, ChunkStored>;
struct StateReply {
  Asker to = Asker::kService;
  FromState message;
};

}  // namespace node
