#include "node/consensus/snapshot_traffic.h"

#include <utility>
#include <variant>

#include "node/messages/names.h"

namespace node {

// Closes first: another stream may begin to the same node.
void SnapshotTraffic::ask(raft::Output& wanted, std::vector<ToState>& to_state) const {
  for (const raft::SnapshotClose& close : wanted.snapshot_closes)
    to_state.emplace_back(StreamClose{group_, close.to});
  for (const raft::SnapshotRead& read : wanted.snapshot_reads)
    to_state.emplace_back(StreamRead{group_, read.to, read.sequence});
  for (raft::SnapshotWrite& write : wanted.snapshot_writes) {
    to_state.emplace_back(InstallChunk{.group = group_,
                                       .meta = std::move(write.meta),
                                       .sequence = write.sequence,
                                       .is_last = write.is_last,
                                       .bytes = std::move(write.bytes)});
  }
}

std::optional<raft::Input> SnapshotTraffic::take(FromState message) {
  return std::visit(
      [this](auto& specific) -> std::optional<raft::Input> {
        if constexpr (requires { this->input_of(specific); })
          return this->input_of(specific);
        else
          return std::nullopt;
      },
      message);
}

raft::Input SnapshotTraffic::input_of(const CheckpointDone& message) {
  return raft::Checkpointed{message.meta};
}

raft::Input SnapshotTraffic::input_of(StreamChunk& message) {
  if (message.is_last) ++sent_;
  return raft::SnapshotChunk{.to = message.to,
                             .meta = std::move(message.meta),
                             .sequence = message.sequence,
                             .is_last = message.is_last,
                             .bytes = std::move(message.bytes)};
}

raft::Input SnapshotTraffic::input_of(const StreamFailed& message) {
  return raft::SnapshotFailed{message.to};
}

raft::Input SnapshotTraffic::input_of(const ChunkStored& message) {
  if (message.is_installed) ++installed_;
  return raft::SnapshotStored{.snapshot_index = message.meta.index,
                              .sequence = message.sequence,
                              .is_installed = message.is_installed};
}

std::string text_of(const StreamFailed& failure) {
  const std::string what = failure.to.is_none()
                               ? "what has come of a checkpoint is given up"
                               : "cannot send a checkpoint to " + short_name(failure.to);
  return what + ": " + failure.detail;
}

}  // namespace node
