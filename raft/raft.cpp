#include "raft/raft.h"

#include "base/check.h"
#include "raft/core.h"

namespace raft {

std::string short_name(NodeId id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name = "n";
  for (int shift = 60; shift >= 32; shift -= 4) name.push_back(kDigits[(id.value() >> shift) & 15]);
  return name;
}

namespace {
constexpr std::uint64_t kCatchUpGrains = 256;  // how exactly the log kept is measured

LogBase base_of(const Restored& restored) {
  return restored.log_base.value_or(LogBase{restored.snapshot.index, restored.snapshot.term});
}
}  // namespace

Raft::Core::Core(Options options, Restored restored)
    : options_(options),
      prng_(options.seed),
      hard_(restored.hard_state),
      log_(base_of(restored).index, base_of(restored).term, restored.last_index, restored.term_runs,
           options.cache_bytes_max, options.cache_tail_bytes,
           options.catch_up_bytes_max / kCatchUpGrains),
      commit_(restored.snapshot.index),
      applied_(restored.snapshot.index),
      checkpoint_(restored.snapshot),
      discardable_(base_of(restored).index),
      has_amnesia_(restored.has_amnesia),
      durable_(restored.last_index) {
  CHECK(!options_.self.is_none());
  CHECK(options_.election_timeout_min > options_.heartbeat_interval);
  memberships_.push_back({restored.snapshot.index, restored.snapshot.membership});
  for (const EntryPtr& entry : restored.memberships) adopt_membership(*entry);
  out_ = Output{};
  reads_.request = base::mix64(options_.seed);
  role_ = resting_role();
}

Raft::Raft(Options options, Restored restored)
    : core_(std::make_unique<Core>(options, std::move(restored))) {}
Raft::~Raft() = default;
Raft::Raft(Raft&&) noexcept = default;
Raft& Raft::operator=(Raft&&) noexcept = default;

Output Raft::step(base::Instant now, Input input) { return core_->step(now, std::move(input)); }
base::Instant Raft::next_deadline() const { return core_->next_deadline(); }
std::vector<EntryPtr> Raft::entries(LogIndex first, LogIndex last, std::size_t bytes_max) const {
  return core_->log_.cached(first, last, bytes_max);
}
Role Raft::role() const { return core_->role_; }
Term Raft::term() const { return core_->hard_.term; }
NodeId Raft::leader() const { return core_->leader_; }
LogIndex Raft::committed() const { return core_->commit_; }
LogIndex Raft::tellable_commit() const { return core_->tellable_commit(); }
LogIndex Raft::last_index() const { return core_->log_.last(); }
LogIndex Raft::snapshot_index() const { return core_->checkpoint_.index; }
const Membership& Raft::membership() const { return core_->membership(); }
const Membership& Raft::committed_membership() const { return core_->committed_membership(); }
bool Raft::is_sole_voter() const { return core_->is_sole_voter(); }
bool Raft::was_handed_over() const { return core_->is_by_transfer_; }
const HardState& Raft::hard_state() const { return core_->hard_; }
bool Raft::has_amnesia() const { return core_->has_amnesia_; }

std::vector<PeerProgress> Raft::progress() const {
  std::vector<PeerProgress> all;
  for (const auto& [id, peer] : core_->peers_) {
    all.push_back({.id = id,
                   .match = peer.match,
                   .next = peer.next,
                   .is_active = core_->is_heard(peer),
                   .is_receiving_snapshot = peer.state == SendState::kSnapshot,
                   .is_voter = core_->is_voter(id),
                   .is_forgetful = peer.is_forgetful,
                   .wants_vote = core_->wants_vote(id),
                   .lag_bytes = core_->log_.lag_bytes(peer.match)});
  }
  return all;
}

}  // namespace raft
