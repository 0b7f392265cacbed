#include "node/clients/pubsub/elsewhere.h"

namespace node {

void Elsewhere::take(base::NodeId from, const SubscriberCounts& told) {
  Node& node = nodes_[from];
  if (told.is_beginning) node = Node{};
  for (const SubscriberCounts::Count& count : told.counts) take(node, count);
}

void Elsewhere::take(Node& node, const SubscriberCounts::Count& count) {
  if (count.kind == ChannelKind::kPattern) {
    if (count.sessions == 0) return node.patterns.erase(count.name);
    node.patterns.at(count.name) = count.sessions;
    return;
  }
  Table& table = count.kind == ChannelKind::kShard ? node.shards : node.channels;
  const auto found = table.find(count.name);
  if (found == table.end()) {
    if (count.sessions > 0) table.emplace(count.name, count.sessions);
  } else if (count.sessions == 0) {
    table.erase(found);
  } else {
    found->second = count.sessions;
  }
}

std::uint64_t Elsewhere::sessions(ChannelKind kind, std::string_view name) const {
  std::uint64_t sum = 0;
  for (const auto& [id, node] : nodes_) {
    const Table& table = node.table(kind);
    const auto found = table.find(name);
    if (found != table.end()) sum += found->second;
  }
  return sum;
}

std::uint64_t Elsewhere::receivers(bool is_shard, std::string_view channel) const {
  if (is_shard) return sessions(ChannelKind::kShard, channel);
  std::uint64_t sum = sessions(ChannelKind::kChannel, channel);
  for (const auto& [id, node] : nodes_) {
    node.patterns.for_each_match(
        channel, [&](const std::string&, std::uint64_t sessions) { sum += sessions; });
  }
  return sum;
}

}  // namespace node
