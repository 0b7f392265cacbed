// Where the clients of a node that ends go: to another node's door of the same kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node/clients/connect_info.h"
#include "node/clients/maintenance/mode.h"
#include "node/messages/cluster_view.h"

namespace node {

// The leader if it has such a door, else the connected node with the most of the log; nullptr: no
// node has one, or none belongs to this kind of door. Valid as long as the view.
[[nodiscard]] const PeerView* destination(const ClusterView& cluster, NodeId leader, Door door);

// "host:port"; nullopt if the host cannot be written so that every client library reads it.
[[nodiscard]] std::optional<std::string> moving_endpoint(const PeerView& node, Door door,
                                                         MovingEndpoint kind);

}  // namespace node
