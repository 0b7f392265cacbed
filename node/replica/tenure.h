// This node's terms as the leader of its group: a new leader opens its own before it serves, a
// deposed one settles what it had under way (DESIGN decision 11), and a node outside of any cluster
// gives up all of it. Invariant: the entry that opens a term is proposed before any other of that
// term, and again when it is refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/replica/ground.h"
#include "node/replica/known_cluster.h"
#include "node/replica/listener.h"
#include "node/replica/loading.h"
#include "node/replica/members.h"
#include "node/replica/proposals.h"
#include "node/replica/terms.h"
#include "node/replica/wait_ends.h"

namespace node {

class Tenure {
 public:
  // What it follows and moves; all of it outlives this.
  struct Parts {
    Ground& ground;
    Terms& terms;
    Proposals& proposals;
    const Members& members;
    const KnownCluster& cluster;
    WaitEnds& wait_ends;
    const Loading& loading;
    ReplicaListener& listener;
  };
  explicit Tenure(Parts parts) : parts_(parts) {}

  void on(const Leadership& message);
  void on(BatchRefused& message);
  void on_applied(std::uint64_t batch);  // one of this node
  void stand_outside(std::string why);
  // What clients of this node's former runs have left ends, once this run knows all of it: nobody
  // else says so while the leader stays.
  void end_former_runs();
  // Opens a term that is not open yet, when it may try again.
  void advance();

 private:
  void begin_term();
  [[nodiscard]] std::vector<base::NodeId> nodes_with_clients() const;
  void drop_absent();
  [[nodiscard]] bool passes_on() const;
  [[nodiscard]] bool awaits_founders() const;
  void seed_settings();
  void draw_hash_secret();
  void begin_serving();
  void on_deposed();

  Parts parts_;
  std::uint64_t first_batch_ = 0;  // whose commit opens the term; 0: none under way
  base::Instant begin_again_{};
  base::Instant founders_due_{};  // so long a fresh cluster waits for what its members know
  bool has_ended_former_runs_ = false;
  base::NodeId former_leader_;  // who led last, this node or another
  bool was_handed_over_ = false;
  base::Instant drop_again_{};  // what clients of absent members have left
  bool has_served_ = false;  // ever, in this process: its connections may have watches in the log
};

}  // namespace node
