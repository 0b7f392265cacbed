#include "node/replica/tenure.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/rules/settings.h"

namespace node {
namespace {

constexpr auto kOutcomeWait = base::milliseconds(5000);
// Shorter than clients wait for a leader: none is told of it.
constexpr auto kFoundersWait = base::milliseconds(2000);
static_assert(kFoundersWait < kLeaderWait);

}  // namespace

void Tenure::on(const Leadership& message) {
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
  std::vector<base::NodeId> kept;
  if (has_served_) kept.push_back(parts_.ground.options.self);
  parts_.proposals.writer().drop_clients(kept);
  parts_.proposals.add_nobody();
  if (parts_.ground.engine.time_ms() == 0) seed_settings();
  draw_hash_secret();
  first_batch_ = parts_.proposals.seal_first(parts_.members.rules_to_propose());
  CHECK(first_batch_ != 0);
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
  parts_.proposals.tickets().forget_round();
  parts_.proposals.give_up_open();
  parts_.proposals.batcher().orphan(parts_.ground.turn.now() + kOutcomeWait);
  parts_.wait_ends.on_deposed();
  parts_.listener.on_reads_lost(false);
  parts_.listener.on_room();
  parts_.terms.on_news();
}

void Tenure::on(const BatchRefused& message) {
  constexpr auto kPause = base::milliseconds(50);
  std::optional<SealedBatch> refused = parts_.proposals.batcher().take_refused(message.id);
  if (!refused) return;
  const bool is_news =
      !refused->is_orphan && (message.reason == raft::RefusalReason::kNotLeader ||
                              message.reason == raft::RefusalReason::kTransferring);
  if (is_news) parts_.terms.doubt();
  if (refused->id == first_batch_) {
    first_batch_ = 0;
    begin_again_ = parts_.ground.turn.now() + kPause;
  }
  parts_.proposals.errands() = {};
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
  if (!parts_.terms.is_unopened() || first_batch_ != 0 || parts_.loading.is_under_way()) return;
  begin_term();
  if (first_batch_ == 0)
    parts_.ground.turn.due(awaits_founders() ? founders_due_ : begin_again_);
}

}  // namespace node
