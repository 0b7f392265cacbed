// The batch that this node's clients write into until it is closed. Invariants: an element written
// is followed by who waits for its reply, or by nobody, so that an element's place in the batch
// says who that is; batches have the numbers in which they were closed; what waits in an open batch
// has one deadline, or none.
#pragma once

#include <cstdint>
#include <map>
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

// Those of `waiters` whose time is up go to `late`; their elements go on with nobody waiting.
void take_late(base::Instant now, base::Instant& deadline, std::vector<Waiter>& waiters,
               std::vector<Waiter>& late);

class OpenBatch {
 public:
  // ---- write one element, then name its waiter ----
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

  // ---- what is in it ----
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool has_something() const { return has_elements() || wants_time_; }
  [[nodiscard]] bool has_elements() const { return !waiters_.empty(); }
  // As which it will be closed.
  [[nodiscard]] std::uint64_t id() const { return next_id_; }
  [[nodiscard]] std::size_t size_bytes() const { return writer_.size_bytes(); }
  [[nodiscard]] std::size_t waiter_count() const { return waiters_.size(); }

  // ---- its end ----
  // Closes it; `payload` gets its bytes. CHECKs that it has something.
  [[nodiscard]] SealedBatch close(base::UnixMillis time_ms, std::uint64_t seed,
                                  std::uint64_t ticket, std::uint32_t rules, std::string& payload,
                                  std::uint64_t content_limit = 0);
  // Gives it up unproposed.
  [[nodiscard]] std::vector<Waiter> abandon();
  // A settled batch's memory, to be used again.
  void recycle(SealedBatch batch);

  // ---- its deadline ----
  // Instant::max(): none.
  [[nodiscard]] base::Instant deadline() const { return deadline_; }
  // Its waiters have until `deadline`, unless they have one already; with Instant::max() they have
  // all the time again.
  void expect_by(base::Instant deadline);
  void take_late(base::Instant now, std::vector<Waiter>& late) {
    node::take_late(now, deadline_, waiters_, late);
  }

 private:
  void write_expired();

  engine::BatchWriter writer_;
  std::vector<Waiter> waiters_;
  bool wants_time_ = false;
  base::Instant deadline_ = base::Instant::max();
  std::map<std::pair<std::uint32_t, std::string>, base::UnixMillis> expired_;  // to be deleted
  std::uint64_t next_id_ = 1;
  std::vector<std::vector<Waiter>> spare_;
};

}  // namespace node
