#include "node/replica/proposals.h"

#include <utility>

#include "base/check.h"

namespace node {
namespace {

constexpr std::size_t kCheckpointBacklogBytesMax = 64 * 1024 * 1024;

}  // namespace

// What stands in the open batch of a follower waits for the next leader, not for ever.
void Proposals::on_leadership() {
  forwarder_.on_leadership();
  if (terms_.is_leader()) return;
  batcher_.expect_by(terms_.has_leader_elsewhere() ? base::Instant::max()
                                                   : ground_.turn.now() + kOutcomeWait);
}

void Proposals::set_open_aside(std::uint32_t rules) {
  if (batcher_.open().has_something()) close_for_leader(evidence_.close_ticket(), rules);
}

void Proposals::propose_left(std::uint32_t rules, std::uint64_t content_limit) {
  if (!terms_.is_serving() || forwarder_.is_idle()) return;
  for (Forwarder::Left& left : forwarder_.take_left()) {
    engine::stamp_anew(left.payload, entry_time_ms(), content_limit, rules);
    ground_.turn.to_consensus.emplace_back(
        batcher_.propose(std::move(left.batch), std::move(left.payload)));
  }
}

// A leader whose batches were refused proposes these first, once it serves again: nothing overtakes
// them.
bool Proposals::may_seal() {
  if (may_forward()) return forwarder_.has_room_for(batcher_.open());
  const bool may_seal = terms_.is_leader() && forwarder_.is_idle() && batcher_.may_seal();
  is_put_off_ = may_seal && is_put_off();
  return may_seal && !is_put_off_;
}

void Proposals::seal(std::uint32_t rules, std::uint64_t content_limit) {
  sealed_at_ = ground_.turn.now();
  const std::uint64_t ticket = evidence_.close_ticket();
  if (may_forward()) return close_for_leader(ticket, rules);
  CHECK(terms_.is_leader());
  ground_.turn.to_consensus.emplace_back(
      batcher_.seal(entry_time_ms(), ground_.prng.next(), ticket, rules, content_limit));
}

void Proposals::close_for_leader(std::uint64_t ticket, std::uint32_t rules) {
  const std::uint64_t seed = ground_.prng.next();
  std::string payload;
  SealedBatch batch = batcher_.open().close(entry_time_ms(), seed, ticket, rules, payload);
  forwarder_.add(std::move(batch), seed, std::move(payload));
}

std::uint64_t Proposals::seal_first(std::uint32_t rules) {
  const std::uint64_t ticket = evidence_.close_ticket();
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

void Proposals::settle(std::vector<SealedBatch>& batches, WriteFate fate) {
  for (SealedBatch& batch : batches) settle(batch.waiters, fate);
}

void Proposals::settle(std::vector<Waiter>& waiters, WriteFate fate) {
  CHECK(fate != WriteFate::kUnderWay);
  elements_.on_fate(waiters, fate);
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
  std::vector<Waiter> unproposed = batcher_.open().abandon();
  settle(unproposed, WriteFate::kNever);
}

}  // namespace node
