// Checkpoints: when one begins, what ends it, who waits for it (SAVE, DEBUG RELOAD).
#include "node/service_machine.h"

namespace node {

void Service::Machine::advance_checkpoint() {
  if (loader_.is_loading()) return;
  if (checkpointer_.is_due(clocks_.now, engine_.memory_bytes())) begin_checkpoint();
  if (checkpointer_.slice(engine_, out_.to_state)) due(clocks_.now);
}

void Service::Machine::begin_checkpoint() {
  if (applied_.is_none()) {  // there is no state yet
    answer_all(WaitingKind::kSave, "+OK\r\n");
    if (is_apply_paused_) end_reload("+OK\r\n");
    return;
  }
  checkpointer_.begin(engine_,
                      {.index = applied_, .term = applied_term_, .membership = membership_},
                      out_.to_state);
  checkpoint_status_.is_running = true;
  checkpoint_status_.started = clocks_.now;
  checkpoint_status_.changes_at_begin = engine_.changes();
  line(LogLevel::kNotice, "checkpoint at index " + std::to_string(applied_.value()) + " begun");
}

void Service::Machine::on(const RowsWritten& message) { checkpointer_.on_written(message); }

void Service::Machine::on(const CheckpointDone& message) {
  if (!checkpointer_.is_running() || message.meta.index != checkpointer_.index()) return;
  checkpointer_.on_done(engine_);
  const auto took =
      std::chrono::duration_cast<std::chrono::seconds>(clocks_.now - checkpoint_status_.started);
  checkpoint_status_.is_running = false;
  checkpoint_status_.was_last_ok = true;
  checkpoint_status_.last_done_ms = clocks_.wall_ms;
  checkpoint_status_.last_seconds = took.count();
  ++checkpoint_status_.count;
  cluster_.snapshot = std::max(cluster_.snapshot, message.meta.index);
  line(LogLevel::kNotice,
       "checkpoint at index " + std::to_string(message.meta.index.value()) + " done");
  answer_all(WaitingKind::kSave, "+OK\r\n");
  if (is_apply_paused_) {
    if (applied_ == message.meta.index) {
      load_again(message.meta);
    } else {
      begin_checkpoint();  // it had been begun before the reload
    }
  }
}

void Service::Machine::on(const CheckpointFailed& message) {
  if (!checkpointer_.is_running()) return;
  checkpointer_.on_failed(engine_, clocks_.now);
  checkpoint_status_.is_running = false;
  checkpoint_status_.was_last_ok = false;
  line(LogLevel::kWarning, "checkpoint failed: " + message.detail);
  answer_all(WaitingKind::kSave, "-ERR the checkpoint failed, see the log\r\n");
  if (is_apply_paused_) end_reload("-ERR the checkpoint failed, see the log\r\n");
}

// DEBUG RELOAD: the state goes to disk and is read back, while nothing is applied.
void Service::Machine::begin_reload() {
  if (is_apply_paused_) return;  // another one's reload answers both
  is_apply_paused_ = true;
  if (!checkpointer_.is_running()) begin_checkpoint();
}

void Service::Machine::end_reload(std::string_view reply) {
  is_apply_paused_ = false;
  answer_all(WaitingKind::kReload, reply);
}

}  // namespace node
