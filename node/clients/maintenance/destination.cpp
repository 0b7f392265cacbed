#include "node/clients/maintenance/destination.h"

#include "base/check.h"
#include "node/clients/doors.h"

namespace node {
namespace {

// Several libraries cut the endpoint at its first colon, so an IPv6 address would lead them astray.
bool is_readable(const std::string& host) {
  return !host.empty() && host.find(':') == std::string::npos;
}

// Leaders come before all others, and are not asked for their link: it is the one they lead by.
bool is_better(const PeerView& one, const PeerView* best, NodeId leader) {
  if (one.id == leader) return true;
  if (!one.is_connected) return false;
  return best == nullptr || (best->id != leader && one.match > best->match);
}

}  // namespace

const PeerView* destination(const ClusterView& cluster, NodeId leader, Door door) {
  const auto port = manners_of(door).door_elsewhere;
  if (port == nullptr) return nullptr;
  const PeerView* best = nullptr;
  for (const PeerView& one : cluster.peers) {
    if (one.is_self || one.*port == 0) continue;
    if (is_better(one, best, leader)) best = &one;
  }
  return best;
}

std::optional<std::string> moving_endpoint(const PeerView& node, Door door, MovingEndpoint kind) {
  const auto port = manners_of(door).door_elsewhere;
  CHECK(port != nullptr);
  const bool wants_name = kind == MovingEndpoint::kName || !is_readable(node.host);
  const std::string& host = wants_name && !node.hostname.empty() ? node.hostname : node.host;
  if (!is_readable(host)) return {};
  return host + ":" + std::to_string(node.*port);
}

}  // namespace node
