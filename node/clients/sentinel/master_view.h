// The cluster as a user of Redis Sentinel sees it: one master, its replicas, and the sentinels that
// watch them. All of it is derived from what the node knows of its cluster; nothing here asks
// anybody. Invariants: an instance whose door is not known is not in a view, because nobody could
// dial it; the addresses are those of the door that users of Sentinel dial.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/messages/messages.h"

namespace node::sentinel {

struct Instance {
  NodeId id;
  std::string host;
  std::uint16_t port = 0;
  bool is_down = false;  // this node has no link to it, or the master leads no more
  std::int64_t heard_ms_ago = 0;
  LogIndex match;

  [[nodiscard]] std::string address() const { return host + " " + std::to_string(port); }
  [[nodiscard]] std::string name() const { return host + ":" + std::to_string(port); }
  [[nodiscard]] bool is_at(const Instance& other) const {
    return host == other.host && port == other.port;
  }
};

struct MasterView {
  std::optional<Instance> master;    // who leads, or who led last; nullopt: nobody did yet
  bool is_objectively_down = false;  // nobody leads
  std::vector<Instance> replicas;
  std::vector<Instance> sentinels;  // the other members that have such a door
  Term term;
  std::size_t voters = 0, linked_voters = 0;  // this node included

  [[nodiscard]] std::size_t quorum() const { return voters / 2 + 1; }
  [[nodiscard]] bool has_quorum() const { return linked_voters >= quorum(); }
};

[[nodiscard]] MasterView master_view(const ClusterView& cluster, const Leadership& leadership);

}  // namespace node::sentinel
