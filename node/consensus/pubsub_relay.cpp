#include "node/consensus/pubsub_relay.h"

#include <utility>

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
  if (links.send_pubsub(member, std::move(body))) return;
  Peer& known = peers_[member];
  known.lost += message.messages;
  if (message.messages == 0) known.is_greeted = false;
}

void PubsubRelay::finish(NodeId member, const PeerLinks& links, std::vector<FromConsensus>& out) {
  const auto found = peers_.find(member);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  if (peer.lost > 0 || peer.is_gone) {
    out.emplace_back(PubsubLost{base::kFirstGroup, member, std::exchange(peer.lost, 0),
                                peer.is_linked && !peer.is_gone});
    peer.is_gone = false;
  }
  if (!peer.is_linked || peer.is_greeted || !links.has_room_for_pubsub(member)) return;
  peer.is_greeted = true;
  out.emplace_back(PubsubLinked{base::kFirstGroup, member});
}

}  // namespace node
