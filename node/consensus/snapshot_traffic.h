// Checkpoints between this node's state worker and its core, on their way to late followers or from
// a leader: what the core wants is asked of the state worker, and what it answers goes to the core.
// Values; thread: consensus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/messages/disk_messages.h"
#include "raft/raft.h"

namespace node {

class SnapshotTraffic {
 public:
  explicit SnapshotTraffic(GroupId group) : group_(group) {}

  void ask(raft::Output& wanted, std::vector<ToState>& to_state) const;
  // What the core is told; nullopt: nothing, it is for the service.
  [[nodiscard]] std::optional<raft::Input> take(FromState message);
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t installed() const { return installed_; }

 private:
  [[nodiscard]] raft::Input input_of(const CheckpointDone& message);
  [[nodiscard]] raft::Input input_of(StreamChunk& message);
  [[nodiscard]] raft::Input input_of(const StreamFailed& message);
  [[nodiscard]] raft::Input input_of(const ChunkStored& message);

  GroupId group_;
  std::uint64_t sent_ = 0, installed_ = 0;
};

// For the log.
[[nodiscard]] std::string text_of(const StreamFailed& failure);

}  // namespace node
