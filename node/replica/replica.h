// What one raft group is to the service of a node: its state, what it proposes and reads by which
// evidence, who leads it, its checkpoints. Entries and messages go in; what leaves for consensus
// and the state worker goes to the turn, and what becomes of a client's element to the listener. It
// knows no session and no connection but as a ticket to reply to. Thread: service.
//
// Invariant: between calls `engine()` is the state at `applied()`, and everything that was proposed
// or read is answered in the end, by its outcome or by the word that nobody here will learn it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "node/replica/applier.h"
#include "node/replica/checkpoints.h"
#include "node/replica/guests.h"
#include "node/replica/known_cluster.h"
#include "node/replica/loading.h"
#include "node/replica/members.h"
#include "node/replica/memory.h"
#include "node/replica/proposals.h"
#include "node/replica/sweeper.h"
#include "node/replica/tenure.h"
#include "node/replica/terms.h"
#include "node/replica/wait_ends.h"

namespace node {

class Replica {
 public:
  Replica(const ReplicaOptions& options, Config& config, Turn& turn, ReplicaListener& listener);

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
  // Reads here need nothing but to be applied; those by round not for the sake of a lease.
  [[nodiscard]] bool needs_no_evidence(bool is_by_round) const {
    return terms_.is_serving() &&
           (members_.reads_need_no_evidence() || (!is_by_round && terms_.has_lease()));
  }
  // The leader, if it is another node that clients can be sent to; else nullptr.
  [[nodiscard]] const PeerView* leader_elsewhere() const;
  [[nodiscard]] const ClusterView& cluster() const { return cluster_.view(); }
  [[nodiscard]] const DiskState& disk() const { return disk_; }
  [[nodiscard]] const Memory& memory() const { return memory_; }

  // ---- writes and reads ----
  [[nodiscard]] Proposals& proposals() { return proposals_; }
  [[nodiscard]] WaitEnds& wait_ends() { return wait_ends_; }
  struct Read {
    const engine::CommandSpec& spec;
    engine::Arguments argv;
    std::uint32_t database = 0;
    bool is_stale = false;  // by the log's time alone: what has expired since is still there
    bool may_sweep = true;  // an expired key that it meets may be proposed for deletion
    bool is_again = false;
    std::string_view user = {};  // empty: the default one
    engine::users::Where where = engine::users::Where::kTopLevel;
    std::vector<engine::users::Denial>* denials = nullptr;  // nullptr: nobody notes them
    engine::ReadObserver observer = {};
  };
  // False: a key it met has expired and is still there, an entry that deletes it is on its way.
  [[nodiscard]] bool query(const Read& read, resp::ReplyWriter& reply);
  [[nodiscard]] GroupId group() const { return ground_.options.group; }
  [[nodiscard]] engine::ClientRef client(base::ConnectionId connection) const {
    return {.node = ground_.options.self, .epoch = ground_.options.epoch, .connection = connection};
  }

  // ---- the members ----
  // All of them know these rules, and the log is at them.
  [[nodiscard]] bool has_rules(std::uint32_t rules) const {
    return members_.rules_to_propose() >= rules && ground_.engine.rules() >= rules;
  }
  [[nodiscard]] bool is_alone() const { return ground_.membership.members.size() <= 1; }

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
  LogIndex applied_told_;
};

// On the path of every read.
inline bool Replica::query(const Read& read, resp::ReplyWriter& reply) {
  const bool is_by_log = applier_.read_now_ms() != 0;  // the evidence is an entry: its time is now
  // Where nothing can be deleted an expired key is only invisible.
  const bool may_sweep = read.may_sweep && !read.is_stale && !is_by_log && !disk_.is_full;
  std::vector<engine::Engine::Expired> expired;
  const auto outcome =
      ground_.engine.query({.spec = &read.spec,
                            .argv = read.argv,
                            .database = read.database,
                            .now_ms = is_by_log ? applier_.read_now_ms() : now_ms(),
                            .may_propose_time = !read.is_stale && !is_by_log,
                            .seed = ground_.prng.next(),
                            .is_again = read.is_again,
                            .user = read.user,
                            .where = read.where,
                            .denials = read.denials,
                            .observer = read.observer},
                           reply, may_sweep ? &expired : nullptr);
  if (outcome == engine::QueryOutcome::kNeedsTime)
    proposals_.batcher().want_time(std::move(expired));
  return outcome == engine::QueryOutcome::kAnswered;
}

}  // namespace node
