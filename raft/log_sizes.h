// About how many bytes the log holds behind a position: exact to a grain, so that it costs a few
// bytes for each grain of log. Entries from before this process are not counted. Invariant: the
// marks rise, none of them before what was compacted.
#pragma once

#include <cstdint>
#include <deque>

#include "raft/types.h"

namespace raft {

// About what a record of the log adds to its payload.
inline constexpr std::uint64_t kRecordOverheadBytes = 32;

class LogSizes {
 public:
  explicit LogSizes(std::uint64_t grain_bytes) : grain_bytes_(grain_bytes) {}

  void append(LogIndex index, std::size_t payload_bytes);
  void truncate_from(LogIndex index);
  void compact(LogIndex through);
  void reset();
  // Never less than what was appended behind `index`; more by at most a grain, an entry, and what
  // was truncated since that grain began. Cost: logarithmic.
  [[nodiscard]] std::uint64_t bytes_after(LogIndex index) const;

 private:
  struct Mark {
    LogIndex last;
    std::uint64_t total = 0;  // of all entries up to it
  };
  std::uint64_t grain_bytes_;
  std::deque<Mark> marks_;
  std::uint64_t total_ = 0, compacted_ = 0;
};

}  // namespace raft
