#include "node/consensus/own_membership.h"

#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/failpoint.h"
#include "node/messages/node_name.h"

namespace node {

OwnMembership::OwnMembership(NodeId self, std::uint64_t seed, const persistence::Identity& identity,
                             PeerLinks& links, Outgoing& outgoing)
    : self_(self),
      prng_(seed),
      links_(links),
      outgoing_(outgoing),
      is_removed_(identity.standing == persistence::Standing::kRemoved),
      former_cluster_(identity.cluster) {}

std::string OwnMembership::why_removed() const {
  return "CLUSTERDOWN this node was removed from cluster " + cluster_name(former_cluster_) +
         "; CLUSTER MEET adds it again, empty";
}

Belonging OwnMembership::place(const Group* group) const {
  if (is_removed_) return Belonging::kRemoved;
  if (group == nullptr) return Belonging::kUnborn;
  const raft::Membership& members = group->raft().membership();
  const bool is_alone = members.members.size() == 1 && members.members.front().id == self_;
  return is_alone ? Belonging::kLone : Belonging::kMember;
}

// Dial the members, and know them from strangers.
void OwnMembership::follow(const raft::Membership& membership, bool is_born) {
  if (followed_ == membership && follows_born_ == is_born) return;
  followed_ = membership;
  follows_born_ = is_born;
  std::set<NodeId> ids, newcomers;
  std::vector<PeerLinks::Target> targets;
  for (const raft::Member& member : membership.members) {
    ids.insert(member.id);
    // A founder has one when it has accepted it, and all have when the first is born.
    if (!member.is_voter || !is_born) newcomers.insert(member.id);
    if (member.id != self_) targets.push_back({.address = member.address, .expected = member.id});
  }
  links_.set_cluster(membership.cluster, std::move(ids), std::move(newcomers));
  links_.set_targets(targets);
}

void OwnMembership::follow_committed(const raft::Raft& raft) {
  const raft::Membership& committed = raft.committed_membership();
  const bool is_member = committed.find(self_) != nullptr;
  const bool has_more = !own_version_ || committed.version > *own_version_;
  if (is_member && has_more) own_version_ = committed.version;
  if (!is_member && own_version_ && has_more) is_to_leave_ = true;
  tell_links(raft);
}

// A node that has started again knows less to be committed than was: whoever lags must take it for
// the member that its log says it is, or all that are left may wait for each other.
void OwnMembership::tell_links(const raft::Raft& raft) {
  const raft::Membership& committed = raft.committed_membership();
  const raft::Membership& latest = raft.membership();
  const bool stands_later =
      latest.find(self_) != nullptr && (!own_version_ || latest.version > *own_version_);
  const std::optional<LogIndex> told = stands_later ? latest.version : own_version_;
  if (has_told_ && committed_version_ == committed.version && told == told_version_) return;
  has_told_ = true;
  committed_version_ = committed.version;
  told_version_ = told;
  links_.set_committed(committed, told);
  links_.promises().keep(
      [&](NodeId id) { return committed.find(id) != nullptr || latest.find(id) != nullptr; });
}

void OwnMembership::on_removal_told(const RemovalTold& event) {
  if (!own_version_ || event.version <= *own_version_) return;
  outgoing_.say(LogLevel::kWarning, short_name(event.from) +
                                        " says that this node was "
                                        "removed from the cluster");
  is_to_leave_ = true;
}

void OwnMembership::leave(base::ClusterId cluster) {
  CHECK(!is_removed_);
  FAILPOINT("removal.learned");
  former_cluster_ = cluster;
  is_removed_ = true;
  outgoing_.say(LogLevel::kWarning, "this node was removed from cluster " +
                                        cluster_name(former_cluster_) +
                                        ": it serves nothing until CLUSTER MEET");
  outgoing_.set_identity(
      {.node = self_, .cluster = former_cluster_, .standing = persistence::Standing::kRemoved});
}

std::string OwnMembership::begin_anew(const Group* group) {
  if (is_removed_) {
    outgoing_.set_identity(
        {.node = NodeId(prng_.next()), .standing = persistence::Standing::kReborn});
    outgoing_.restart();
    return {};
  }
  if (place(group) != Belonging::kMember)
    return "ERR this node is alone already: FLUSHALL empties it";
  return "ERR this node is a member of cluster " +
         cluster_name(group->raft().membership().cluster) + ": CLUSTER FORGET " + node_name(self_) +
         " removes it";
}

}  // namespace node
