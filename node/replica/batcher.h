// The batches of a leader: the open one that sessions write into, and those under way until their
// fate is known. An element's place in its batch says who waits for its reply. Fate (DESIGN
// decision 11): an entry applied at a batch's index with its term is that batch; another entry
// there, or an entry of a later term at or before there, means it never happened.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/elements/batch.h"
#include "engine/engine.h"
#include "node/messages/messages.h"
#include "node/replica/waiter.h"

namespace node {

struct SealedBatch {
  std::uint64_t id = 0;
  std::uint64_t ticket = 0;  // reads up to this ticket have their evidence when it is committed
  bool is_placed = false;    // consensus said where
  bool is_orphan = false;    // its leader's term is over
  LogIndex index;
  Term term;
  base::Instant deadline = base::Instant::max();  // then it is in doubt
  std::vector<Waiter> waiters;                    // one per element
};

class Batcher {
 public:
  explicit Batcher(GroupId group = base::kFirstGroup) : group_(group) {}
  // ---- the open batch: write one element, then name its waiter ----
  [[nodiscard]] engine::BatchWriter& writer() { return writer_; }
  void add_waiter(Addressee& client, std::uint64_t operation) {
    waiters_.push_back({&client, operation});
  }
  void add_nobody() { waiters_.push_back({}); }
  // An entry that carries nothing but the time is wanted, or one that deletes expired keys too:
  // they come behind everything else in it. Reads of one turn that met the same key share its
  // deletion.
  void want_time() { wants_time_ = true; }
  void want_time(std::vector<engine::Engine::Expired> expired);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool has_something() const { return !waiters_.empty() || wants_time_; }
  [[nodiscard]] bool has_elements() const { return !waiters_.empty(); }
  // As which the open batch will be sealed.
  [[nodiscard]] std::uint64_t open_id() const { return next_id_; }
  [[nodiscard]] std::size_t open_bytes() const { return writer_.size_bytes(); }
  [[nodiscard]] std::size_t open_waiters() const { return waiters_.size(); }

  // Batches of the present term are under way.
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] bool may_seal() const;
  // Consensus has yet to say where one stands, or that it takes it not.
  [[nodiscard]] bool has_unanswered() const;
  // Closes the open batch, of which this node is not the leader that proposes it; `payload` gets
  // its bytes. CHECKs that it has something.
  [[nodiscard]] SealedBatch close(base::UnixMillis time_ms, std::uint64_t seed,
                                  std::uint64_t ticket, std::uint32_t rules, std::string& payload);
  // A closed batch that this node proposes after all, as the leader that it has become.
  [[nodiscard]] ProposeBatch propose(SealedBatch batch, std::string payload);
  // Closes the open batch; CHECKs that it has something.
  [[nodiscard]] ProposeBatch seal(base::UnixMillis time_ms, std::uint64_t seed,
                                  std::uint64_t ticket, std::uint32_t rules,
                                  std::uint64_t content_limit = 0);
  // Gives the open batch up unproposed.
  [[nodiscard]] std::vector<Waiter> abandon_open();

  // ---- under way ----
  [[nodiscard]] bool is_idle() const { return under_way_.empty() && waiters_.empty(); }
  void on_proposed(const BatchProposed& proposed);
  [[nodiscard]] std::optional<SealedBatch> take_refused(std::uint64_t id);
  // An entry is about to be applied. The batch it is, if it is one; batches that can be no more go
  // to `lost`.
  [[nodiscard]] std::optional<SealedBatch> settle(LogIndex index, Term term,
                                                  std::vector<SealedBatch>& lost);
  // The term of this leader is over: what is under way has until `deadline`.
  void orphan(base::Instant deadline);
  // Orphans whose time is up, and (after a snapshot was installed) batches up to `through`.
  [[nodiscard]] std::vector<SealedBatch> take_doubtful(base::Instant now, LogIndex through);
  [[nodiscard]] std::optional<base::Instant> next_deadline() const;
  // Waiters of the open batch and of those of the present term have until `deadline`, unless they
  // have one already; with Instant::max() they have all the time again.
  void expect_by(base::Instant deadline);
  // Whose time is up. Their batches go on all the same, with nobody waiting.
  [[nodiscard]] std::vector<Waiter> take_late(base::Instant now);
  // A settled batch's memory, to be used again.
  void recycle(SealedBatch batch);

 private:
  [[nodiscard]] SealedBatch take_open(std::uint64_t ticket);

  GroupId group_;
  engine::BatchWriter writer_;
  std::vector<Waiter> waiters_;
  bool wants_time_ = false;
  base::Instant open_deadline_ = base::Instant::max();
  std::map<std::pair<std::uint32_t, std::string>, base::UnixMillis> expired_;  // to be deleted
  std::uint64_t next_id_ = 1;
  std::deque<SealedBatch> under_way_;
  std::vector<std::vector<Waiter>> spare_;
};

}  // namespace node
