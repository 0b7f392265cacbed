#include "server/clock.h"

#include <ctime>

namespace server {
namespace {

std::int64_t microseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1000000 + time.tv_nsec / 1000;
}

}  // namespace

base::Clocks read_clocks() {
  timespec boot{};
  timespec wall{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  clock_gettime(CLOCK_REALTIME, &wall);
  return {.now = base::Instant(base::Duration(microseconds(boot))),
          .wall_ms = microseconds(wall) / 1000};
}

base::Instant MonotonicStopwatch::read() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return base::Instant(base::Duration(microseconds(now)));
}

}  // namespace server
