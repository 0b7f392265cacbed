#include "node/replica/tenure.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/rules/settings.h"

namespace node {
namespace {

// Shorter than clients wait for a leader: none is told of it.
constexpr auto kFoundersWait = base::milliseconds(2000);
static_assert(kFoundersWait < kLeaderWait);

}  // namespace

void Tenure::on(const Leadership& message) {
  const base::NodeId before = parts_.terms.leadership().leader;
  if (!before.is_none()) former_leader_ = before;
  was_handed_over_ = message.was_handed_over;
  if (parts_.terms.is_deposed_by(message)) on_deposed();
  if (!parts_.terms.adopt(message)) return;
  first_batch_ = 0;
  begin_again_ = parts_.ground.turn.now();
  founders_due_ = begin_again_ + kFoundersWait;
  if (!parts_.loading.is_under_way()) begin_term();
}

// The first entry of the term: what clients of other nodes left in the state goes.
void Tenure::begin_term() {
  if (!parts_.terms.is_unopened() || first_batch_ != 0) return;
  if (parts_.ground.turn.now() < begin_again_) return;
  if (awaits_founders()) return;
  parts_.proposals.set_open_aside(parts_.members.rules_to_propose());
  parts_.proposals.writer().drop_clients(nodes_with_clients());
  parts_.proposals.add_nobody();
  if (parts_.ground.engine.time_ms() == 0) seed_settings();
  draw_hash_secret();
  first_batch_ = parts_.proposals.seal_first(parts_.members.rules_to_propose());
  CHECK(first_batch_ != 0);
}

// Those whose clients' waits and watches go on in this term: members that can forward and are
// there. A leader that has not handed over is likely to be dead: what its clients wait for would be
// lost on them.
std::vector<base::NodeId> Tenure::nodes_with_clients() const {
  const bool may_forward = parts_.ground.engine.rules() >= engine::kRulesWithForwarding;
  std::vector<base::NodeId> nodes;
  // What former runs of this node have left is gone before this one keeps anything.
  if (has_served_ || (may_forward && has_ended_former_runs_))
    nodes.push_back(parts_.ground.options.self);
  for (const PeerView& peer : parts_.cluster.view().peers) {
    const bool is_lost = peer.id == former_leader_ && !was_handed_over_;
    const bool is_there = !peer.is_self && peer.is_connected && !is_lost;
    if (may_forward && is_there) nodes.push_back(peer.id);
  }
  return nodes;
}

void Tenure::end_former_runs() {
  const Ground& ground = parts_.ground;
  const bool is_caught_up = !ground.quiet_until.is_none() && ground.applied >= ground.quiet_until;
  if (has_ended_former_runs_ || !is_caught_up || !parts_.proposals.may_propose()) return;
  has_ended_former_runs_ = true;
  const auto& [self, epoch] = std::pair(ground.options.self, ground.options.epoch);
  for (const engine::ClientRef& client : ground.engine.waiters_left_by(self, epoch))
    parts_.wait_ends.forget(client);
  for (const engine::ClientRef& client : ground.engine.watches_left_by(self, epoch)) {
    parts_.proposals.writer().unwatch(client);
    parts_.proposals.add_nobody();
  }
}

// A member without a link may be dead, and who is no member any more is gone: what their clients
// wait for would be lost on them.
void Tenure::drop_absent() {
  constexpr auto kPause = base::milliseconds(200);  // until the entry that says so is applied
  if (!parts_.terms.is_serving() || parts_.ground.turn.now() < drop_again_) return;
  const engine::Engine& engine = parts_.ground.engine;
  if (!engine.has_clients_beside({})) return;
  std::vector<base::NodeId> present{parts_.ground.options.self};
  for (const PeerView& peer : parts_.cluster.view().peers) {
    if (!peer.is_self && peer.is_connected) present.push_back(peer.id);
  }
  if (!engine.has_clients_beside(present) || !parts_.proposals.has_room()) return;
  parts_.proposals.writer().drop_clients(present);
  parts_.proposals.add_nobody();
  drop_again_ = parts_.ground.turn.now() + kPause;
}

// A fresh cluster begins by the newest rules that all its members know, so that nothing that this
// program can do is refused in its first second. A member that is down is waited for until
// `founders_due_`; the cluster then begins by older rules, and follows when that member has spoken.
bool Tenure::awaits_founders() const {
  return parts_.ground.engine.rules() == 0 && !parts_.members.have_all_spoken() &&
         parts_.ground.turn.now() < founders_due_;
}

// A fresh cluster takes its replicated settings from the first leader's file.
void Tenure::seed_settings() {
  for (const auto& [name, value] : parts_.ground.config.matching("*")) {
    const auto current = parts_.ground.engine.setting(name);
    if (!current || *current == value) continue;
    parts_.proposals.writer().setting(name, value);
    parts_.proposals.add_nobody();
  }
}

// The engine's secret against made-up keys; also of a cluster that had none when it was born, where
// it holds for what is created or loaded from now on.
void Tenure::draw_hash_secret() {
  if (parts_.ground.engine.setting(engine::Settings::kHashSecret) != "") return;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string secret;
  for (const std::uint64_t word : {parts_.ground.prng.next(), parts_.ground.prng.next()}) {
    for (int shift = 60; shift >= 0; shift -= 4) secret += kDigits[(word >> shift) & 15];
  }
  parts_.proposals.writer().setting(engine::Settings::kHashSecret, secret);
  parts_.proposals.add_nobody();
}

void Tenure::on_applied(std::uint64_t batch) {
  if (batch == first_batch_) begin_serving();
}

void Tenure::begin_serving() {
  first_batch_ = 0;
  if (!parts_.terms.is_leader()) return;
  parts_.terms.begin_serving();
  has_served_ = true;
  parts_.proposals.errands() = {};
  parts_.wait_ends.forget_ghosts(parts_.listener);
  parts_.ground.turn.line(
      LogLevel::kNotice,
      "serving as the leader of term " + std::to_string(parts_.terms.leadership().term.value()));
}

void Tenure::on_deposed() {
  parts_.terms.on_deposed();
  first_batch_ = 0;
  parts_.proposals.errands() = {};
  parts_.proposals.evidence().tickets().forget_round();
  if (!passes_on()) parts_.proposals.give_up_open();
  parts_.proposals.batcher().orphan(parts_.ground.turn.now() + kOutcomeWait);
  parts_.wait_ends.on_deposed();
  parts_.listener.on_reads_lost(false);
  parts_.listener.on_room();
  parts_.terms.on_news();
}

// Who comes by a plain door learns nothing of leaders: what this one could not propose the next one
// gets.
bool Tenure::passes_on() const {
  return parts_.ground.config.hot().forwards &&
         parts_.ground.engine.rules() >= engine::kRulesWithForwarding;
}

void Tenure::on(BatchRefused& message) {
  constexpr auto kPause = base::milliseconds(50);
  std::optional<SealedBatch> refused = parts_.proposals.batcher().take_refused(message.id);
  if (!refused) return;
  const bool is_news =
      !refused->is_orphan && (message.reason == raft::RefusalReason::kNotLeader ||
                              message.reason == raft::RefusalReason::kTransferring);
  if (is_news) parts_.terms.doubt();
  const bool is_first = refused->id == first_batch_;
  if (is_first) {
    first_batch_ = 0;
    begin_again_ = parts_.ground.turn.now() + kPause;
  }
  parts_.proposals.errands() = {};
  const bool goes_on = is_news && !is_first && !message.payload.empty() && passes_on();
  if (goes_on)
    return parts_.proposals.forwarder().add_refused(std::move(*refused),
                                                    std::move(message.payload));
  parts_.wait_ends.on_refused(refused->id);
  parts_.proposals.settle(refused->waiters, WriteFate::kNever);
}

void Tenure::stand_outside(std::string why) {
  parts_.terms.stand_outside(std::move(why));
  first_batch_ = 0;
  parts_.listener.on_reads_lost(true);
  parts_.listener.on_waits_lost(true);
  parts_.proposals.give_up_open();
  parts_.listener.on_room();
}

void Tenure::advance() {
  drop_absent();
  if (!parts_.terms.is_unopened() || first_batch_ != 0 || parts_.loading.is_under_way()) return;
  begin_term();
  if (first_batch_ == 0) parts_.ground.turn.due(awaits_founders() ? founders_due_ : begin_again_);
}

}  // namespace node
