// What must hold of nodes that may have forgotten what they acknowledged (DESIGN decision 20), seen
// from outside: until it is level again such a node's votes say that they are doubtful, it
// acknowledges nothing to a leader that has not been told, and a leader that has been told counts
// nothing of it that is not in its log. A broken claim throws Violation.
#pragma once

#include <map>
#include <set>

#include "raft/raft.h"
#include "tests/sim/violation.h"

namespace sim {

class AmnesiaChecks {
 public:
  // A node begins to run: whoever was told of an earlier life knows nothing of this one.
  void on_start(base::NodeId node) { told_.erase(node); }
  // A message has left its sender, which by now has amnesia or not.
  void on_said(const raft::Message& message, bool has_amnesia);
  // A leader after a turn. `last_of(node)`: where the log of that node ends.
  template <class LastOf>
  void on_leader(const raft::Raft& leader, LastOf last_of) const {
    if (told_.empty()) return;
    for (const raft::PeerProgress& peer : leader.progress()) {
      if (peer.is_forgetful || !is_told_of(peer.id, leader.term())) continue;
      DEMAND(peer.match.value() <= last_of(peer.id),
             "a leader counts what a node has forgotten, up to index " +
                 std::to_string(peer.match.value()));
    }
  }

 private:
  [[nodiscard]] bool is_told_of(base::NodeId node, base::Term term) const {
    const auto told = told_.find(node);
    return told != told_.end() && told->second.contains(term);
  }

  // By node: the terms whose leaders have answered its recall. What it acknowledges to one of them
  // may leave when the next has answered too: it waits for the disk.
  std::map<base::NodeId, std::set<base::Term>> told_;
};

}  // namespace sim
