// The turn of a replica.
#include "node/replica/replica.h"

#include <utility>
#include <variant>
#include <vector>

#include "node/replica/replica_mail.h"
#include "node/replica/settings.h"

namespace node {

Replica::Replica(const ReplicaOptions& options, Config& config, Turn& turn,
                 ElementListener& elements, ReplicaListener& listener)
    : ground_(options, config, turn),
      listener_(listener),
      terms_(options.self, turn),
      proposals_(ground_, terms_, elements, listener),
      members_(ground_, terms_),
      memory_(ground_, terms_, proposals_, listener),
      guests_({.ground = ground_,
               .terms = terms_,
               .proposals = proposals_,
               .members = members_,
               .memory = memory_,
               .disk = disk_}),
      sweeper_(ground_, terms_, proposals_),
      wait_ends_(ground_, terms_, proposals_),
      checkpoints_(ground_, cluster_, listener),
      loading_(ground_),
      tenure_({.ground = ground_,
               .terms = terms_,
               .proposals = proposals_,
               .members = members_,
               .cluster = cluster_,
               .wait_ends = wait_ends_,
               .loading = loading_,
               .listener = listener}),
      applier_({.ground = ground_,
                .proposals = proposals_,
                .members = members_,
                .wait_ends = wait_ends_,
                .checkpoints = checkpoints_,
                .tenure = tenure_,
                .elements = elements,
                .listener = listener}),
      reads_({.ground = ground_,
              .terms = terms_,
              .members = members_,
              .disk = disk_,
              .applier = applier_,
              .proposals = proposals_}) {
  ground_.engine.set_command_watch(options.command_watch);
  if (options.checkpoint) loading_.begin(*options.checkpoint);
}

void Replica::start() {
  terms_.start();
  loading_.start();
  checkpoints_.start();
}

void Replica::begin_turn() {
  ground_.log_clock.advance(ground_.turn.clocks);
  memory_.follow_access_rules();
  tenure_.end_former_runs();
}

void Replica::load() {
  if (!loading_.work()) return;
  const bool is_another_state = loading_.finish();
  listener_.on_engine_replaced();
  follow_settings(ground_.engine, ground_.config);
  checkpoints_.on_loaded();
  if (!is_another_state) return checkpoints_.end_reload({});
  members_.on_loaded();
  terms_.on_news();
  listener_.on_waits_lost(false);
}

void Replica::receive(FromConsensus& message) { std::visit(Mail(*this), message); }

void Replica::receive(FromState& message) { std::visit(Mail(*this), message); }

void Replica::apply() {
  if (!loading_.is_under_way() && !checkpoints_.is_reloading()) applier_.apply();
}

void Replica::settle_doubtful() {
  proposals_.settle_late(disk_.is_full);
  for (const std::uint64_t batch : proposals_.forwarder().take_given_up())
    wait_ends_.on_refused(batch);
  tenure_.advance();
  terms_.advance(ground_.turn, leader_elsewhere() != nullptr);
}

void Replica::tidy(bool is_held) {
  sweeper_.sweep(is_held);
  if (!loading_.status().is_loading) wait_ends_.advance();
}

void Replica::make_room(bool is_held) {
  memory_.evict(is_held);
  memory_.free_buried();
  memory_.share_uses();
  members_.compare(loading_.is_under_way());
  if (!loading_.is_under_way()) checkpoints_.advance();
}

void Replica::close_turn() {
  proposals_.propose_left(members_.rules_to_propose(), memory_.content_limit());
  if (proposals_.may_seal()) {
    proposals_.seal(members_.rules_to_propose(), memory_.content_limit());
    listener_.on_room();
  }
  proposals_.forwarder().advance(!proposals_.batcher().has_unanswered());
  proposals_.ask_for_reads();
  if (ground_.applied != applied_told_) {
    ground_.turn.to_consensus.emplace_back(
        AppliedUpTo{.group = ground_.options.group, .index = ground_.applied});
    applied_told_ = ground_.applied;
  }
  const bool may_apply = !loading_.is_under_way() && !checkpoints_.is_reloading();
  if (loading_.has_work() || (applier_.has_entries() && may_apply))
    ground_.turn.due(ground_.turn.now());
}

void Replica::reset_statistics() {
  ground_.engine.reset_statistics();
  memory_.forget_shortage();
}

const PeerView* Replica::leader_elsewhere() const {
  const NodeId leader = terms_.leadership().leader;
  return leader.is_none() || leader == ground_.options.self ? nullptr : cluster_.reachable(leader);
}

}  // namespace node
