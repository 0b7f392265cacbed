#include "node/consensus/leadership_transfer.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

constexpr base::Duration kHandOverAgain = base::milliseconds(2000);
constexpr base::Duration kFleeAgain = base::milliseconds(1000);

}  // namespace

LeadershipTransfer::LeadershipTransfer(const raft::Options& options, bool wants_vote)
    : group_(options.group),
      patience_(2 * (options.election_timeout_min + options.heartbeat_interval)),
      wants_vote_(wants_vote) {}

std::string LeadershipTransfer::objection_to(NodeId target, const raft::Raft& raft) {
  if (raft.role() != raft::Role::kLeader) return "this node is not the leader";
  const std::vector<raft::PeerProgress> peers = raft.progress();
  const bool has_target =
      std::any_of(peers.begin(), peers.end(), [target](const raft::PeerProgress& peer) {
        return peer.is_voter && peer.is_active && (target.is_none() || peer.id == target);
      });
  if (has_target) return {};
  return target.is_none() ? "no other node is reachable" : "that node is not reachable";
}

TransferBegun LeadershipTransfer::begin(base::Instant now) {
  deadline_ = now + patience_;
  return {.group = group_, .within = patience_};
}

TransferDone LeadershipTransfer::end(bool is_done, std::string detail) {
  deadline_.reset();
  return {group_, is_done, std::move(detail)};
}

std::optional<TransferDone> LeadershipTransfer::advance(base::Instant now, const raft::Raft& raft) {
  if (!deadline_) return {};
  if (raft.role() != raft::Role::kLeader) return end(true, {});
  if (now >= *deadline_) return end(false, "the successor did not take over in time");
  return {};
}

void LeadershipTransfer::on_disk(base::Instant now, bool is_full) {
  is_disk_full_ = is_full;
  again_ = now;
}

bool LeadershipTransfer::must_flee_full_disk(base::Instant now, const raft::Raft& raft) {
  if (!is_disk_full_ || now < again_) return false;
  again_ = now + kFleeAgain;
  return raft.role() == raft::Role::kLeader && !raft.is_sole_voter();
}

bool LeadershipTransfer::should_hand_over(base::Instant now, const raft::Raft& raft) {
  if (wants_vote_ || raft.role() != raft::Role::kLeader) return false;
  if (deadline_ || now < again_) return false;
  again_ = now + kHandOverAgain;
  const std::vector<raft::PeerProgress> peers = raft.progress();
  return std::any_of(peers.begin(), peers.end(), [](const raft::PeerProgress& peer) {
    return peer.is_voter && peer.is_active && peer.wants_vote && !peer.is_forgetful;
  });
}

base::Instant LeadershipTransfer::next_deadline() const {
  base::Instant next = base::Instant::max();
  if (deadline_) next = std::min(next, *deadline_);
  if (is_disk_full_) next = std::min(next, again_);
  return next;
}

}  // namespace node
