// What goes into the consensus core and what comes out of it: raft.h says how the two belong
// together. Every input is a value; an Output is carried out before the next input goes in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "raft/membership_events.h"
#include "raft/message.h"
#include "raft/read_events.h"
#include "raft/types.h"

namespace raft {

// -- inputs
struct Tick {};
struct Received {
  Message message;
};
// Propose one entry, of any kind but kMembership. Output.proposed or Output.refused answers in the
// same Output.
struct Propose {
  std::uint64_t id = 0;
  EntryKind kind = EntryKind::kBatch;
  std::string payload;
};
struct Durable {
  std::uint64_t sequence = 0;
};
// Answers EntryRead: entries from `first` on, in order, possibly fewer than asked for (bytes bound)
// but at least one.
struct EntriesRead {
  LogIndex first;
  std::vector<EntryPtr> entries;
};
// Applied by the state machine up to here.
struct Applied {
  LogIndex index;
};
// A checkpoint of the state at `meta.index` is durable: the log before it may go (kept for
// followers as the core sees fit).
struct Checkpointed {
  SnapshotMeta meta;
};
// Answers SnapshotRead.
struct SnapshotChunk {
  NodeId to;
  SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_last = false;
  std::string bytes;
};
// Answers SnapshotWrite: stored (not last), or with is_installed the whole state is durable and
// replaces the old one.
struct SnapshotStored {
  LogIndex snapshot_index;
  std::uint64_t sequence = 0;
  bool is_installed = false;
};
// The stream's pinned state is gone or unreadable; the core begins again with a newer one when
// needed. `to` none: the state that was being received is gone, the leader is asked to begin again.
struct SnapshotFailed {
  NodeId to;
};
// A link to this peer was closed by its kernel (a hint that it died).
struct PeerLost {
  NodeId peer;
};
// Leadership transfer (thesis 3.10) to `target`, or to the best candidate when none.
struct Transfer {
  NodeId target;
};
// Ask for an election now instead of when the timeout has passed. Whoever hears a leader still
// refuses its pre-vote.
struct Campaign {};
// Whether the state machine of this node answers. While it does not, a leader that is not the only
// voter steps down, and the node stands for no election; it votes as ever.
struct MayLead {
  bool may_lead = true;
};

// Whether a peer wishes to be a voter (raft-voter), as it said when it was connected last. Whoever
// has said nothing wishes it.
struct PeerWish {
  NodeId peer;
  bool wants_vote = true;
};

// A follower waits to hear how far is committed: it is told now, not at the next heartbeat.
struct TellCommit {
  NodeId to;
};

using Input =
    std::variant<Tick, Received, Propose, ChangeMembership, ReadTicket, Durable, EntriesRead,
                 Applied, Checkpointed, SnapshotChunk, SnapshotStored, SnapshotFailed, PeerLost,
                 Transfer, LeaseEnded, Campaign, MayLead, PeerWish, TellCommit>;

// -- output
struct Persist {
  std::uint64_t sequence = 0;  // 1, 2, 3, ...
  std::optional<HardState> hard_state;
  std::optional<SnapshotMeta>
      reset_to;                   // throw the whole log away; it now begins after reset_to->index
  LogIndex truncate_from;         // none: nothing; else entries from here on are replaced
  std::vector<EntryPtr> entries;  // appended, contiguous
  std::vector<Message> after_durable;
};
struct EntryRead {
  LogIndex first;
  LogIndex last;
  std::size_t bytes_max = 0;
};
struct SnapshotRead {
  NodeId to;
  std::uint64_t sequence = 0;
};  // sequence 0: open the newest checkpoint and pin it
struct SnapshotClose {
  NodeId to;
};  // the stream is over; unpin
struct SnapshotWrite {
  SnapshotMeta meta;
  std::uint64_t sequence = 0;
  bool is_last = false;
  std::string bytes;
};
struct Proposed {
  std::uint64_t id = 0;
  LogIndex index;
  Term term;
};
enum class RefusalReason : std::uint8_t { kNotLeader, kTransferring, kTooMuchUncommitted };
struct Refused {
  std::uint64_t id = 0;
  RefusalReason reason = RefusalReason::kNotLeader;
  std::string payload = {};  // of the proposal
};
struct RoleChange {
  Role role = Role::kFollower;
  Term term;
  NodeId leader;
};

struct Output {
  std::vector<Message> messages;
  std::vector<Persist> persists;
  LogIndex committed;                     // as of now (not a delta)
  std::optional<RoleChange> role_change;  // role, term or known leader changed
  std::optional<Membership>
      membership_change;  // the membership in force changed (on append, or undone)
  std::vector<EntryRead> entry_reads;
  std::vector<SnapshotClose> snapshot_closes;  // before the reads: another may begin to the same
  std::vector<SnapshotRead> snapshot_reads;
  std::vector<SnapshotWrite> snapshot_writes;
  std::vector<Proposed> proposed;
  std::vector<Refused> refused;
  std::vector<Changed> changed;
  std::vector<ReadGranted> reads;
  std::vector<std::uint64_t> read_refusals;
  std::optional<Lease> lease;
  bool has_recalled = false;       // amnesia is over: LogStorage::trust, behind the persists so far
  LogIndex discardable;            // log entries up to here may be deleted from the log storage
  std::vector<std::string> notes;  // plain words for the log file: elections, truncations, ...
};

}  // namespace raft
