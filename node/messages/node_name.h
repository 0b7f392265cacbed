// How a node id looks to clients: 40 hex digits, as Redis Cluster's node ids. The first 16 are the
// id, the rest follow from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace node {

[[nodiscard]] std::string node_name(base::NodeId id);
// nullopt: not the name of any id.
[[nodiscard]] std::optional<base::NodeId> parse_node_name(std::string_view name);

}  // namespace node
