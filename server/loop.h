// A libuv loop that drives one machine in turns: after each poll for I/O (and when a deadline
// passes) `turn` runs once and says when the next one is due. A mailbox wakes it. One object, one
// thread; only wake() may be called from others.
#pragma once

#include <uv.h>

#include <functional>

#include "base/time.h"

namespace server {

class Loop {
 public:
  // Says when the next turn is due at the latest.
  using Turn = std::function<base::Instant()>;
  // True if the thread may sleep; false if something has come meanwhile.
  using MaySleep = std::function<bool()>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(). `turn` and `may_sleep` are called on the calling thread.
  void run(Turn turn, MaySleep may_sleep);
  void stop() { is_stopping_ = true; }
  // Closes its own handles and runs until every handle is closed. Whoever put handles in closes
  // them and calls this before what their callbacks refer to goes; only the first call counts.
  void finish();
  void wake() { uv_async_send(&async_); }  // any thread
  [[nodiscard]] uv_loop_t* uv() { return &loop_; }

 private:
  static void on_prepare(uv_prepare_t* handle);
  static void on_check(uv_check_t* handle);
  static void on_timer(uv_timer_t* handle);
  void run_turn();

  uv_loop_t loop_{};
  uv_async_t async_{};
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_timer_t timer_{};
  uv_idle_t spin_{};
  bool is_stopping_ = false, is_finished_ = false;
  Turn turn_;
  MaySleep may_sleep_;
};

}  // namespace server
