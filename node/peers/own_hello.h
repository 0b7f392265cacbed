// What this node says of itself in its hellos. Invariant: a stranger learns nothing of the cluster
// from it. Thread: consensus.
#pragma once

#include <string>
#include <utility>

#include "node/peers/hello.h"
#include "node/peers/link.h"
#include "node/peers/membership.h"

namespace node {

class OwnHello {
 public:
  // `membership` outlives this, and what it says of the cluster is said.
  OwnHello(Hello words, const PeerMembership& membership)
      : words_(std::move(words)), membership_(membership) {}

  [[nodiscard]] NodeId id() const { return words_.id; }
  // It comes from this process.
  [[nodiscard]] bool is_own(const Hello& hello) const {
    return hello.id == words_.id && hello.epoch == words_.epoch;
  }
  void set_announcement(const Announcement& announcement) { words_.announcement = announcement; }
  void set_birth_status(BirthStatus status) { words_.birth = std::move(status); }
  void set_holding(const Holding& holding) { words_.holding = holding; }

  // `is_visit`: this node comes as a visitor.
  [[nodiscard]] std::string encoded_for(const PeerLink& link, bool is_visit = false) const;

 private:
  Hello words_;  // what of them depends on the link is empty
  const PeerMembership& membership_;
};

}  // namespace node
