// What the service asks of the consensus machine about the members of the cluster.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/ids.h"

namespace node {

using base::GroupId;
using base::NodeId;

// What a client asks about the members; ClusterRequestDone answers within some seconds.
struct MeetNode {
  std::string address;  // HOST:RAFTPORT
};
struct ForgetNode {
  NodeId id;
};
struct TakeOver {  // CLUSTER FAILOVER: this node is to lead
  bool is_forced = false;
};
struct BeginAnew {};  // CLUSTER RESET of a removed node: empty, alone, under a new id
struct ClusterRequest {
  GroupId group;
  std::uint64_t id = 0;
  std::variant<MeetNode, ForgetNode, TakeOver, BeginAnew> what;
};
// A dissolve entry was applied; `is_empty`: it has taken effect, this cluster of one is no more.
struct Dissolved {
  GroupId group;
  bool is_empty = false;
  std::string payload;
};

}  // namespace node
