#include "node/replica/forwarder.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace node {
namespace {

constexpr auto kRefusedPause = base::milliseconds(20);
// A batch that nobody has answered for so long is sent again: the leader knows it by its number.
constexpr auto kUnanswered = base::milliseconds(1000);

}  // namespace

bool Forwarder::has_room_for(const OpenBatch& open) const {
  if (!open.has_something() || batches_.size() >= base::limits::kBatchesInFlightMax) return false;
  return batches_.empty() || open.size_bytes() >= base::limits::kBatchBytesWorthwhile ||
         open.waiter_count() >= batches_.back().batch.waiters.size();
}

void Forwarder::add(SealedBatch batch, std::uint64_t seed, std::string payload) {
  Forwarded& one = batches_.emplace_back();
  one.batch = std::move(batch);
  one.seed = seed;
  one.payload = std::move(payload);
  // No leader would ever take it.
  if (one.payload.size() <= base::limits::kUncommittedBytesMax) return;
  tell(one, WriteFate::kNever);
  batches_.pop_back();
}

void Forwarder::add_refused(SealedBatch batch, std::string payload) {
  const std::uint64_t seed = engine::BatchReader(payload).seed();
  const auto place =
      std::ranges::find_if(batches_, [&](const Forwarded& one) { return one.batch.id > batch.id; });
  Forwarded& one = *batches_.emplace(place);
  one.batch = std::move(batch);
  one.seed = seed;
  one.payload = std::move(payload);
  bound(one);
}

std::optional<SealedBatch> Forwarder::settle(const raft::Entry& entry) {
  if (batches_.empty()) return {};
  std::optional<SealedBatch> own;
  if (entry.kind == raft::EntryKind::kBatch) {
    const std::uint64_t seed = engine::BatchReader(entry.payload).seed();
    const auto found = std::ranges::find_if(
        batches_, [&](const Forwarded& one) { return one.seed == seed && !one.sent_in.is_none(); });
    if (found != batches_.end()) {
      // The leader takes them in order: what stands before it and was given up here is lost.
      CHECK(std::all_of(batches_.begin(), found, [](const Forwarded& one) { return one.is_over; }));
      own = std::move(found->batch);
      batches_.erase(batches_.begin(), found + 1);
    }
  }
  for (Forwarded& one : batches_) {
    if (one.sent_in.is_none() || one.sent_in >= entry.term) continue;
    one.sent_in = {};
    one.is_due = true;
    one.is_taken = false;
  }
  std::erase_if(batches_,
                [](const Forwarded& one) { return one.is_over && one.sent_in.is_none(); });
  return own;
}

void Forwarder::on(const ForwardAnswered& message) {
  const auto found = std::ranges::find_if(
      batches_, [&](const Forwarded& one) { return one.batch.id == message.id; });
  if (found == batches_.end() || message.term != terms_.leadership().term) return;
  found->is_taken = message.is_taken;
  if (message.is_taken) {
    found->is_due = false;
    found->batch.deadline = base::Instant::max();
    return;
  }
  for (auto one = found; one != batches_.end(); ++one) {
    one->is_due = true;
    bound(*one);
  }
  again_ = ground_.turn.now() + kRefusedPause;
}

void Forwarder::on_linked(NodeId peer) {
  if (peer != terms_.leadership().leader) return;
  for (Forwarded& one : batches_) one.is_due |= !one.is_taken;
}

void Forwarder::on_leadership() {
  again_ = {};
  for (Forwarded& one : batches_) {
    one.is_due = true;
    one.is_taken = false;
    bound(one);
  }
}

void Forwarder::bound(Forwarded& one) {
  if (one.batch.deadline == base::Instant::max())
    one.batch.deadline = ground_.turn.now() + kOutcomeWait;
}

void Forwarder::on_state_replaced() {
  for (Forwarded& one : batches_) {
    if (!one.sent_in.is_none() && !one.is_over) tell(one, WriteFate::kInDoubt);
  }
}

void Forwarder::advance(bool may_send) {
  give_up_late();
  if (!may_send || batches_.empty() || !terms_.has_leader_elsewhere()) return;
  const base::Instant now = ground_.turn.now();
  if (now < again_) return ground_.turn.due(again_);
  std::uint64_t previous = 0;
  for (Forwarded& one : batches_) {
    if (is_in_limbo(one)) return;
    if (one.is_over) continue;
    if (one.is_due || (!one.is_taken && now >= one.sent + kUnanswered)) send(one, previous);
    if (!one.is_taken) ground_.turn.due(one.sent + kUnanswered);
    previous = one.is_taken ? 0 : one.batch.id;
  }
}

void Forwarder::send(Forwarded& one, std::uint64_t previous) {
  one.sent_in = terms_.leadership().term;
  one.sent = ground_.turn.now();
  one.is_due = false;
  ground_.turn.to_consensus.emplace_back(ForwardBatch{.group = ground_.options.group,
                                                      .term = one.sent_in,
                                                      .id = one.batch.id,
                                                      .previous = previous,
                                                      .payload = one.payload});
}

// What may be in a log stays, with nobody waiting, so that nothing behind it overtakes it.
void Forwarder::give_up_late() {
  const base::Instant now = ground_.turn.now();
  for (Forwarded& one : batches_) {
    if (one.is_over) continue;
    if (one.batch.deadline <= now)
      tell(one, one.sent_in.is_none() ? WriteFate::kNever : WriteFate::kInDoubt);
    else if (one.batch.deadline != base::Instant::max())
      ground_.turn.due(one.batch.deadline);
  }
  std::erase_if(batches_,
                [](const Forwarded& one) { return one.is_over && one.sent_in.is_none(); });
}

void Forwarder::tell(Forwarded& one, WriteFate fate) {
  one.is_over = true;
  given_up_.push_back(one.batch.id);
  elements_.on_fate(one.batch.waiters, fate);
  for (Waiter& waiter : one.batch.waiters) waiter = {};
}

std::vector<Forwarder::Left> Forwarder::take_left() {
  std::vector<Left> left;
  while (!batches_.empty() && batches_.front().sent_in.is_none()) {
    Forwarded& one = batches_.front();
    if (!one.is_over) left.push_back({std::move(one.batch), std::move(one.payload)});
    batches_.pop_front();
  }
  return left;
}

}  // namespace node
