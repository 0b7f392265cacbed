// The membership in force is that of the newest kMembership entry in the log, committed or not
// (thesis 4.1): effective on append, undone on truncation.
#include "base/check.h"
#include "raft/core.h"

namespace raft {

bool Raft::Core::is_voter(NodeId id) const {
  const Member* member = membership().find(id);
  return member != nullptr && member->is_voter;
}

bool Raft::Core::is_sole_voter() const {
  return is_voter(options_.self) && membership().voter_count() == 1;
}

void Raft::Core::adopt_membership(const Entry& entry) {
  auto membership = decode_membership(entry.payload);
  CHECK(membership.has_value());  // encoded by a leader of this very core; the wire and the log
                                  // have checksums
  memberships_.push_back({entry.index, std::move(*membership)});
  membership_changed();
}

void Raft::Core::undo_memberships_from(LogIndex index) {
  bool has_changed = false;
  while (memberships_.size() > 1 && memberships_.back().index >= index) {
    memberships_.pop_back();
    has_changed = true;
  }
  if (has_changed) membership_changed();
}

void Raft::Core::membership_changed() {
  out_.membership_change = membership();
  if (role_ == Role::kFollower || role_ == Role::kLearner) role_ = resting_role();
  if (role_ != Role::kLeader) return;
  std::erase_if(peers_,
                [this](const auto& peer) { return membership().find(peer.first) == nullptr; });
  for (const Member& member : membership().members) {
    if (member.id == options_.self || peers_.contains(member.id)) continue;
    Progress peer;
    peer.next = log_.last().next();
    peer.heard = now_;
    peers_.emplace(member.id, std::move(peer));
  }
}

}  // namespace raft
