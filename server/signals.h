// SIGTERM and SIGINT from a process's first step to its last. They are blocked in every thread and
// taken by one that does nothing else, so that there is no instant at which one of them has its
// default effect, which would end the node in the middle of its stop.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace server {

class Signals {
 public:
  // Before any other thread is started: threads inherit what is blocked. The signals stay blocked
  // when this has gone, and then nothing hears of them.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Who hears of every signal from now on, and at once if one came before; nullptr: none, signals
  // are remembered. It is called on the signals' thread, and not any more when this has returned.
  void tell(std::function<void()> on_signal);

 private:
  void run();

  std::mutex mutex_;
  bool has_come_ = false, is_ending_ = false;
  std::function<void()> on_signal_;
  std::thread thread_;
};

}  // namespace server
