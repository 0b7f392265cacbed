// One peer link, as PeerLinks keeps it. Private to peer_links.cpp and peer_greeting.cpp.
#pragma once

#include "node/peers/links.h"

namespace node {

// Each end says something at least this often, and takes the other for dead after the silence.
inline constexpr base::Duration kAliveInterval = base::milliseconds(500);
inline constexpr base::Duration kSilenceMax = base::milliseconds(3000);
// A link that was heard this recently holds its id against another process.
inline constexpr base::Duration kClaimSilence = base::milliseconds(1500);
inline constexpr base::Duration kDialPatience = base::milliseconds(2000);
inline constexpr base::Duration kHelloPatience = base::milliseconds(3000);
inline constexpr base::Duration kRedialMin = base::milliseconds(50);
inline constexpr base::Duration kRedialMax = base::milliseconds(1000);
// A link that lived this long has earned a quick redial.
inline constexpr base::Duration kLinkLived = base::milliseconds(2000);
// A visit is over by then, whatever has become of it.
inline constexpr base::Duration kVisitMax = base::milliseconds(20000);
// A member that this node could not dial for so long, but that dials this node, has moved.
inline constexpr base::Duration kMovedPatience = base::milliseconds(2000);
// A member that has not been connected for so long, and at whose address somebody else answers, has
// lost its directory.
inline constexpr base::Duration kLostPatience = base::milliseconds(3000);
inline constexpr std::size_t kLinksMax = 256;
// Accepted links of which nobody knows yet whose they are, or that are visits.
inline constexpr std::size_t kStrangersMax = 16;
// What such a link may bring in all.
inline constexpr std::size_t kStrangerBytesMax = 64 * base::limits::kKiB;

struct PeerLinks::Link {
  enum class Phase { kDialling, kGreeting, kEstablished, kSelf, kVisit };
  LinkId id;
  std::string address;  // dialled, or where it came from
  bool is_dialled = false;
  bool is_visit = false;  // known when dialled, or from the visitor's hello
  Phase phase = Phase::kDialling;
  NodeId expected;
  Hello hello;            // the peer's, when established
  base::Instant began{};  // of the phase
  base::Instant heard{}, sent{};
  bool has_heard = false;  // since the last turn
  bool is_broken = false;  // bytes that are no frames came: the rest is not read
  // The other end may know this node's cluster: a member, or where one is dialled.
  bool is_trusted = false;
  std::size_t stranger_bytes = 0;  // came while it was not
  FrameReader reader{FrameReader::From::kStranger};
  PeerOutbox outbox;

  void trust() {
    is_trusted = true;
    reader.trust();
  }
  [[nodiscard]] bool is_stranger() const {
    return !is_dialled && (phase == Phase::kGreeting || phase == Phase::kVisit);
  }
  [[nodiscard]] bool is_peer(NodeId peer) const {
    return phase == Phase::kEstablished && hello.id == peer;
  }
  // Where it comes from, without the port of a link that was accepted: that is another each time.
  [[nodiscard]] std::string host() const {
    return is_dialled ? address : address.substr(0, address.rfind(':'));
  }
  [[nodiscard]] std::string name() const {
    return phase == Phase::kEstablished ? short_name(hello.id) + " (" + address + ")" : address;
  }
};

}  // namespace node
