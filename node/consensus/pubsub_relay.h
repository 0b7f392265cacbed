// Hands what the subscribers' side of this node has to say to the members, and keeps account of
// what could not be sent: nothing waits for a link that is down or full. Whoever is linked, and
// missed something of what was not a message, is greeted (PubsubLinked) so that it is told all
// anew. Thread: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "node/messages/messages.h"
#include "node/peers/links.h"

namespace node {

class PubsubRelay {
 public:
  // A link to it has come up; the last one has gone.
  void on_connected(NodeId peer);
  void on_disconnected(NodeId peer);
  void tell(const TellPubsub& message, NodeId member, PeerLinks& links);
  // At the end of a turn, for each member but this node.
  void finish(NodeId member, const PeerLinks& links, std::vector<FromConsensus>& out);

 private:
  struct Peer {
    bool is_linked = false, is_greeted = false;
    bool is_gone = false;  // and nobody was told yet
    std::uint64_t lost = 0;
  };
  std::map<NodeId, Peer> peers_;
};

}  // namespace node
