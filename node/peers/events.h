// What the peer links tell the machine around them, in the order in which it came. Values.
#pragma once

#include <string>
#include <variant>

#include "node/peers/frame.h"
#include "node/peers/hello.h"

namespace node {

struct AddressAnswered {
  std::string address;
  Hello hello;
};  // a dialled address, by this node itself too
struct AddressLost {
  std::string address;
};
// A node answers there that belongs to a cluster, of which this node is no member.
struct AddressTaken {
  std::string address;
  std::uint64_t proof = 0;  // cluster_proof()
};
struct PeerConnected {
  Hello hello;
};  // each new link of it; not this node itself
// No link to it is left. `by_kernel`: closed from outside, a hint that it died.
struct PeerDisconnected {
  NodeId peer;
  bool by_kernel = false;
};
struct PeerSaid {
  NodeId from;
  WireMessage message;
};
// A member says that this node is none any more.
struct RemovalTold {
  NodeId from;
  LogIndex version;
};
// A member says that this node promised what its directory does not hold.
struct OldCopyTold {
  NodeId from;
  Promise promise;
};
// A link for CLUSTER MEET, dialled by this node or by the visitor; `host`: where the other end is
// seen.
struct VisitBegun {
  LinkId link;
  Hello hello;
  std::string host;
};
struct VisitSaid {
  LinkId link;
  Hello hello;
  std::string host;
  WireMessage message;
};
struct VisitEnded {
  LinkId link;
  std::string reason;
};
using PeerEvent =
    std::variant<AddressAnswered, AddressLost, AddressTaken, PeerConnected, PeerDisconnected,
                 PeerSaid, RemovalTold, OldCopyTold, VisitBegun, VisitSaid, VisitEnded>;

}  // namespace node
