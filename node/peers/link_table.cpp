#include "node/peers/link_table.h"

#include <utility>

#include "base/check.h"
#include "node/peers/patience.h"

namespace node {

using Phase = PeerLink::Phase;

LinkTable::LinkTable(const Parts& parts)
    : membership_(parts.membership),
      plan_(parts.plan),
      known_(parts.known),
      output_(parts.output) {}

// -- which there are

PeerLink* LinkTable::find(LinkId id) const {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

PeerLink* LinkTable::link_to(NodeId peer) const {
  PeerLink* best = nullptr;
  for (const auto& [id, link] : links_) {
    if (!link->is_peer(peer)) continue;
    best = link.get();
    if (link->is_dialled) return best;
  }
  return best;
}

bool LinkTable::has_link(NodeId peer) const {
  return std::any_of(links_.begin(), links_.end(),
                     [peer](const auto& link) { return link.second->is_peer(peer); });
}

// -- how one begins

void LinkTable::accept(LinkId id, std::string_view remote_address) {
  CHECK((id.value() & kAcceptedLinkBit) != 0);
  auto fresh = std::make_unique<PeerLink>();
  fresh->id = id;
  fresh->address = remote_address;
  links_.emplace(id, std::move(fresh));
}

// This node dials it.
PeerLink& LinkTable::open(const std::string& address) {
  auto fresh = std::make_unique<PeerLink>();
  PeerLink& link = *fresh;
  link.id = LinkId(next_link_++);
  link.address = address;
  link.is_dialled = true;
  link.began = now_;
  output_.dial(link.id, address);
  links_.emplace(link.id, std::move(fresh));
  return link;
}

LinkId LinkTable::dial_visit(const std::string& address) {
  PeerLink& link = open(address);
  link.is_visit = link.is_trusted = true;
  return link.id;
}

void LinkTable::dial_due() {
  for (const DialTarget& target : plan_.due(now_)) {
    PeerLink& link = open(target.address);
    link.trust();
    link.expected = target.expected;
    plan_.on_dialled(target.address, link.id);
  }
  expect_by(plan_.next_due());
}

void LinkTable::set_targets(const std::vector<DialTarget>& targets) {
  const std::vector<LinkId> unwanted = plan_.set_targets(targets);
  for (const DialTarget& target : targets) {
    if (PeerLink* link = find(plan_.link_to(target.address))) link->expected = target.expected;
  }
  for (const LinkId id : unwanted) drop(id, {});
  end_links_with_strangers();
}

// Met before this node had a cluster: who answers at a member's address is to be seen anew. Found
// by the simulator: a leader that had joined beside a member's new self never took it in.
void LinkTable::end_links_with_strangers() {
  for (const LinkId id : plan_.links()) {
    const PeerLink* link = find(id);
    const bool is_stranger = link != nullptr && link->is_established() &&
                             !link->expected.is_none() && link->hello.id != link->expected &&
                             !membership_.is_member(link->hello.id);
    if (is_stranger) drop(id, {});
  }
}

// -- how one ends

void LinkTable::end(LinkId id, const std::string& why, bool is_gone) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  const std::unique_ptr<PeerLink> link = std::move(found->second);
  links_.erase(found);
  if (!is_gone) output_.close(id);
  if (link->is_dialled && !link->is_visit) release_target(*link);
  if (link->is_visit) output_.tell(VisitEnded{id, why.empty() ? "no answer" : why});
  if (!why.empty()) say_end(*link, why, is_gone);
  if (!link->is_established() || has_link(link->hello.id)) return;
  say_of_peer("peer " + link->name() + " is disconnected");
  known_.on_lost(link->hello.id, now_);
  output_.tell(PeerDisconnected{link->hello.id, is_gone});
}

// A dial that came to nothing is told by whoever waits for the peer.
void LinkTable::say_end(const PeerLink& link, const std::string& why, bool is_gone) {
  const bool is_told = link.phase == Phase::kGreeting || link.is_established();
  if (link.is_visit || !is_told) return;
  output_.line_rarely(now_, link.host() + why,
                      {is_gone ? LogLevel::kVerbose : LogLevel::kWarning,
                       "peer link with " + link.name() + " closed: " + why});
}

void LinkTable::release_target(const PeerLink& link) {
  const base::Duration lived = link.is_established() ? now_ - link.began : base::Duration{};
  const bool was_of_target = plan_.on_ended(link.address, link.id, lived, now_);
  if (was_of_target && link.is_established()) output_.tell(AddressLost{link.address});
}

void LinkTable::drop_with_last_words(PeerLink& link, const std::string& why) {
  LinkBytes words{.link = link.id, .bytes = {}};
  link.outbox.fill(now_, cluster_for(link), words.bytes);
  if (!words.bytes.empty()) output_.last_words(std::move(words));
  drop(link.id, why);
}

void LinkTable::refuse(PeerLink& link, const std::string& why, const std::string& told) {
  link.outbox.push(WireKind::kRefuse, told.empty() ? why : told);
  drop_with_last_words(link, "refused: " + why);
}

void LinkTable::say_of_peer(std::string text) {
  if (membership_.is_born()) return output_.line({LogLevel::kNotice, std::move(text)});
  const std::string key = text;
  output_.line_rarely(now_, key, {LogLevel::kNotice, std::move(text)});
}

// -- a turn

void LinkTable::begin_turn(base::Instant now) {
  now_ = now;
  if (last_turn_ == base::Instant{}) known_.begin(now);
  // After a pause of this process nobody's silence counts: it was not listening.
  if (last_turn_ != base::Instant{} && now - last_turn_ > 2 * kAliveInterval) {
    for (auto& [id, link] : links_) link->heard = link->began = now;
  }
  last_turn_ = now;
  for (auto& [id, link] : links_) {
    if (std::exchange(link->has_heard, false)) link->heard = now;
  }
}

void LinkTable::finish_turn(base::Instant now, ConsensusOutput& out) {
  now_ = now;
  next_deadline_ = base::Instant::max();
  for (const LinkId id : where([](const PeerLink&) { return true; })) tick(*links_.at(id));
  dial_due();
  output_.flush(out);
  send_waiting(out);
  if (output_.has_events()) expect_by(now);
}

void LinkTable::tick(PeerLink& link) {
  if (now_ >= link.expires_at()) return drop(link.id, std::string(link.why_expired()));
  if (now_ >= link.owes_word_at()) link.outbox.push(WireKind::kAlive, {});
}

void LinkTable::send_waiting(ConsensusOutput& out) {
  for (auto& [id, link] : links_) {
    LinkBytes send{.link = id, .bytes = {}};
    if (link->phase != Phase::kDialling) link->outbox.fill(now_, cluster_for(*link), send.bytes);
    if (!send.bytes.empty()) {
      link->sent = now_;
      out.sends.push_back(std::move(send));
    }
    expect_by(std::min(link->expires_at(), link->owes_word_at()));
  }
}

}  // namespace node
