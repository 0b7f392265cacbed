// Who leads this group, and whether this node may serve it. Invariant: a node serves only as the
// leader of a term of which an entry of its own was applied (DESIGN decision 9), while consensus
// has not refused a batch as if it led no more, and while it is a member of a cluster. No engine,
// no batches: those follow what is decided here (tenure.h).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "node/messages/turn.h"

namespace node {

// How long a command waits for a leader to serve it or to be named.
inline constexpr base::Duration kLeaderWait = base::milliseconds(3000);
// How long the outcome of a write is waited for whose leader was lost.
inline constexpr base::Duration kOutcomeWait = base::milliseconds(5000);

class Terms {
 public:
  Terms(NodeId self, const Turn& turn) : self_(self), turn_(turn) {}
  void start() { leaderless_since_ = turn_.now(); }

  // ---- now ----
  [[nodiscard]] bool is_leader() const { return leadership_.role == raft::Role::kLeader; }
  [[nodiscard]] bool is_serving() const {
    return is_leader() && serves_term_ && turn_.now() >= doubted_until_ && !is_outside();
  }
  // It leads, and its term is yet to be opened by an entry.
  [[nodiscard]] bool is_unopened() const { return is_leader() && !serves_term_ && !is_outside(); }
  [[nodiscard]] bool has_lease() const {
    return turn_.now() < lease_.until && lease_.term == leadership_.term && is_serving();
  }
  // It may ask its leader for a read index.
  [[nodiscard]] bool has_leader_elsewhere() const {
    return !is_leader() && !leadership_.leader.is_none();
  }
  [[nodiscard]] bool is_sole_voter() const { return leadership_.is_sole_voter; }
  [[nodiscard]] const Leadership& leadership() const { return leadership_; }
  [[nodiscard]] const raft::Lease& lease() const { return lease_; }
  [[nodiscard]] base::Instant leaderless_since() const { return leaderless_since_; }
  // A leader other than this node was known since the start.
  [[nodiscard]] bool has_followed() const { return has_followed_; }
  // Of any cluster: what clients are told; empty: a member.
  [[nodiscard]] const std::string& outside() const { return outside_; }
  [[nodiscard]] bool is_outside() const { return !outside_.empty(); }
  // Who waits for a leader looks again; once each time.
  [[nodiscard]] bool take_news() { return std::exchange(has_news_, false); }

  // ---- what changes it ----
  // The word on who leads is there, so doubt is over. True: the own term ends with this.
  [[nodiscard]] bool is_deposed_by(const Leadership& next);
  // True: this node leads a term that it did not lead before.
  [[nodiscard]] bool adopt(const Leadership& next);
  void adopt(const raft::Lease& lease) { lease_ = lease; }
  void begin_serving();
  void on_deposed();
  // Consensus refused a batch as if this were no leader: its word on that is awaited for a while.
  void doubt();
  void end_doubt();
  void stand_outside(std::string why);
  void on_news() { has_news_ = true; }
  // Doubt that lasted long enough ends; queues learn when nobody has led for too long.
  // `has_leader`: one is known that clients can be sent to.
  void advance(Turn& turn, bool has_leader);

 private:
  NodeId self_;
  const Turn& turn_;
  Leadership leadership_;
  raft::Lease lease_;
  std::string outside_;
  bool serves_term_ = false;  // an entry of the own term was applied
  bool has_followed_ = false;
  bool has_news_ = false;
  bool was_down_told_ = false;  // queues have been answered CLUSTERDOWN since the leader was lost
  base::Instant leaderless_since_{};
  base::Instant doubted_until_{};
};

}  // namespace node
