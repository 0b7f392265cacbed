// When a checkpoint is due and how its rows go to the state worker: in slices, with a bound on what
// it has not written yet.
#pragma once

#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "engine/engine.h"
#include "node/messages/messages.h"

namespace node {

struct CheckpointLimits {
  std::uint64_t log_bytes_min = base::limits::kCheckpointLogBytesMin;  // between two of them
  std::size_t slice_bytes = 1024 * 1024;              // of rows, in one turn of the service
  std::size_t in_flight_bytes_max = 8 * 1024 * 1024;  // not yet written by the state worker
};

class Checkpointer {
 public:
  explicit Checkpointer(CheckpointLimits limits, GroupId group = base::kFirstGroup)
      : limits_(limits), group_(group) {}
  // An entry of so many bytes was applied.
  void on_applied(std::size_t bytes) { log_bytes_ += bytes; }
  // The log has grown by max(64 MB, one and a half times the state) since the last one began; a
  // failed one is tried again after a while.
  [[nodiscard]] bool is_due(base::Instant now, std::uint64_t state_bytes) const;
  [[nodiscard]] bool is_running() const { return is_running_; }
  [[nodiscard]] LogIndex index() const { return meta_.index; }  // of the running one
  [[nodiscard]] std::uint64_t log_bytes() const { return log_bytes_; }

  // `meta`: the state's position. Rows then come out by slice().
  void begin(engine::Engine& engine, raft::SnapshotMeta meta, std::vector<ToState>& to_state);
  // Some rows, as the bound allows; the finish after the last ones. True if there is more that may
  // go at once.
  bool slice(engine::Engine& engine, std::vector<ToState>& to_state);
  void on_written(const RowsWritten& written);
  void on_done(engine::Engine& engine);
  // It is over: the engine keeps nothing for it from now on.
  void on_failed(engine::Engine& engine, base::Instant now);
  void abandon(engine::Engine& engine);

 private:
  void end();

  CheckpointLimits limits_;
  GroupId group_;
  bool is_running_ = false, is_out_ = false;
  raft::SnapshotMeta meta_;
  std::size_t in_flight_bytes_ = 0;
  std::vector<std::size_t> sent_;  // bytes of each unconfirmed message, oldest first
  std::uint64_t log_bytes_ = 0;
  base::Instant not_before_{};
};

}  // namespace node
