#include "raft/log_sizes.h"

#include <algorithm>

namespace raft {

void LogSizes::append(LogIndex index, std::size_t payload_bytes) {
  total_ += payload_bytes + kRecordOverheadBytes;
  const std::uint64_t marked = marks_.empty() ? compacted_ : marks_.back().total;
  if (total_ - marked >= grain_bytes_) marks_.push_back({index, total_});
}

// What lies between the last mark that stays and `index` keeps its bytes: rather too many.
void LogSizes::truncate_from(LogIndex index) {
  while (!marks_.empty() && marks_.back().last >= index) marks_.pop_back();
}

void LogSizes::compact(LogIndex through) {
  while (!marks_.empty() && marks_.front().last <= through) {
    compacted_ = marks_.front().total;
    marks_.pop_front();
  }
}

void LogSizes::reset() {
  marks_.clear();
  compacted_ = total_;
}

std::uint64_t LogSizes::bytes_after(LogIndex index) const {
  const auto behind =
      std::upper_bound(marks_.begin(), marks_.end(), index,
                       [](LogIndex wanted, const Mark& mark) { return wanted < mark.last; });
  return total_ - (behind == marks_.begin() ? compacted_ : std::prev(behind)->total);
}

}  // namespace raft
