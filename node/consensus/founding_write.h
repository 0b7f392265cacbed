// The founding membership on its way to the disk: a log that is reset to index 0 with the members.
// When it is durable this directory belongs to that cluster. Values; thread: consensus.
#pragma once

#include <utility>

#include "base/check.h"
#include "node/messages/disk_messages.h"

namespace node {

class FoundingWrite {
 public:
  // Of this append, before those of the group.
  static constexpr std::uint64_t kSequence = 1;

  [[nodiscard]] LogAppend begin(const raft::SnapshotMeta& founding) {
    CHECK(!is_under_way_ && founding.index.is_none());
    is_under_way_ = true;
    LogAppend append{.sequence = kSequence, .write = {}};
    append.write.group = base::kFirstGroup;
    append.write.reset_to = founding;
    return append;
  }
  // True once: it is what has become durable.
  [[nodiscard]] bool on_durable(std::uint64_t sequence) {
    return sequence >= kSequence && std::exchange(is_under_way_, false);
  }

 private:
  bool is_under_way_ = false;
};

}  // namespace node
