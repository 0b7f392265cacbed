// What one raft group is to the service of a node: its state, what it proposes and reads by which
// evidence, who leads it, its checkpoints. Entries and messages go in; what leaves for consensus
// and the state worker goes to the turn, and what becomes of a client's element to the listener. It
// knows no session and no connection but as a ticket to reply to. Thread: service.
//
// Invariant: between calls `engine()` is the state at `applied()`, and everything that was proposed
// or read is answered in the end, by its outcome or by the word that nobody here will learn it.
#pragma once

#include "node/replica/applier.h"
#include "node/replica/checkpoints.h"
#include "node/replica/guests.h"
#include "node/replica/known_cluster.h"
#include "node/replica/loading.h"
#include "node/replica/members.h"
#include "node/replica/memory.h"
#include "node/replica/proposals.h"
#include "node/replica/reads.h"
#include "node/replica/sweeper.h"
#include "node/replica/tenure.h"
#include "node/replica/terms.h"
#include "node/replica/wait_ends.h"

namespace node {

class Replica {
 public:
  Replica(const ReplicaOptions& options, Config& config, Turn& turn, ElementListener& elements,
          ReplicaListener& listener);

  // ---- a turn, in this order ----
  void start();       // the first one: the time is known
  void begin_turn();  // the time is another
  void load();
  void receive(FromConsensus& message);
  void receive(FromState& message);
  void apply();
  void settle_doubtful();
  // What it proposes of its own accord; `is_held`: nothing that deletes.
  void tidy(bool is_held);
  void make_room(bool is_held);
  // Batches leave, reads without a batch to lean on get a round.
  void close_turn();

  // ---- who may be served ----
  [[nodiscard]] const Terms& terms() const { return terms_; }
  // The leader, if it is another node that clients can be sent to; else nullptr.
  [[nodiscard]] const PeerView* leader_elsewhere() const;
  [[nodiscard]] const ClusterView& cluster() const { return cluster_.view(); }
  [[nodiscard]] const DiskState& disk() const { return disk_; }
  [[nodiscard]] const Members& members() const { return members_; }
  [[nodiscard]] const Memory& memory() const { return memory_; }

  // ---- writes and reads ----
  [[nodiscard]] Proposals& proposals() { return proposals_; }
  [[nodiscard]] WaitEnds& wait_ends() { return wait_ends_; }
  [[nodiscard]] Reads& reads() { return reads_; }
  [[nodiscard]] GroupId group() const { return ground_.options.group; }
  [[nodiscard]] engine::ClientRef client(base::ConnectionId connection) const {
    return {.node = ground_.options.self, .epoch = ground_.options.epoch, .connection = connection};
  }

  // ---- the rest ----
  [[nodiscard]] engine::Engine& engine() { return ground_.engine; }
  void reset_statistics();
  [[nodiscard]] LogIndex applied() const { return ground_.applied; }
  [[nodiscard]] base::UnixMillis now_ms() const { return ground_.log_clock.now_ms(); }
  [[nodiscard]] const LoadingStatus& loading() const { return loading_.status(); }
  [[nodiscard]] Checkpoints& checkpoints() { return checkpoints_; }
  [[nodiscard]] Sweeper& sweeper() { return sweeper_; }
  [[nodiscard]] bool take_news() { return terms_.take_news(); }

 private:
  class Mail;

  Ground ground_;
  ReplicaListener& listener_;
  KnownCluster cluster_;
  DiskState disk_;
  Terms terms_;
  Proposals proposals_;
  Members members_;
  Memory memory_;
  Guests guests_;
  Sweeper sweeper_;
  WaitEnds wait_ends_;
  Checkpoints checkpoints_;
  Loading loading_;
  Tenure tenure_;
  Applier applier_;
  Reads reads_;
  LogIndex applied_told_;
};

}  // namespace node
