// The membership as the peer links know it: whom this node takes for a peer, and who was one and is
// none any more (docs/decisions/membership.md). The members in force may be ahead of those that are
// committed, and a node that lags knows neither of the newest. Invariant: nobody is both a peer and
// removed. Values; thread: consensus.
#pragma once

#include <optional>
#include <set>

#include "node/peers/hello.h"
#include "raft/types.h"

namespace node {

class PeerMembership {
 public:
  // `newcomers`: members that may not know the cluster yet.
  void set_cluster(base::ClusterId cluster, std::set<NodeId> members, std::set<NodeId> newcomers);
  // Returns who was a committed member until now and is no member at all any more. `own_version`:
  // see Hello::version.
  [[nodiscard]] std::set<NodeId> set_committed(const raft::Membership& membership,
                                               std::optional<LogIndex> own_version);
  // This node is no peer of anybody (any more).
  void leave();

  [[nodiscard]] base::ClusterId cluster() const { return cluster_; }
  [[nodiscard]] bool is_born() const { return !cluster_.is_none(); }
  [[nodiscard]] bool has_left() const { return has_left_; }
  [[nodiscard]] LogIndex committed_version() const { return committed_version_; }
  [[nodiscard]] std::optional<LogIndex> own_version() const { return own_version_; }
  [[nodiscard]] bool is_member(NodeId node) const { return members_.contains(node); }
  // Both know a cluster, and not the same one.
  [[nodiscard]] bool is_foreign(base::ClusterId cluster) const {
    return is_born() && !cluster.is_none() && cluster != cluster_;
  }
  // Whether a node that says this hello is a peer, as far as the membership goes.
  [[nodiscard]] bool may_be_peer(const Hello& hello) const;
  // It was a member, and a committed membership that it does not know is without it.
  [[nodiscard]] bool is_removed(const Hello& hello) const;
  // It says of this node what this node does not know yet.
  [[nodiscard]] bool is_news(const Removal& removal) const;

 private:
  base::ClusterId cluster_;
  std::set<NodeId> members_, newcomers_, committed_members_;
  LogIndex committed_version_;
  std::optional<LogIndex> own_version_;
  bool has_left_ = false;
};

}  // namespace node
