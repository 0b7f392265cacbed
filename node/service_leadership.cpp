// Terms: a new leader opens its own before it serves, a deposed one settles what it had under way
// (DESIGN decision 11).
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/rules/settings.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr auto kOutcomeWait = base::milliseconds(5000);
constexpr auto kDoubtWait = base::milliseconds(1000);

}  // namespace

void Service::Machine::on(const Leadership& message) {
  const bool was_leader = is_leader();
  doubted_until_ = {};
  const bool is_new_term = message.term != leadership_.term;
  if (was_leader && (message.role != raft::Role::kLeader || is_new_term)) on_deposed();
  const bool knew_leader = !leadership_.leader.is_none();
  leadership_ = message;
  if (!message.leader.is_none()) cluster_.leader = message.leader;
  if (knew_leader && message.leader.is_none()) leaderless_since_ = clocks_.now;
  has_followed_ |= !message.leader.is_none() && message.leader != options_.self;
  was_down_told_ = false;
  if (is_leader() && (!was_leader || is_new_term)) on_elected();
  must_revisit_ = true;
}

void Service::Machine::on_elected() {
  serves_term_ = false;
  first_batch_ = 0;
  begin_term_again_ = clocks_.now;
  if (!loader_.is_loading()) begin_term();
}

// The first entry of the term: what clients of other nodes left in the state goes.
void Service::Machine::begin_term() {
  if (!is_leader() || serves_term_ || first_batch_ != 0 || clocks_.now < begin_term_again_) return;
  if (is_outside()) return;
  std::vector<base::NodeId> kept;
  if (was_leader_) kept.push_back(options_.self);
  batcher_.writer().drop_clients(kept);
  batcher_.add_nobody();
  if (engine_.time_ms() == 0) seed_settings();
  draw_hash_secret();
  ProposeBatch batch = batcher_.seal(std::max(log_clock_.now_ms(), engine_.time_ms()), prng_.next(),
                                     tickets_.close(), rules_to_propose());
  first_batch_ = batch.id;
  out_.to_consensus.emplace_back(std::move(batch));
}

// A fresh cluster takes its replicated settings from the first leader's file.
void Service::Machine::seed_settings() {
  for (const auto& [name, value] : config_.matching("*")) {
    const auto current = engine_.setting(name);
    if (!current || *current == value) continue;
    batcher_.writer().setting(name, value);
    batcher_.add_nobody();
  }
}

// The engine's secret against made-up keys; also of a cluster that had none when it was born, where
// it holds for what is created or loaded from now on.
void Service::Machine::draw_hash_secret() {
  if (engine_.setting(engine::Settings::kHashSecret) != "") return;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string secret;
  for (const std::uint64_t word : {prng_.next(), prng_.next()}) {
    for (int shift = 60; shift >= 0; shift -= 4) secret += kDigits[(word >> shift) & 15];
  }
  batcher_.writer().setting(engine::Settings::kHashSecret, secret);
  batcher_.add_nobody();
}

void Service::Machine::begin_serving() {
  first_batch_ = 0;
  if (!is_leader()) return;
  serves_term_ = true;
  was_leader_ = true;
  is_sweep_under_way_ = is_eviction_under_way_ = false;
  must_revisit_ = true;
  forget_ghosts();
  line(LogLevel::kNotice,
       "serving as the leader of term " + std::to_string(leadership_.term.value()));
}

void Service::Machine::on_deposed() {
  tracking_.on_lost();
  serves_term_ = false;
  first_batch_ = 0;
  leaderless_since_ = clocks_.now;
  is_sweep_under_way_ = is_eviction_under_way_ = false;
  tickets_.forget_round();
  std::vector<Waiter> unproposed = batcher_.abandon_open();
  settle_as(unproposed, WriteFate::kNever);
  batcher_.orphan(clocks_.now + kOutcomeWait);
  unblocking_.clear();
  release_readers(false);
  wake_batch_stalled();
  must_revisit_ = true;
}

void Service::Machine::on(const BatchRefused& message) {
  constexpr auto kPause = base::milliseconds(50);
  std::optional<SealedBatch> refused = batcher_.take_refused(message.id);
  if (!refused) return;
  const bool is_news =
      !refused->is_orphan && (message.reason == raft::RefusalReason::kNotLeader ||
                              message.reason == raft::RefusalReason::kTransferring);
  // From now on nobody is known to lead: what was refused waits as long as what comes.
  if (is_news && clocks_.now >= doubted_until_) leaderless_since_ = clocks_.now;
  if (is_news) doubted_until_ = clocks_.now + kDoubtWait;
  if (refused->id == first_batch_) {
    first_batch_ = 0;
    begin_term_again_ = clocks_.now + kPause;
  }
  is_sweep_under_way_ = is_eviction_under_way_ = false;
  on_unblocks_refused(refused->id);
  settle_as(refused->waiters, WriteFate::kNever);
}

void Service::Machine::end_doubt() {
  doubted_until_ = {};
  must_revisit_ = true;
}

void Service::Machine::settle_as(std::vector<SealedBatch>& batches, WriteFate fate) {
  for (SealedBatch& batch : batches) settle_as(batch.waiters, fate);
}

void Service::Machine::settle_as(std::vector<Waiter>& waiters, WriteFate fate) {
  for (const Waiter& waiter : waiters) {
    if (waiter.session == nullptr) continue;
    if (Operation* operation = waiter.session->operations.find(waiter.operation))
      operation->fate = fate;
  }
  for (const Waiter& waiter : waiters) {
    Session* session = waiter.session;
    if (session == nullptr) continue;
    if (!session->is_gone) advance(*session);
    --session->elements_under_way;
    sessions_.settle(*session);
  }
  waiters.clear();
}

void Service::Machine::check_doubtful() {
  std::vector<SealedBatch> doubtful = batcher_.take_doubtful(clocks_.now, LogIndex{});
  if (!doubtful.empty()) settle_as(doubtful, WriteFate::kInDoubt);
  if (disk_.is_full) batcher_.expect_by(clocks_.now + kOutcomeWait);
  std::vector<Waiter> late = batcher_.take_late(clocks_.now);
  if (!late.empty()) settle_as(late, WriteFate::kInDoubt);
  if (const auto deadline = batcher_.next_deadline()) due(*deadline);
  const bool opens_term = is_leader() && !serves_term_ && !is_outside();
  if (opens_term && first_batch_ == 0 && !loader_.is_loading()) {
    begin_term();
    if (first_batch_ == 0) due(begin_term_again_);
  }
  if (doubted_until_ != base::Instant{}) {
    if (clocks_.now < doubted_until_) due(doubted_until_);
    if (clocks_.now >= doubted_until_) end_doubt();
  }
  // Those who were already in a queue when the leader was lost.
  if (!is_leader() && leader_view() == nullptr && !was_down_told_) {
    const base::Instant deadline = leaderless_since_ + kLeaderWait;
    if (clocks_.now >= deadline) was_down_told_ = must_revisit_ = true;
    if (clocks_.now < deadline) due(deadline);
  }
}

// Something changed in who leads or where: whoever waits for that looks again.
void Service::Machine::revisit_all() {
  const bool may_go_on = is_serving_leader() || (!is_leader() && leader_view() != nullptr);
  sessions_.for_each([&](Session& session) {
    if (may_go_on) session.has_stall_deadline = false;
    if (may_go_on && session.stall == Stall::kLeader) make_ready(session);
    advance(session);
  });
  check_waiting();
}

}  // namespace node
