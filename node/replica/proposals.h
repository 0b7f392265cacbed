// What leaves this replica for the log: the open batch, those under way, those for another leader.
// They are evidence for its reads as well. Invariant: a batch is sealed only by a leader, and its
// seal closes the ticket of all reads that arrived before it, so that its commit is evidence for
// them (DESIGN decision 9).
#pragma once

#include <algorithm>
#include <vector>

#include "engine/engine.h"
#include "node/replica/batcher.h"
#include "node/replica/evidence.h"
#include "node/replica/forwarder.h"
#include "node/replica/ground.h"
#include "node/replica/listener.h"
#include "node/replica/terms.h"

namespace node {

// What the leader proposes of its own accord: of each kind one at a time is under way.
struct Errands {
  bool is_sweeping = false, is_evicting = false;
};

class Proposals {
 public:
  // All of them outlive this.
  Proposals(Ground& ground, const Terms& terms, ElementListener& elements,
            ReplicaListener& listener)
      : ground_(ground),
        terms_(terms),
        elements_(elements),
        batcher_(ground.options.group),
        evidence_(ground, terms, listener),
        forwarder_(ground, terms, elements) {}

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
  [[nodiscard]] bool has_room() const { return !batcher_.open().is_full(); }
  [[nodiscard]] engine::BatchWriter& writer() { return batcher_.open().writer(); }
  // Who waits for the element just written.
  void add_waiter(Addressee& client, std::uint64_t operation) {
    batcher_.open().add_waiter(client, operation);
  }
  void add_nobody() { batcher_.open().add_nobody(); }
  [[nodiscard]] Batcher& batcher() { return batcher_; }
  [[nodiscard]] const Batcher& batcher() const { return batcher_; }
  [[nodiscard]] Errands& errands() { return errands_; }

  // What its batches are evidence for.
  [[nodiscard]] Evidence& evidence() { return evidence_; }

  // ---- the end of a turn ----
  // This node is about to open a term of its own: what it would have forwarded keeps its place.
  void set_open_aside(std::uint32_t rules);
  // A leader proposes first what it had forwarded to the one before it.
  void propose_left(std::uint32_t rules, std::uint64_t content_limit);
  [[nodiscard]] bool may_seal();
  void seal(std::uint32_t rules, std::uint64_t content_limit);
  // The first batch of a term: at once, whatever is under way. Its id.
  std::uint64_t seal_first(std::uint32_t rules);
  void ask_for_reads() {
    evidence_.ask(batcher_.in_flight() > 0, batcher_.open().has_something() && !is_put_off_);
  }

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
  ElementListener& elements_;
  Batcher batcher_;
  Evidence evidence_;
  Forwarder forwarder_;
  Errands errands_;
  base::Instant sealed_at_{};  // the last batch
  bool is_put_off_ = false;    // the open one waits, for a checkpoint is far behind
};

}  // namespace node
