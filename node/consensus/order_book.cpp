#include "node/consensus/order_book.h"

#include <algorithm>
#include <utility>

#include "node/messages/node_name.h"

namespace node {
namespace {

constexpr base::Duration kAgain = base::milliseconds(50);
constexpr const char* kTooLate =
    "TRYAGAIN no leader has carried this out in time, it may still happen";

base::NodeId subject(const ClusterOrder& order) {
  if (const auto* add = std::get_if<raft::AddLearner>(&order)) return add->id;
  if (const auto* removal = std::get_if<raft::RemoveMember>(&order)) return removal->id;
  if (const auto* address = std::get_if<raft::SetAddress>(&order)) return address->id;
  if (const auto* replaced = std::get_if<raft::ReplaceMember>(&order)) return replaced->old;
  return std::get<HandOver>(order).to;
}

raft::MembershipChange change_of(const ClusterOrder& order) {
  if (const auto* add = std::get_if<raft::AddLearner>(&order)) return *add;
  if (const auto* address = std::get_if<raft::SetAddress>(&order)) return *address;
  if (const auto* replaced = std::get_if<raft::ReplaceMember>(&order)) return *replaced;
  return std::get<raft::RemoveMember>(order);
}

}  // namespace

std::string refusal_text(const ClusterOrder& order, raft::ChangeRefusal refusal) {
  const std::string name = node_name(subject(order));
  switch (refusal) {
    case raft::ChangeRefusal::kUnknownMember: return "ERR Unknown node " + name;
    case raft::ChangeRefusal::kKnownMember:
      return "ERR node " + name + " is a member already, with another address";
    case raft::ChangeRefusal::kLastVoter:
      return "ERR node " + name + " is the last voter of its cluster, nobody would be left";
    case raft::ChangeRefusal::kNoMajority:
      return "ERR without node " + name +
             " no majority of the voters is reachable, nothing could be written any more: CLUSTER "
             "FORGET those that are gone first";
    case raft::ChangeRefusal::kNotLearner: return "ERR node " + name + " is no learner";
    default: return {};
  }
}

std::uint64_t OrderBook::give(ClusterOrder order, base::Instant deadline) {
  Own& own = own_[++last_number_];
  own.order = std::move(order);
  own.deadline = deadline;
  return last_number_;
}

void OrderBook::on_forwarded(base::NodeId from, OrderForwarded forwarded) {
  execute(from, forwarded.number, std::move(forwarded.order));
}

void OrderBook::execute(base::NodeId from, std::uint64_t number, ClusterOrder order) {
  executing_[++last_id_] = {
      .from = from, .number = number, .order = std::move(order), .is_begun = false};
}

void OrderBook::on_answered(const OrderAnswered& answer) {
  settle(answer.number, answer.fate, answer.error);
}

void OrderBook::on_lost(base::NodeId member) {
  for (auto& [number, own] : own_) {
    if (own.sent_to == member) own.is_under_way = false;
  }
}

bool OrderBook::is_done_already(const Executing& executing, raft::ChangeRefusal why) const {
  return why == raft::ChangeRefusal::kUnknownMember &&
         std::holds_alternative<raft::RemoveMember>(executing.order) &&
         gone_.contains(subject(executing.order));
}

void OrderBook::on_changed(const raft::Changed& changed) {
  const auto found = executing_.find(changed.id);
  if (found == executing_.end()) return;
  if (!changed.refusal || is_done_already(found->second, *changed.refusal))
    return finish(changed.id, OrderFate::kDone, {});
  std::string error = refusal_text(found->second.order, *changed.refusal);
  const OrderFate fate = error.empty() ? OrderFate::kAgain : OrderFate::kRefused;
  finish(changed.id, fate, std::move(error));
}

void OrderBook::on_handed_over(std::uint64_t id, const std::string& error) {
  finish(id, error.empty() ? OrderFate::kDone : OrderFate::kRefused, error);
}

void OrderBook::finish(std::uint64_t id, OrderFate fate, std::string error) {
  const auto found = executing_.find(id);
  if (found == executing_.end()) return;
  const Executing done = std::move(found->second);
  executing_.erase(found);
  if (done.from.is_none()) return settle(done.number, fate, error);
  const OrderAnswered answer{.number = done.number, .fate = fate, .error = std::move(error)};
  out_.sends.push_back({done.from, WireKind::kOrderAnswer, encode_order_answer(answer)});
}

void OrderBook::settle(std::uint64_t number, OrderFate fate, const std::string& error) {
  const auto own = own_.find(number);
  if (own == own_.end()) return;
  if (fate == OrderFate::kAgain) {
    own->second.is_under_way = false;
    own->second.again = now_ + kAgain;
    return;
  }
  own_.erase(own);
  out_.done.push_back({number, fate == OrderFate::kDone ? std::string() : error});
}

void OrderBook::leave(base::NodeId self, const std::string& why_not) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, own] : own_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    const auto* removal = std::get_if<raft::RemoveMember>(&own_.at(number).order);
    const bool is_done = removal != nullptr && removal->id == self;
    settle(number, is_done ? OrderFate::kDone : OrderFate::kRefused, why_not);
  }
  executing_.clear();
}

void OrderBook::follow(const raft::Membership& membership) {
  std::set<base::NodeId> now_members;
  for (const raft::Member& member : membership.members) now_members.insert(member.id);
  for (const base::NodeId id : members_) {
    if (!now_members.contains(id)) gone_.insert(id);
  }
  for (const base::NodeId id : now_members) gone_.erase(id);
  members_ = std::move(now_members);
}

void OrderBook::send_own(std::uint64_t number, Own& own, const Facts& facts) {
  own.is_under_way = true;
  own.sent_to = facts.leader;
  own.sent_in = facts.term;
  if (facts.is_leader) return execute({}, number, own.order);
  out_.sends.push_back({facts.leader, WireKind::kOrder, encode_order({number, own.order})});
}

OrderBook::Output OrderBook::advance(base::Instant now, const Facts& facts) {
  now_ = now;
  next_deadline_ = base::Instant::max();
  std::vector<std::uint64_t> late;
  for (auto& [number, own] : own_) {
    if (now >= own.deadline) {
      late.push_back(number);
      continue;
    }
    const bool is_stale = own.sent_to != facts.leader || own.sent_in != facts.term;
    if (own.is_under_way && is_stale) own.is_under_way = false;
    next_deadline_ = std::min(next_deadline_, own.deadline);
    if (own.is_under_way || facts.leader.is_none()) continue;
    if (now >= own.again)
      send_own(number, own, facts);
    else
      next_deadline_ = std::min(next_deadline_, own.again);
  }
  for (const std::uint64_t number : late) settle(number, OrderFate::kRefused, kTooLate);
  std::vector<std::uint64_t> refused;
  for (auto& [id, executing] : executing_) {
    if (std::exchange(executing.is_begun, true)) continue;
    if (!facts.is_leader)
      refused.push_back(id);
    else if (const auto* hand_over = std::get_if<HandOver>(&executing.order))
      out_.hand_overs.push_back({id, hand_over->to});
    else
      out_.changes.push_back({id, change_of(executing.order)});
  }
  for (const std::uint64_t id : refused) finish(id, OrderFate::kAgain, {});
  return std::exchange(out_, {});
}

}  // namespace node
