// What a core has begun and not ended: small values, each used by one chapter of core.h.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "raft/events.h"

namespace raft {

// membership.cpp: a membership in force from `index` on.
struct MembershipAt {
  LogIndex index;
  Membership membership;
};

struct PendingChange {
  std::uint64_t id = 0;
  bool is_asked_for = false;  // else the leader's own: nobody is to be answered
  LogIndex index;
};
// What the membership becomes; none: nothing changes.
using Changing = std::variant<ChangeRefusal, std::optional<Membership>>;

// quorum.cpp: on its way to the disk; the log ends at `last` then.
struct PendingPersist {
  std::uint64_t sequence = 0;
  LogIndex last;
};

// snapshot.cpp: a state that is being received.
struct Install {
  SnapshotMeta meta;
  NodeId leader;
  std::uint64_t next_sequence = 0;
  bool is_writing = false;
  bool is_finishing = false;
};

}  // namespace raft
