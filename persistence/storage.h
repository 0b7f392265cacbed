// What a node needs of its disk, as two interfaces: the log (entries, term, vote) and the state
// store (checkpoints). Calls block and are made by one thread each (the log thread, the state
// thread; in the simulator by its actors). Real ones: segment_log.h over file_system.h,
// sqlite_store.h. In-memory ones with the same contract: memory_*.h. tests/persistence/*contract*
// runs one contract against each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "raft/types.h"

namespace persistence {

using base::GroupId;
using base::LogIndex;
using base::NodeId;
using base::Term;

// What a node was told that its log does not say (docs/decisions/membership.md).
enum class Standing : std::uint8_t {
  kUsual = 0,
  kRemoved = 1,  // from `cluster`: log and state are left alone and not used
  kReborn = 2,   // log and state are an earlier life's: to be thrown away before anything else
  kJoining = 3,  // they are; until the log has a membership it founds nothing and waits for one
};
// Who this directory is; all zero: a fresh directory.
struct Identity {
  NodeId node;
  base::ClusterId cluster = {};  // that it was removed from, or that it joins
  Standing standing = Standing::kUsual;
  std::vector<std::string> join = {};  // kReborn, kJoining: addresses of members to dial
};

// One group's part of a batch, applied in this order: reset, truncate, append, hard state.
struct LogWrite {
  GroupId group;
  std::optional<raft::SnapshotMeta>
      reset_to;  // drop the group's whole log; it begins after reset_to->index (with its term)
  LogIndex truncate_from;               // none: no truncation
  std::vector<raft::EntryPtr> entries;  // contiguous, following the log's last index
  std::optional<raft::HardState> hard_state;
};

// What open() found of a group.
struct LogContents {
  raft::HardState hard_state;
  // The last reset: what the log follows (index, term, membership). Birth is a reset to index 0
  // with the founding membership, so a born group whose log is empty is told from a fresh one by
  // base.membership having members.
  raft::SnapshotMeta base;
  LogIndex first_index;  // first entry present; last_index + 1 when empty
  Term previous_term;    // of the entry before first_index (0 at the very beginning)
  LogIndex last_index;
  std::vector<raft::TermRun> term_runs;
  std::vector<raft::EntryPtr> memberships;  // kMembership entries present
  // Entries that this log acknowledged may be missing from it (DESIGN decision 20), until trust().
  bool has_amnesia = false;
  std::string remembered;  // what remember() was given last
};

inline constexpr std::size_t kRememberedBytesMax = 64 << 10;

class LogStorage {
 public:
  virtual ~LogStorage() = default;

  // Reads everything, cuts a torn last batch, refuses damage before the durable end
  // (Cause::kCorrupt, file and position).
  [[nodiscard]] virtual base::Result<LogContents> open(GroupId group) = 0;
  // Writes all of it as one batch and one sync; on success all of it is durable. kNoSpace: undone,
  // may be tried again. Any other error: the state of the disk is unknown, the process must end.
  [[nodiscard]] virtual base::Status append(const std::vector<LogWrite>& batch) = 0;
  // The same without the sync: a failure of the system may take it back until sync() or a later
  // append() returns, and then the next start has_amnesia.
  [[nodiscard]] virtual base::Status append_unsynced(const std::vector<LogWrite>& batch) = 0;
  // Whether append_unsynced of about so many bytes now waits for nothing: no sync, no new file.
  [[nodiscard]] virtual bool takes_at_once(std::uint64_t bytes) const = 0;
  [[nodiscard]] virtual bool is_unsynced() const = 0;
  [[nodiscard]] virtual base::Status sync() = 0;
  // All is synced and from now on will be (a stop, or append_unsynced is used no more): no amnesia
  // at the next start, whatever happens.
  [[nodiscard]] virtual base::Status mark_clean() = 0;
  // Keeps `bytes` beside the log, durably, in place of those before (at most kRememberedBytesMax).
  // kNoSpace: may be tried again.
  [[nodiscard]] virtual base::Status remember(std::string_view bytes) = 0;
  // What amnesia had lost has been brought back.
  [[nodiscard]] virtual base::Status trust() = 0;
  // Entries [first, last], at least one and at most about bytes_max.
  [[nodiscard]] virtual base::Result<std::vector<raft::EntryPtr>> read(GroupId group,
                                                                       LogIndex first,
                                                                       LogIndex last,
                                                                       std::size_t bytes_max) = 0;
  // Entries up to and including `through` may be deleted (whole segments go when all of theirs
  // may).
  [[nodiscard]] virtual base::Status discard(GroupId group, LogIndex through) = 0;
  // The log fell idle: a durable end mark, so that damage at the very end is told from a torn
  // batch.
  [[nodiscard]] virtual base::Status mark_end() = 0;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
};

// -- checkpoints

using base::Row;
using base::RowKey;

struct RowPage {
  std::vector<Row> rows;  // in key order
  bool is_last = false;
};

// What a reader adds up of the rows of a keyspace, to find at its end that it has seen all of them.
struct RowSum {
  std::uint64_t rows = 0, hash = 0, bytes = 0;
  friend bool operator==(const RowSum&, const RowSum&) = default;
};
using RowSums = std::map<std::uint64_t, RowSum>;  // by keyspace

// One reader's way through the rows of a generation, page by page. Several may be under way in the
// same generation; the sums belong to the walk.
struct RowWalk {
  std::uint64_t generation = 0;
  std::optional<RowKey> after = {};  // the last row read; none: it begins
  bool is_whole = false;             // it began with the first row
  RowSums sums = {};
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Opens and returns the newest valid checkpoint, or nothing for a fresh store; rows of unfinished
  // generations and unfinished installs are dropped. Cause::kCorrupt names file and place.
  [[nodiscard]] virtual base::Result<std::optional<raft::SnapshotMeta>> open() = 0;

  // A checkpoint: begin, put_rows as often as needed (each one transaction of at most 4 MB),
  // drop_keyspace for flushed ones, then finish makes it the newest valid one, durably. begin again
  // abandons an unfinished one.
  [[nodiscard]] virtual base::Status begin_checkpoint() = 0;
  [[nodiscard]] virtual base::Status put_rows(const std::vector<Row>& rows) = 0;
  // The id of a dropped keyspace is never used again.
  [[nodiscard]] virtual base::Status drop_keyspace(std::uint64_t keyspace) = 0;
  // Returns meta with the generation filled in.
  [[nodiscard]] virtual base::Result<raft::SnapshotMeta> finish_checkpoint(
      const raft::SnapshotMeta& meta) = 0;
  // Deletes some superseded rows (bounded work); true when nothing is left to do.
  [[nodiscard]] virtual base::Result<bool> purge_slice() = 0;

  // Pins the newest valid generation for a stream and returns it (none: no checkpoint yet).
  [[nodiscard]] virtual base::Result<std::optional<raft::SnapshotMeta>> pin() = 0;
  virtual void unpin(std::uint64_t generation) = 0;
  // The next rows of a pinned (or the newest) generation, about bytes_max; the walk goes on behind
  // them. Each row's checksum is verified; with the last page of a whole walk the row count and sum
  // of hashes too. An error ends the walk.
  [[nodiscard]] virtual base::Result<RowPage> read_page(RowWalk& walk, std::size_t bytes_max) = 0;

  // Replaces the whole state by a received one: begin, put (in order), finish; atomic and durable
  // at finish.
  [[nodiscard]] virtual base::Status begin_install() = 0;
  [[nodiscard]] virtual base::Status install_rows(const std::vector<Row>& rows) = 0;
  [[nodiscard]] virtual base::Result<raft::SnapshotMeta> finish_install(
      const raft::SnapshotMeta& meta) = 0;

  // Bytes of the valid state's rows.
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
};

// Rows as bytes of a snapshot chunk, and back (docs/formats.md). decode refuses anything malformed.
[[nodiscard]] std::string encode_rows(const std::vector<Row>& rows);
[[nodiscard]] std::optional<std::vector<Row>> decode_rows(std::string_view bytes);

}  // namespace persistence
