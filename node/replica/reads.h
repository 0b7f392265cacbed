// Reads of the state as it is applied here: whether one needs evidence first, and its answer.
// Invariant: a read changes nothing; what it met that has expired is deleted by an entry that it
// asks for. Thread: service.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "node/replica/applier.h"
#include "node/replica/ground.h"
#include "node/replica/members.h"
#include "node/replica/proposals.h"
#include "node/replica/terms.h"

namespace node {

struct ReadRequest {
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

class Reads {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Ground& ground;
    const Terms& terms;
    const Members& members;
    const DiskState& disk;
    const Applier& applier;
    Proposals& proposals;
  };
  explicit Reads(const Parts& parts) : parts_(parts) {}

  // Reads here need nothing but to be applied; those by round not for the sake of a lease.
  [[nodiscard]] bool need_no_evidence(bool is_by_round) const {
    return parts_.terms.is_serving() &&
           (parts_.members.reads_need_no_evidence() || (!is_by_round && parts_.terms.has_lease()));
  }
  // False: a key it met has expired and is still there, an entry that deletes it is on its way.
  [[nodiscard]] bool answer(const ReadRequest& read, resp::ReplyWriter& reply);

 private:
  Parts parts_;
};

// On the path of every read.
inline bool Reads::answer(const ReadRequest& read, resp::ReplyWriter& reply) {
  Ground& ground = parts_.ground;
  const base::UnixMillis log_ms = parts_.applier.read_now_ms();
  const bool is_by_log = log_ms != 0;  // the evidence is an entry: its time is now
  // Where nothing can be deleted an expired key is only invisible.
  const bool may_sweep = read.may_sweep && !read.is_stale && !is_by_log && !parts_.disk.is_full;
  std::vector<engine::Engine::Expired> expired;
  const auto outcome =
      ground.engine.query({.spec = &read.spec,
                           .argv = read.argv,
                           .database = read.database,
                           .now_ms = is_by_log ? log_ms : ground.log_clock.now_ms(),
                           .may_propose_time = !read.is_stale && !is_by_log,
                           .seed = ground.prng.next(),
                           .is_again = read.is_again,
                           .user = read.user,
                           .where = read.where,
                           .denials = read.denials,
                           .observer = read.observer},
                          reply, may_sweep ? &expired : nullptr);
  if (outcome == engine::QueryOutcome::kNeedsTime)
    parts_.proposals.batcher().open().want_time(std::move(expired));
  return outcome == engine::QueryOutcome::kAnswered;
}

}  // namespace node
