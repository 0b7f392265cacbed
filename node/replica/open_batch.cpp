#include "node/replica/open_batch.h"

#include "base/check.h"
#include "base/limits.h"

namespace node {

void take_late(base::Instant now, base::Instant& deadline, std::vector<Waiter>& waiters,
               std::vector<Waiter>& late) {
  if (deadline > now) return;
  deadline = base::Instant::max();
  for (Waiter& waiter : waiters) {
    if (waiter.client != nullptr) late.push_back(std::exchange(waiter, {}));
  }
}

bool OpenBatch::is_full() const { return writer_.size_bytes() >= base::limits::kBatchBytesMax; }

void OpenBatch::want_time(std::vector<engine::Engine::Expired> expired) {
  constexpr std::size_t kExpiredMax = 1000;
  wants_time_ = true;
  for (auto& key : expired) {
    if (expired_.size() < kExpiredMax)
      expired_.try_emplace({key.database, std::move(key.key)}, key.expiry_ms);
  }
}

void OpenBatch::write_expired() {
  if (expired_.empty()) return;
  std::vector<engine::SweptKey> keys;
  keys.reserve(expired_.size());
  for (const auto& [place, expiry_ms] : expired_)
    keys.push_back({place.first, place.second, expiry_ms});
  writer_.swept(keys);
  add_nobody();
  expired_.clear();
}

SealedBatch OpenBatch::close(base::UnixMillis time_ms, std::uint64_t seed, std::uint64_t ticket,
                             std::uint32_t rules, std::string& payload,
                             std::uint64_t content_limit) {
  CHECK(has_something());
  write_expired();
  CHECK(writer_.count() == waiters_.size());
  SealedBatch batch;
  batch.id = next_id_++;
  batch.ticket = ticket;
  if (!spare_.empty()) {
    batch.waiters = std::move(spare_.back());
    spare_.pop_back();
  }
  batch.waiters.swap(waiters_);
  batch.deadline = std::exchange(deadline_, base::Instant::max());
  wants_time_ = false;
  payload = writer_.seal(time_ms, seed, content_limit, rules);
  return batch;
}

std::vector<Waiter> OpenBatch::abandon() {
  wants_time_ = false;
  deadline_ = base::Instant::max();
  expired_.clear();
  if (writer_.count() > 0) (void)writer_.seal(0, 0);
  return std::exchange(waiters_, {});
}

void OpenBatch::expect_by(base::Instant deadline) {
  const bool is_taken_back = deadline == base::Instant::max();
  const bool is_due = deadline_ != base::Instant::max();
  if (is_taken_back || (!is_due && !waiters_.empty())) deadline_ = deadline;
}

void OpenBatch::recycle(SealedBatch batch) {
  constexpr std::size_t kSpareMax = 4;
  constexpr std::size_t kWaitersKept = 1U << 16;
  if (spare_.size() >= kSpareMax || batch.waiters.capacity() > kWaitersKept) return;
  batch.waiters.clear();
  spare_.push_back(std::move(batch.waiters));
}

}  // namespace node
