#include "node/peers/link_input.h"

#include <utility>

#include "node/peers/patience.h"

namespace node {

LinkInput::LinkInput(const Parts& parts)
    : links_(parts.links),
      membership_(parts.membership),
      known_(parts.known),
      output_(parts.output),
      visits_(parts.visits),
      dismissals_(parts.dismissals),
      handshake_(parts.handshake) {}

// -- of the driver

void LinkInput::on_up(LinkId link, std::string_view remote_address) {
  const bool is_accepted = (link.value() & kAcceptedLinkBit) != 0;
  if (is_accepted) links_.accept(link, remote_address);
  inputs_.emplace_back(Up{link});
}

void LinkInput::on_bytes(LinkId id, std::string_view bytes) {
  PeerLink* link = links_.find(id);
  if (link == nullptr || link->is_broken) return;
  link->has_heard = true;
  Messages input{.link = id, .messages = {}, .error = {}};
  base::Status status = link->reader.read(bytes, input.messages);
  if (!link->is_trusted) link->stranger_bytes += bytes.size();
  if (status.ok() && link->stranger_bytes > kStrangerBytesMax) {
    status = base::Error{.cause = base::Cause::kCorrupt,
                         .operation = "read",
                         .object = "peer frame",
                         .detail = "more than a stranger may"};
  }
  if (!status) {
    link->is_broken = true;
    input.error = status.error();
  }
  if (!input.messages.empty() || input.error) inputs_.emplace_back(std::move(input));
}

void LinkInput::on_down(LinkId link, std::string_view reason) {
  inputs_.emplace_back(Down{link, std::string(reason)});
}

// -- in a turn

void LinkInput::process() {
  for (Input& input : std::exchange(inputs_, {})) {
    std::visit([this](auto& specific) { process(specific); }, input);
  }
}

void LinkInput::process(const Up& up) {
  PeerLink* link = links_.find(up.link);
  if (link == nullptr) return output_.close(up.link);  // given up while it was being dialled
  handshake_.begin(*link);
}

void LinkInput::process(Messages& input) {
  for (WireMessage& message : input.messages) {
    PeerLink* link = links_.find(input.link);
    if (link == nullptr) return;
    take(*link, message);
  }
  if (input.error) links_.drop(input.link, "it sent " + input.error->detail);
}

void LinkInput::take(PeerLink& link, WireMessage& message) {
  if (message.kind == WireKind::kRefuse)
    return links_.drop(link.id, "it refuses this node: " + message.body.substr(0, 200));
  if (message.kind == WireKind::kOutsider) return on_outsider(link, message);
  if (link.phase == PeerLink::Phase::kSelf || message.kind == WireKind::kAlive) return;
  if (link.phase == PeerLink::Phase::kVisit) return visits_.on_message(link, message);
  if (message.kind == WireKind::kRemoved) return dismissals_.on_removal(link, message);
  if (link.phase == PeerLink::Phase::kGreeting) return take_greeting(link, message);
  take_of_peer(link, message);
}

void LinkInput::on_outsider(const PeerLink& link, const WireMessage& message) {
  if (link.is_dialled && !link.is_visit)
    output_.tell(AddressTaken{link.address, decode_proof(message.body)});
  links_.drop(link.id,
              "it belongs to a cluster, of which this node is no member (see CLUSTER MEET)");
}

void LinkInput::take_greeting(PeerLink& link, const WireMessage& message) {
  if (message.kind != WireKind::kHello) return links_.drop(link.id, "it spoke before its hello");
  const std::optional<Hello> hello = decode_hello(message.body);
  if (!hello) return links_.drop(link.id, "it sent a malformed hello");
  handshake_.on_hello(link, *hello);
}

void LinkInput::take_of_peer(PeerLink& link, WireMessage& message) {
  if (message.kind == WireKind::kHello) return links_.drop(link.id, "it said hello twice");
  if (membership_.is_foreign(message.cluster))
    return links_.refuse(link, no_peers(message.cluster, membership_.cluster()));
  if (!is_heeded(message)) return;
  if (message.kind == WireKind::kAnnounced) return on_announced(link, message);
  if (message.kind == WireKind::kOldCopy) return dismissals_.on_old_copy(link, message);
  output_.tell(PeerSaid{link.hello.id, std::move(message)});
}

// What comes while one side is not born yet is of its birth and of nothing else; Raft repeats
// itself.
bool LinkInput::is_heeded(const WireMessage& message) const {
  const bool is_born = membership_.is_born();
  const bool is_of_cluster = is_born && message.cluster == membership_.cluster();
  const bool is_of_birth = message.kind == WireKind::kBirthStatus ||
                           message.kind == WireKind::kFounded ||
                           (message.kind == WireKind::kFound && !is_born);
  if (message.kind == WireKind::kRaft) return is_of_cluster;
  return is_of_cluster || is_of_birth || !is_born;
}

void LinkInput::on_announced(PeerLink& link, const WireMessage& message) {
  const auto announced = decode_announcement(message.body);
  if (!announced) return links_.drop(link.id, "it sent a malformed message");
  link.hello.announcement = *announced;
  known_.on_announced(link.hello.id, *announced);
  output_.tell(PeerConnected{link.hello});  // the view is to be made anew
}

}  // namespace node
