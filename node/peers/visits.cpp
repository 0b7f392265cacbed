// Links that are no peer links, and the end of being one: visits for CLUSTER MEET, and who is no
// member any more (docs/decisions/membership.md).
#include <utility>

#include "node/peers/link.h"

namespace node {

// ---- visits ----

LinkId PeerLinks::visit(const std::string& address) {
  auto link = std::make_unique<Link>();
  const LinkId id = link->id = LinkId(next_link_++);
  link->address = address;
  link->is_dialled = link->is_visit = link->is_trusted = true;
  link->began = now_;
  dials_.push_back({.link = id, .address = address});
  links_.emplace(id, std::move(link));
  return id;
}

void PeerLinks::greet_visit(Link& link, const Hello& hello) {
  const bool is_visitor = !link.is_dialled;
  if (link.is_dialled && !link.is_visit) return drop(link.id, "it answered as a visitor", false);
  link.is_visit = true;
  link.phase = Link::Phase::kVisit;
  link.hello = hello;
  link.began = now_;
  // Another member asks whether this one is one, too.
  const bool is_of_cluster = !cluster_.is_none() && hello.cluster == cluster_;
  link.is_trusted = link.is_trusted || (is_visitor && is_of_cluster);
  if (is_visitor) link.outbox.push(WireKind::kHello, encoded_hello(link));
  events_.push_back(VisitBegun{link.id, hello, std::string(host_of(link.address))});
}

void PeerLinks::take_visit_message(Link& link, WireMessage& message) {
  events_.push_back(
      VisitSaid{link.id, link.hello, std::string(host_of(link.address)), std::move(message)});
}

void PeerLinks::say(LinkId visit, WireKind kind, std::string body) {
  Link* link = find(visit);
  if (link != nullptr && link->phase == Link::Phase::kVisit)
    link->outbox.push(kind, std::move(body));
}

void PeerLinks::end_visit(LinkId visit, const std::string& why) {
  Link* link = find(visit);
  if (link == nullptr) return;
  if (link->phase == Link::Phase::kVisit) send_last_words(*link);
  if (!why.empty()) say(LogLevel::kWarning, "visit of " + link->name() + " ended: " + why);
  drop(visit, why, false);
}

// ---- who is no member any more ----

void PeerLinks::set_committed(const raft::Membership& membership,
                              std::optional<LogIndex> own_version) {
  own_version_ = own_version;
  committed_version_ = membership.version;
  const std::set<NodeId> former = std::exchange(committed_members_, {});
  for (const raft::Member& member : membership.members) committed_members_.insert(member.id);
  std::vector<LinkId> ended;
  for (const auto& [id, link] : links_) {
    if (link->phase != Link::Phase::kEstablished) continue;
    // Its hello may be older than its cluster.
    const NodeId peer = link->hello.id;
    const bool has_left = former.contains(peer) && !committed_members_.contains(peer);
    if ((has_left && !members_.contains(peer)) || is_removed(link->hello)) ended.push_back(id);
  }
  for (const LinkId id : ended) tell_removal(*links_.at(id));
}

// Whoever merely has not heard yet that it is a member knows of nothing newer than it does.
bool PeerLinks::is_removed(const Hello& hello) const {
  return !cluster_.is_none() && hello.cluster == cluster_ && !members_.contains(hello.id) &&
         !committed_members_.contains(hello.id) && hello.version &&
         committed_version_ > *hello.version;
}

void PeerLinks::tell_removal(Link& link) {
  link.outbox.push(WireKind::kRemoved,
                   encode_removal({.cluster = cluster_, .version = committed_version_}));
  send_last_words(link);
  drop(link.id, "it was removed from the cluster", false);
}

void PeerLinks::take_removal(Link& link, const WireMessage& message) {
  const auto removal = decode_removal(message.body);
  if (!removal) return drop(link.id, "it sent a malformed message", false);
  const bool is_new = removal->cluster == cluster_ && own_version_ &&
                      removal->version > *own_version_ && !has_left_;
  if (is_new) events_.push_back(RemovalTold{link.hello.id, removal->version});
  drop(link.id, "it says that this node was removed", false);
}

// ---- who comes back with less than it had ----

void PeerLinks::tell_old_copy(Link& link, const Hello& hello, const Promise& promise) {
  link.outbox.push(WireKind::kOldCopy, encode_promise(promise));
  send_last_words(link);
  drop(link.id,
       short_name(hello.id) + " has come back with an older copy of its directory: it holds " +
           text_of(hello.holding) + ", and had promised " + text_of(promise),
       false);
}

void PeerLinks::take_old_copy(Link& link, const WireMessage& message) {
  const auto promise = decode_promise(message.body);
  if (!promise) return drop(link.id, "it sent a malformed message", false);
  if (members_.contains(link.hello.id)) events_.push_back(OldCopyTold{link.hello.id, *promise});
  drop(link.id, "it says that this node's directory is an older copy", false);
}

void PeerLinks::leave() {
  has_left_ = true;
  set_targets({});
  cluster_ = base::ClusterId();
  members_.clear();
  newcomers_.clear();
  committed_members_.clear();
  own_version_.reset();
  std::vector<LinkId> ended;
  for (const auto& [id, link] : links_) {
    if (!link->is_visit) ended.push_back(id);
  }
  for (const LinkId id : ended) drop(id, {}, false);
}

// ---- who has moved ----

void PeerLinks::set_announcement(const Announcement& announcement) {
  options_.announcement = announcement;
  for (auto& [id, link] : links_) {
    if (link->phase == Link::Phase::kEstablished)
      link->outbox.push(WireKind::kAnnounced, encode_announcement(announcement));
  }
}

void PeerLinks::take_announcement(Link& link, const WireMessage& message) {
  const auto announced = decode_announcement(message.body);
  if (!announced) return drop(link.id, "it sent a malformed message", false);
  known_[link.hello.id].announcement = link.hello.announcement = *announced;
  events_.push_back(PeerConnected{link.hello});  // the view is to be made anew
}

std::optional<NodeId> PeerLinks::stranger_at_address_of(const raft::Member& member) const {
  const auto known = known_.find(member.id);
  const base::Instant lost = known == known_.end() ? began_ : known->second.lost.value_or(began_);
  const auto target = targets_.find(member.address);
  if (has_link(member.id) || now_ - lost < kLostPatience || target == targets_.end()) return {};
  const Dialled& dialled = target->second;
  const bool is_there = dialled.expected == member.id && !dialled.stranger.is_none() &&
                        now_ - dialled.stranger_heard < kLostPatience;
  return is_there ? std::optional(dialled.stranger) : std::nullopt;
}

std::optional<std::string> PeerLinks::moved_to(NodeId peer) const {
  const Link* accepted = nullptr;
  for (const auto& [id, link] : links_) {
    if (!link->is_peer(peer)) continue;
    if (link->is_dialled) return {};
    accepted = link.get();
  }
  if (accepted == nullptr || now_ - accepted->began < kMovedPatience) return {};
  const Announcement& announced = accepted->hello.announcement;
  const std::string host =
      announced.host.empty() ? std::string(host_of(accepted->address)) : announced.host;
  return host + ":" + std::to_string(announced.raft_port);
}

}  // namespace node
