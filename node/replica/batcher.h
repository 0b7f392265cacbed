// The batches of a leader: the open one that sessions write into, and those under way until their
// fate is known. An element's place in its batch says who waits for its reply. Fate (DESIGN
// decision 11): an entry applied at a batch's index with its term is that batch; another entry
// there, or an entry of a later term at or before there, means it never happened.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "node/messages/messages.h"
#include "node/replica/open_batch.h"

namespace node {

class Batcher {
 public:
  explicit Batcher(GroupId group = base::kFirstGroup) : group_(group) {}
  [[nodiscard]] OpenBatch& open() { return open_; }
  [[nodiscard]] const OpenBatch& open() const { return open_; }

  // ---- from open to under way ----
  // Batches of the present term are under way.
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] bool may_seal() const;
  // Consensus has yet to say where one stands, or that it takes it not.
  [[nodiscard]] bool has_unanswered() const;
  // A closed batch that this node proposes after all, as the leader that it has become.
  [[nodiscard]] ProposeBatch propose(SealedBatch batch, std::string payload);
  // Closes the open batch; CHECKs that it has something.
  [[nodiscard]] ProposeBatch seal(base::UnixMillis time_ms, std::uint64_t seed,
                                  std::uint64_t ticket, std::uint32_t rules,
                                  std::uint64_t content_limit = 0);

  // ---- under way ----
  [[nodiscard]] bool is_idle() const { return under_way_.empty() && !open_.has_elements(); }
  void on_proposed(const BatchProposed& proposed);
  [[nodiscard]] std::optional<SealedBatch> take_refused(std::uint64_t id);
  // Consensus goes on to take batches from one on that is proposed after this.
  void on_refusals(std::uint64_t refusals) {
    refusals_heard_ = std::max(refusals_heard_, refusals);
  }
  // An entry is about to be applied. The batch it is, if it is one; batches that can be no more go
  // to `lost`.
  [[nodiscard]] std::optional<SealedBatch> settle(LogIndex index, Term term,
                                                  std::vector<SealedBatch>& lost);
  // The term of this leader is over: what is under way has until `deadline`.
  void orphan(base::Instant deadline);
  // Orphans whose time is up, and (after a snapshot was installed) batches up to `through`.
  [[nodiscard]] std::vector<SealedBatch> take_doubtful(base::Instant now, LogIndex through);

  // ---- deadlines, of the open batch too ----
  [[nodiscard]] std::optional<base::Instant> next_deadline() const;
  // Waiters of the open batch and of those of the present term have until `deadline`, unless they
  // have one already; with Instant::max() they have all the time again.
  void expect_by(base::Instant deadline);
  // Whose time is up. Their batches go on all the same, with nobody waiting.
  [[nodiscard]] std::vector<Waiter> take_late(base::Instant now);

 private:
  GroupId group_;
  OpenBatch open_;
  std::deque<SealedBatch> under_way_;
  std::uint64_t refusals_heard_ = 0;  // see BatchRefused
};

}  // namespace node
