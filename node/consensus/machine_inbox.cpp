// What has come to the consensus machine, and which chapter it is for.
#include <algorithm>
#include <utility>

#include "node/consensus/entry_check.h"
#include "node/consensus/machine.h"
#include "node/consensus/unborn.h"

namespace node {
namespace {

// A handler for each kind of event.
template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

// -- the links

void Consensus::Machine::take_link_events() {
  Discovery& discovery = birth_.discovery();
  Meetings& meetings = changes_.meetings();
  const Overloaded handle{
      [&](const AddressAnswered& event) { discovery.on_answer(event.address, event.hello); },
      [&](const AddressLost& event) { discovery.on_lost(event.address); },
      [&](const AddressTaken& event) { discovery.on_taken(event.address, event.proof); },
      [&](const PeerConnected& event) { on_connected(event.hello); },
      [&](const PeerDisconnected& event) { on_disconnected(event); },
      [&](PeerSaid& event) { on_said(event); },
      [&](const RemovalTold& event) {
        if (!groups_.is_empty()) own_.on_removal_told(event);
      },
      [&](const OldCopyTold& event) { on_old_copy(event); },
      [&](const VisitBegun& event) { meetings.on(event); },
      [&](const VisitSaid& event) { meetings.on(event); },
      [&](const VisitEnded& event) { meetings.on(event); }};
  for (PeerEvent& event : links_.take_events(now_)) {
    view_.mark_stale();
    std::visit(handle, event);
  }
}

void Consensus::Machine::on_connected(const Hello& hello) {
  view_.mark_urgent();
  promises_.on_connected();
  pubsub_.on_connected(hello.id);
  birth_.discovery().on_hello(hello);
  groups_.step_all(now_, raft::PeerWish{hello.id, hello.wants_vote});
}

void Consensus::Machine::on_disconnected(const PeerDisconnected& event) {
  view_.mark_urgent();
  pubsub_.on_disconnected(event.peer);
  birth_.discovery().on_disconnected(event.peer);
  changes_.orders().on_lost(event.peer);
  if (event.by_kernel) groups_.step_all(now_, raft::PeerLost{event.peer});
}

void Consensus::Machine::on_old_copy(const OldCopyTold& event) {
  if (groups_.is_empty() || !promises_.is_old_copy(event)) return;
  leave_cluster("CLUSTERDOWN this node's directory is an older copy",
                "ERR this node's directory is an older copy");
  outgoing_.restart();
}

void Consensus::Machine::on_said(PeerSaid& event) {
  const NodeId from = event.from;
  WireMessage& said = event.message;
  bool is_read = true;
  const auto when_read = [&is_read](const auto& decoded, auto take) {
    is_read = decoded.has_value();
    if (is_read) take(*decoded);
  };
  switch (said.kind) {
    case WireKind::kRaft: return on_raft_message(from, said);
    case WireKind::kUses: return hints_.on_uses(said);
    case WireKind::kPubsub:
    case WireKind::kSubscribers: return pubsub_.on_said(from, said, groups_, outgoing_);
    case WireKind::kForward: return forwarding_.on_forwarded(from, said);
    case WireKind::kForwardAnswer: return forwarding_.on_answer(now_, from, said);
    case WireKind::kApplied: is_read = hints_.on_applied(from, said); break;
    case WireKind::kBirthStatus:
      when_read(decode_birth_status(said.body),
                [&](const auto& status) { birth_.discovery().on_status(from, status); });
      break;
    case WireKind::kFound:
      when_read(decode_offer(said.body), [&](const auto& offer) { birth_.on_found(from, offer); });
      break;
    case WireKind::kFounded:
      when_read(decode_cluster_id(said.body),
                [&](const auto& cluster) { birth_.discovery().on_founded(from, cluster); });
      break;
    case WireKind::kOrder:
      when_read(decode_order(said.body),
                [&](const auto& order) { changes_.orders().on_forwarded(from, order); });
      break;
    case WireKind::kOrderAnswer:
      when_read(decode_order_answer(said.body),
                [&](const auto& answer) { changes_.orders().on_answered(answer); });
      break;
    case WireKind::kPromised:
      when_read(decode_promise(said.body),
                [&](const auto& promise) { promises_.on_promised(from, promise); });
      break;
    default: is_read = false;
  }
  if (!is_read) links_.close_peer(from, "it sent a malformed message");
}

void Consensus::Machine::on_raft_message(NodeId from, WireMessage& said) {
  std::optional<raft::Message> message = raft::decode_parts(said.body, said.attached);
  if (!message || !can_be_applied(*message))
    return links_.close_peer(from, "it sent a malformed raft message");
  if (message->from != from)
    return links_.close_peer(from, "it spoke in the name of " + short_name(message->from));
  birth_.on_raft_heard();
  if (const auto promise = promise_in(*message)) promises_.on_promised(from, *promise);
  if (Group* group = groups_.find(message->group)) group->receive(now_, std::move(*message));
}

// -- the other machines

void Consensus::Machine::take_inbox() {
  for (Inbound& message : std::exchange(inbox_, {})) {
    view_.mark_stale();
    std::visit([this](auto& specific) { take(specific); }, message);
  }
}

void Consensus::Machine::take(ToConsensus& message) {
  if (take_for_node(message)) return;
  const GroupId id = std::visit([](const auto& specific) { return specific.group; }, message);
  Group* group = groups_.find(id);
  if (group != nullptr) {
    if (!take_for_members(message, *group)) group->receive(now_, std::move(message));
  } else if (std::optional<FromConsensus> refusal = refusal_of_unborn(message)) {
    outgoing_.tell(std::move(*refusal));
  }
}

bool Consensus::Machine::take_for_node(ToConsensus& message) {
  if (const auto* request = std::get_if<ClusterRequest>(&message))
    changes_.take(now_, *request, groups_.first());
  else if (const auto* dissolved = std::get_if<Dissolved>(&message))
    changes_.meetings().on_dissolved(dissolved->is_empty, dissolved->payload);
  else if (const auto* watch = std::get_if<WatchProgress>(&message))
    progress_.watch(*watch);
  else if (const auto* news = std::get_if<Announce>(&message))
    announce(news->announcement);
  else if (const auto* here = std::get_if<HereIAm>(&message))
    service_watch_.on_answer(now_, here->number);
  else
    return false;
  return true;
}

bool Consensus::Machine::take_for_members(ToConsensus& message, const Group& group) {
  if (const auto* uses = std::get_if<TellUses>(&message))
    hints_.tell(*uses);
  else if (const auto* applied = std::get_if<TellApplied>(&message))
    hints_.tell(*applied);
  else if (const auto* pubsub = std::get_if<TellPubsub>(&message))
    pubsub_.tell(*pubsub, group.raft().membership(), options_.self, links_);
  else if (const auto* taken = std::get_if<PubsubTaken>(&message))
    pubsub_.on_taken(*taken, links_);
  else if (auto* batch = std::get_if<ForwardBatch>(&message))
    forwarding_.forward(*batch, group.raft());
  else if (const auto* answer = std::get_if<AnswerForward>(&message))
    forwarding_.answer(*answer);
  else
    return false;
  return true;
}

void Consensus::Machine::announce(const Announcement& announcement) {
  options_.announcement = announcement;
  links_.set_announcement(announcement);
  view_.mark_urgent();
}

void Consensus::Machine::take(FromLog& message) {
  const auto* durable = std::get_if<LogDurable>(&message);
  if (durable != nullptr && founding_.on_durable(durable->sequence)) {
    birth_.on_written();
    return own_.follow(birth_.membership(), birth_.is_born());
  }
  const auto* space = std::get_if<LogSpace>(&message);
  if (space != nullptr && groups_.is_empty())
    outgoing_.tell(DiskState{space->is_full, space->detail});
  groups_.receive(now_, message);
}

void Consensus::Machine::take(FromState& message) { groups_.receive(now_, message); }

}  // namespace node
