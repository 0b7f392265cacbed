// How many have subscribed to what on the other nodes, as they have told. A figure for PUBLISH and
// PUBSUB, never what decides who gets a message: it may lag behind by what is on its way, and a
// node that is not connected counts as one without subscribers. Thread: service.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "node/clients/pubsub/pattern_index.h"
#include "node/clients/pubsub/wire.h"

namespace node {

class Elsewhere {
 public:
  void take(base::NodeId from, const SubscriberCounts& told);
  void forget(base::NodeId node) { nodes_.erase(node); }

  // Whom a message to that channel reaches there, by its name and by patterns.
  [[nodiscard]] std::uint64_t receivers(bool is_shard, std::string_view channel) const;
  [[nodiscard]] std::uint64_t sessions(ChannelKind kind, std::string_view name) const;
  // Each name of each node, ordered by node.
  template <class Visit>
  void for_each(ChannelKind kind, Visit visit) const {
    for (const auto& [id, node] : nodes_) {
      if (kind == ChannelKind::kPattern) {
        node.patterns.for_each([&](const std::string& name, std::uint64_t) { visit(name); });
        continue;
      }
      for (const auto& [name, sessions] : node.table(kind)) visit(name);
    }
  }

 private:
  using Table = std::map<std::string, std::uint64_t, std::less<>>;
  struct Node {
    Table channels, shards;
    PatternIndex<std::uint64_t> patterns;
    [[nodiscard]] const Table& table(ChannelKind kind) const {
      return kind == ChannelKind::kShard ? shards : channels;
    }
  };
  static void take(Node& node, const SubscriberCounts::Count& count);

  std::map<base::NodeId, Node> nodes_;
};

}  // namespace node
