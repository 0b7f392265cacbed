// What a node shows of its cluster (CLUSTER NODES, INFO and the like), sent to the service when it
// has changed: at once but not more often than kViewGap, ages and positions alone each second.
// Thread: consensus.
#pragma once

#include "node/consensus/birth.h"
#include "node/consensus/consensus.h"
#include "node/consensus/group.h"
#include "node/consensus/own_membership.h"
#include "node/peers/links.h"

namespace node {

// Of what a view is made; valid during the call.
struct ViewFacts {
  base::Instant now{};
  const ConsensusOptions& options;
  const PeerLinks& links;
  const Birth& birth;
  const OwnMembership& own;
  const Group* group = nullptr;  // none before birth and after removal
  std::uint64_t service_stalls = 0;
  NodeId last_leader;  // shown while there is none
};
[[nodiscard]] ClusterView make_view(const ViewFacts& facts);

// When it is told. Invariant: whatever has changed is told within a second, and what is urgent
// within kViewGap.
class ViewTeller {
 public:
  // Ages or positions may have changed; or who is who, which does not wait.
  void mark_stale() { is_stale_ = true; }
  void mark_urgent() { is_urgent_ = true; }

  [[nodiscard]] bool is_due(base::Instant now) const;
  void tell(base::Instant now, ClusterView view, ConsensusOutput& out);
  [[nodiscard]] base::Instant next_deadline() const;
  // As it was told last.
  [[nodiscard]] NodeId leader() const { return leader_; }

 private:
  NodeId leader_;
  bool is_stale_ = true, is_urgent_ = true;
  base::Instant next_{}, next_full_{};
};

}  // namespace node
