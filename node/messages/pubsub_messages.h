// What passes between the subscribers' sides of two nodes on its way through their consensus
// machines (DESIGN decision 22): bytes that these do not look into (node/clients/pubsub/wire.h).
// They travel on the peer links beside the log and are lost when a link is down or does not move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/ids.h"

namespace node {

// Service -> consensus: to that member; none: to all others. What one turn has to say leaves in the
// order given, before the entries proposed after it.
struct TellPubsub {
  base::GroupId group;
  base::NodeId to;
  std::string body;
  std::uint64_t messages = 0;  // of clients, in `body`; 0: how many have subscribed
};
// Service -> consensus: so many bytes of what was told are dealt with.
struct PubsubTaken {
  base::GroupId group;
  std::size_t bytes = 0;
};
// Consensus -> service: what a member has told.
struct PubsubTold {
  base::GroupId group;
  base::NodeId from;
  std::string body;
};
// A member can be told, and knows nothing yet, or not all that was to be told it.
struct PubsubLinked {
  base::GroupId group;
  base::NodeId peer;
};
// So many messages have not been sent to a member since the last time; or its last link has gone.
struct PubsubLost {
  base::GroupId group;
  base::NodeId peer;
  std::uint64_t messages = 0;
  bool is_connected = false;
};

}  // namespace node
