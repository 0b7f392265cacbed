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

void PubsubRelay::tell(const TellPubsub& message, const raft::Membership& membership, NodeId self,
                       PeerLinks& links) {
  for (const raft::Member& member : membership.members)
    if (member.id != self) tell_member(message, member.id, links);
}

void PubsubRelay::tell_member(const TellPubsub& message, NodeId member, PeerLinks& links) {
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

void PubsubRelay::on_said(NodeId from, WireMessage& said, const Groups& groups,
                          Outgoing& outgoing) {
  base::Decoder in(said.body);
  const GroupId group(in.u32());
  if (!in.ok() || groups.find(group) == nullptr) return;
  said.body.erase(0, sizeof(std::uint32_t));
  if (said.body.empty())
    peers_[from].is_greeted = false;  // it asks to be told anew
  else if (takes(from, said.kind, said.body.size()))
    outgoing.tell(PubsubTold{group, from, std::move(said.body)});
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
                         Outgoing& outgoing) {
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    finish(peer->first, peer->second, membership.find(peer->first) != nullptr, links, outgoing);
    peer->second.is_linked ? ++peer : peer = peers_.erase(peer);
  }
}

void PubsubRelay::finish(NodeId id, Peer& peer, bool is_member, const PeerLinks& links,
                         Outgoing& outgoing) {
  if (!is_member && std::exchange(peer.is_greeted, false)) peer.is_gone = true;
  if (peer.lost > 0 || peer.is_gone) {
    outgoing.tell(PubsubLost{base::kFirstGroup, id, std::exchange(peer.lost, 0),
                             peer.is_linked && !peer.is_gone});
    peer.is_gone = false;
  }
  if (!is_member || !peer.is_linked || peer.is_greeted || !links.has_room_for_pubsub(id)) return;
  peer.is_greeted = true;
  outgoing.tell(PubsubLinked{base::kFirstGroup, id});
}

}  // namespace node
