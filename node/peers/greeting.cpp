// The handshake of a peer link: who may speak, who is refused and why, and what an established link
// may say.
#include <utility>

#include "node/peers/link.h"

namespace node {
namespace {

// Said on both sides, so it speaks of neither as "this node".
std::string no_peers(base::ClusterId one, base::ClusterId other) {
  return "a node of cluster " + cluster_name(one) + " is no peer of cluster " + cluster_name(other);
}

}  // namespace

// A stranger learns nothing of the cluster.
std::string PeerLinks::encoded_hello(const Link& link, bool is_visit) const {
  Hello hello{.id = options_.self,
              .epoch = options_.epoch,
              .cluster = cluster_for(link),
              .announcement = options_.announcement,
              .birth = birth_,
              .is_visit = is_visit,
              .wants_vote = options_.wants_vote};
  if (link.is_trusted) {
    hello.version = own_version_;
    hello.holding = holding_;
  }
  return encode_hello(hello);
}

void PeerLinks::take_message(Link& link, WireMessage& message) {
  if (message.kind == WireKind::kRefuse) {
    return drop(link.id, "it refuses this node: " + message.body.substr(0, 200), false);
  }
  if (message.kind == WireKind::kOutsider) {
    if (link.is_dialled && !link.is_visit)
      events_.push_back(AddressTaken{link.address, decode_proof(message.body)});
    return drop(link.id,
                "it belongs to a cluster, of which this node is no member (see CLUSTER MEET)",
                false);
  }
  if (link.phase == Link::Phase::kSelf || message.kind == WireKind::kAlive) return;
  if (link.phase == Link::Phase::kVisit) return take_visit_message(link, message);
  if (message.kind == WireKind::kRemoved) return take_removal(link, message);
  if (link.phase == Link::Phase::kGreeting) {
    if (message.kind != WireKind::kHello) return drop(link.id, "it spoke before its hello", false);
    const std::optional<Hello> hello = decode_hello(message.body);
    return hello ? greet(link, *hello) : drop(link.id, "it sent a malformed hello", false);
  }
  if (message.kind == WireKind::kHello) return drop(link.id, "it said hello twice", false);
  const bool is_of_cluster = message.cluster == cluster_ && !cluster_.is_none();
  if (!is_of_cluster && !cluster_.is_none() && !message.cluster.is_none()) {
    return refuse(link, no_peers(message.cluster, cluster_));
  }
  // What comes while one side is not born yet is of its birth and of nothing else; Raft repeats
  // itself.
  const bool is_of_birth = message.kind == WireKind::kBirthStatus ||
                           message.kind == WireKind::kFounded ||
                           (message.kind == WireKind::kFound && cluster_.is_none());
  if (!is_of_cluster && !is_of_birth && !cluster_.is_none()) return;
  if (message.kind == WireKind::kRaft && !is_of_cluster) return;
  if (message.kind == WireKind::kAnnounced) return take_announcement(link, message);
  if (message.kind == WireKind::kOldCopy) return take_old_copy(link, message);
  events_.push_back(PeerSaid{link.hello.id, std::move(message)});
}

void PeerLinks::greet(Link& link, const Hello& hello) {
  if (link.is_visit || hello.is_visit) return greet_visit(link, hello);
  if (has_left_) return refuse(link, short_name(options_.self) + " is a member of no cluster");
  if (hello.id == options_.self && hello.epoch == options_.epoch) return greet_self(link, hello);
  if (!cluster_.is_none() && !hello.cluster.is_none() && hello.cluster != cluster_)
    return refuse(link, no_peers(hello.cluster, cluster_),
                  "this is no node of cluster " + cluster_name(hello.cluster));
  if (const std::optional<std::string> why = objection(link, hello)) return refuse(link, *why);
  const bool was_member = is_removed(hello);
  if (!was_member && !may_be_peer(hello)) return refuse_outsider(link, hello);
  link.trust();
  if (!link.is_dialled) link.outbox.push(WireKind::kHello, encoded_hello(link));
  if (was_member) return tell_removal(link);
  if (const auto broken = promises_.broken(hello.id, hello.epoch, hello.holding))
    return tell_old_copy(link, hello, *broken);
  establish(link, hello);
}

// A node without a cluster takes whoever comes; one with a cluster its members, and of them those
// without one only as long as they may have none. A node that lags may know none of those who are
// members by now: whoever knows the cluster and stands in a later membership is one of them.
bool PeerLinks::may_be_peer(const Hello& hello) const {
  if (cluster_.is_none()) return true;
  if (hello.cluster.is_none()) return newcomers_.contains(hello.id);
  if (members_.contains(hello.id) || committed_members_.contains(hello.id)) return true;
  return hello.cluster == cluster_ && hello.version && *hello.version > committed_version_;
}

// This node has dialled itself: so that is its address.
void PeerLinks::greet_self(Link& link, const Hello& hello) {
  link.began = now_;
  link.phase = Link::Phase::kSelf;
  if (!link.is_dialled) return link.outbox.push(WireKind::kHello, encoded_hello(link));
  const auto target = targets_.find(link.address);
  if (target != targets_.end()) target->second.is_self = true;
  events_.push_back(AddressAnswered{link.address, hello});
  drop(link.id, {}, false);
}

std::optional<std::string> PeerLinks::objection(const Link& link, const Hello& hello) {
  if (hello.id == options_.self) {
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

void PeerLinks::note_stranger(const Link& link, const Hello& hello) {
  const auto target = targets_.find(link.address);
  const bool is_free = hello.cluster.is_none() && !members_.contains(hello.id);
  if (!link.is_dialled || target == targets_.end() || !is_free) return;
  target->second.stranger = hello.id;
  target->second.stranger_heard = now_;
}

// Also drops links of a former run of that node, when they are no longer alive.
bool PeerLinks::is_claimed_elsewhere(const Link& link, const Hello& hello) {
  std::vector<LinkId> dead;
  for (const auto& [id, other] : links_) {
    if (id == link.id || !other->is_peer(hello.id) || other->hello.epoch == hello.epoch) continue;
    if (now_ - other->heard < kClaimSilence) return true;
    dead.push_back(id);
  }
  for (const LinkId id : dead) drop(id, "its node has been started again", false);
  return false;
}

// The link is closed behind them.
void PeerLinks::send_last_words(Link& link) {
  LinkBytes words{.link = link.id, .bytes = {}};
  link.outbox.fill(now_, cluster_for(link), words.bytes);
  if (!words.bytes.empty()) last_words_.push_back(std::move(words));
}

void PeerLinks::refuse(Link& link, const std::string& why, const std::string& told) {
  link.outbox.push(WireKind::kRefuse, told.empty() ? why : told);
  send_last_words(link);
  drop(link.id, "refused: " + why, false);
}

void PeerLinks::refuse_outsider(Link& link, const Hello& hello) {
  link.outbox.push(WireKind::kOutsider, encode_proof(cluster_proof(cluster_, hello.id)));
  send_last_words(link);
  drop(link.id,
       "refused: " + short_name(hello.id) + " is not a member of cluster " +
           cluster_name(cluster_) + " (see CLUSTER MEET)",
       false);
}

void PeerLinks::establish(Link& link, const Hello& hello) {
  std::vector<LinkId> replaced;
  for (const auto& [id, other] : links_) {
    const bool is_silent = now_ - other->heard >= kClaimSilence;
    if (id != link.id && !other->is_dialled && other->is_peer(hello.id) && is_silent)
      replaced.push_back(id);
  }
  const bool was_connected = has_link(hello.id);
  link.phase = Link::Phase::kEstablished;
  link.hello = hello;
  link.began = now_;
  for (const LinkId id : replaced) drop(id, {}, false);
  known_[hello.id] = {.is_connected = true,
                      .wants_vote = hello.wants_vote,
                      .epoch = hello.epoch,
                      .announcement = hello.announcement,
                      .remote_address = link.address,
                      .heard = now_,
                      .lost = {}};
  if (link.is_dialled) events_.push_back(AddressAnswered{link.address, hello});
  events_.push_back(PeerConnected{hello});
  if (was_connected) return;
  say_of_peer("peer " + link.name() + " is connected");
  redial_soon(hello.id);
}

}  // namespace node
