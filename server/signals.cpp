#include "server/signals.h"

#include <pthread.h>

#include <csignal>
#include <utility>

#include "base/check.h"

namespace server {

namespace {

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT}) sigaddset(&signals, number);
  return signals;
}

}  // namespace

Signals::Signals() {
  const sigset_t signals = stop_signals();
  CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "signals");
}

Signals::~Signals() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void Signals::tell(std::function<void()> on_signal) {
  const std::lock_guard lock(mutex_);
  on_signal_ = std::move(on_signal);
  if (has_come_ && on_signal_) on_signal_();
}

void Signals::run() {
  const sigset_t signals = stop_signals();
  while (true) {
    int number = 0;
    CHECK(sigwait(&signals, &number) == 0);
    const std::lock_guard lock(mutex_);
    if (is_ending_) return;
    has_come_ = true;
    if (on_signal_) on_signal_();
  }
}

}  // namespace server
