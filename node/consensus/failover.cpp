#include "node/consensus/failover.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

constexpr base::Duration kStandAfter = base::milliseconds(1000);  // FORCE
constexpr base::Duration kStandAgain = base::milliseconds(300);

}  // namespace

std::string Failover::objection(bool is_forced, const raft::Raft& raft) const {
  if (raft.role() == raft::Role::kLeader)
    return "ERR You should send CLUSTER FAILOVER to a replica";
  if (!wants_vote_) return "ERR this node never leads: it was started with 'raft-voter no'";
  const raft::Member* self = raft.membership().find(self_);
  if (self == nullptr || !self->is_voter)
    return "ERR this node is no voter yet, it still catches up";
  if (raft.leader().is_none() && !is_forced)
    return "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE";
  if (under_way_) return "ERR another CLUSTER FAILOVER is under way at this node";
  return {};
}

void Failover::begin(base::Instant now, std::uint64_t request, bool is_forced,
                     const raft::Raft& raft) {
  std::string why_not = objection(is_forced, raft);
  if (!why_not.empty()) return outgoing_.answer(request, std::move(why_not));
  under_way_ = UnderWay{.request = request,
                        .order = orders_.give(HandOver{self_}, now + kOrderPatience),
                        .is_forced = is_forced,
                        .deadline = now + kOrderPatience,
                        .stands = raft.leader().is_none() ? now : now + kStandAfter,
                        .refusal = {}};
}

bool Failover::on_order_done(const OrderBook::Output::Done& done) {
  if (!under_way_ || under_way_->order != done.number) return false;
  under_way_->refusal = done.error;
  return true;
}

bool Failover::advance(base::Instant now, const raft::Raft* raft) {
  if (!under_way_) return false;
  const bool leads = raft != nullptr && raft->role() == raft::Role::kLeader;
  const bool is_refused = !under_way_->refusal.empty() && !under_way_->is_forced;
  if (leads || is_refused || raft == nullptr || now >= under_way_->deadline) {
    std::string error;
    if (!leads)
      error = is_refused ? "ERR the leader does not hand over: " + under_way_->refusal
                         : "ERR this node has not become the leader in time";
    outgoing_.answer(under_way_->request, std::move(error));
    under_way_.reset();
    return false;
  }
  if (!under_way_->is_forced || now < under_way_->stands) return false;
  under_way_->stands = now + kStandAgain;
  return true;
}

base::Instant Failover::next_deadline(base::Instant now) const {
  if (!under_way_) return base::Instant::max();
  return std::min(under_way_->deadline, now + kStandAgain);
}

}  // namespace node
