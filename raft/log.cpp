#include "raft/log.h"

#include <algorithm>

#include "base/check.h"

namespace raft {
namespace {

constexpr std::size_t kEntryOverheadBytes = 96;  // shared count, entry, deque slot
std::size_t cost(const EntryPtr& entry) { return entry->payload.size() + kEntryOverheadBytes; }

}  // namespace

Log::Log(LogIndex base, Term base_term, LogIndex last, std::vector<TermRun> runs,
         std::size_t cache_bytes_max, std::size_t cache_tail_bytes, std::uint64_t size_grain_bytes)
    : base_(base),
      base_term_(base_term),
      last_(last),
      runs_(std::move(runs)),
      cache_bytes_max_(cache_bytes_max),
      cache_tail_bytes_(cache_tail_bytes),
      sizes_(size_grain_bytes) {
  CHECK(base_ <= last_);
  CHECK((base_ == last_) == runs_.empty());
  CHECK(runs_.empty() || runs_.front().first == base_.next());
}

std::optional<Term> Log::term_at(LogIndex index) const {
  if (index == base_) return base_term_;
  if (index < base_ || index > last_) return {};
  return run_of(index).term;
}

// The newest ones are asked for most.
const TermRun& Log::run_of(LogIndex index) const {
  CHECK(index > base_);
  auto run = runs_.rbegin();
  while (run->first > index) ++run;  // the first run begins behind the base
  return *run;
}

LogIndex Log::last_with_term_at_most(LogIndex index, Term term) const {
  index = std::min(index, last_);
  while (index > base_ && *term_at(index) > term) index = run_of(index).first.previous();
  return std::max(index, base_);
}

void Log::append(EntryPtr entry) {
  CHECK(entry->index == last_.next());
  CHECK(entry->term >= last_term());
  if (runs_.empty() || runs_.back().term != entry->term)
    runs_.push_back({entry->index, entry->term});
  last_ = entry->index;
  sizes_.append(entry->index, entry->payload.size());
  cache_bytes_ += cost(entry);
  cached_from_.push_back(cached_to_);
  cached_to_ += entry->payload.size() + kRecordOverheadBytes;
  cache_.push_back(std::move(entry));
}

void Log::truncate_from(LogIndex index) {
  CHECK(index > base_);
  while (!runs_.empty() && runs_.back().first >= index) runs_.pop_back();
  while (!cache_.empty() && cache_.back()->index >= index) {
    cache_bytes_ -= cost(cache_.back());
    cache_.pop_back();
    cached_to_ = cached_from_.back();
    cached_from_.pop_back();
  }
  last_ = std::min(last_, index.previous());
  sizes_.truncate_from(index);
}

void Log::compact(LogIndex through) {
  if (through <= base_) return;
  CHECK(through <= last_);
  base_term_ = *term_at(through);
  base_ = through;
  sizes_.compact(through);
  while (runs_.size() > 1 && runs_[1].first <= base_.next()) runs_.erase(runs_.begin());
  if (base_ == last_) {
    runs_.clear();
  } else {
    runs_.front().first = std::max(runs_.front().first, base_.next());
  }
}

void Log::reset(LogIndex base, Term base_term) {
  base_ = last_ = base;
  base_term_ = base_term;
  runs_.clear();
  cache_.clear();
  cached_from_.clear();
  cache_bytes_ = 0;
  sizes_.reset();
}

void Log::shrink_cache(LogIndex durable, LogIndex unneeded) {
  while (!cache_.empty()) {
    const LogIndex first = cache_.front()->index;
    const bool goes = (first <= unneeded && cache_bytes_ > cache_tail_bytes_) ||
                      (first <= durable && cache_bytes_ > cache_bytes_max_);
    if (!goes) return;
    cache_bytes_ -= cost(cache_.front());
    cache_.pop_front();
    cached_from_.pop_front();
  }
}

std::uint64_t Log::lag_bytes(LogIndex match) const {
  if (match >= last_) return 0;
  if (!is_cached(match.next())) return bytes_after(match);
  return cached_to_ - cached_from_[match.next().value() - cache_.front()->index.value()];
}

bool Log::is_cached(LogIndex index) const {
  return !cache_.empty() && cache_.front()->index <= index && index <= cache_.back()->index;
}

std::vector<EntryPtr> Log::cached(LogIndex first, LogIndex last, std::size_t bytes_max) const {
  std::vector<EntryPtr> entries;
  if (!is_cached(first)) return entries;
  std::size_t bytes = 0;
  for (std::size_t i = first.value() - cache_.front()->index.value(); i < cache_.size(); ++i) {
    const EntryPtr& entry = cache_[i];
    bytes += entry->payload.size();
    if (entry->index > last || (bytes > bytes_max && !entries.empty())) break;
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace raft
