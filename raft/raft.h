// The consensus core of one group: one inward call, one outward value. No clock, no randomness of its own (a seed), no
// I/O, no threads. Drive it with inputs; after each, carry out the Output. Behaviour: Raft paper figure 2, thesis 3, 4.2,
// 6.4, 9.6; DESIGN decisions 9, 10, 13, 15, 17.
//
// The driver's duties:
// - `messages` may leave at once. `Persist` goes to the log in order; when it is durable the driver sends its
//   `after_durable` messages and then gives the core Durable{sequence}. (A leader's appends are in `messages`: they need
//   not wait for its own disk; votes and acknowledgements are in `after_durable`.)
// - `committed`: the log is committed up to there; the driver delivers entries (applied, committed] in order to the state
//   machine, from `entries(first, last)` when still cached or else from the log storage.
// - Reads of old entries, snapshot reads and writes are requests, each answered by an input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "raft/message.h"
#include "raft/types.h"

namespace raft {

struct Options {
  GroupId group = base::kFirstGroup;
  NodeId self;
  std::uint64_t seed = 0;
  // An election starts after a silence drawn uniformly from [min, 2*min), doubled per failed round up to 8 times.
  base::Duration election_timeout_min = base::milliseconds(250);
  base::Duration heartbeat_interval = base::milliseconds(50);
  std::size_t append_bytes_max = 0;        // see base/limits.h for all of these
  std::size_t inflight_appends_max = 0;
  std::size_t uncommitted_bytes_max = 0;
  std::size_t cache_bytes_max = 0;
};

// What the storage found at start.
struct Restored {
  HardState hard_state;
  SnapshotMeta snapshot;               // index 0: none; membership of a group that was just born comes in here too
  LogIndex last_index;                 // of the log; == snapshot.index when empty
  std::vector<TermRun> term_runs;      // of entries (snapshot.index, last_index]
  std::vector<EntryPtr> memberships;   // the kMembership entries of (snapshot.index, last_index]
};

// ---- inputs -------------------------------------------------------------------------------------------------------
struct Tick {};
struct Received { Message message; };
// Propose one entry. Output.proposed or Output.refused answers in the same Output.
struct Propose { std::uint64_t id = 0; EntryKind kind = EntryKind::kBatch; std::string payload; };
// Ask for a linearizable read (DESIGN decision 9). Answered by Output.reads or Output.read_refusals, maybe much later.
struct ReadTicket { std::uint64_t id = 0; };
struct Durable { std::uint64_t sequence = 0; };
// Answers EntryRead: entries from `first` on, in order, possibly fewer than asked for (bytes bound) but at least one.
struct EntriesRead { LogIndex first; std::vector<EntryPtr> entries; };
// Applied by the state machine up to here.
struct Applied { LogIndex index; };
// A checkpoint of the state at `meta.index` is durable: the log before it may go (kept for followers as the core sees fit).
struct Checkpointed { SnapshotMeta meta; };
// Answers SnapshotRead.
struct SnapshotChunk { NodeId to; SnapshotMeta meta; std::uint64_t sequence = 0; bool is_last = false; std::string bytes; };
// Answers SnapshotWrite: stored (not last), or with is_installed the whole state is durable and replaces the old one.
struct SnapshotStored { LogIndex snapshot_index; std::uint64_t sequence = 0; bool is_installed = false; };
// The stream's pinned state is gone or unreadable; the core begins again with a newer one when needed.
struct SnapshotFailed { NodeId to; };
// A link to this peer was closed by its kernel (a hint that it died).
struct PeerLost { NodeId peer; };
// Leadership transfer (thesis 3.10) to `target`, or to the best candidate when none.
struct Transfer { NodeId target; };

using Input = std::variant<Tick, Received, Propose, ReadTicket, Durable, EntriesRead, Applied, Checkpointed, SnapshotChunk,
                           SnapshotStored, SnapshotFailed, PeerLost, Transfer>;

// ---- output -------------------------------------------------------------------------------------------------------
struct Persist {
  std::uint64_t sequence = 0;                 // 1, 2, 3, ...
  std::optional<HardState> hard_state;
  std::optional<SnapshotMeta> reset_to;       // throw the whole log away; it now begins after reset_to->index
  LogIndex truncate_from;                     // none: nothing; else entries from here on are replaced
  std::vector<EntryPtr> entries;              // appended, contiguous
  std::vector<Message> after_durable;
};
struct EntryRead { LogIndex first; LogIndex last; std::size_t bytes_max = 0; };
struct SnapshotRead { NodeId to; std::uint64_t sequence = 0; };  // sequence 0: open the newest checkpoint and pin it
struct SnapshotClose { NodeId to; };                            // the stream is over; unpin
struct SnapshotWrite { SnapshotMeta meta; std::uint64_t sequence = 0; bool is_last = false; std::string bytes; };
struct Proposed { std::uint64_t id = 0; LogIndex index; Term term; };
enum class RefusalReason : std::uint8_t { kNotLeader, kTransferring, kTooMuchUncommitted, kBusy };
struct Refused { std::uint64_t id = 0; RefusalReason reason = RefusalReason::kNotLeader; };
// The state machine may answer the read when it has applied `index`.
struct ReadGranted { std::uint64_t id = 0; LogIndex index; };
struct RoleChange { Role role = Role::kFollower; Term term; NodeId leader; };

struct Output {
  std::vector<Message> messages;
  std::vector<Persist> persists;
  LogIndex committed;                          // as of now (not a delta)
  std::optional<RoleChange> role_change;       // role, term or known leader changed
  std::optional<Membership> membership_change; // the membership in force changed (on append, or undone)
  std::vector<EntryRead> entry_reads;
  std::vector<SnapshotRead> snapshot_reads;
  std::vector<SnapshotClose> snapshot_closes;
  std::vector<SnapshotWrite> snapshot_writes;
  std::vector<Proposed> proposed;
  std::vector<Refused> refused;
  std::vector<ReadGranted> reads;
  std::vector<std::uint64_t> read_refusals;
  LogIndex discardable;                        // log entries up to here may be deleted from the log storage
  std::vector<std::string> notes;              // plain words for the log file: elections, truncations, snapshots
};

struct PeerProgress {
  NodeId id;
  LogIndex match;
  LogIndex next;
  bool is_active = false;       // heard within an election timeout
  bool is_receiving_snapshot = false;
  bool is_voter = true;
};

class Raft {
 public:
  Raft(Options options, Restored restored);
  ~Raft();
  Raft(Raft&&) noexcept;
  Raft& operator=(Raft&&) noexcept;

  // `now` never goes back. Cost: O(work done), no allocation when nothing is to be said.
  [[nodiscard]] Output step(base::Instant now, Input input);

  // Earliest instant at which a Tick has something to do.
  [[nodiscard]] base::Instant next_deadline() const;

  // Cached entries [first, last] from the front as far as cached and within bytes_max (at least one if cached); empty if
  // `first` is not cached.
  [[nodiscard]] std::vector<EntryPtr> entries(LogIndex first, LogIndex last, std::size_t bytes_max) const;

  [[nodiscard]] Role role() const;
  [[nodiscard]] Term term() const;
  [[nodiscard]] NodeId leader() const;
  [[nodiscard]] LogIndex committed() const;
  [[nodiscard]] LogIndex last_index() const;
  [[nodiscard]] LogIndex snapshot_index() const;
  [[nodiscard]] const Membership& membership() const;
  [[nodiscard]] std::vector<PeerProgress> progress() const;  // leader only, else empty
  // A leader whose reads need no round because no other voter exists (a cluster of one).
  [[nodiscard]] bool is_sole_voter() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace raft
