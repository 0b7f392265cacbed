// Virtual time: actions in the order of their times, those of one time in the order they were
// given. One thread; nothing happens by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace sim {

// Microseconds since the world began.
using Time = std::int64_t;
constexpr Time kMillisecond = 1000;
constexpr Time kSecond = 1000 * kMillisecond;

class Scheduler {
 public:
  using Action = std::function<void()>;

  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // Times that have passed count as now.
  void at(Time when, Action action);
  void after(Time delay, Action action) { at(now_ + delay, std::move(action)); }
  // Runs everything due until then; the clock stands at `until` afterwards.
  void run_until(Time until);

 private:
  struct Due {
    Time when = 0;
    std::uint64_t order = 0;
    Action action;
    bool operator<(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  std::priority_queue<Due> due_;
  Time now_ = 0;
  std::uint64_t next_order_ = 0, steps_ = 0;
};

}  // namespace sim
