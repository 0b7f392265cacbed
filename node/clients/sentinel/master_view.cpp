#include "node/clients/sentinel/master_view.h"

#include <algorithm>

namespace node::sentinel {
namespace {

Instance instance_of(const PeerView& peer, std::uint16_t port) {
  return {.id = peer.id,
          .host = peer.host,
          .port = port,
          .is_down = !peer.is_self && !peer.is_connected,
          .heard_ms_ago = std::max<std::int64_t>(peer.heard_ms_ago, 0),
          .match = peer.match};
}

// The door for users of Sentinel: they speak to a standalone Redis where the node has a door for
// that.
std::uint16_t dialed_port(const PeerView& peer) {
  return peer.plain_port != 0 ? peer.plain_port : peer.client_port;
}

void add_data_instance(const PeerView& peer, NodeId leader, MasterView& view) {
  const std::uint16_t port = dialed_port(peer);
  if (peer.host.empty() || port == 0) return;
  if (peer.id == leader)
    view.master = instance_of(peer, port);
  else
    view.replicas.push_back(instance_of(peer, port));
}

}  // namespace

MasterView master_view(const ClusterView& cluster, const Leadership& leadership) {
  const bool has_leader = !leadership.leader.is_none();
  const NodeId leader = has_leader ? leadership.leader : cluster.leader;
  MasterView view;
  view.is_objectively_down = !has_leader;
  view.term = std::max(cluster.term, leadership.term);
  for (const PeerView& peer : cluster.peers) {
    add_data_instance(peer, leader, view);
    if (!peer.is_self && !peer.host.empty() && peer.sentinel_port != 0)
      view.sentinels.push_back(instance_of(peer, peer.sentinel_port));
    view.voters += peer.is_voter ? 1 : 0;
    view.linked_voters += peer.is_voter && (peer.is_self || peer.is_connected) ? 1 : 0;
  }
  if (view.master && !has_leader) view.master->is_down = true;
  return view;
}

}  // namespace node::sentinel
