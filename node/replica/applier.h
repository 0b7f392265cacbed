// Committed entries into the engine, in log order, a bounded amount per turn. Invariant: entry
// after entry without a gap, each once; the reply of an own element is written straight into the
// place that its client gives for it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "engine/element_stream.h"
#include "engine/elements/effects.h"
#include "node/config/applying.h"
#include "node/replica/checkpoints.h"
#include "node/replica/ground.h"
#include "node/replica/listener.h"
#include "node/replica/members.h"
#include "node/replica/proposals.h"
#include "node/replica/tenure.h"
#include "node/replica/wait_ends.h"

namespace node {

class Applier {
 public:
  // What it follows and moves; all of it outlives this.
  struct Parts {
    Ground& ground;
    Proposals& proposals;
    Members& members;
    WaitEnds& wait_ends;
    Checkpoints& checkpoints;
    Tenure& tenure;
    ElementListener& elements;
    ReplicaListener& listener;
  };
  explicit Applier(Parts parts);

  void take(std::vector<raft::EntryPtr>& entries);
  // A later state is loaded, which contains them.
  void forget_entries() { entries_.clear(); }
  [[nodiscard]] bool has_entries() const { return !entries_.empty(); }
  void apply();
  // What reads count as now while a batch's readers are served, whose evidence is that batch; 0:
  // the log clock.
  [[nodiscard]] base::UnixMillis read_now_ms() const { return read_now_ms_; }

 private:
  [[nodiscard]] bool knows_rules_of(const raft::Entry& entry);
  std::size_t apply_entry(const raft::Entry& entry);  // the work it was, in elements
  std::size_t apply_batch(const raft::Entry& entry, SealedBatch* own);
  void apply_element(const engine::Element& element, const Waiter& waiter, LogIndex index);
  void apply_unanswered(const engine::Element& element);
  void leave_out(const engine::Element& element, const Waiter& waiter, LogIndex index);
  void deliver_served();
  void end_users();
  [[nodiscard]] bool is_of_this_run(const engine::ClientRef& client) const;
  void apply_membership(const raft::Entry& entry);
  void apply_dissolve(const raft::Entry& entry);

  Parts parts_;
  std::deque<raft::EntryPtr> entries_;
  bool is_dissolved_ = false;  // this log holds a dissolve entry that took effect
  base::UnixMillis read_now_ms_ = 0;
  Applying applying_nowhere_;   // where the options name no place
  SkippedEntry skipped_entry_;  // raft-skip-entry
  std::string counted_;         // what a reply writer that only counts appends to
  engine::ElementStream elements_;
  engine::Effects effects_;
};

}  // namespace node
