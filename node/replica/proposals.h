// What leaves this replica for the log, and the evidence that its reads wait for: the open batch,
// those under way, the tickets. Invariant: a batch is sealed only by a leader, and its seal closes
// the ticket of all reads that arrived before it, so that its commit is evidence for them (DESIGN
// decision 9).
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "node/replica/batcher.h"
#include "node/replica/forwarder.h"
#include "node/replica/ground.h"
#include "node/replica/listener.h"
#include "node/replica/read_tickets.h"
#include "node/replica/terms.h"

namespace node {

// What the leader proposes of its own accord: of each kind one at a time is under way.
struct Errands {
  bool is_sweeping = false, is_evicting = false;
};

class Proposals {
 public:
  Proposals(Ground& ground, const Terms& terms, ReplicaListener& listener)
      : ground_(ground),
        terms_(terms),
        listener_(listener),
        batcher_(ground.options.group),
        tickets_(ground.options.group),
        forwarder_(ground, terms, listener),
        drift_percent_max_(ground.config.integer("raft-clock-drift-max")) {}

  // ---- where to ----
  // Another node leads, and proposes what is forwarded to it.
  [[nodiscard]] bool may_forward() const {
    return terms_.has_leader_elsewhere() && !terms_.is_outside() &&
           ground_.engine.rules() >= engine::kRulesWithForwarding;
  }
  [[nodiscard]] bool may_propose() const { return terms_.is_serving() || may_forward(); }
  [[nodiscard]] Forwarder& forwarder() { return forwarder_; }

  // Who leads has changed.
  void on_leadership();

  // ---- the open batch ----
  [[nodiscard]] bool has_room() const { return !batcher_.is_full(); }
  [[nodiscard]] engine::BatchWriter& writer() { return batcher_.writer(); }
  // Who waits for the element just written.
  void add_waiter(Addressee& client, std::uint64_t operation) {
    batcher_.add_waiter(client, operation);
  }
  void add_nobody() { batcher_.add_nobody(); }
  [[nodiscard]] Batcher& batcher() { return batcher_; }
  [[nodiscard]] const Batcher& batcher() const { return batcher_; }
  [[nodiscard]] Errands& errands() { return errands_; }

  // ---- evidence ----
  [[nodiscard]] ReadTickets& tickets() { return tickets_; }
  [[nodiscard]] const ReadTickets& tickets() const { return tickets_; }
  // What is applied here holds everything that was acknowledged so long before this turn's clock
  // was read, or later, by any clock that keeps to raft-clock-drift-max.
  [[nodiscard]] bool is_level_within(base::Duration age_most) const;
  // Entries up to there were applied, or an answer to a round came: readers whose evidence that is
  // are told.
  void grant(LogIndex applied);
  void on(const ReadDenied& denied);
  // On a follower: the leader is known and does not answer, or this node does not get what it has.
  // True, once: its readers are to be told.
  [[nodiscard]] bool has_waited_in_vain();

  // ---- the end of a turn ----
  // This node is about to open a term of its own: what it would have forwarded keeps its place.
  void set_open_aside(std::uint32_t rules);
  // A leader proposes first what it had forwarded to the one before it.
  void propose_left(std::uint32_t rules, std::uint64_t content_limit);
  [[nodiscard]] bool may_seal();
  void seal(std::uint32_t rules, std::uint64_t content_limit);
  // The first batch of a term: at once, whatever is under way. Its id.
  std::uint64_t seal_first(std::uint32_t rules);
  void ask_for_reads();

  // ---- what becomes of elements ----
  void settle(std::vector<SealedBatch>& batches, WriteFate fate);
  void settle(std::vector<Waiter>& waiters, WriteFate fate);
  // Those that nobody here will learn about in time.
  void settle_late(bool is_disk_full);
  // The open batch will not be proposed.
  void give_up_open();

  // The time that an entry proposed now carries.
  [[nodiscard]] base::UnixMillis entry_time_ms() const {
    return std::max(ground_.log_clock.now_ms(), ground_.engine.time_ms());
  }

 private:
  [[nodiscard]] bool is_put_off();
  void close_for_leader(std::uint64_t ticket, std::uint32_t rules);

  Ground& ground_;
  const Terms& terms_;
  ReplicaListener& listener_;
  Batcher batcher_;
  ReadTickets tickets_;
  Forwarder forwarder_;
  const std::int64_t drift_percent_max_;
  Errands errands_;
  base::Instant sealed_at_{};  // the last batch
  bool is_put_off_ = false;    // the open one waits, for a checkpoint is far behind
  base::Instant ask_again_{};
  std::optional<base::Instant> asked_since_;  // reads of a follower; none: nothing is owed
};

}  // namespace node
