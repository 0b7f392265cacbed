#include "node/replica/checkpoints.h"

#include <chrono>
#include <string>

namespace node {
namespace {

constexpr std::string_view kFailed = "ERR the checkpoint failed, see the log";
constexpr std::string_view kReplaced = "ERR the state was replaced by the leader's meanwhile";

}  // namespace

void Checkpoints::advance() {
  if (checkpointer_.is_due(ground_.turn.now(), ground_.engine.memory_bytes())) begin();
  if (checkpointer_.slice(ground_.engine, ground_.turn.to_state))
    ground_.turn.due(ground_.turn.now());
}

void Checkpoints::begin() {
  if (ground_.applied.is_none()) {  // there is no state yet
    listener_.on_saved({});
    if (is_reloading_) end_reload({});
    return;
  }
  checkpointer_.begin(
      ground_.engine,
      {.index = ground_.applied, .term = ground_.applied_term, .membership = ground_.membership},
      ground_.turn.to_state);
  status_.is_running = true;
  status_.started = ground_.turn.now();
  status_.changes_at_begin = ground_.engine.changes();
  ground_.turn.line(LogLevel::kNotice,
                    "checkpoint at index " + std::to_string(ground_.applied.value()) + " begun");
}

bool Checkpoints::on(const CheckpointDone& message) {
  if (!checkpointer_.is_running() || message.meta.index != checkpointer_.index()) return false;
  checkpointer_.on_done(ground_.engine);
  const auto took =
      std::chrono::duration_cast<std::chrono::seconds>(ground_.turn.now() - status_.started);
  status_.is_running = false;
  status_.was_last_ok = true;
  status_.last_done_ms = ground_.turn.clocks.wall_ms;
  status_.last_seconds = took.count();
  ++status_.count;
  cluster_.on_checkpoint(message.meta.index);
  ground_.turn.line(LogLevel::kNotice,
                    "checkpoint at index " + std::to_string(message.meta.index.value()) + " done");
  listener_.on_saved({});
  if (!is_reloading_) return false;
  if (ground_.applied == message.meta.index) return true;
  begin();  // it had been begun before the reload
  return false;
}

void Checkpoints::on(const CheckpointFailed& message) {
  if (!checkpointer_.is_running()) return;
  checkpointer_.on_failed(ground_.engine, ground_.turn.now());
  status_.is_running = false;
  status_.was_last_ok = false;
  ground_.turn.line(LogLevel::kWarning, "checkpoint failed: " + message.detail);
  listener_.on_saved(kFailed);
  if (is_reloading_) end_reload(kFailed);
}

void Checkpoints::on_state_replaced() {
  if (checkpointer_.is_running()) {
    checkpointer_.abandon(ground_.engine);
    status_.is_running = false;
    listener_.on_saved(kReplaced);
  }
  if (is_reloading_) end_reload(kReplaced);
}

void Checkpoints::begin_reload() {
  if (is_reloading_) return;  // another one's reload answers both
  is_reloading_ = true;
  if (!checkpointer_.is_running()) begin();
}

void Checkpoints::end_reload(std::string_view error) {
  is_reloading_ = false;
  listener_.on_reloaded(error);
}

}  // namespace node
