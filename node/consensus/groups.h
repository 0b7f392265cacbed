// The raft groups of this node. Invariant: there is none before its birth, and none once it is a
// member no more. Thread: consensus.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "node/consensus/group.h"

namespace node {

class Groups {
 public:
  [[nodiscard]] bool is_empty() const { return groups_.empty(); }
  // nullptr: there is no such group.
  [[nodiscard]] Group* find(GroupId id);
  [[nodiscard]] const Group* find(GroupId id) const;
  // The first group, by whose members this node is a member of its cluster.
  [[nodiscard]] Group* first() { return find(base::kFirstGroup); }
  [[nodiscard]] const Group* first() const { return find(base::kFirstGroup); }

  // `wants_vote`: raft-voter.
  Group& start(base::Instant now, const raft::Options& options, const raft::Restored& restored,
               bool wants_vote);
  void clear() { groups_.clear(); }

  // To the group that it is for, or to all if it is for none in particular.
  void receive(base::Instant now, const FromLog& message);
  void receive(base::Instant now, FromState& message);
  void step_all(base::Instant now, const raft::Input& input);
  // Sets out.next_deadline to the earliest of theirs.
  [[nodiscard]] std::vector<std::pair<GroupId, Group::News>> finish_turn(base::Instant now,
                                                                         ConsensusOutput& out);

 private:
  std::map<GroupId, Group> groups_;
};

}  // namespace node
