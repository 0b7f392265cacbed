// The consensus core of one group: one inward call, one outward value. No clock, no randomness of
// its own (a seed), no I/O, no threads. Drive it with inputs; after each, carry out the Output.
// Behaviour: Raft paper figure 2, thesis 3, 4.2, 6.4, 9.6; DESIGN decisions 9, 10, 13, 15, 17.
//
// The driver's duties:
// - `messages` may leave at once. `Persist` goes to the log in order; when it is durable the driver
//   sends its `after_durable` messages and then gives the core Durable{sequence}. (A leader's
//   appends are in `messages`: they need not wait for its own disk; votes and acknowledgements are
//   in `after_durable`.)
// - `committed`: the log is committed up to there; the driver delivers entries (applied, committed]
//   in order to the state machine, from `entries(first, last)` when still cached or else from the
//   log storage.
// - Reads of old entries, snapshot reads and writes are requests, each answered by an input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "raft/events.h"
#include "raft/types.h"

namespace raft {

struct Options {
  GroupId group = base::kFirstGroup;
  NodeId self;
  std::uint64_t seed = 0;
  // An election starts after a silence drawn uniformly from [min, 2*min), doubled per failed round
  // up to 8 times.
  base::Duration election_timeout_min = base::milliseconds(250);
  base::Duration heartbeat_interval = base::milliseconds(50);
  // As leader: whoever answers a heartbeat is bound not to vote, and reads need no round meanwhile.
  bool uses_leases = false;
  // How much faster or slower than true time any node's clock may run.
  std::int64_t clock_drift_percent_max = 5;
  std::size_t append_bytes_max = 0;  // see base/limits.h for all of these
  std::size_t inflight_appends_max = 0;
  std::size_t uncommitted_bytes_max = 0;
  std::size_t cache_bytes_max = 0;
  // Of the log cache what stays though nobody here needs it: for the next leader's first appends.
  std::size_t cache_tail_bytes = base::limits::kLogCacheTailBytes;
  // A leader makes a learner that is level a voter (thesis 4.2.1), if it wishes to be one.
  bool promotes_learners = true;
  // Log kept before the checkpoint for a follower that is connected and late, or that is receiving
  // a checkpoint and will want what follows it (DESIGN decision 17: raft-catchup-log-max).
  std::uint64_t catch_up_bytes_max = base::limits::kCatchUpLogBytesDefault;
};

// What the storage found at start.
struct Restored {
  HardState hard_state;
  SnapshotMeta
      snapshot;         // index 0: none; membership of a group that was just born comes in here too
  LogIndex last_index;  // of the log; == snapshot.index when empty
  // Where the log begins, if that is before the snapshot: entries for followers that are late.
  std::optional<LogBase> log_base = {};
  std::vector<TermRun> term_runs;     // of entries (the log's base, last_index]
  std::vector<EntryPtr> memberships;  // the kMembership entries of (snapshot.index, last_index]
  // Entries behind last_index may have been acknowledged and lost (DESIGN decision 20). Term, vote
  // and memberships never are. Over with Output::has_recalled.
  bool has_amnesia = false;
};

struct PeerProgress {
  NodeId id;
  LogIndex match;
  LogIndex next;
  bool is_active = false;  // heard within an election timeout
  bool is_receiving_snapshot = false;
  bool is_voter = true;
  bool is_forgetful = false;  // lost the end of its log; counts for nothing until it is level
  bool wants_vote = true;
  std::uint64_t lag_bytes = 0;  // of the log behind match, about: see Log::lag_bytes
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

  // Cached entries [first, last] from the front as far as cached and within bytes_max (at least one
  // if cached); empty if `first` is not cached.
  [[nodiscard]] std::vector<EntryPtr> entries(LogIndex first, LogIndex last,
                                              std::size_t bytes_max) const;

  [[nodiscard]] Role role() const;
  [[nodiscard]] Term term() const;
  [[nodiscard]] const HardState& hard_state() const;
  [[nodiscard]] NodeId leader() const;
  [[nodiscard]] LogIndex committed() const;
  [[nodiscard]] LogIndex tellable_commit() const;  // to followers: less, where leases are used
  [[nodiscard]] LogIndex last_index() const;
  [[nodiscard]] LogIndex snapshot_index() const;
  [[nodiscard]] const Membership& membership() const;            // in force
  [[nodiscard]] const Membership& committed_membership() const;  // the newest known as committed
  [[nodiscard]] std::vector<PeerProgress> progress() const;      // leader only, else empty
  // A leader whose reads need no round because no other voter exists (a cluster of one).
  [[nodiscard]] bool is_sole_voter() const;
  // It stands or leads because the leader before it asked for that: whose node lives.
  [[nodiscard]] bool was_handed_over() const;
  [[nodiscard]] bool has_amnesia() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace raft
