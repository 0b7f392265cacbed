// The log worker and the state worker of a simulated process: what they do takes time.
#include <cerrno>
#include <utility>

#include "tests/sim/node_process.h"

namespace sim {
namespace {

constexpr Time kIdle = 200 * kMillisecond;
constexpr Time kRetry = kSecond;
constexpr Time kSyncEvery = kSecond;

}  // namespace

// ---- log ----

void NodeProcess::run_log() {
  const Time now = scheduler().now();
  if (is_log_busy_) {
    if (now < log_ends_) return log_actor_.wake(log_ends_);
    finish_log();
  }
  if (wish_ != Wish::kNone) return;
  if (log_worker_->is_waiting_for_space()) {
    if (now >= log_retry_due_) {
      log_retry_due_ = now + kRetry;
      answer(log_worker_->retry());
    }
    log_actor_.wake(log_retry_due_);
  }
  if (!to_log_.empty()) return begin_log();
  if (log_worker_->is_waiting_for_space()) return;
  if (is_log_marked_) return;
  if (now < log_mark_due_) return log_actor_.wake(log_mark_due_);
  idle_log();
}

void NodeProcess::begin_log() {
  is_log_busy_ = true;
  log_doing_ = std::exchange(to_log_, {});
  log_ends_ = scheduler().now() + chance_.between(20, host_.log_delay_most) +
              std::exchange(host_.log_stall, 0);
  log_actor_.wake(log_ends_);
}

void NodeProcess::finish_log() {
  is_log_busy_ = false;
  is_log_marked_ = false;
  log_mark_due_ = scheduler().now() + kIdle;
  const bool was_waiting = log_worker_->is_waiting_for_space();
  log_actor_.wake(log_mark_due_);
  answer(log_worker_->handle(std::exchange(log_doing_, {})));
  if (!was_waiting) log_retry_due_ = scheduler().now() + kRetry;
  if (wish_ != Wish::kNone || !log_worker_->is_behind() || scheduler().now() < log_sync_due_)
    return;
  log_sync_due_ = scheduler().now() + kSyncEvery;
  const base::Status synced = log_worker_->sync();
  DEMAND(synced.ok() || dies_of(synced.error()), "the log cannot be synced");
}

void NodeProcess::idle_log() {
  is_log_marked_ = true;
  const base::Status marked = log_worker_->on_idle();
  const bool is_full = !marked && marked.error().cause == base::Cause::kNoSpace;
  DEMAND(marked.ok() || is_full || dies_of(marked.error()), "the log cannot be marked");
}

bool NodeProcess::dies_of(const base::Error& error) {
  if (!may_disk_fail_ || error.code != EIO) return false;
  world_.trace.say(host_.name(), "fatal: " + error.text());
  ++world_.checks.counters().disk_deaths;
  wish_ = Wish::kDied;
  return true;
}

void NodeProcess::answer(base::Result<std::vector<node::FromLog>> answers) {
  if (!answers.ok() && dies_of(answers.error())) return;
  DEMAND(answers.ok(), "the log failed: " + answers.error().text());
  for (node::FromLog& message : answers.value()) log_to_consensus_.put(std::move(message));
  if (!answers.value().empty()) wake_soon(consensus_actor_);
}

// ---- state ----

void NodeProcess::run_state() {
  if (is_state_busy_) {
    if (scheduler().now() < state_ends_) return state_actor_.wake(state_ends_);
    finish_state();
  }
  if (wish_ != Wish::kNone) return;
  if (!to_state_.empty()) return begin_state();
  const base::Result<bool> has_more = state_worker_->on_idle();
  DEMAND(has_more.ok(), "the state store cannot be purged: " + has_more.error().text());
  if (has_more.value()) state_actor_.wake(scheduler().now() + kMillisecond);
}

void NodeProcess::begin_state() {
  is_state_busy_ = true;
  state_doing_ = std::move(to_state_.front());
  to_state_.pop_front();
  state_ends_ = scheduler().now() + chance_.between(20, host_.state_delay_most);
  state_actor_.wake(state_ends_);
}

void NodeProcess::finish_state() {
  is_state_busy_ = false;
  answer(state_worker_->handle(std::move(*std::exchange(state_doing_, {}))));
  count_towards_crash();
}

void NodeProcess::answer(base::Result<std::vector<node::StateReply>> answers) {
  DEMAND(answers.ok(), "the state store failed: " + answers.error().text());
  for (node::StateReply& reply : answers.value()) {
    const auto* stored = std::get_if<node::ChunkStored>(&reply.message);
    if (stored != nullptr && stored->is_installed) {
      ++world_.checks.counters().installs;
      ++host_.installs;
    }
    const bool is_done = std::holds_alternative<node::CheckpointDone>(reply.message);
    if (reply.to == node::Asker::kService) {
      world_.checks.counters().checkpoints += is_done ? 1 : 0;
      world_.checks.counters().sqlite_checkpoints += is_done && host_.store.is_sqlite() ? 1 : 0;
      state_to_service_.put(std::move(reply.message));
      wake_soon(service_actor_);
    } else {
      state_to_consensus_.put(std::move(reply.message));
      wake_soon(consensus_actor_);
    }
  }
}

void NodeProcess::count_towards_crash() {
  if (checkpoint_crash_in_ == 0) return;
  const bool is_within = host_.store.is_in_checkpoint() || host_.store.is_in_install();
  if (is_within && --checkpoint_crash_in_ == 0) wish_ = Wish::kDied;
}

// ---- the end ----

// The power goes, or the process dies, in the middle of what the disks are doing: all of it, some
// of it, or nothing has happened, and nobody is told.
void NodeProcess::leave_half_done() {
  Counters& counters = world_.checks.counters();
  ++counters.crashes;
  if (host_.store.is_in_checkpoint()) ++counters.checkpoint_crashes;
  if (host_.store.is_in_install()) ++counters.install_crashes;
  if (is_log_busy_ && chance_.percent(70)) {
    constexpr std::uint64_t kChangesMost = 6;
    ++counters.torn_disk_actions;
    if (chance_.percent(75)) files_.die_after(chance_.below(kChangesMost));
    (void)log_worker_->handle(std::exchange(log_doing_, {}));
  }
  if (is_state_busy_ && chance_.percent(50))
    (void)state_worker_->handle(std::move(*std::exchange(state_doing_, {})));
}

}  // namespace sim
