// The clocks of the real world, read once a turn by the thread that drives a machine.
#pragma once

#include "base/stopwatch.h"
#include "base/time.h"

namespace server {

// Monotonic since boot, suspension included (CLOCK_BOOTTIME), and the wall clock.
[[nodiscard]] base::Clocks read_clocks();

// For measuring single commands (CLOCK_MONOTONIC).
class MonotonicStopwatch : public base::Stopwatch {
 public:
  [[nodiscard]] base::Instant read() const override;
};

}  // namespace server
