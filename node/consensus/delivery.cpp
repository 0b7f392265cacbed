#include "node/consensus/delivery.h"

#include <utility>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/limits.h"

namespace node {

std::size_t Delivery::room() const {
  const std::size_t most = base::limits::kApplyWindowBytesMax;
  return handed_bytes_ < most ? most - handed_bytes_ : 0;
}

bool Delivery::has_room_for(const raft::Entry& entry) const {
  return entry.payload.size() <= room() || handed_bytes_ == 0;
}

Committed Delivery::hand_over(std::vector<raft::EntryPtr> entries, LogIndex commit) {
  CHECK(!entries.empty());
  for (const raft::EntryPtr& entry : entries) {
    FAILPOINT_IF("membership.committed", entry->kind == raft::EntryKind::kMembership);
    CHECK(entry->index == delivered_.next());
    delivered_ = entry->index;
    delivered_term_ = entry->term;
    handed_.push_back({entry->index, entry->payload.size() + sizeof(raft::Entry)});
    handed_bytes_ += handed_.back().bytes;
  }
  return {group_, std::move(entries), commit};
}

bool Delivery::on_applied(LogIndex index) {
  while (!handed_.empty() && handed_.front().index <= index) {
    handed_bytes_ -= handed_.front().bytes;
    handed_.pop_front();
  }
  return index <= delivered_;
}

void Delivery::replace(const raft::SnapshotMeta& checkpoint) {
  delivered_ = checkpoint.index;
  delivered_term_ = checkpoint.term;
  handed_.clear();
  handed_bytes_ = 0;
}

// It has all when the leader, which has committed in its own term and so knows of all that was, has
// nothing committed that is not here.
std::optional<CaughtUp> Delivery::look_whether_caught_up(const raft::Raft& raft) {
  if (is_caught_up_ || delivered_ != raft.committed() || delivered_term_ != raft.term()) return {};
  if (delivered_term_ == Term()) return {};  // it knows of nothing yet
  const bool is_leader = raft.role() == raft::Role::kLeader;
  if (!is_leader && (told_.term != raft.term() || told_.commit > delivered_)) return {};
  is_caught_up_ = true;
  return CaughtUp{group_, delivered_};
}

}  // namespace node
