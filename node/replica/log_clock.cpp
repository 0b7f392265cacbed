#include "node/replica/log_clock.h"

#include <algorithm>

namespace node {

void LogClock::observe(base::UnixMillis entry_time_ms) {
  tenths_us_ = std::max(tenths_us_, entry_time_ms * kTenthsPerMilli);
}

void LogClock::advance(const base::Clocks& clocks) {
  const std::int64_t elapsed_us =
      has_last_ ? std::max<std::int64_t>(0, (clocks.now - last_).count()) : 0;
  last_ = clocks.now;
  has_last_ = true;
  tenths_us_ += 9 * elapsed_us;
  // Behind the wall even so: follow it at once.
  tenths_us_ = std::max(tenths_us_, clocks.wall_ms * kTenthsPerMilli);
}

}  // namespace node
