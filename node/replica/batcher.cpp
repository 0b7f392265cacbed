#include "node/replica/batcher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace node {

namespace limits = base::limits;

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
  if (!open_.has_something() || count >= limits::kBatchesInFlightMax) return false;
  return count == 0 || open_.size_bytes() >= limits::kBatchBytesWorthwhile ||
         open_.waiter_count() >= under_way_.back().waiters.size();
}

ProposeBatch Batcher::seal(base::UnixMillis time_ms, std::uint64_t seed, std::uint64_t ticket,
                           std::uint32_t rules, std::uint64_t content_limit) {
  std::string payload;
  SealedBatch batch = open_.close(time_ms, seed, ticket, rules, payload, content_limit);
  return propose(std::move(batch), std::move(payload));
}

ProposeBatch Batcher::propose(SealedBatch batch, std::string payload) {
  const std::uint64_t id = batch.id;
  under_way_.push_back(std::move(batch));
  return {.group = group_,
          .id = id,
          .payload = std::move(payload),
          .guest = {},
          .refusals_heard = refusals_heard_};
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
  if (open_.deadline() != base::Instant::max()) next = open_.deadline();
  for (const SealedBatch& batch : under_way_) {
    const bool has_deadline = batch.deadline != base::Instant::max();
    if (has_deadline && (!next || batch.deadline < *next)) next = batch.deadline;
  }
  return next;
}

void Batcher::expect_by(base::Instant deadline) {
  open_.expect_by(deadline);
  const bool is_taken_back = deadline == base::Instant::max();
  for (SealedBatch& batch : under_way_) {
    const bool has_deadline = batch.deadline != base::Instant::max();
    if (!batch.is_orphan && has_deadline == is_taken_back) batch.deadline = deadline;
  }
}

std::vector<Waiter> Batcher::take_late(base::Instant now) {
  std::vector<Waiter> late;
  open_.take_late(now, late);
  for (SealedBatch& batch : under_way_) {
    if (!batch.is_orphan) node::take_late(now, batch.deadline, batch.waiters, late);
  }
  return late;
}

}  // namespace node
