// The core's picture of its log: where it begins and ends, the term of every entry in a few runs,
// and the newest entries themselves within a bounded cache. What is older than the cache is on disk
// only. Invariant: base <= last; runs ordered.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "raft/log_sizes.h"
#include "raft/types.h"

namespace raft {

class Log {
 public:
  Log(LogIndex base, Term base_term, LogIndex last, std::vector<TermRun> runs,
      std::size_t cache_bytes_max, std::size_t cache_tail_bytes,
      std::uint64_t size_grain_bytes = base::limits::kMiB);

  // The log follows this entry (compacted or snapshotted away).
  [[nodiscard]] LogIndex base() const { return base_; }
  [[nodiscard]] LogIndex last() const { return last_; }
  [[nodiscard]] Term last_term() const { return runs_.empty() ? base_term_ : runs_.back().term; }
  // Term of base..last; nullopt outside.
  [[nodiscard]] std::optional<Term> term_at(LogIndex index) const;
  // Greatest index <= `index` whose term is <= `term`; at least base.
  [[nodiscard]] LogIndex last_with_term_at_most(LogIndex index, Term term) const;

  // About how many bytes were appended behind `index` by this process.
  [[nodiscard]] std::uint64_t bytes_after(LogIndex index) const {
    return sizes_.bytes_after(index);
  }

  // The same for who has the log up to `match`: 0 at the end, exact as far back as the cache goes.
  [[nodiscard]] std::uint64_t lag_bytes(LogIndex match) const;

  void append(EntryPtr entry);         // CHECKs continuity and that terms never go back
  void truncate_from(LogIndex index);  // index > base
  void compact(LogIndex through);      // base moves forward; cache keeps what it has
  void reset(LogIndex base, Term base_term);
  // Lets go of cached entries: up to `unneeded` all but the tail, up to `durable` what is beyond
  // the byte bound.
  void shrink_cache(LogIndex durable, LogIndex unneeded);

  [[nodiscard]] bool is_cached(LogIndex index) const;
  [[nodiscard]] std::vector<EntryPtr> cached(LogIndex first, LogIndex last,
                                             std::size_t bytes_max) const;

 private:
  // That holds `index`, of (base, last].
  [[nodiscard]] const TermRun& run_of(LogIndex index) const;

  LogIndex base_;
  Term base_term_;
  LogIndex last_;
  std::vector<TermRun> runs_;
  std::deque<EntryPtr> cache_;  // contiguous, ends at last_ (or empty)
  // Beside each cached entry where it begins, on a scale of bytes that ends at cached_to_.
  std::deque<std::uint64_t> cached_from_;
  std::uint64_t cached_to_ = 0;
  std::size_t cache_bytes_ = 0;
  std::size_t cache_bytes_max_, cache_tail_bytes_;
  LogSizes sizes_;
};

}  // namespace raft
