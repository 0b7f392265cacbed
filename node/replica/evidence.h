// The evidence that reads of this replica wait for (DESIGN decision 9,
// node/replica/read_tickets.h): tickets, rounds asked for, and how long a follower waits for its
// leader's answer. Invariant: a reader that enlisted is told once, when its evidence has come or is
// to be asked for anew. Thread: service.
#pragma once

#include <cstdint>
#include <optional>

#include "node/replica/ground.h"
#include "node/replica/listener.h"
#include "node/replica/read_tickets.h"
#include "node/replica/terms.h"

namespace node {

class Evidence {
 public:
  // All of them outlive this.
  Evidence(Ground& ground, const Terms& terms, ReplicaListener& listener)
      : ground_(ground),
        terms_(terms),
        listener_(listener),
        tickets_(ground.options.group),
        drift_percent_max_(ground.config.integer("raft-clock-drift-max")) {}

  [[nodiscard]] ReadTickets& tickets() { return tickets_; }
  // A batch or a round of this turn closes the open ticket, and is evidence for it.
  [[nodiscard]] std::uint64_t close_ticket() { return tickets_.close(ground_.turn.now()); }
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
  // At the end of a turn, for reads without a batch to lean on: of this leader's batches some are
  // under way, or one is about to leave.
  void ask(bool has_batches_under_way, bool has_batch_leaving);

 private:
  Ground& ground_;
  const Terms& terms_;
  ReplicaListener& listener_;
  ReadTickets tickets_;
  const std::int64_t drift_percent_max_;
  base::Instant ask_again_{};
  std::optional<base::Instant> asked_since_;  // reads of a follower; none: nothing is owed
};

}  // namespace node
