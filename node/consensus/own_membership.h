// Which cluster this node belongs to, as its log knows it and as other members say, and what the
// links are told of that (docs/decisions/membership.md). Invariant: a node that has learned of a
// later committed membership without itself leaves, and is no member again in this life.
// Thread: consensus.
#pragma once

#include <optional>
#include <string>

#include "base/prng.h"
#include "node/consensus/belonging.h"
#include "node/consensus/group.h"
#include "node/consensus/outgoing.h"
#include "node/peers/links.h"
#include "persistence/storage.h"

namespace node {

class OwnMembership {
 public:
  OwnMembership(NodeId self, std::uint64_t seed, const persistence::Identity& identity,
                PeerLinks& links, Outgoing& outgoing);

  // The membership in force, or while `is_born` is false that of a founding which this node has
  // accepted: the links dial its members and know them from strangers.
  void follow(const raft::Membership& membership, bool is_born);
  // What the log knows as committed: members learn from it who is none any more.
  void follow_committed(const raft::Raft& raft);
  // A member of the cluster says so of this node. No news: dropped.
  void on_removal_told(const RemovalTold& event);
  // This node is to leave its cluster, once it has said what it still had to say as a member.
  [[nodiscard]] bool is_to_leave() const { return is_to_leave_; }
  void leave(base::ClusterId cluster);
  // CLUSTER RESET: a removed node restarts empty, alone and under a new id. `group` nullptr: it has
  // none. Returns why not; empty: it begins.
  [[nodiscard]] std::string begin_anew(const Group* group);

  [[nodiscard]] bool is_removed() const { return is_removed_; }
  // That it was removed from.
  [[nodiscard]] base::ClusterId former_cluster() const { return former_cluster_; }
  // What clients of a removed node are told.
  [[nodiscard]] std::string why_removed() const;
  [[nodiscard]] Belonging place(const Group* group) const;
  // As the links know it.
  [[nodiscard]] const std::optional<raft::Membership>& followed() const { return followed_; }

 private:
  void tell_links(const raft::Raft& raft);

  NodeId self_;
  base::Prng prng_;
  PeerLinks& links_;
  Outgoing& outgoing_;
  bool is_removed_;
  base::ClusterId former_cluster_;

  std::optional<raft::Membership> followed_;
  bool follows_born_ = false;            // and whether this node was born then
  std::optional<LogIndex> own_version_;  // see Hello::version
  bool is_to_leave_ = false;
  // What the links were told last.
  bool has_told_ = false;
  LogIndex committed_version_;
  std::optional<LogIndex> told_version_;  // of the newest membership in the log with this node
};

}  // namespace node
