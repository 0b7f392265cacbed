// Log time (DESIGN decision 3): starts at the last entry's time and runs on the monotonic clock. A
// wall clock that is ahead is followed at once, one that is behind by running at nine tenths; it
// never stops and never goes back.
#pragma once

#include "base/time.h"

namespace node {

class LogClock {
 public:
  // An entry of that time was applied.
  void observe(base::UnixMillis entry_time_ms);
  // Runs up to `clocks`.
  void advance(const base::Clocks& clocks);
  [[nodiscard]] base::UnixMillis now_ms() const { return tenths_us_ / kTenthsPerMilli; }

 private:
  static constexpr std::int64_t kTenthsPerMilli = 10'000;
  std::int64_t tenths_us_ = 0;  // tenths of a microsecond, so that nine tenths of one are not lost
  base::Instant last_{};
  bool has_last_ = false;
};

}  // namespace node
