// The nouns of the consensus core: entries, hard state, membership, snapshots. Values; no
// behaviour.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace raft {

using base::GroupId;
using base::LogIndex;
using base::NodeId;
using base::Term;

enum class EntryKind : std::uint8_t {
  kNoop = 0,        // first entry of a term
  kBatch = 1,       // commands, see engine/elements/batch.h
  kMembership = 2,  // payload: encode_membership()
  kDissolve = 3,    // the one member asks its state machine to end this cluster; payload: its
};

struct Entry {
  LogIndex index;
  Term term;
  EntryKind kind = EntryKind::kNoop;
  std::string payload;
};
// An entry lies once in memory and is shared by the log cache, the peer links, the log writer and
// the apply path.
using EntryPtr = std::shared_ptr<const Entry>;

// What must be durable before a vote or an acknowledgement leaves (Raft paper, figure 2: persistent
// state).
struct HardState {
  Term term;
  NodeId vote;  // none: no vote in this term
  friend bool operator==(const HardState&, const HardState&) = default;
};

struct Member {
  NodeId id;
  std::string address;  // HOST:RAFTPORT as its peers dial it
  bool is_voter = true;
  friend bool operator==(const Member&, const Member&) = default;
};

struct Membership {
  base::ClusterId cluster;
  std::vector<Member> members;  // ordered by id, unique
  LogIndex version = {};        // of the entry that brought it; none: the founders
  friend bool operator==(const Membership&, const Membership&) = default;
  [[nodiscard]] const Member* find(NodeId id) const;
  [[nodiscard]] std::size_t voter_count() const;
};
[[nodiscard]] std::string encode_membership(const Membership& membership);
[[nodiscard]] std::optional<Membership> decode_membership(std::string_view bytes);

// The log up to and including `index` is replaced by a state; `membership` is the one in force at
// `index`.
struct SnapshotMeta {
  LogIndex index;
  Term term;
  Membership membership;
  std::uint64_t generation = 0;  // of the state store that holds it; private to that node
  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};

// Entries first.. (until the next run) have this term: the whole log's terms in a few words.
struct TermRun {
  LogIndex first;
  Term term;
  friend bool operator==(const TermRun&, const TermRun&) = default;
};

// The entry before the first one of a log.
struct LogBase {
  LogIndex index;
  Term term;
  friend bool operator==(const LogBase&, const LogBase&) = default;
};

enum class Role : std::uint8_t { kFollower, kPreCandidate, kCandidate, kLeader, kLearner };

}  // namespace raft
