// The two clocks of a node: a monotonic one that runs a little too fast or too slow, and a wall
// clock that does so too, at a fifth of the nodes by up to 10 %, and jumps when told.
#pragma once

#include "base/time.h"
#include "tests/sim/chance.h"

namespace sim {

class NodeClock {
 public:
  explicit NodeClock(Chance& chance)
      : begin_(chance.between(1, 1000) * kSecond),
        drift_ppm_(chance.between(-500, 500)),
        wall_offset_ms_(chance.between(-200, 200)),
        wall_drift_ppm_(chance.percent(20) ? chance.between(-100'000, 100'000)
                                           : chance.between(-2000, 2000)) {}

  [[nodiscard]] base::Clocks read(Time now) const {
    constexpr base::UnixMillis kBegin = 1'700'000'000'000;
    const Time wall = now + now * wall_drift_ppm_ / 1'000'000;
    return {.now = base::Instant(base::Duration(monotonic(now))),
            .wall_ms = kBegin + wall / 1000 + wall_offset_ms_};
  }
  // When the monotonic clock will show it; far away is an hour from now.
  [[nodiscard]] Time when(base::Instant local, Time now) const {
    constexpr Time kFar = 3600 * kSecond;
    const Time wanted = local.time_since_epoch().count();
    if (wanted <= monotonic(now)) return now;
    if (wanted - monotonic(now) >= kFar) return now + kFar;
    Time then = now + (wanted - monotonic(now)) * 1'000'000 / (1'000'000 + drift_ppm_);
    while (monotonic(then) < wanted) ++then;
    return then;
  }
  void jump_wall(std::int64_t ms) { wall_offset_ms_ += ms; }
  // From now on the monotonic clock runs so much too fast.
  void set_drift(Time now, std::int64_t ppm) {
    const Time shown = monotonic(now);
    drift_ppm_ = ppm;
    begin_ += shown - monotonic(now);
  }

 private:
  [[nodiscard]] Time monotonic(Time now) const {
    return begin_ + now + now * drift_ppm_ / 1'000'000;
  }
  Time begin_;
  std::int64_t drift_ppm_;
  std::int64_t wall_offset_ms_;
  std::int64_t wall_drift_ppm_;
};

}  // namespace sim
