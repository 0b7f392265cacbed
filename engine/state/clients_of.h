// Questions to a map whose keys are clients, in their order: by node, then by run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/elements/batch.h"

namespace engine {

// The keys that are of that node, but of another run of it.
template <class Map>
[[nodiscard]] std::vector<ClientRef> clients_of_other_runs(const Map& clients, base::NodeId node,
                                                           std::uint64_t epoch) {
  std::vector<ClientRef> found;
  const ClientRef first{.node = node, .epoch = 0, .connection = {}};
  for (auto one = clients.lower_bound(first); one != clients.end() && one->first.node == node;
       ++one) {
    if (one->first.epoch != epoch) found.push_back(one->first);
  }
  return found;
}

// Whether one of them is of none of these nodes. O(nodes log clients).
template <class Map>
[[nodiscard]] bool has_clients_beside(const Map& clients, const std::vector<base::NodeId>& nodes) {
  for (auto one = clients.begin(); one != clients.end();) {
    const base::NodeId node = one->first.node;
    if (std::ranges::find(nodes, node) == nodes.end()) return true;
    constexpr std::uint64_t kLast = ~std::uint64_t{0};
    one = clients.upper_bound(
        {.node = node, .epoch = kLast, .connection = base::ConnectionId(kLast)});
  }
  return false;
}

}  // namespace engine
