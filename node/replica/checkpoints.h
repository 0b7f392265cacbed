// Checkpoints: when one begins, what ends it, who waits for it (SAVE, DEBUG RELOAD). Invariant: one
// runs at most; DEBUG RELOAD keeps entries from being applied from its checkpoint until the state
// that was read back has taken the engine's place.
#pragma once

#include <cstdint>
#include <string_view>

#include "node/replica/checkpointer.h"
#include "node/replica/ground.h"
#include "node/replica/known_cluster.h"
#include "node/replica/listener.h"
#include "node/replica/status.h"

namespace node {

class Checkpoints {
 public:
  Checkpoints(Ground& ground, KnownCluster& cluster, ReplicaListener& listener)
      : ground_(ground),
        cluster_(cluster),
        listener_(listener),
        checkpointer_(ground.options.checkpoint_limits, ground.options.group) {}
  void start() { status_.last_done_ms = ground_.turn.clocks.wall_ms; }

  [[nodiscard]] const CheckpointStatus& status() const { return status_; }
  [[nodiscard]] bool is_running() const { return checkpointer_.is_running(); }
  void begin();
  void on_applied(std::size_t bytes) { checkpointer_.on_applied(bytes); }
  // Begins one that is due; some rows leave.
  void advance();
  void on(const RowsWritten& message) { checkpointer_.on_written(message); }
  // True: this is the state that DEBUG RELOAD waits to read back.
  [[nodiscard]] bool on(const CheckpointDone& message);
  void on(const CheckpointFailed& message);
  // A newer state, the leader's, has taken the place of this one in the store.
  void on_state_replaced();
  void on_loaded() { status_.changes_at_begin = 0; }

  // ---- DEBUG RELOAD: the state goes to disk and is read back, while nothing is applied ----
  [[nodiscard]] bool is_reloading() const { return is_reloading_; }
  void begin_reload();
  void end_reload(std::string_view error);

 private:
  Ground& ground_;
  KnownCluster& cluster_;
  ReplicaListener& listener_;
  Checkpointer checkpointer_;
  CheckpointStatus status_;
  bool is_reloading_ = false;
};

}  // namespace node
