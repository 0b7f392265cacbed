// Leases (DESIGN decision 9, Raft thesis 6.4.1): a leader that uses them says so in what it sends;
// whoever hears it is bound to vote for nobody, itself included, for a minimum election timeout by
// its own clock, and says for how long in its answer to a heartbeat. Until the first of a
// majority's bounds ends, counted from when that heartbeat was SENT and shortened by the drift of
// clocks, there can be no other leader, so what is applied here is what reads may see.
//
// - The leader binds itself with its lease: after it has stepped down it helps nobody before the
//   state machine, which may not have heard of it, stops to read.
// - A transfer sets all bounds aside. So the lease is over, at the state machine's word or by time,
//   before TimeoutNow leaves, and no other follows in that term: the message may arrive late.
// - A voter forgets its bound when it starts again, and votes for nobody within an election
//   timeout of that (is_protecting_leader).
// - A member added or removed within the time of a lease changes nothing: the entry that says so is
//   acknowledged by a majority that hears the leader, and is thereby bound, later than the lease's
//   heartbeat.
#include <algorithm>
#include <functional>

#include "base/drift.h"
#include "raft/core.h"

namespace raft {

std::uint64_t LeaseState::beat(std::uint64_t round, base::Instant now, base::Duration kept) {
  if (!beats.empty() && beats.back().round == round) ++round;
  beats.push_back({round, now});
  while (beats.front().sent + kept < now) beats.pop_front();
  return round;
}

// ---- the leader ----

void Raft::Core::on_bound(Progress& peer, const HeartbeatReply& body) {
  if (body.bound_ms == 0 || !options_.uses_leases) return;
  const auto is_before = [](const LeaseState::Beat& each, std::uint64_t round) {
    return each.round < round;
  };
  const auto beat =
      std::lower_bound(lease_.beats.begin(), lease_.beats.end(), body.round, is_before);
  if (beat == lease_.beats.end() || beat->round != body.round) return;
  const auto bound = std::min(base::milliseconds(body.bound_ms), options_.election_timeout_min);
  const base::Duration lease = base::within_drift(bound, options_.clock_drift_percent_max);
  peer.bound_until = std::max(peer.bound_until, beat->sent + lease);
  renew_lease();
}

void Raft::Core::renew_lease() {
  if (lease_.is_given_up || !transfer_target_.is_none() || is_sole_voter()) return;
  std::vector<base::Instant> bounds;
  for (const Member& member : membership().members) {
    if (!member.is_voter) continue;
    bounds.push_back(member.id == options_.self ? base::Instant::max()
                                                : progress_of(member.id).bound_until);
  }
  const auto middle = bounds.begin() + static_cast<std::ptrdiff_t>(bounds.size() / 2);
  std::nth_element(bounds.begin(), middle, bounds.end(), std::greater<>());
  if (*middle <= now_ || *middle <= lease_.until) return;
  lease_.is_revoked = false;
  lease_.until = *middle;
  lease_.bound_until = std::max(lease_.bound_until, lease_.until);
  out_.lease = Lease{++lease_.number, hard_.term, lease_.until};
}

void Raft::Core::revoke_lease() {
  if (lease_.is_over(now_)) return;
  lease_.is_revoked = true;
  out_.lease = Lease{++lease_.number, hard_.term, {}};
}

// ---- whoever hears it ----

void LeaseState::bind(const Body& body, base::Instant until_then) {
  const auto* heartbeat = std::get_if<Heartbeat>(&body);
  const auto* append = std::get_if<Append>(&body);
  const bool is_leasing =
      (heartbeat != nullptr && heartbeat->is_leasing) || (append != nullptr && append->is_leasing);
  if (is_leasing) bound_until = std::max(bound_until, until_then);
}

}  // namespace raft
