#include "server/loop.h"

#include <algorithm>

#include "base/check.h"
#include "server/clock.h"

namespace server {
namespace {

void ignore_idle(uv_idle_t*) {}
void ignore_async(uv_async_t*) {}

template <class Handle>
void close_now(Handle& handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle), nullptr);
}

}  // namespace

Loop::Loop() {
  CHECK(uv_loop_init(&loop_) == 0);
  CHECK(uv_async_init(&loop_, &async_, ignore_async) == 0);
  CHECK(uv_prepare_init(&loop_, &prepare_) == 0);
  CHECK(uv_check_init(&loop_, &check_) == 0);
  CHECK(uv_timer_init(&loop_, &timer_) == 0);
  CHECK(uv_idle_init(&loop_, &spin_) == 0);
  prepare_.data = check_.data = timer_.data = this;
}

Loop::~Loop() {
  finish();
  CHECK(uv_loop_close(&loop_) == 0);
}

void Loop::finish() {
  if (is_finished_) return;
  is_finished_ = true;
  close_now(async_);
  close_now(prepare_);
  close_now(check_);
  close_now(timer_);
  close_now(spin_);
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::run(Turn turn, MaySleep may_sleep) {
  turn_ = std::move(turn);
  may_sleep_ = std::move(may_sleep);
  uv_prepare_start(&prepare_, on_prepare);
  uv_check_start(&check_, on_check);
  run_turn();
  while (!is_stopping_) uv_run(&loop_, UV_RUN_ONCE);
  uv_prepare_stop(&prepare_);
  uv_check_stop(&check_);
  uv_timer_stop(&timer_);
}

// Just before the poll: a message that came since the turn must not be slept over.
void Loop::on_prepare(uv_prepare_t* handle) {
  auto* self = static_cast<Loop*>(handle->data);
  const bool may_wait = self->may_sleep_() && !self->is_stopping_;
  if (may_wait) {
    uv_idle_stop(&self->spin_);
  } else {
    uv_idle_start(&self->spin_,
                  ignore_idle);  // an active idle handle makes the poll return at once
  }
}

void Loop::on_check(uv_check_t* handle) { static_cast<Loop*>(handle->data)->run_turn(); }

// The poll that follows a timer would wait again before the check phase, so the turn runs here.
void Loop::on_timer(uv_timer_t* handle) { static_cast<Loop*>(handle->data)->run_turn(); }

void Loop::run_turn() {
  if (is_stopping_) return;  // a turn that is always due would never let the loop end
  const base::Instant due = turn_();
  uv_update_time(&loop_);
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due - read_clocks().now +
                                                                          base::Duration(999));
  const std::int64_t wait_ms = std::clamp<std::int64_t>(wait.count(), 0, 60'000);
  uv_timer_start(&timer_, on_timer, static_cast<std::uint64_t>(wait_ms), 0);
}

}  // namespace server
