// Lets a thread without an event loop sleep until it is woken or a time has passed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace server {

class WakeFlag {
 public:
  void wake() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    condition_.notify_one();
  }
  // True if it was woken.
  bool wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, timeout, [this] { return is_set_; });
    return std::exchange(is_set_, false);
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool is_set_ = false;
};

}  // namespace server
