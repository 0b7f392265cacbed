#include "node/consensus/cluster_changes.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/failpoint.h"

namespace node {

ClusterChanges::ClusterChanges(NodeId self, bool wants_vote, std::uint64_t seed, OwnMembership& own,
                               PeerLinks& links, Outgoing& outgoing)
    : self_(self),
      own_(own),
      links_(links),
      outgoing_(outgoing),
      meetings_(seed, links, orders_),
      failover_(self, wants_vote, orders_, outgoing),
      addresses_(self, links, orders_, outgoing) {}

void ClusterChanges::take(base::Instant now, const ClusterRequest& request, const Group* group) {
  if (const auto* meet = std::get_if<MeetNode>(&request.what))
    return meetings_.meet(request.id, meet->address);
  if (std::holds_alternative<BeginAnew>(request.what))
    return outgoing_.answer(request.id, own_.begin_anew(group));
  if (group == nullptr) return outgoing_.answer(request.id, kNoCluster);
  if (const auto* forget = std::get_if<ForgetNode>(&request.what)) {
    forgets_[orders_.give(raft::RemoveMember{forget->id}, now + kOrderPatience)] = request.id;
    return;
  }
  const bool is_forced = std::get<TakeOver>(request.what).is_forced;
  failover_.begin(now, request.id, is_forced, group->raft());
}

// -- orders

void ClusterChanges::carry_out(base::Instant now, Group* group) {
  OrderBook::Facts facts{.self = self_, .leader = {}, .term = {}, .is_leader = false};
  if (group != nullptr) {
    facts.leader = group->raft().leader();
    facts.term = group->raft().term();
    facts.is_leader = group->raft().role() == raft::Role::kLeader;
    addresses_.advance(now, group->raft());
  }
  OrderBook::Output told = orders_.advance(now, facts);
  for (OrderBook::Output::Send& send : told.sends)
    links_.send(send.to, send.kind, std::move(send.body));
  for (raft::ChangeMembership& change : told.changes) {
    FAILPOINT("membership.ordered");
    group->step(now, std::move(change));
  }
  for (const OrderBook::Output::HandOverAsked& asked : told.hand_overs) {
    orders_.on_handed_over(asked.id, group->begin_transfer(now, asked.to));
    outgoing_.turn_again();
  }
  for (const OrderBook::Output::Done& done : told.done) take_outcome(done);
  if (failover_.advance(now, group == nullptr ? nullptr : &group->raft()))
    group->step(now, raft::Campaign{});
}

void ClusterChanges::take_outcome(const OrderBook::Output::Done& done) {
  outgoing_.turn_again();
  if (meetings_.on_order_done(done) || failover_.on_order_done(done)) return;
  addresses_.on_order_done(done);
  const auto forget = forgets_.find(done.number);
  if (forget == forgets_.end()) return;
  outgoing_.answer(forget->second, done.error);
  forgets_.erase(forget);
}

void ClusterChanges::on_changed(const std::vector<raft::Changed>& changes) {
  for (const raft::Changed& changed : changes) orders_.on_changed(changed);
  if (!changes.empty()) outgoing_.turn_again();
}

void ClusterChanges::leave(const std::string& why_not) {
  orders_.leave(self_, why_not);
  outgoing_.turn_again();
}

base::Instant ClusterChanges::next_deadline(base::Instant now) const {
  return std::min(
      {orders_.next_deadline(), meetings_.next_deadline(), failover_.next_deadline(now)});
}

}  // namespace node
