// What the four machines of a node say to each other. In the server each is a thread with a mailbox, in the simulator an
// actor with a queue; messages from one to another arrive in the order sent. Payload is shared (EntryPtr), never copied.
//
//   service  --ToConsensus-->  consensus  --ToLog-->    log     --FromLog-->    consensus
//   service  <--FromConsensus--           --ToState-->  state   --FromState-->  service or consensus (by `asker`)
//   service  --ToState------------------------------->  state
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/row.h"
#include "persistence/storage.h"
#include "raft/raft.h"

namespace node {

using base::GroupId;
using base::LogIndex;
using base::NodeId;
using base::Term;

// ---- service -> consensus ------------------------------------------------------------------------------------------
struct ProposeBatch { GroupId group; std::uint64_t id = 0; std::string payload; };  // answered by BatchProposed or BatchRefused
struct AskRead { GroupId group; std::uint64_t id = 0; };          // answered by ReadReady or ReadDenied
struct AppliedUpTo { GroupId group; LogIndex index; };            // coalesces; frees the apply window
// `target` none: the best candidate. Answered by TransferDone. (CLUSTER FAILOVER, SIGTERM)
struct BeginTransfer { GroupId group; NodeId target; };
using ToConsensus = std::variant<ProposeBatch, AskRead, AppliedUpTo, BeginTransfer>;

// ---- consensus -> service ------------------------------------------------------------------------------------------
// Role, term or leader changed. The service serves writes and default reads only as kLeader.
struct Leadership { GroupId group; Term term; raft::Role role = raft::Role::kFollower; NodeId leader; bool is_sole_voter = false; };
// The membership in force where the service begins (at start, at birth): goes into its checkpoints' meta. Later ones reach it
// as applied kMembership entries or in StateReplaced.
struct BaseMembership { GroupId group; raft::Membership membership; };
struct BatchProposed { GroupId group; std::uint64_t id = 0; LogIndex index; Term term; };
struct BatchRefused { GroupId group; std::uint64_t id = 0; raft::RefusalReason reason{}; };
// Committed entries in order, contiguous; the consensus machine keeps at most limits::kApplyWindowBytesMax of them un-applied.
struct Committed { GroupId group; std::vector<raft::EntryPtr> entries; LogIndex commit; };
struct ReadReady { GroupId group; std::uint64_t id = 0; LogIndex index; };   // answer when applied >= index
struct ReadDenied { GroupId group; std::uint64_t id = 0; };                 // not the leader (any more)
// A snapshot was installed in the state store: throw the engine away and load it again; Committed goes on after meta.index.
struct StateReplaced { GroupId group; raft::SnapshotMeta meta; };
struct TransferDone { GroupId group; bool is_done = false; std::string detail; };

// What a node shows of its cluster; sent when something in it changed, at most some times a second.
struct PeerView {
  NodeId id;
  std::string host;             // announced, or as its peers dial it
  std::uint16_t client_port = 0;
  std::uint16_t raft_port = 0;
  std::string hostname;         // announced, may be empty
  bool is_self = false, is_voter = true, is_connected = false;
  LogIndex match;               // known by the leader
  LogIndex lag_entries;         // leader: last index - match
  std::int64_t heard_ms_ago = -1;
  std::uint64_t epoch = 0;      // its current run; 0 unknown
};
struct ClusterView {
  base::ClusterId cluster;
  bool is_born = false;
  std::string waiting_for;      // before birth: in words, who is missing
  std::vector<PeerView> peers;  // all members, self included, ordered by id
  Term term;
  NodeId leader;                // last known, kept during elections
  raft::Role role = raft::Role::kFollower;
  LogIndex commit, last, snapshot;
  std::uint64_t log_bytes = 0;
  std::uint64_t elections = 0, snapshots_sent = 0, snapshots_installed = 0;
};
// The disk is full (or has room again): the node acknowledges nothing meanwhile.
struct DiskState { bool is_full = false; std::string detail; };
using FromConsensus = std::variant<Leadership, BaseMembership, BatchProposed, BatchRefused, Committed, ReadReady, ReadDenied, StateReplaced,
                                   TransferDone, ClusterView, DiskState>;

// ---- consensus -> log ----------------------------------------------------------------------------------------------
struct LogAppend { std::uint64_t sequence = 0; persistence::LogWrite write; };  // answered by LogDurable (sequences coalesce)
struct LogRead { GroupId group; LogIndex first, last; std::size_t bytes_max = 0; };
struct LogDiscard { GroupId group; LogIndex through; };
using ToLog = std::variant<LogAppend, LogRead, LogDiscard>;

// ---- log -> consensus ----------------------------------------------------------------------------------------------
struct LogDurable { GroupId group; std::uint64_t sequence = 0; std::uint64_t log_bytes = 0; };  // all up to this sequence; size on disk
struct LogEntries { GroupId group; LogIndex first; std::vector<raft::EntryPtr> entries; };
struct LogSpace { bool is_full = false; std::string detail; };                  // on change
using FromLog = std::variant<LogDurable, LogEntries, LogSpace>;

// ---- -> state ------------------------------------------------------------------------------------------------------
enum class Asker : std::uint8_t { kService, kConsensus };
// Service: a checkpoint. Begin, rows..., finish (its meta's generation is filled in by the store).
struct CheckpointBegin {};
struct CheckpointRows { std::vector<base::Row> rows; std::vector<std::uint64_t> dropped_keyspaces; };
struct CheckpointFinish { GroupId group; raft::SnapshotMeta meta; };
// Service: the next page of the newest checkpoint, for loading.
struct LoadPage { std::optional<base::RowKey> after; };
// Consensus: the next chunk for a peer's snapshot; sequence 0 opens (pins the newest generation), n+1 follows n, the same
// n may be asked again.
struct StreamRead { GroupId group; NodeId to; std::uint64_t sequence = 0; };
struct StreamClose { GroupId group; NodeId to; };
// Consensus: a chunk that came; sequence 0 begins a new install.
struct InstallChunk { GroupId group; raft::SnapshotMeta meta; std::uint64_t sequence = 0; bool is_last = false; std::string bytes; };
using ToState = std::variant<CheckpointBegin, CheckpointRows, CheckpointFinish, LoadPage, StreamRead, StreamClose, InstallChunk>;

// ---- state -> service or consensus ---------------------------------------------------------------------------------
struct RowsWritten { std::size_t bytes = 0; };                                  // to service, per CheckpointRows
struct CheckpointDone { GroupId group; raft::SnapshotMeta meta; };              // to both
struct CheckpointFailed { GroupId group; std::string detail; };                 // to service (no space: tried again later)
struct LoadedPage { persistence::RowPage page; };                               // to service
struct StreamChunk { GroupId group; NodeId to; raft::SnapshotMeta meta; std::uint64_t sequence = 0; bool is_last = false; std::string bytes; };
struct StreamFailed { GroupId group; NodeId to; std::string detail; };
struct ChunkStored { GroupId group; raft::SnapshotMeta meta; std::uint64_t sequence = 0; bool is_installed = false; };
using FromState = std::variant<RowsWritten, CheckpointDone, CheckpointFailed, LoadedPage, StreamChunk, StreamFailed, ChunkStored>;
struct StateReply { Asker to = Asker::kService; FromState message; };

// A line for the log file. Level as Redis's loglevel.
enum class LogLevel : std::uint8_t { kDebug, kVerbose, kNotice, kWarning };
struct LogLine { LogLevel level = LogLevel::kNotice; std::string text; };

}  // namespace node
