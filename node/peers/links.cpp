#include "node/peers/links.h"

#include "node/peers/patience.h"

namespace node {

PeerLinks::PeerLinks(const Options& options)
    : plan_(options.seed),
      links_({.membership = membership_, .plan = plan_, .known = known_, .output = output_}),
      own_hello_({.id = options.self,
                  .epoch = options.epoch,
                  .cluster = {},
                  .announcement = options.announcement,
                  .birth = {},
                  .wants_vote = options.wants_vote},
                 membership_),
      visits_(links_, membership_, own_hello_, output_),
      dismissals_(links_, membership_, output_),
      handshake_({.links = links_,
                  .membership = membership_,
                  .plan = plan_,
                  .known = known_,
                  .promises = promises_,
                  .own_hello = own_hello_,
                  .output = output_,
                  .visits = visits_,
                  .dismissals = dismissals_}),
      input_({.links = links_,
              .membership = membership_,
              .known = known_,
              .output = output_,
              .visits = visits_,
              .dismissals = dismissals_,
              .handshake = handshake_}) {}

void PeerLinks::on_sent(LinkId id, std::size_t unsent_bytes) {
  if (PeerLink* link = links_.find(id)) link->outbox.on_sent(unsent_bytes);
}

void PeerLinks::set_announcement(const Announcement& announcement) {
  own_hello_.set_announcement(announcement);
  links_.for_each([&](PeerLink& link) {
    if (link.is_established())
      link.outbox.push(WireKind::kAnnounced, encode_announcement(announcement));
  });
}

std::vector<PeerEvent> PeerLinks::take_events(base::Instant now) {
  links_.begin_turn(now);
  input_.process();
  return output_.take_events();
}

// -- sending

bool PeerLinks::send(NodeId to, WireKind kind, std::string body) {
  PeerLink* link = links_.link_to(to);
  if (link != nullptr) link->outbox.push(kind, std::move(body));
  return link != nullptr;
}

bool PeerLinks::send(raft::Message message) {
  PeerLink* link = links_.link_to(message.to);
  if (link != nullptr) link->outbox.push(links_.now(), std::move(message));
  return link != nullptr;
}

bool PeerLinks::send_beside(NodeId to, WireKind kind, std::string body) {
  PeerLink* link = links_.link_to(to);
  return link != nullptr && link->outbox.push_beside(kind, std::move(body));
}

bool PeerLinks::has_room_for_pubsub(NodeId peer) const {
  const PeerLink* link = links_.link_to(peer);
  return link != nullptr && link->outbox.has_room_for_pubsub();
}

bool PeerLinks::has_more_to_send() const {
  bool has_more = false;
  links_.for_each([&](const PeerLink& link) {
    has_more |= link.phase != PeerLink::Phase::kDialling && link.outbox.can_move();
  });
  return has_more;
}

void PeerLinks::close_peer(NodeId peer, const std::string& why) {
  while (const PeerLink* link = links_.link_to(peer)) links_.drop(link->id, why);
}

// -- for the view

PeerInfo PeerLinks::info(NodeId peer) const {
  PeerInfo info = known_.info(peer);
  links_.for_each([&](const PeerLink& link) {
    if (link.is_peer(peer) && (!info.heard || link.heard > *info.heard)) info.heard = link.heard;
  });
  return info;
}

std::optional<NodeId> PeerLinks::stranger_at_address_of(const raft::Member& member) const {
  const base::Instant missed = known_.missed_since(member.id);
  if (links_.has_link(member.id) || links_.now() - missed < kLostPatience) return {};
  return plan_.stranger_at(member, links_.now());
}

std::optional<std::string> PeerLinks::moved_to(NodeId peer) const {
  const PeerLink* accepted = links_.link_to(peer);
  if (accepted == nullptr || accepted->is_dialled) return {};
  if (links_.now() - accepted->began < kMovedPatience) return {};
  const Announcement& announced = accepted->hello.announcement;
  const std::string host =
      announced.host.empty() ? std::string(host_of(accepted->address)) : announced.host;
  return host + ":" + std::to_string(announced.raft_port);
}

}  // namespace node
