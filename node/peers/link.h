// One peer link: whose it is as far as that is known, how far its greeting has come, what came on
// it and what waits to leave. Plain data with the few rules that need nothing else; the chapters of
// the peer links move it (node/peers/links.h). Thread: consensus.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"
#include "node/messages/link_bytes.h"
#include "node/peers/frame.h"
#include "node/peers/hello.h"
#include "node/peers/outbox.h"

namespace node {

struct PeerLink {
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
  [[nodiscard]] bool is_established() const { return phase == Phase::kEstablished; }
  [[nodiscard]] bool is_peer(NodeId peer) const { return is_established() && hello.id == peer; }
  // Where it comes from, without the port of a link that was accepted: that is another each time.
  [[nodiscard]] std::string host() const {
    return is_dialled ? address : address.substr(0, address.rfind(':'));
  }
  [[nodiscard]] std::string name() const {
    return is_established() ? short_name(hello.id) + " (" + address + ")" : address;
  }

  // ---- how long it may last (node/peers/patience.h) ----
  // Then its phase has taken too long, or its other end has been silent for too long.
  [[nodiscard]] base::Instant expires_at() const;
  [[nodiscard]] std::string_view why_expired() const;  // empty: nobody is told
  // Then something has to be said on it, so that its other end does not take this node for dead.
  // max(): something is about to leave, or nothing need be said.
  [[nodiscard]] base::Instant owes_word_at() const;
};

}  // namespace node
