// Who leads and who belongs: transfers of leadership, changes of the members, the end of a lone
// cluster.
#include <algorithm>
#include <utility>

#include "node/consensus/group.h"

namespace node {
namespace {

constexpr base::Duration kHandOverAgain = base::milliseconds(2000);

}  // namespace

// -- transfer of leadership

void Group::on(const BeginTransfer& message) {
  std::string why_not = begin_transfer(now_, message.target);
  if (!why_not.empty()) finish_transfer(false, std::move(why_not));
}

std::string Group::begin_transfer(base::Instant now, NodeId target) {
  now_ = now;
  if (raft_.role() != raft::Role::kLeader) return "this node is not the leader";
  const std::vector<raft::PeerProgress> peers = raft_.progress();
  const bool has_target =
      std::any_of(peers.begin(), peers.end(), [target](const raft::PeerProgress& peer) {
        return peer.is_voter && peer.is_active && (target.is_none() || peer.id == target);
      });
  if (!has_target)
    return target.is_none() ? "no other node is reachable" : "that node is not reachable";
  const base::Duration within = 2 * (election_timeout_min_ + heartbeat_interval_);
  transfer_deadline_ = now_ + within;
  tell_service(TransferBegun{.group = id_, .within = within});  // before what comes of it
  step(raft::Transfer{target});
  return {};
}

// -- the members

void Group::change_members(base::Instant now, raft::ChangeMembership change) {
  now_ = now;
  step(std::move(change));
}

void Group::campaign(base::Instant now) {
  now_ = now;
  step(raft::Campaign{});
}

void Group::set_may_lead(base::Instant now, bool may_lead) {
  now_ = now;
  step(raft::MayLead{may_lead});
}

void Group::on_wish(base::Instant now, raft::PeerWish wish) {
  now_ = now;
  step(wish);
}

bool Group::dissolve(base::Instant now, std::string payload) {
  now_ = now;
  is_dissolving_ = raft_.role() == raft::Role::kLeader && raft_.membership().members.size() == 1;
  if (is_dissolving_)
    step(raft::Propose{.id = kDissolveProposal,
                       .kind = raft::EntryKind::kDissolve,
                       .payload = std::move(payload)});
  return is_dissolving_;
}

void Group::finish_transfer(bool is_done, std::string detail) {
  transfer_deadline_.reset();
  tell_service(TransferDone{id_, is_done, std::move(detail)});
}

void Group::tick_transfer() {
  if (!transfer_deadline_) return;
  if (raft_.role() != raft::Role::kLeader) return finish_transfer(true, {});
  if (now_ >= *transfer_deadline_)
    finish_transfer(false, "the successor did not take over in time");
}

void Group::hand_leadership_over_if_full() {
  if (!is_disk_full_ || now_ < hand_over_again_) return;
  hand_over_again_ = now_ + base::milliseconds(1000);
  if (raft_.role() == raft::Role::kLeader && !raft_.is_sole_voter()) step(raft::Transfer{});
}

// The next leader makes a learner of this node.
void Group::hand_leadership_over_if_unwilling() {
  if (wants_vote_ || raft_.role() != raft::Role::kLeader) return;
  if (transfer_deadline_ || now_ < hand_over_again_) return;
  hand_over_again_ = now_ + kHandOverAgain;
  const std::vector<raft::PeerProgress> peers = raft_.progress();
  const bool has_successor = std::any_of(peers.begin(), peers.end(), [](const auto& peer) {
    return peer.is_voter && peer.is_active && peer.wants_vote && !peer.is_forgetful;
  });
  if (has_successor && begin_transfer(now_, {}).empty())
    say(LogLevel::kNotice, "raft-voter no: this node hands leadership over to one that votes");
}

}  // namespace node
