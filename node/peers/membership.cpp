#include "node/peers/membership.h"

#include <utility>

#include "base/check.h"

namespace node {

void PeerMembership::set_cluster(base::ClusterId cluster, std::set<NodeId> members,
                                 std::set<NodeId> newcomers) {
  cluster_ = cluster;
  members_ = std::move(members);
  newcomers_ = std::move(newcomers);
}

std::set<NodeId> PeerMembership::set_committed(const raft::Membership& membership,
                                               std::optional<LogIndex> own_version) {
  own_version_ = own_version;
  committed_version_ = membership.version;
  std::set<NodeId> left = std::exchange(committed_members_, {});
  for (const raft::Member& member : membership.members) committed_members_.insert(member.id);
  std::erase_if(left, [this](NodeId node) {
    return committed_members_.contains(node) || members_.contains(node);
  });
  return left;
}

void PeerMembership::leave() {
  has_left_ = true;
  cluster_ = base::ClusterId();
  members_.clear();
  newcomers_.clear();
  committed_members_.clear();
  own_version_.reset();
}

// A node without a cluster takes whoever comes; one with a cluster its members, and of them those
// without one only as long as they may have none. A node that lags may know none of those who are
// members by now: whoever knows the cluster and stands in a later membership is one of them.
bool PeerMembership::may_be_peer(const Hello& hello) const {
  if (!is_born()) return true;
  if (hello.cluster.is_none()) return newcomers_.contains(hello.id);
  if (members_.contains(hello.id) || committed_members_.contains(hello.id)) return true;
  return hello.cluster == cluster_ && hello.version && *hello.version > committed_version_;
}

// Whoever merely has not heard yet that it is a member knows of nothing newer than it does.
bool PeerMembership::is_removed(const Hello& hello) const {
  const bool is_removed = is_born() && hello.cluster == cluster_ && !members_.contains(hello.id) &&
                          !committed_members_.contains(hello.id) && hello.version &&
                          committed_version_ > *hello.version;
  CHECK(!is_removed || !may_be_peer(hello));
  return is_removed;
}

bool PeerMembership::is_news(const Removal& removal) const {
  return removal.cluster == cluster_ && own_version_ && removal.version > *own_version_ &&
         !has_left_;
}

}  // namespace node
