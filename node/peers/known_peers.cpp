#include "node/peers/known_peers.h"

namespace node {

void KnownPeers::on_connected(const Hello& hello, const std::string& address, base::Instant now) {
  known_[hello.id] = {.is_connected = true,
                      .wants_vote = hello.wants_vote,
                      .epoch = hello.epoch,
                      .announcement = hello.announcement,
                      .remote_address = address,
                      .heard = now,
                      .lost = {}};
}

void KnownPeers::on_lost(NodeId peer, base::Instant now) {
  known_[peer].is_connected = false;
  known_[peer].lost = now;
}

void KnownPeers::on_announced(NodeId peer, const Announcement& announcement) {
  known_[peer].announcement = announcement;
}

PeerInfo KnownPeers::info(NodeId peer) const {
  const auto known = known_.find(peer);
  return known == known_.end() ? PeerInfo{} : known->second;
}

std::uint64_t KnownPeers::epoch_of(NodeId peer) const {
  const auto known = known_.find(peer);
  return known == known_.end() ? 0 : known->second.epoch;
}

base::Instant KnownPeers::missed_since(NodeId peer) const {
  const auto known = known_.find(peer);
  return known == known_.end() ? began_ : known->second.lost.value_or(began_);
}

}  // namespace node
