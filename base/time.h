// Time as a value. There is no now() here: monotonic instants and wall-clock milliseconds arrive as
// arguments.
#pragma once

#include <chrono>
#include <cstdint>

namespace base {

// Tag only; has no now() on purpose.
struct MonotonicEpoch {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = std::chrono::microseconds;
  static constexpr bool is_steady = true;
};
using Duration = std::chrono::microseconds;
using Instant = std::chrono::time_point<MonotonicEpoch, Duration>;

constexpr Duration milliseconds(std::int64_t count) { return std::chrono::milliseconds(count); }

// Milliseconds since 1970-01-01 UTC, as in Redis's PEXPIREAT.
using UnixMillis = std::int64_t;

// What every machine is told at each call: the monotonic clock and the wall clock of its node.
struct Clocks {
  Instant now{};
  UnixMillis wall_ms = 0;
};

}  // namespace base
