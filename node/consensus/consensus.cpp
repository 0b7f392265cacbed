#include "node/consensus/consensus.h"

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "base/limits.h"
#include "node/consensus/entry_check.h"
#include "node/consensus/machine.h"
#include "node/consensus/machine_options.h"

namespace node {

Consensus::Machine::Machine(ConsensusOptions options)
    : options_(std::move(options)),
      birth_(birth_options(options_)),
      links_(link_options(options_)),
      service_watch_(options_.service_timeout),
      meetings_(base::mix64(options_.seed + 4), links_, orders_),
      is_removed_(options_.identity.standing == persistence::Standing::kRemoved),
      former_cluster_(options_.identity.cluster),
      found_{options_.restored.hard_state.term, options_.restored.hard_state.vote,
             options_.restored.last_index, options_.restored.has_amnesia},
      prng_(base::mix64(options_.seed + 5)) {
  links_.set_holding(found_);
  if (!options_.promises.empty() && !links_.promises().decode(options_.promises))
    for_lines_.push_back({LogLevel::kWarning, "what is remembered of the members is malformed"});
  if (is_removed_) {
    for_service_.emplace_back(LeftCluster{base::kFirstGroup, why_removed(former_cluster_)});
    links_.leave();
    return;
  }
  std::vector<PeerLinks::Target> targets;
  const bool joins = founds_nothing(options_) && !birth_.has_accepted();
  for (const std::string& address : joins ? options_.identity.join : options_.raft_peers)
    targets.push_back({.address = address, .expected = {}});
  if (birth_.has_accepted())
    follow_membership(birth_.membership());
  else
    links_.set_targets(targets);
}

const raft::Raft* Consensus::Machine::group(GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second.raft();
}

ConsensusOutput Consensus::Machine::turn(base::Instant now) {
  now_ = now;
  ConsensusOutput out;
  look_around();
  take_link_events();
  take_inbox();
  advance_birth(out);
  watch_service(out);
  carry_out_orders();
  finish_pubsub();
  finish_groups(out);
  keep_promises(out);
  finish_membership(out);
  update_view(out);
  tell_progress(out);
  links_.set_birth_status(birth_.status());
  links_.finish_turn(now, out);
  out.next_deadline = std::min({out.next_deadline, links_.next_deadline(), birth_.next_deadline(),
                                service_watch_.next_deadline()});
  tell_put_off(out);
  return out;
}

// -- the links

void Consensus::Machine::take_link_events() {
  for (PeerEvent& event : links_.take_events(now_)) {
    is_view_stale_ = true;
    std::visit([this](auto& specific) { on(specific); }, event);
  }
}

void Consensus::Machine::on(const PeerConnected& event) {
  is_view_urgent_ = must_tell_promise_ = true;
  pubsub_.on_connected(event.hello.id);
  birth_.discovery().on_hello(event.hello);
  for (auto& [id, group] : groups_)
    group.step(now_, raft::PeerWish{event.hello.id, event.hello.wants_vote});
}

void Consensus::Machine::on(const PeerDisconnected& event) {
  is_view_urgent_ = true;
  pubsub_.on_disconnected(event.peer);
  birth_.discovery().on_disconnected(event.peer);
  orders_.on_lost(event.peer);
  if (!event.by_kernel) return;
  for (auto& [id, group] : groups_) group.step(now_, raft::PeerLost{event.peer});
}

void Consensus::Machine::on(PeerSaid& event) {
  WireMessage& said = event.message;
  if (said.kind == WireKind::kRaft) return on_raft_message(event.from, said);
  if (said.kind == WireKind::kUses) return on_uses(said);
  if (said.kind == WireKind::kPubsub || said.kind == WireKind::kSubscribers)
    return on_pubsub(event.from, said);
  if (said.kind == WireKind::kForward) return on_forwarded(event.from, said);
  if (said.kind == WireKind::kForwardAnswer) return on_forward_answer(event.from, said);
  if (said.kind == WireKind::kBirthStatus) {
    if (const auto status = decode_birth_status(said.body))
      return birth_.discovery().on_status(event.from, *status);
  } else if (said.kind == WireKind::kFound) {
    if (const auto membership = decode_offer(said.body))
      return birth_.on_found(event.from, *membership);
  } else if (said.kind == WireKind::kOrder) {
    if (auto order = decode_order(said.body))
      return orders_.on_forwarded(event.from, std::move(*order));
  } else if (said.kind == WireKind::kOrderAnswer) {
    if (const auto answer = decode_order_answer(said.body)) return orders_.on_answered(*answer);
  } else if (said.kind == WireKind::kFounded) {
    if (const auto cluster = decode_cluster_id(said.body))
      return birth_.discovery().on_founded(event.from, *cluster);
  } else if (said.kind == WireKind::kApplied) {
    base::Decoder in(said.body);
    const GroupId group(in.u32());
    if (const auto report = decode_report(in.rest()); report && in.ok()) {
      for_service_.emplace_back(AppliedTold{group, event.from, *report});
      return;
    }
  } else if (said.kind == WireKind::kPromised) {
    if (const auto promise = decode_promise(said.body)) return on_promised(event.from, *promise);
  }
  links_.close_peer(event.from, "it sent a malformed message");
}

// A hint: what cannot be used is dropped.
void Consensus::Machine::on_uses(WireMessage& said) {
  base::Decoder in(said.body);
  const GroupId group(in.u32());
  if (!in.ok() || !groups_.contains(group)) return;
  for_service_.emplace_back(UsesTold{group, said.body.substr(sizeof(std::uint32_t))});
}

void Consensus::Machine::on_raft_message(NodeId from, WireMessage& said) {
  std::optional<raft::Message> message = raft::decode_parts(said.body, said.attached);
  if (!message || !can_be_applied(*message))
    return links_.close_peer(from, "it sent a malformed raft message");
  if (message->from != from)
    return links_.close_peer(from, "it spoke in the name of " + short_name(message->from));
  birth_.on_raft_heard();
  if (const auto promise = promise_in(*message)) on_promised(from, *promise);
  const auto group = groups_.find(message->group);
  if (group != groups_.end()) group->second.receive(now_, std::move(*message));
}

// -- the other machines

void Consensus::Machine::take_inbox() {
  for (Inbound& message : std::exchange(inbox_, {})) {
    is_view_stale_ = true;
    std::visit([this](auto& specific) { take(specific); }, message);
  }
}

void Consensus::Machine::take(ToConsensus& message) {
  if (take_for_node(message)) return;
  const GroupId id = std::visit([](const auto& specific) { return specific.group; }, message);
  const auto group = groups_.find(id);
  if (group == groups_.end()) return refuse_unborn(message);
  if (const auto* uses = std::get_if<TellUses>(&message))
    return tell_members(WireKind::kUses, uses->group, uses->uses);
  if (const auto* pubsub = std::get_if<TellPubsub>(&message)) return tell_pubsub(*pubsub);
  if (auto* batch = std::get_if<ForwardBatch>(&message)) return forward(*batch);
  if (const auto* answer = std::get_if<AnswerForward>(&message)) return answer_forward(*answer);
  if (const auto* taken = std::get_if<PubsubTaken>(&message))
    return pubsub_.on_taken(*taken, links_);
  if (const auto* applied = std::get_if<TellApplied>(&message))
    return tell_members(WireKind::kApplied, applied->group, encode_report(applied->report));
  group->second.receive(now_, std::move(message));
}

void Consensus::Machine::tell_members(WireKind kind, GroupId group, std::string_view what) {
  std::string body;
  base::Encoder(body).u32(group.value());
  body += what;
  for (const raft::Member& member : groups_.at(group).raft().membership().members)
    if (member.id != options_.self) links_.send(member.id, kind, body);
}

void Consensus::Machine::refuse_unborn(ToConsensus& message) {
  if (auto* batch = std::get_if<ProposeBatch>(&message)) {
    for_service_.emplace_back(BatchRefused{batch->group, batch->id, raft::RefusalReason::kNotLeader,
                                           std::move(batch->payload)});
  } else if (const auto* forwarded = std::get_if<ForwardBatch>(&message)) {
    for_service_.emplace_back(
        ForwardAnswered{forwarded->group, forwarded->term, forwarded->id, false});
  } else if (const auto* read = std::get_if<AskRead>(&message)) {
    for_service_.emplace_back(ReadDenied{read->group, read->id});
  } else if (const auto* transfer = std::get_if<BeginTransfer>(&message)) {
    for_service_.emplace_back(
        TransferDone{transfer->group, false, "this node belongs to no cluster yet"});
  }
}

void Consensus::Machine::take(FromLog& message) {
  const auto* durable = std::get_if<LogDurable>(&message);
  if (durable != nullptr && founding_sequence_ != 0 && durable->sequence >= founding_sequence_) {
    founding_sequence_ = 0;
    birth_.on_written();
    follow_membership(birth_.membership());
    return;
  }
  const auto* space = std::get_if<LogSpace>(&message);
  if (space != nullptr && groups_.empty())
    for_service_.emplace_back(DiskState{space->is_full, space->detail});
  for (auto& [id, group] : groups_) {
    const auto is_for = [&id = id](const auto& specific) {
      if constexpr (requires { specific.group; })
        return specific.group == id;
      else
        return true;
    };
    if (std::visit(is_for, message)) group.receive(now_, message);
  }
}

void Consensus::Machine::take(FromState& message) {
  for (auto& [id, group] : groups_) {
    const auto is_for = [&id = id](const auto& specific) {
      if constexpr (requires { specific.group; })
        return specific.group == id;
      else
        return false;
    };
    if (std::visit(is_for, message)) return group.receive(now_, std::move(message));
  }
}

// -- birth

void Consensus::Machine::advance_birth(ConsensusOutput& out) {
  if (is_removed_) return;
  BirthOutput told = birth_.advance(now_);
  if (!groups_.empty())
    birth_.welcome(now_, groups_.begin()->second.raft().committed_membership(), told);
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
  for (BirthOutput::Send& send : told.sends) links_.send(send.to, send.kind, std::move(send.body));
  if (told.fatal) out.fatal = std::move(told.fatal);
  if (told.write) write_founding(*told.write, out);
  if (birth_.is_born() && groups_.empty()) start_group(out);
}

// A log that is reset to index 0 with the members: from then on this directory belongs to that
// cluster.
void Consensus::Machine::write_founding(const raft::Membership& membership, ConsensusOutput& out) {
  founding_sequence_ = 1;
  options_.restored.snapshot = {.index = {}, .term = {}, .membership = membership};
  LogAppend append{.sequence = founding_sequence_, .write = {}};
  append.write.group = base::kFirstGroup;
  append.write.reset_to = options_.restored.snapshot;
  out.to_log.emplace_back(std::move(append));
}

void Consensus::Machine::start_group(ConsensusOutput&) {
  constexpr std::uint64_t kSequencesOfBirth = 1;
  const auto [group, is_new] =
      groups_.try_emplace(base::kFirstGroup, raft_options(options_), options_.restored,
                          kSequencesOfBirth, options_.wants_vote);
  CHECK(is_new);
  group->second.start(now_);
  if (!may_lead_) group->second.step(now_, raft::MayLead{false});
  for (const raft::Member& member : group->second.raft().membership().members)
    group->second.step(now_, raft::PeerWish{member.id, links_.info(member.id).wants_vote});
  is_view_urgent_ = true;
}

// Dial the members, and know them from strangers.
void Consensus::Machine::follow_membership(const raft::Membership& membership) {
  if (followed_ == membership && follows_born_ == birth_.is_born()) return;
  followed_ = membership;
  follows_born_ = birth_.is_born();
  std::set<NodeId> ids, newcomers;
  std::vector<PeerLinks::Target> targets;
  for (const raft::Member& member : membership.members) {
    ids.insert(member.id);
    // A founder has one when it has accepted it, and all have when the first is born.
    if (!member.is_voter || !birth_.is_born()) newcomers.insert(member.id);
    if (member.id != options_.self)
      targets.push_back({.address = member.address, .expected = member.id});
  }
  links_.set_cluster(membership.cluster, std::move(ids), std::move(newcomers));
  links_.set_targets(targets);
}

// -- the service

void Consensus::Machine::watch_service(ConsensusOutput& out) {
  service_watch_.on_activity(now_, activity_);
  ServiceWatch::Output told = service_watch_.advance(now_);
  if (told.ask) for_service_.emplace_back(AreYouThere{*told.ask});
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
  if (told.fatal) out.fatal = std::move(told.fatal);
  if (service_watch_.is_stuck() != may_lead_) return;
  may_lead_ = !may_lead_;
  is_view_urgent_ = true;
  for (auto& [id, group] : groups_) group.step(now_, raft::MayLead{may_lead_});
}

// -- the groups

void Consensus::Machine::finish_groups(ConsensusOutput& out) {
  out.next_deadline = base::Instant::max();
  for (FromConsensus& refusal : std::exchange(for_service_, {}))
    out.to_service.push_back(std::move(refusal));
  std::vector<std::pair<GroupId, Group::News>> told;
  for (auto& [id, group] : groups_) {
    told.emplace_back(id, group.finish_turn(now_, out));
    out.next_deadline = std::min(out.next_deadline, group.next_deadline());
    if (!told.back().second.has_changed) continue;
    is_view_urgent_ = true;
    follow_membership(group.raft().membership());
  }
  for (auto& [id, news] : told) {
    for (raft::Message& message : news.messages) links_.send(std::move(message));
  }
  for (const auto& [id, news] : told) {
    answer_taken(id, news.taken_batches);
    for (const raft::Changed& changed : news.changes)
      orders_.on_changed(changed), is_touched_ = true;
  }
}

// -- the facade

Consensus::Consensus(ConsensusOptions options)
    : machine_(std::make_unique<Machine>(std::move(options))) {}
Consensus::~Consensus() = default;

void Consensus::on_link_up(LinkId link, std::string_view remote_address) {
  machine_->links().on_up(link, remote_address);
}
void Consensus::on_link_bytes(LinkId link, std::string_view bytes) {
  machine_->links().on_bytes(link, bytes);
}
void Consensus::on_link_down(LinkId link, std::string_view reason) {
  machine_->links().on_down(link, reason);
}
void Consensus::on_link_sent(LinkId link, std::size_t unsent_bytes) {
  machine_->links().on_sent(link, unsent_bytes);
}
void Consensus::receive(ToConsensus message) { machine_->receive(std::move(message)); }
void Consensus::receive(FromLog message) { machine_->receive(std::move(message)); }
void Consensus::receive(FromState message) { machine_->receive(std::move(message)); }
void Consensus::on_service_activity(const ServiceActivity& activity) {
  machine_->on_service_activity(activity);
}
bool Consensus::has_more_to_send() const { return machine_->links().has_more_to_send(); }
ConsensusOutput Consensus::turn(const base::Clocks& clocks) { return machine_->turn(clocks.now); }
const raft::Raft* Consensus::group(GroupId group) const { return machine_->group(group); }

}  // namespace node
