#include "node/replica/checkpointer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace node {

bool Checkpointer::is_due(base::Instant now, std::uint64_t state_bytes) const {
  const std::uint64_t enough =
      std::max<std::uint64_t>(limits_.log_bytes_min, state_bytes + state_bytes / 2);
  return !is_running_ && log_bytes_ >= enough && now >= not_before_;
}

void Checkpointer::begin(engine::Engine& engine, raft::SnapshotMeta meta,
                         std::vector<ToState>& to_state) {
  CHECK(!is_running_);
  engine.begin_checkpoint(false);
  is_running_ = true;
  is_out_ = false;
  meta_ = std::move(meta);
  log_bytes_ = 0;
  sent_.clear();
  in_flight_bytes_ = 0;
  to_state.emplace_back(CheckpointBegin{.index = meta_.index});
}

bool Checkpointer::slice(engine::Engine& engine, std::vector<ToState>& to_state) {
  if (!is_running_ || is_out_ || in_flight_bytes_ >= limits_.in_flight_bytes_max) return false;
  CheckpointRows message;
  is_out_ =
      engine.take_checkpoint_rows(limits_.slice_bytes, message.rows, message.dropped_keyspaces);
  std::size_t bytes = 0;
  for (const base::Row& row : message.rows) bytes += row.body.size() + sizeof(base::Row);
  if (!message.rows.empty() || !message.dropped_keyspaces.empty()) {
    sent_.push_back(bytes);
    in_flight_bytes_ += bytes;
    to_state.emplace_back(std::move(message));
  }
  if (is_out_) to_state.emplace_back(CheckpointFinish{.group = group_, .meta = meta_});
  return !is_out_ && in_flight_bytes_ < limits_.in_flight_bytes_max;
}

void Checkpointer::on_written(const RowsWritten&) {
  if (sent_.empty()) return;  // of an abandoned one
  in_flight_bytes_ -= sent_.front();
  sent_.erase(sent_.begin());
}

void Checkpointer::on_done(engine::Engine& engine) {
  engine.finish_checkpoint();
  end();
}

void Checkpointer::on_failed(engine::Engine& engine, base::Instant now) {
  constexpr auto kPause = base::milliseconds(10'000);
  abandon(engine);
  // What had been due stays due.
  log_bytes_ = std::max<std::uint64_t>(log_bytes_, limits_.log_bytes_min);
  not_before_ = now + kPause;
}

void Checkpointer::abandon(engine::Engine& engine) {
  engine.abandon_checkpoint();
  end();
}

void Checkpointer::end() {
  is_running_ = is_out_ = false;
  sent_.clear();
  in_flight_bytes_ = 0;
}

}  // namespace node
