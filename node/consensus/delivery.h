// The hand-over of committed entries to the service. Invariant: each goes once and in order, at
// most kApplyWindowBytesMax of them ahead of what the service has applied; a larger one goes alone.
// Values; thread: consensus.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "node/messages/consensus_messages.h"
#include "raft/raft.h"

namespace node {

class Delivery {
 public:
  // The service begins with the state at `index`, whose entry was of `term`.
  Delivery(GroupId group, LogIndex index, Term term)
      : group_(group), delivered_(index), delivered_term_(term) {}

  [[nodiscard]] LogIndex delivered() const { return delivered_; }
  // How many bytes may follow now; 0: none.
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] bool has_room_for(const raft::Entry& entry) const;
  // Of entries that follow the delivered ones, at least one.
  [[nodiscard]] Committed hand_over(std::vector<raft::EntryPtr> entries, LogIndex commit);
  // The service has applied all up to there. False: that is beyond what it was given.
  [[nodiscard]] bool on_applied(LogIndex index);
  // The service's state is replaced by that of a checkpoint.
  void replace(const raft::SnapshotMeta& checkpoint);

  // The leader of `term` has said how far is committed.
  void on_told_commit(Term term, LogIndex commit) { told_ = {term, commit}; }
  // Once: what this node applied before it started was committed, and it has all of that.
  [[nodiscard]] std::optional<CaughtUp> look_whether_caught_up(const raft::Raft& raft);

 private:
  struct Handed {
    LogIndex index;
    std::size_t bytes = 0;
  };  // to the service, not applied yet
  struct Told {
    Term term;
    LogIndex commit;
  };

  GroupId group_;
  LogIndex delivered_;
  Term delivered_term_;  // of that entry
  std::deque<Handed> handed_;
  std::size_t handed_bytes_ = 0;
  Told told_;  // by the latest append
  bool is_caught_up_ = false;
};

}  // namespace node
