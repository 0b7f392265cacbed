#include "node/replica/replica_mail.h"

#include <limits>
#include <utility>
#include <vector>

#include "base/failpoint.h"

namespace node {
namespace {

constexpr LogIndex kNotYet(std::numeric_limits<std::uint64_t>::max());

}  // namespace

void Replica::Mail::operator()(const Leadership& message) {
  const Leadership& before = replica_.terms_.leadership();
  const bool is_another = before.term != message.term || before.leader != message.leader;
  replica_.tenure_.on(message);
  if (is_another) {
    replica_.guests_.on_leadership();
    replica_.proposals_.on_leadership();
  }
  replica_.cluster_.on_leader(message.leader);
}

void Replica::Mail::operator()(const BaseMembership& message) {
  if (message.is_catching_up) replica_.ground_.quiet_until = kNotYet;
  if (replica_.applier_.has_entries() || replica_.loading_.is_under_way()) return;
  replica_.ground_.membership = message.membership;
}

void Replica::Mail::operator()(const BatchProposed& message) {
  replica_.cluster_.on_proposed(message.index);
  replica_.proposals_.batcher().on_proposed(message);
  replica_.guests_.on(message);
}

void Replica::Mail::operator()(Committed& message) {
  replica_.cluster_.on_committed(message.commit);
  replica_.applier_.take(message.entries);
}

void Replica::Mail::operator()(const ReadReady& message) {
  replica_.proposals_.evidence().tickets().on_ready(message);
  replica_.proposals_.evidence().grant(replica_.ground_.applied);
}

void Replica::Mail::operator()(const Lease& message) {
  replica_.terms_.adopt(message.lease);
  if (message.lease.until != base::Instant{}) return;
  replica_.ground_.turn.to_consensus.emplace_back(
      LeaseEnded{.group = message.group, .number = message.lease.number});
}

// The state store holds a newer state than this engine: what was under way up to it will not be
// seen being applied.
void Replica::Mail::operator()(const StateReplaced& message) {
  std::vector<SealedBatch> doubtful =
      replica_.proposals_.batcher().take_doubtful(base::Instant{}, message.meta.index);
  if (!doubtful.empty()) replica_.proposals_.settle(doubtful, WriteFate::kInDoubt);
  replica_.proposals_.forwarder().on_state_replaced();
  replica_.applier_.forget_entries();
  replica_.checkpoints_.on_state_replaced();
  replica_.cluster_.on_installed();
  FAILPOINT("install.loading");
  replica_.loading_.begin(message.meta);
}

void Replica::Mail::operator()(const TransferDone& message) {
  replica_.ground_.turn.line(LogLevel::kNotice,
                             message.is_done ? "leadership was handed over"
                                             : "leadership was not handed over: " + message.detail);
  replica_.terms_.end_doubt();
}

// What was committed before is applied all the same: somebody may wait for its reply.
void Replica::Mail::operator()(const LeftCluster& message) {
  (*this)(Leadership{.group = message.group,
                     .term = replica_.terms_.leadership().term,
                     .role = raft::Role::kLearner,
                     .leader = {},
                     .is_sole_voter = false});
  replica_.cluster_.on_left();
  replica_.tenure_.stand_outside(message.why);
}

void Replica::Mail::operator()(ClusterView& message) {
  replica_.cluster_.adopt(std::move(message), replica_.terms_.leadership().leader);
  replica_.terms_.on_news();
}

// What was taken before has a bounded time from now on (settle_doubtful).
void Replica::Mail::operator()(const DiskState& message) {
  replica_.disk_ = message;
  if (!message.is_full) replica_.proposals_.batcher().expect_by(base::Instant::max());
  replica_.ground_.turn.line(LogLevel::kWarning,
                             message.is_full
                                 ? "the disk is full: writes are refused (" + message.detail + ")"
                                 : "the disk has room again");
}

void Replica::Mail::operator()(const UsesTold& message) {
  if (replica_.terms_.is_leader() || replica_.loading_.is_under_way()) return;
  replica_.ground_.engine.note_uses(message.uses, replica_.now_ms());
}

void Replica::Mail::operator()(const CheckpointDone& message) {
  if (replica_.checkpoints_.on(message)) replica_.loading_.begin_reload(message.meta);
}

}  // namespace node
