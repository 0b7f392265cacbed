#include "node/replica/batcher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace node {

namespace limits = base::limits;

bool Batcher::is_full() const { return writer_.size_bytes() >= limits::kBatchBytesMax; }

std::size_t Batcher::in_flight() const {
  const auto count = std::count_if(under_way_.begin(), under_way_.end(),
                                   [](const auto& batch) { return !batch.is_orphan; });
  return static_cast<std::size_t>(count);
}

bool Batcher::has_unanswered() const {
  return std::ranges::any_of(under_way_, [](const auto& batch) { return !batch.is_placed; });
}

// While one batch is under way the next waits until it is as large, or worth a write of its own:
// what gathers meanwhile costs one write, one sync and one round of messages, not several.
bool Batcher::may_seal() const {
  const std::size_t count = in_flight();
  if (!has_something() || count >= limits::kBatchesInFlightMax) return false;
  return count == 0 || writer_.size_bytes() >= limits::kBatchBytesWorthwhile ||
         waiters_.size() >= under_way_.back().waiters.size();
}

void Batcher::want_time(std::vector<engine::Engine::Expired> expired) {
  constexpr std::size_t kExpiredMax = 1000;
  wants_time_ = true;
  for (auto& key : expired) {
    if (expired_.size() < kExpiredMax)
      expired_.try_emplace({key.database, std::move(key.key)}, key.expiry_ms);
  }
}

ProposeBatch Batcher::seal(base::UnixMillis time_ms, std::uint64_t seed, std::uint64_t ticket,
                           std::uint32_t rules, std::uint64_t content_limit) {
  SealedBatch batch = take_open(ticket);
  std::string payload = writer_.seal(time_ms, seed, content_limit, rules);
  return propose(std::move(batch), std::move(payload));
}

SealedBatch Batcher::close(base::UnixMillis time_ms, std::uint64_t seed, std::uint64_t ticket,
                           std::uint32_t rules, std::string& payload) {
  SealedBatch batch = take_open(ticket);
  payload = writer_.seal(time_ms, seed, 0, rules);
  return batch;
}

ProposeBatch Batcher::propose(SealedBatch batch, std::string payload) {
  const std::uint64_t id = batch.id;
  under_way_.push_back(std::move(batch));
  return {.group = group_, .id = id, .payload = std::move(payload)};
}

// What stands in it, but for the bytes.
SealedBatch Batcher::take_open(std::uint64_t ticket) {
  CHECK(has_something());
  if (!expired_.empty()) {
    std::vector<engine::SweptKey> keys;
    keys.reserve(expired_.size());
    for (const auto& [place, expiry_ms] : expired_)
      keys.push_back({place.first, place.second, expiry_ms});
    writer_.swept(keys);
    add_nobody();
    expired_.clear();
  }
  CHECK(writer_.count() == waiters_.size());
  SealedBatch batch;
  batch.id = next_id_++;
  batch.ticket = ticket;
  if (!spare_.empty()) {
    batch.waiters = std::move(spare_.back());
    spare_.pop_back();
  }
  batch.waiters.swap(waiters_);
  batch.deadline = std::exchange(open_deadline_, base::Instant::max());
  wants_time_ = false;
  return batch;
}

std::vector<Waiter> Batcher::abandon_open() {
  wants_time_ = false;
  open_deadline_ = base::Instant::max();
  expired_.clear();
  if (writer_.count() > 0) (void)writer_.seal(0, 0);
  return std::exchange(waiters_, {});
}

void Batcher::on_proposed(const BatchProposed& proposed) {
  for (SealedBatch& batch : under_way_) {
    if (batch.id != proposed.id) continue;
    batch.is_placed = true;
    batch.index = proposed.index;
    batch.term = proposed.term;
  }
}

std::optional<SealedBatch> Batcher::take_refused(std::uint64_t id) {
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [id](const auto& batch) { return batch.id == id; });
  if (found == under_way_.end()) return std::nullopt;
  CHECK(!found->is_placed);
  SealedBatch refused = std::move(*found);
  under_way_.erase(found);
  return refused;
}

std::optional<SealedBatch> Batcher::settle(LogIndex index, Term term,
                                           std::vector<SealedBatch>& lost) {
  std::optional<SealedBatch> own;
  for (std::size_t i = 0; i < under_way_.size();) {
    SealedBatch& batch = under_way_[i];
    const bool is_own = batch.is_placed && batch.index == index && batch.term == term;
    // Its place is taken, maybe by an entry of an earlier term that a still later leader brought;
    // or a later term has begun before it.
    const bool is_taken = batch.index == index && batch.term != term;
    const bool is_behind_later_term = batch.index >= index && batch.term < term;
    const bool is_lost = batch.is_placed && (is_taken || is_behind_later_term);
    if (!is_own && !is_lost) {
      CHECK(!batch.is_placed || batch.index > index);
      ++i;
      continue;
    }
    if (is_own) own = std::move(batch);
    if (is_lost) lost.push_back(std::move(batch));
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return own;
}

void Batcher::orphan(base::Instant deadline) {
  for (SealedBatch& batch : under_way_) {
    if (batch.is_orphan) continue;
    batch.is_orphan = true;
    batch.deadline = deadline;
  }
}

std::vector<SealedBatch> Batcher::take_doubtful(base::Instant now, LogIndex through) {
  std::vector<SealedBatch> doubtful;
  for (std::size_t i = 0; i < under_way_.size();) {
    SealedBatch& batch = under_way_[i];
    const bool is_over = batch.is_orphan && batch.deadline <= now;
    if (!is_over && !(batch.is_placed && batch.index <= through)) {
      ++i;
      continue;
    }
    doubtful.push_back(std::move(batch));
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return doubtful;
}

std::optional<base::Instant> Batcher::next_deadline() const {
  std::optional<base::Instant> next;
  if (open_deadline_ != base::Instant::max()) next = open_deadline_;
  for (const SealedBatch& batch : under_way_) {
    const bool has_deadline = batch.deadline != base::Instant::max();
    if (has_deadline && (!next || batch.deadline < *next)) next = batch.deadline;
  }
  return next;
}

void Batcher::expect_by(base::Instant deadline) {
  const bool is_taken_back = deadline == base::Instant::max();
  const bool is_open_due = open_deadline_ != base::Instant::max();
  if (is_taken_back || (!is_open_due && !waiters_.empty())) open_deadline_ = deadline;
  for (SealedBatch& batch : under_way_) {
    const bool has_deadline = batch.deadline != base::Instant::max();
    if (!batch.is_orphan && has_deadline == is_taken_back) batch.deadline = deadline;
  }
}

std::vector<Waiter> Batcher::take_late(base::Instant now) {
  std::vector<Waiter> late;
  const auto take = [&](std::vector<Waiter>& waiters, base::Instant& deadline) {
    if (deadline > now) return;
    deadline = base::Instant::max();
    for (Waiter& waiter : waiters) {
      if (waiter.client != nullptr) late.push_back(std::exchange(waiter, {}));
    }
  };
  take(waiters_, open_deadline_);
  for (SealedBatch& batch : under_way_) {
    if (!batch.is_orphan) take(batch.waiters, batch.deadline);
  }
  return late;
}

void Batcher::recycle(SealedBatch batch) {
  constexpr std::size_t kSpareMax = 4;
  constexpr std::size_t kWaitersKept = 1U << 16;
  if (spare_.size() >= kSpareMax || batch.waiters.capacity() > kWaitersKept) return;
  batch.waiters.clear();
  spare_.push_back(std::move(batch.waiters));
}

}  // namespace node
