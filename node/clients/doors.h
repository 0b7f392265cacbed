// What each door admits, and how a node calls itself there (DESIGN decision 21). Whoever has to
// know asks this table, and nobody compares doors elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/command/table.h"
#include "node/clients/connect_info.h"
#include "node/messages/cluster_view.h"

namespace node {

struct DoorManners {
  const engine::CommandTable& (*commands)() = nullptr;  // all others are unknown here
  // As HELLO and INFO say it; empty: as `cluster-enabled` does.
  std::string_view mode = {};
  std::string_view port_directive = "port";
  bool has_data = true;  // a role, a keyspace, messages of clients; else the events of the cluster
  // No rule of a user is about commands that begin so: whoever has logged in may say them.
  std::string_view unjudged_prefix = {};
  // The port of the same kind of door at another node, where a client is as well served; null: a
  // client of this door finds the nodes by itself.
  std::uint16_t PeerView::*door_elsewhere = nullptr;
};

[[nodiscard]] const DoorManners& manners_of(Door door);

// "cluster", "standalone" or "sentinel".
[[nodiscard]] std::string_view mode_at(Door door, bool is_cluster_enabled);

[[nodiscard]] inline bool is_judged(Door door, const engine::CommandSpec& spec) {
  const std::string_view prefix = manners_of(door).unjudged_prefix;
  return prefix.empty() || !spec.name.starts_with(prefix);
}

}  // namespace node
