#include "node/consensus/groups.h"

#include <algorithm>
#include <variant>

#include "base/check.h"
#include "node/consensus/founding_write.h"

namespace node {

Group* Groups::find(GroupId id) {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

const Group* Groups::find(GroupId id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

Group& Groups::start(base::Instant now, const raft::Options& options,
                     const raft::Restored& restored, bool wants_vote) {
  const auto [group, is_new] =
      groups_.try_emplace(options.group, options, restored, FoundingWrite::kSequence, wants_vote);
  CHECK(is_new);
  group->second.start(now);
  return group->second;
}

void Groups::receive(base::Instant now, const FromLog& message) {
  for (auto& [id, group] : groups_) {
    const auto is_for = [&id = id](const auto& specific) {
      if constexpr (requires { specific.group; })
        return specific.group == id;
      else
        return true;
    };
    if (std::visit(is_for, message)) group.receive(now, message);
  }
}

void Groups::receive(base::Instant now, FromState& message) {
  for (auto& [id, group] : groups_) {
    const auto is_for = [&id = id](const auto& specific) {
      if constexpr (requires { specific.group; })
        return specific.group == id;
      else
        return false;
    };
    if (std::visit(is_for, message)) return group.receive(now, std::move(message));
  }
}

void Groups::step_all(base::Instant now, const raft::Input& input) {
  for (auto& [id, group] : groups_) group.step(now, input);
}

std::vector<std::pair<GroupId, Group::News>> Groups::finish_turn(base::Instant now,
                                                                 ConsensusOutput& out) {
  out.next_deadline = base::Instant::max();
  std::vector<std::pair<GroupId, Group::News>> told;
  for (auto& [id, group] : groups_) {
    told.emplace_back(id, group.finish_turn(now, out));
    out.next_deadline = std::min(out.next_deadline, group.next_deadline());
  }
  return told;
}

}  // namespace node
