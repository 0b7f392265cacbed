#include "node/consensus/pubsub_relay.h"

#include <utility>

#include "base/check.h"
#include "base/codec.h"

namespace node {

void PubsubRelay::on_connected(NodeId peer) {
  Peer& known = peers_[peer];
  known.is_linked = true;
  known.is_greeted = false;
}

void PubsubRelay::on_disconnected(NodeId peer) {
  Peer& known = peers_[peer];
  known.is_linked = known.is_greeted = false;
  known.is_gone = true;
}

void PubsubRelay::tell(const TellPubsub& message, NodeId member, PeerLinks& links) {
  if (!message.to.is_none() && message.to != member) return;
  std::string body;
  body.reserve(message.body.size() + sizeof(std::uint32_t));
  base::Encoder(body).u32(message.group.value());
  body += message.body;
  const bool is_said = message.messages > 0;
  const WireKind kind = is_said ? WireKind::kPubsub : WireKind::kSubscribers;
  if (links.send_beside(member, kind, std::move(body))) return;
  Peer& known = peers_[member];
  known.lost += message.messages;
  if (!is_said) known.is_greeted = false;
}

bool PubsubRelay::takes(NodeId from, WireKind kind, std::size_t bytes) {
  if (untaken_bytes_ == 0 || untaken_bytes_ + bytes <= kUntakenBytesMax) {
    untaken_bytes_ += bytes;
    return true;
  }
  if (kind == WireKind::kSubscribers) peers_[from].is_unheard = true;
  return false;
}

void PubsubRelay::on_taken(const PubsubTaken& message, PeerLinks& links) {
  CHECK(message.bytes <= untaken_bytes_);
  untaken_bytes_ -= message.bytes;
  for (auto& [id, peer] : peers_) {
    if (!std::exchange(peer.is_unheard, false)) continue;
    std::string body;
    base::Encoder(body).u32(message.group.value());
    peer.is_unheard = !links.send_beside(id, WireKind::kSubscribers, std::move(body));
  }
}

void PubsubRelay::finish(const raft::Membership& membership, const PeerLinks& links,
                         std::vector<FromConsensus>& out) {
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    finish(peer->first, peer->second, membership.find(peer->first) != nullptr, links, out);
    peer->second.is_linked ? ++peer : peer = peers_.erase(peer);
  }
}

void PubsubRelay::finish(NodeId id, Peer& peer, bool is_member, const PeerLinks& links,
                         std::vector<FromConsensus>& out) {
  if (!is_member && std::exchange(peer.is_greeted, false)) peer.is_gone = true;
  if (peer.lost > 0 || peer.is_gone) {
    out.emplace_back(PubsubLost{base::kFirstGroup, id, std::exchange(peer.lost, 0),
                                peer.is_linked && !peer.is_gone});
    peer.is_gone = false;
  }
  if (!is_member || !peer.is_linked || peer.is_greeted || !links.has_room_for_pubsub(id)) return;
  peer.is_greeted = true;
  out.emplace_back(PubsubLinked{base::kFirstGroup, id});
}

}  // namespace node
