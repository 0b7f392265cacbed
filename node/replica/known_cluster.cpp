#include "node/replica/known_cluster.h"

#include <algorithm>
#include <utility>

namespace node {

const PeerView* KnownCluster::reachable(NodeId id) const {
  for (const PeerView& peer : view_.peers) {
    if (peer.id == id && !peer.host.empty() && peer.client_port != 0) return &peer;
  }
  return nullptr;
}

void KnownCluster::adopt(ClusterView&& told, NodeId leader) {
  told.commit = std::max(told.commit, view_.commit);
  told.snapshot = std::max(told.snapshot, view_.snapshot);
  told.last = std::max(told.last, told.commit);
  told.snapshots_installed = std::max(told.snapshots_installed, view_.snapshots_installed);
  if (!leader.is_none()) told.leader = leader;
  view_ = std::move(told);
}

void KnownCluster::on_proposed(LogIndex index) { view_.last = std::max(view_.last, index); }

void KnownCluster::on_committed(LogIndex commit) {
  view_.commit = std::max(view_.commit, commit);
  view_.last = std::max(view_.last, commit);
}

void KnownCluster::on_checkpoint(LogIndex index) {
  view_.snapshot = std::max(view_.snapshot, index);
}

void KnownCluster::on_leader(NodeId leader) {
  if (!leader.is_none()) view_.leader = leader;
}

void KnownCluster::on_progress(const Progress& progress) {
  for (const auto& [id, match] : progress.matches) {
    for (PeerView& peer : view_.peers) {
      if (peer.id == id) peer.match = match;
    }
  }
}

}  // namespace node
