#include "node/peers/links.h"

#include <algorithm>
#include <utility>

#include "node/peers/link.h"

namespace node {

PeerLinks::PeerLinks(Options options) : options_(std::move(options)), prng_(options_.seed) {}
PeerLinks::~PeerLinks() = default;

// -- of the driver

void PeerLinks::on_up(LinkId link, std::string_view remote_address) {
  const bool is_accepted = (link.value() & kAcceptedLinkBit) != 0;
  if (is_accepted) {
    auto fresh = std::make_unique<Link>();
    fresh->id = link;
    fresh->address = remote_address;
    links_.emplace(link, std::move(fresh));
  }
  inputs_.push_back(Up{link, std::string(remote_address)});
}

void PeerLinks::on_bytes(LinkId id, std::string_view bytes) {
  Link* link = find(id);
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
  if (!input.messages.empty() || input.error) inputs_.push_back(std::move(input));
}

void PeerLinks::on_down(LinkId link, std::string_view reason) {
  inputs_.push_back(Down{link, std::string(reason)});
}

void PeerLinks::on_sent(LinkId id, std::size_t unsent_bytes) {
  if (Link* link = find(id)) link->outbox.on_sent(unsent_bytes);
}

// -- settings

void PeerLinks::set_cluster(base::ClusterId cluster, std::set<NodeId> members,
                            std::set<NodeId> newcomers) {
  cluster_ = cluster;
  members_ = std::move(members);
  newcomers_ = std::move(newcomers);
}

base::ClusterId PeerLinks::cluster_for(const Link& link) const {
  return link.is_trusted ? cluster_ : base::ClusterId();
}

void PeerLinks::set_targets(const std::vector<Target>& targets) {
  std::map<std::string, Dialled> kept;
  for (const Target& target : targets) {
    const auto known = targets_.find(target.address);
    Dialled& dialled = kept[target.address];
    if (known != targets_.end()) dialled = known->second;
    dialled.expected = target.expected;
    if (Link* link = find(dialled.link)) link->expected = target.expected;
  }
  const std::map<std::string, Dialled> former = std::exchange(targets_, std::move(kept));
  for (const auto& [address, dialled] : former) {
    if (!targets_.contains(address)) drop(dialled.link, {}, false);
  }
  end_links_with_strangers();
}

// Met before this node had a cluster: who answers at a member's address is to be seen anew. Found
// by the simulator: a leader that had joined beside a member's new self never took it in.
void PeerLinks::end_links_with_strangers() {
  for (const auto& [address, dialled] : targets_) {
    const Link* link = find(dialled.link);
    const bool is_stranger = link != nullptr && link->phase == Link::Phase::kEstablished &&
                             !dialled.expected.is_none() && link->hello.id != dialled.expected &&
                             !members_.contains(link->hello.id);
    if (is_stranger) drop(link->id, {}, false);
  }
}

// -- sending

PeerLinks::Link* PeerLinks::find(LinkId id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

// The link this node dialled, else the newest the peer dialled.
PeerLinks::Link* PeerLinks::link_to(NodeId peer) const {
  Link* best = nullptr;
  for (const auto& [id, link] : links_) {
    if (!link->is_peer(peer)) continue;
    best = link.get();
    if (link->is_dialled) return best;
  }
  return best;
}

bool PeerLinks::has_link(NodeId peer) const {
  return std::any_of(links_.begin(), links_.end(),
                     [peer](const auto& link) { return link.second->is_peer(peer); });
}

bool PeerLinks::send(NodeId to, WireKind kind, std::string body) {
  Link* link = link_to(to);
  if (link != nullptr) link->outbox.push(kind, std::move(body));
  return link != nullptr;
}

bool PeerLinks::send(raft::Message message) {
  Link* link = link_to(message.to);
  if (link != nullptr) link->outbox.push(now_, std::move(message));
  return link != nullptr;
}

bool PeerLinks::send_beside(NodeId to, WireKind kind, std::string body) {
  Link* link = link_to(to);
  return link != nullptr && link->outbox.push_beside(kind, std::move(body));
}

bool PeerLinks::has_room_for_pubsub(NodeId peer) const {
  const Link* link = link_to(peer);
  return link != nullptr && link->outbox.has_room_for_pubsub();
}

bool PeerLinks::has_more_to_send() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& link) {
    return link.second->phase != Link::Phase::kDialling && link.second->outbox.can_move();
  });
}

// -- a turn

std::vector<PeerEvent> PeerLinks::take_events(base::Instant now) {
  now_ = now;
  if (began_ == base::Instant{}) began_ = now;
  // After a pause of this process nobody's silence counts: it was not listening.
  if (last_turn_ != base::Instant{} && now - last_turn_ > 2 * kAliveInterval) {
    for (auto& [id, link] : links_) link->heard = link->began = now;
  }
  last_turn_ = now;
  for (auto& [id, link] : links_) {
    if (std::exchange(link->has_heard, false)) link->heard = now;
  }
  for (Input& input : std::exchange(inputs_, {})) {
    std::visit([this](auto& specific) { process(specific); }, input);
  }
  return std::exchange(events_, {});
}

void PeerLinks::process(const Up& up) {
  Link* link = find(up.link);
  if (link == nullptr) return closes_.push_back(up.link);  // given up while it was being dialled
  link->phase = Link::Phase::kGreeting;
  link->began = link->heard = link->sent = now_;
  if (!link->is_dialled && links_.size() > kLinksMax)
    return refuse(*link, "it has too many peer links");
  if (link->is_dialled) link->outbox.push(WireKind::kHello, encoded_hello(*link, link->is_visit));
  make_room_for_strangers();
}

// The one that has been there longest gives way: a member says its hello at once.
void PeerLinks::make_room_for_strangers() {
  std::vector<const Link*> strangers;
  for (const auto& [id, link] : links_) {
    if (link->is_stranger()) strangers.push_back(link.get());
  }
  if (strangers.size() <= kStrangersMax) return;
  const auto first =
      std::min_element(strangers.begin(), strangers.end(), [](const Link* a, const Link* b) {
        return std::pair(a->phase, a->id) < std::pair(b->phase, b->id);
      });
  drop((*first)->id, "too many others came before it was known", false);
}

void PeerLinks::process(Messages& input) {
  for (WireMessage& message : input.messages) {
    Link* link = find(input.link);
    if (link == nullptr) return;
    take_message(*link, message);
  }
  const Link* link = find(input.link);
  if (link == nullptr || !input.error) return;
  drop(input.link, "it sent " + input.error->detail, false);
}

void PeerLinks::process(const Down& down) { drop(down.link, down.reason, true); }

void PeerLinks::close_peer(NodeId peer, const std::string& why) {
  while (const Link* link = link_to(peer)) drop(link->id, why, false);
}

void PeerLinks::drop(LinkId id, const std::string& why, bool is_gone) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const std::unique_ptr<Link> link = std::move(found->second);
  links_.erase(found);
  if (!is_gone) closes_.push_back(id);
  if (link->is_dialled && !link->is_visit) release_target(*link);
  if (link->is_visit) events_.push_back(VisitEnded{id, why.empty() ? "no answer" : why});
  const bool is_peer = link->phase == Link::Phase::kEstablished;
  // A dial that came to nothing is told by whoever waits for the peer.
  const bool is_told = link->phase == Link::Phase::kGreeting || is_peer;
  if (!why.empty() && !link->is_visit && is_told) {
    limiter_.say(now_, link->host() + why,
                 {is_gone ? LogLevel::kVerbose : LogLevel::kWarning,
                  "peer link with " + link->name() + " closed: " + why},
                 lines_);
  }
  if (!is_peer || has_link(link->hello.id)) return;
  say_of_peer("peer " + link->name() + " is disconnected");
  known_[link->hello.id].is_connected = false;
  known_[link->hello.id].lost = now_;
  events_.push_back(PeerDisconnected{link->hello.id, is_gone});
}

void PeerLinks::release_target(const Link& link) {
  const auto target = targets_.find(link.address);
  if (target == targets_.end() || target->second.link != link.id) return;
  Dialled& dialled = target->second;
  dialled.link = LinkId();
  const bool was_established = link.phase == Link::Phase::kEstablished;
  if (was_established) events_.push_back(AddressLost{link.address});
  if (was_established && now_ - link.began >= kLinkLived) dialled.failures = 0;
  const auto delay = std::min(kRedialMax, kRedialMin * (1 << std::min(dialled.failures, 5U)));
  const auto jitter =
      static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(delay.count() / 2)));
  dialled.next_dial = now_ + delay + base::Duration(jitter);
  ++dialled.failures;
}

void PeerLinks::redial_soon(NodeId peer) {
  for (auto& [address, dialled] : targets_) {
    const bool is_wanted = dialled.expected == peer || dialled.expected.is_none();
    if (is_wanted && dialled.link.is_none()) dialled.next_dial = std::min(dialled.next_dial, now_);
  }
}

void PeerLinks::tick_link(Link& link) {
  switch (link.phase) {
    case Link::Phase::kDialling:
      if (now_ - link.began >= kDialPatience) drop(link.id, {}, false);
      return;
    case Link::Phase::kGreeting:
    case Link::Phase::kSelf:
      if (now_ - link.began >= kHelloPatience) drop(link.id, "no hello came in time", false);
      return;
    case Link::Phase::kVisit:
      if (now_ - link.began >= kVisitMax) drop(link.id, "the visit took too long", false);
      return;
    case Link::Phase::kEstablished:
      if (now_ - link.heard >= kSilenceMax)
        return drop(link.id, "nothing has been heard for 3 seconds", false);
      if (now_ - link.sent >= kAliveInterval && link.outbox.is_empty())
        link.outbox.push(WireKind::kAlive, {});
  }
}

void PeerLinks::dial_due() {
  for (auto& [address, dialled] : targets_) {
    if (dialled.is_self || !dialled.link.is_none()) continue;
    if (now_ < dialled.next_dial) {
      expect_by(dialled.next_dial);
      continue;
    }
    auto link = std::make_unique<Link>();
    link->id = dialled.link = LinkId(next_link_++);
    link->address = address;
    link->is_dialled = true;
    link->trust();
    link->expected = dialled.expected;
    link->began = now_;
    dials_.push_back({.link = link->id, .address = address});
    links_.emplace(link->id, std::move(link));
  }
}

void PeerLinks::finish_turn(base::Instant now, ConsensusOutput& out) {
  now_ = now;
  next_deadline_ = base::Instant::max();
  std::vector<LinkId> ids;
  for (const auto& [id, link] : links_) ids.push_back(id);
  for (const LinkId id : ids) tick_link(*links_.at(id));
  dial_due();
  flush(out);
  if (!events_.empty()) expect_by(now);
}

void PeerLinks::flush(ConsensusOutput& out) {
  for (LinkBytes& words : std::exchange(last_words_, {})) out.sends.push_back(std::move(words));
  for (auto& [id, link] : links_) {
    if (link->phase == Link::Phase::kDialling) {
      expect_by(link->began + kDialPatience);
      continue;
    }
    LinkBytes send{.link = id, .bytes = {}};
    link->outbox.fill(now_, cluster_for(*link), send.bytes);
    if (!send.bytes.empty()) {
      link->sent = now_;
      out.sends.push_back(std::move(send));
    }
    if (link->phase != Link::Phase::kEstablished) {
      expect_by(link->began + (link->phase == Link::Phase::kVisit ? kVisitMax : kHelloPatience));
      continue;
    }
    expect_by(link->heard + kSilenceMax);
    if (link->outbox.is_empty()) expect_by(link->sent + kAliveInterval);
  }
  for (Dial& dial : std::exchange(dials_, {})) out.dials.push_back(std::move(dial));
  for (const LinkId id : std::exchange(closes_, {})) out.closes.push_back(id);
  for (LogLine& line : std::exchange(lines_, {})) out.lines.push_back(std::move(line));
}

std::uint64_t PeerLinks::epoch_of(NodeId peer) const {
  const auto known = known_.find(peer);
  return known == known_.end() ? 0 : known->second.epoch;
}

PeerLinks::PeerInfo PeerLinks::info(NodeId peer) const {
  const auto known = known_.find(peer);
  PeerInfo info = known == known_.end() ? PeerInfo{} : known->second;
  for (const auto& [id, link] : links_) {
    if (link->is_peer(peer) && (!info.heard || link->heard > *info.heard)) info.heard = link->heard;
  }
  return info;
}

// A member's coming and going is always said, a stranger's not each time.
void PeerLinks::say_of_peer(std::string text) {
  if (cluster_.is_none())
    say(LogLevel::kNotice, std::move(text));
  else
    lines_.push_back({LogLevel::kNotice, std::move(text)});
}

void PeerLinks::say(LogLevel level, std::string text) {
  const std::string key = text;
  limiter_.say(now_, key, {level, std::move(text)}, lines_);
}

}  // namespace node
