#include "node/peers/handshake.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "node/peers/patience.h"

namespace node {

std::string no_peers(base::ClusterId one, base::ClusterId other) {
  return "a node of cluster " + cluster_name(one) + " is no peer of cluster " + cluster_name(other);
}

Handshake::Handshake(const Parts& parts)
    : links_(parts.links),
      membership_(parts.membership),
      plan_(parts.plan),
      known_(parts.known),
      promises_(parts.promises),
      own_hello_(parts.own_hello),
      output_(parts.output),
      visits_(parts.visits),
      dismissals_(parts.dismissals) {}

void Handshake::begin(PeerLink& link) {
  link.phase = PeerLink::Phase::kGreeting;
  link.began = link.heard = link.sent = links_.now();
  if (!link.is_dialled && links_.size() > kLinksMax)
    return links_.refuse(link, "it has too many peer links");
  if (link.is_dialled)
    link.outbox.push(WireKind::kHello, own_hello_.encoded_for(link, link.is_visit));
  make_room_for_strangers();
}

// The one that has been there longest gives way: a member says its hello at once.
void Handshake::make_room_for_strangers() {
  std::vector<const PeerLink*> strangers;
  links_.for_each([&](const PeerLink& link) {
    if (link.is_stranger()) strangers.push_back(&link);
  });
  if (strangers.size() <= kStrangersMax) return;
  const auto first = std::min_element(
      strangers.begin(), strangers.end(), [](const PeerLink* a, const PeerLink* b) {
        return std::pair(a->phase, a->id) < std::pair(b->phase, b->id);
      });
  links_.drop((*first)->id, "too many others came before it was known");
}

void Handshake::on_hello(PeerLink& link, const Hello& hello) {
  if (link.is_visit || hello.is_visit) return visits_.on_hello(link, hello);
  if (membership_.has_left())
    return links_.refuse(link, short_name(own_hello_.id()) + " is a member of no cluster");
  if (own_hello_.is_own(hello)) return greet_self(link, hello);
  if (membership_.is_foreign(hello.cluster))
    return links_.refuse(link, no_peers(hello.cluster, membership_.cluster()),
                         "this is no node of cluster " + cluster_name(hello.cluster));
  if (const std::optional<std::string> why = objection(link, hello))
    return links_.refuse(link, *why);
  const bool was_member = membership_.is_removed(hello);
  if (!was_member && !membership_.may_be_peer(hello)) return refuse_outsider(link, hello);
  link.trust();
  answer(link);
  if (was_member) return dismissals_.tell_removal(link);
  if (const auto broken = promises_.broken(hello.id, hello.epoch, hello.holding))
    return dismissals_.tell_old_copy(link, hello, *broken);
  establish(link, hello);
}

void Handshake::answer(PeerLink& link) {
  if (!link.is_dialled) link.outbox.push(WireKind::kHello, own_hello_.encoded_for(link));
}

// This node has dialled itself: so that is its address.
void Handshake::greet_self(PeerLink& link, const Hello& hello) {
  link.began = links_.now();
  link.phase = PeerLink::Phase::kSelf;
  if (!link.is_dialled) return answer(link);
  plan_.on_self(link.address);
  output_.tell(AddressAnswered{link.address, hello});
  links_.drop(link.id, {});
}

std::optional<std::string> Handshake::objection(const PeerLink& link, const Hello& hello) {
  if (hello.id == own_hello_.id()) {
    return "it claims the id of this node, " + short_name(hello.id) +
           ", from another process (a copied directory?)";
  }
  if (!link.expected.is_none() && hello.id != link.expected) {
    note_stranger(link, hello);
    return short_name(hello.id) + " answers where " + short_name(link.expected) + " is expected";
  }
  if (is_claimed_elsewhere(link, hello)) {
    return "another live process speaks as " + short_name(hello.id) +
           " already (a copied directory?)";
  }
  return {};
}

void Handshake::note_stranger(const PeerLink& link, const Hello& hello) {
  const bool is_free = hello.cluster.is_none() && !membership_.is_member(hello.id);
  if (link.is_dialled && is_free) plan_.on_stranger(link.address, hello.id, links_.now());
}

// Also drops links of a former run of that node, when they are no longer alive.
bool Handshake::is_claimed_elsewhere(const PeerLink& link, const Hello& hello) {
  const auto is_other_run = [&](const PeerLink& other) {
    return other.id != link.id && other.is_peer(hello.id) && other.hello.epoch != hello.epoch;
  };
  const auto is_alive = [&](const PeerLink& other) {
    return links_.now() - other.heard < kClaimSilence;
  };
  const std::vector<LinkId> others = links_.where(is_other_run);
  for (const LinkId id : others) {
    if (is_alive(*links_.find(id))) return true;
  }
  for (const LinkId id : others) links_.drop(id, "its node has been started again");
  return false;
}

void Handshake::refuse_outsider(PeerLink& link, const Hello& hello) {
  const base::ClusterId cluster = membership_.cluster();
  link.outbox.push(WireKind::kOutsider, encode_proof(cluster_proof(cluster, hello.id)));
  links_.drop_with_last_words(link, "refused: " + short_name(hello.id) +
                                        " is not a member of cluster " + cluster_name(cluster) +
                                        " (see CLUSTER MEET)");
}

void Handshake::establish(PeerLink& link, const Hello& hello) {
  const std::vector<LinkId> replaced = links_.where([&](const PeerLink& other) {
    const bool is_silent = links_.now() - other.heard >= kClaimSilence;
    return other.id != link.id && !other.is_dialled && other.is_peer(hello.id) && is_silent;
  });
  const bool was_connected = links_.has_link(hello.id);
  link.phase = PeerLink::Phase::kEstablished;
  link.hello = hello;
  link.began = links_.now();
  for (const LinkId id : replaced) links_.drop(id, {});
  known_.on_connected(hello, link.address, links_.now());
  if (link.is_dialled) output_.tell(AddressAnswered{link.address, hello});
  output_.tell(PeerConnected{hello});
  if (was_connected) return;
  links_.say_of_peer("peer " + link.name() + " is connected");
  plan_.hurry(hello.id, links_.now());
}

}  // namespace node
