#include "tests/sim/scheduler.h"

#include <algorithm>
#include <utility>

namespace sim {

void Scheduler::at(Time when, Action action) {
  due_.push({std::max(when, now_), next_order_++, std::move(action)});
}

void Scheduler::run_until(Time until) {
  while (!due_.empty() && due_.top().when <= until) {
    Due next = std::move(const_cast<Due&>(due_.top()));  // popped at once; its key stays as it was
    due_.pop();
    now_ = next.when;
    ++steps_;
    next.action();
  }
  now_ = std::max(now_, until);
}

}  // namespace sim
