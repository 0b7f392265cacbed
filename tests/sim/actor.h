// One of a process's machines as the scheduler sees it: it runs once at the earliest time it was
// woken for, not while it is paused, and never after its process has ended (the actor is gone
// then, and what was scheduled for it does nothing).
#pragma once

#include <functional>
#include <limits>
#include <memory>

#include "tests/sim/scheduler.h"

namespace sim {

class Actor {
 public:
  Actor(Scheduler& scheduler, std::function<void()> run)
      : scheduler_(scheduler), run_(std::make_shared<std::function<void()>>(std::move(run))) {}

  void wake(Time at) {
    at = std::max(at, paused_until_);
    if (at >= due_) return;
    due_ = at;
    scheduler_.at(at, [this, at, run = std::weak_ptr(run_)] {
      const auto alive = run.lock();
      if (!alive || due_ != at) return;
      due_ = kNever;
      if (scheduler_.now() < paused_until_) return wake(paused_until_);
      (*alive)();
    });
  }
  void pause(Time until) { paused_until_ = std::max(paused_until_, until); }
  void resume() {
    if (!is_paused()) return;
    paused_until_ = scheduler_.now();
    wake(scheduler_.now());
  }
  [[nodiscard]] bool is_paused() const { return scheduler_.now() < paused_until_; }

 private:
  static constexpr Time kNever = std::numeric_limits<Time>::max();
  Scheduler& scheduler_;
  std::shared_ptr<std::function<void()>> run_;
  Time due_ = kNever;
  Time paused_until_ = 0;
};

}  // namespace sim
