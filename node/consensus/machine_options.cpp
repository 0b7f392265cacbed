#include "node/consensus/machine_options.h"

namespace node {
namespace {

raft::Membership membership_in_force(const raft::Restored& restored) {
  if (restored.memberships.empty()) return restored.snapshot.membership;
  auto newest = raft::decode_membership(restored.memberships.back()->payload);
  return newest ? std::move(*newest) : restored.snapshot.membership;
}

// Nothing but the founding membership is on the disk: perhaps not all members have accepted it yet.
bool is_at_the_beginning(const raft::Restored& restored) {
  return restored.last_index.is_none() && restored.hard_state.term.is_none();
}

bool is_joining(const ConsensusOptions& options) {
  return options.identity.standing != persistence::Standing::kUsual;
}

}  // namespace

bool founds_nothing(const ConsensusOptions& options) {
  return is_joining(options) || !options.wants_vote;
}

Birth::Options birth_options(const ConsensusOptions& options) {
  const Announcement& own = options.announcement;
  return {.self = options.self,
          .epoch = options.epoch,
          .seed = base::mix64(options.seed + 1),
          .raft_peers = founds_nothing(options) ? std::vector<std::string>{} : options.raft_peers,
          .own_address =
              (own.host.empty() ? "127.0.0.1" : own.host) + ":" + std::to_string(own.raft_port),
          .restored = membership_in_force(options.restored),
          .is_restored_born = !is_at_the_beginning(options.restored),
          .is_joining = founds_nothing(options),
          .joins = is_joining(options) ? options.identity.cluster : base::ClusterId()};
}

PeerLinks::Options link_options(const ConsensusOptions& options) {
  return {.self = options.self,
          .epoch = options.epoch,
          .seed = base::mix64(options.seed + 2),
          .announcement = options.announcement,
          .wants_vote = options.wants_vote};
}

Holding found_holding(const ConsensusOptions& options) {
  return {.term = options.restored.hard_state.term,
          .vote = options.restored.hard_state.vote,
          .last_index = options.restored.last_index,
          .may_have_forgotten = options.restored.has_amnesia};
}

raft::Options raft_options(const ConsensusOptions& options) {
  return {.group = base::kFirstGroup,
          .self = options.self,
          .seed = base::mix64(options.seed + 3),
          .election_timeout_min = options.election_timeout_min,
          .heartbeat_interval = options.heartbeat_interval,
          .uses_leases = options.uses_leases,
          .clock_drift_percent_max = options.clock_drift_percent_max,
          .append_bytes_max = options.append_bytes_max,
          .inflight_appends_max = options.inflight_appends_max,
          .uncommitted_bytes_max = base::limits::kUncommittedBytesMax,
          .cache_bytes_max = options.cache_bytes_max,
          .catch_up_bytes_max = options.catch_up_bytes_max};
}

}  // namespace node
