#include "node/replica/proposals.h"

#include <utility>

#include "base/check.h"
#include "base/drift.h"

namespace node {
namespace {

constexpr std::size_t kCheckpointBacklogBytesMax = 64 * 1024 * 1024;

}  // namespace

void Proposals::grant(LogIndex applied) {
  if (tickets_.on_applied(applied)) asked_since_.reset();
  while (const auto reader = tickets_.take_ready()) listener_.on_evidence(*reader);
}

bool Proposals::is_level_within(base::Duration age_most) const {
  const std::optional<base::Instant> level_at = tickets_.level_at();
  return level_at && !terms_.is_outside() &&
         ground_.turn.now() - *level_at <= base::within_drift(age_most, drift_percent_max_);
}

void Proposals::on(const ReadDenied& denied) {
  constexpr auto kPause = base::milliseconds(20);
  if (tickets_.on_denied(denied)) ask_again_ = ground_.turn.now() + kPause;
}

bool Proposals::has_waited_in_vain() {
  if (!asked_since_) return false;
  if (!tickets_.has_readers() || !terms_.has_leader_elsewhere()) {
    asked_since_.reset();
    return false;
  }
  const base::Instant deadline = *asked_since_ + kLeaderWait;
  if (ground_.turn.now() < deadline) {
    ground_.turn.due(deadline);
    return false;
  }
  asked_since_.reset();
  tickets_.forget_round();
  return true;
}

// What stands in the open batch of a follower waits for the next leader, not for ever.
void Proposals::on_leadership() {
  forwarder_.on_leadership();
  if (terms_.is_leader()) return;
  batcher_.expect_by(terms_.has_leader_elsewhere() ? base::Instant::max()
                                                   : ground_.turn.now() + kOutcomeWait);
}

void Proposals::set_open_aside(std::uint32_t rules) {
  if (batcher_.has_something()) close_for_leader(tickets_.close(ground_.turn.now()), rules);
}

void Proposals::propose_left(std::uint32_t rules, std::uint64_t content_limit) {
  if (!terms_.is_serving() || forwarder_.is_idle()) return;
  for (Forwarder::Left& left : forwarder_.take_left()) {
    engine::stamp_anew(left.payload, entry_time_ms(), content_limit, rules);
    ground_.turn.to_consensus.emplace_back(
        batcher_.propose(std::move(left.batch), std::move(left.payload)));
  }
}

bool Proposals::may_seal() {
  if (may_forward()) return forwarder_.has_room_for(batcher_);
  const bool may_seal = terms_.is_leader() && batcher_.may_seal();
  is_put_off_ = may_seal && is_put_off();
  return may_seal && !is_put_off_;
}

void Proposals::seal(std::uint32_t rules, std::uint64_t content_limit) {
  sealed_at_ = ground_.turn.now();
  const std::uint64_t ticket = tickets_.close(ground_.turn.now());
  if (may_forward()) return close_for_leader(ticket, rules);
  CHECK(terms_.is_leader());
  ground_.turn.to_consensus.emplace_back(
      batcher_.seal(entry_time_ms(), ground_.prng.next(), ticket, rules, content_limit));
}

void Proposals::close_for_leader(std::uint64_t ticket, std::uint32_t rules) {
  const std::uint64_t seed = ground_.prng.next();
  std::string payload;
  SealedBatch batch = batcher_.close(entry_time_ms(), seed, ticket, rules, payload);
  forwarder_.add(std::move(batch), seed, std::move(payload));
}

std::uint64_t Proposals::seal_first(std::uint32_t rules) {
  const std::uint64_t ticket = tickets_.close(ground_.turn.now());
  ProposeBatch batch = batcher_.seal(entry_time_ms(), ground_.prng.next(), ticket, rules);
  const std::uint64_t id = batch.id;
  ground_.turn.to_consensus.emplace_back(std::move(batch));
  return id;
}

// The state worker is far behind a checkpoint: what changes meanwhile waits in memory, so less may
// change. One batch goes in each pause, which is longer the more there waits.
bool Proposals::is_put_off() {
  constexpr auto kPause = base::milliseconds(100);
  const std::size_t times = ground_.engine.checkpoint_backlog_bytes() / kCheckpointBacklogBytesMax;
  const base::Instant next = sealed_at_ + kPause * static_cast<std::int64_t>(times);
  if (times == 0 || ground_.turn.now() >= next) return false;
  ground_.turn.due(next);
  return true;
}

void Proposals::ask_for_reads() {
  const bool is_follower = terms_.has_leader_elsewhere();
  if (!terms_.is_serving() && !is_follower) return;
  if (!tickets_.needs_round(!is_follower && batcher_.in_flight() > 0)) return;
  if (ground_.turn.now() < ask_again_) return ground_.turn.due(ask_again_);
  if (is_follower && !asked_since_) asked_since_ = ground_.turn.now();
  // The batch that is about to leave will be evidence enough.
  const bool has_batch = batcher_.has_something() && !is_put_off_;
  if (is_follower || !has_batch)
    ground_.turn.to_consensus.emplace_back(tickets_.ask(ground_.turn.now()));
}

void Proposals::settle(std::vector<SealedBatch>& batches, WriteFate fate) {
  for (SealedBatch& batch : batches) settle(batch.waiters, fate);
}

void Proposals::settle(std::vector<Waiter>& waiters, WriteFate fate) {
  CHECK(fate != WriteFate::kUnderWay);
  listener_.on_fate(waiters, fate);
  waiters.clear();
}

void Proposals::settle_late(bool is_disk_full) {
  const base::Instant now = ground_.turn.now();
  std::vector<SealedBatch> doubtful = batcher_.take_doubtful(now, LogIndex{});
  if (!doubtful.empty()) settle(doubtful, WriteFate::kInDoubt);
  if (is_disk_full) batcher_.expect_by(now + kOutcomeWait);
  std::vector<Waiter> late = batcher_.take_late(now);
  if (!late.empty()) settle(late, WriteFate::kInDoubt);
  if (const auto deadline = batcher_.next_deadline()) ground_.turn.due(*deadline);
}

void Proposals::give_up_open() {
  std::vector<Waiter> unproposed = batcher_.abandon_open();
  settle(unproposed, WriteFate::kNever);
}

}  // namespace node
