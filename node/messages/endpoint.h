// Where clients are told to find a node (cluster-preferred-endpoint-type, Redis 7.0).
#pragma once

#include <string>
#include <string_view>

#include "node/messages/consensus_messages.h"

namespace node {

// "ip": its address; "hostname": its announced name, "?" if it has none; "unknown-endpoint": empty,
// where the client found whoever told it.
[[nodiscard]] inline std::string preferred_endpoint(const PeerView& peer, std::string_view type) {
  if (type == "hostname") return peer.hostname.empty() ? "?" : peer.hostname;
  return type == "unknown-endpoint" ? std::string() : peer.host;
}

}  // namespace node
