#include "node/consensus/machine.h"

#include <algorithm>
#include <utility>

#include "node/consensus/machine_options.h"

namespace node {

Consensus::Machine::Machine(ConsensusOptions options)
    : options_(std::move(options)),
      links_(link_options(options_)),
      birth_(birth_options(options_)),
      own_(options_.self, base::mix64(options_.seed + 5), options_.identity, links_, outgoing_),
      promises_(options_.self, found_holding(options_), options_.promises, links_, outgoing_),
      changes_(options_.self, options_.wants_vote, base::mix64(options_.seed + 4), own_, links_,
               outgoing_),
      forwarding_(options_.self, options_.epoch, groups_, links_, outgoing_),
      hints_(options_.self, groups_, links_, outgoing_),
      service_watch_(options_.service_timeout) {
  if (own_.is_removed()) {
    outgoing_.tell(LeftCluster{base::kFirstGroup, own_.why_removed()});
    links_.leave();
  } else {
    dial_first();
  }
}

// The members if this node knows them, else the nodes that it was told of.
void Consensus::Machine::dial_first() {
  if (birth_.has_accepted()) return own_.follow(birth_.membership(), birth_.is_born());
  std::vector<PeerLinks::Target> targets;
  for (const std::string& address :
       founds_nothing(options_) ? options_.identity.join : options_.raft_peers)
    targets.push_back({.address = address, .expected = {}});
  links_.set_targets(targets);
}

ConsensusOutput Consensus::Machine::turn(base::Instant now) {
  now_ = now;
  ConsensusOutput out;
  look_around();
  take_link_events();
  take_inbox();
  advance_birth(out);
  watch_service(out);
  changes_.carry_out(now, groups_.first());
  if (const Group* group = groups_.first())
    pubsub_.finish(group->raft().membership(), links_, outgoing_);
  finish_groups(out);
  if (const Group* group = groups_.first()) promises_.finish_turn(now, *group, out);
  follow_committed();
  finish_meetings(out);
  outgoing_.hand_out(now, out);
  update_view(out);
  progress_.tell(groups_, out);
  links_.set_birth_status(birth_.status());
  links_.finish_turn(now, out);
  out.next_deadline =
      std::min({out.next_deadline, changes_.next_deadline(now), view_.next_deadline(),
                links_.next_deadline(), birth_.next_deadline(), service_watch_.next_deadline()});
  forwarding_.tell_taken(now, out);
  return out;
}

// -- birth

void Consensus::Machine::advance_birth(ConsensusOutput& out) {
  if (own_.is_removed()) return;
  BirthOutput told = birth_.advance(now_);
  if (const Group* group = groups_.first())
    birth_.welcome(now_, group->raft().committed_membership(), told);
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
  for (BirthOutput::Send& send : told.sends) links_.send(send.to, send.kind, std::move(send.body));
  if (told.fatal) out.fatal = std::move(told.fatal);
  if (told.write) {
    options_.restored.snapshot = {.index = {}, .term = {}, .membership = *told.write};
    out.to_log.emplace_back(founding_.begin(options_.restored.snapshot));
  }
  if (birth_.is_born() && groups_.is_empty()) start_group();
}

void Consensus::Machine::start_group() {
  Group& group =
      groups_.start(now_, raft_options(options_), options_.restored, options_.wants_vote);
  if (!service_watch_.may_lead()) group.step(now_, raft::MayLead{false});
  for (const raft::Member& member : group.raft().membership().members)
    group.step(now_, raft::PeerWish{member.id, links_.info(member.id).wants_vote});
  view_.mark_urgent();
}

// -- the service

void Consensus::Machine::watch_service(ConsensusOutput& out) {
  service_watch_.on_activity(now_, activity_);
  ServiceWatch::Output told = service_watch_.advance(now_);
  if (told.ask) outgoing_.tell(AreYouThere{*told.ask});
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
  if (told.fatal) out.fatal = std::move(told.fatal);
  if (!told.may_lead) return;
  view_.mark_urgent();
  groups_.step_all(now_, raft::MayLead{*told.may_lead});
}

// -- the groups

void Consensus::Machine::finish_groups(ConsensusOutput& out) {
  outgoing_.hand_out_messages(out);
  auto told = groups_.finish_turn(now_, out);
  for (auto& [id, news] : told) {
    if (!news.has_changed) continue;
    view_.mark_urgent();
    own_.follow(groups_.find(id)->raft().membership(), birth_.is_born());
  }
  for (auto& [id, news] : told) {
    for (raft::Message& message : news.messages) links_.send(std::move(message));
  }
  for (const auto& [id, news] : told) {
    forwarding_.answer_taken(id, news.taken_batches);
    changes_.on_changed(news.changes);
  }
}

// -- who belongs to the cluster

// Whatever this node still had to say as a member has been said.
void Consensus::Machine::follow_committed() {
  const Group* group = groups_.first();
  if (group == nullptr) return;
  changes_.orders().follow(group->raft().membership());
  own_.follow_committed(group->raft());
  if (!own_.is_to_leave()) return;
  own_.leave(group->raft().membership().cluster);
  leave_cluster(own_.why_removed(), kNoCluster);
}

void Consensus::Machine::leave_cluster(std::string why, const std::string& why_not_orders) {
  outgoing_.tell(LeftCluster{base::kFirstGroup, std::move(why)});
  changes_.leave(why_not_orders);
  groups_.clear();
  links_.leave();
  view_.mark_urgent();
}

void Consensus::Machine::look_around() {
  const Group* group = groups_.first();
  MeetingFacts facts{.self = options_.self,
                     .epoch = options_.epoch,
                     .cluster = own_.is_removed() ? own_.former_cluster() : base::ClusterId(),
                     .place = own_.place(group),
                     .is_founding = group == nullptr && !own_.is_removed() && birth_.is_founding(),
                     .is_willing = options_.is_cluster_enabled || !options_.raft_peers.empty() ||
                                   !options_.wants_vote,
                     .raft_port = options_.announcement.raft_port,
                     .birth = &birth_};
  if (group != nullptr && own_.followed()) {
    facts.membership = &*own_.followed();
    facts.cluster = own_.followed()->cluster;
  }
  changes_.meetings().look(now_, facts);
}

void Consensus::Machine::finish_meetings(ConsensusOutput& out) {
  look_around();
  MeetingOutput told = changes_.meetings().finish_turn();
  for (MeetingOutput::Answer& each : told.answers)
    outgoing_.answer(each.request, std::move(each.error));
  if (told.stands_back) birth_.stand_back();
  if (told.dissolve) {
    Group* group = groups_.first();
    if (group == nullptr || !group->dissolve(now_, *told.dissolve))
      changes_.meetings().on_dissolved(false, *told.dissolve);
    outgoing_.turn_again();
  }
  if (told.identity) outgoing_.set_identity(std::move(*told.identity));
  if (told.restarts) outgoing_.restart();
  for (LogLine& line : told.lines) out.lines.push_back(std::move(line));
}

// -- what is shown

void Consensus::Machine::update_view(ConsensusOutput& out) {
  if (!view_.is_due(now_)) return;
  view_.tell(now_,
             make_view({.now = now_,
                        .options = options_,
                        .links = links_,
                        .birth = birth_,
                        .own = own_,
                        .group = groups_.first(),
                        .service_stalls = service_watch_.stalls(),
                        .last_leader = view_.leader()}),
             out);
}

}  // namespace node
