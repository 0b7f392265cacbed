// Hands what the subscribers' side of this node has to say to the members, and what they say to it.
// Nothing waits for a link that is down or full, or for a service that takes no mail: what is above
// the bounds is lost. What is lost of messages is counted (here, or by their numbers where they are
// missed); whoever has lost how many have subscribed to what is told all anew (PubsubLinked).
// Thread: consensus.
#pragma once

#include <cstdint>
#include <map>

#include "base/limits.h"
#include "node/consensus/groups.h"
#include "node/consensus/outgoing.h"
#include "node/messages/messages.h"
#include "node/peers/links.h"

namespace node {

class PubsubRelay {
 public:
  // A link to it has come up; the last one has gone.
  void on_connected(NodeId peer);
  void on_disconnected(NodeId peer);
  // Of the service here; `self` has heard it already.
  void tell(const TellPubsub& message, const raft::Membership& membership, NodeId self,
            PeerLinks& links);
  // A member has said something: for the service alone, which makes nothing of what it cannot read.
  void on_said(NodeId from, WireMessage& said, const Groups& groups, Outgoing& outgoing);
  // The service has dealt with so many bytes of that.
  void on_taken(const PubsubTaken& message, PeerLinks& links);
  // At the end of a turn. Whoever is no member any more counts as not connected.
  void finish(const raft::Membership& membership, const PeerLinks& links, Outgoing& outgoing);

 private:
  struct Peer {
    bool is_linked = false, is_greeted = false;
    bool is_gone = false;     // and nobody was told yet
    bool is_unheard = false;  // what it said of its subscribers was lost
    std::uint64_t lost = 0;
  };
  void tell_member(const TellPubsub& message, NodeId member, PeerLinks& links);
  // Whether the service has room for so much more; it takes it.
  [[nodiscard]] bool takes(NodeId from, WireKind kind, std::size_t bytes);
  static void finish(NodeId id, Peer& peer, bool is_member, const PeerLinks& links,
                     Outgoing& outgoing);

  // What the service has not taken.
  static constexpr std::size_t kUntakenBytesMax = 64 * base::limits::kMiB;

  std::map<NodeId, Peer> peers_;
  std::size_t untaken_bytes_ = 0;
};

}  // namespace node
