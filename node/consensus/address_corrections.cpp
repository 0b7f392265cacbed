#include "node/consensus/address_corrections.h"

#include <utility>

namespace node {
namespace {

constexpr base::Duration kLookEvery = base::milliseconds(500);

}  // namespace

void AddressCorrections::advance(base::Instant now, const raft::Raft& raft) {
  if (raft.role() != raft::Role::kLeader || now < due_) return;
  due_ = now + kLookEvery;
  for (const raft::Member& member : raft.membership().members) {
    if (member.id != self_ && !under_way_.contains(member.id)) look_at(now, member);
  }
}

void AddressCorrections::look_at(base::Instant now, const raft::Member& member) {
  if (const auto stranger = links_.stranger_at_address_of(member))
    return replace(now, member, *stranger);
  std::optional<std::string> moved = links_.moved_to(member.id);
  if (!moved || *moved == member.address) return;
  outgoing_.say(LogLevel::kNotice,
                short_name(member.id) + " has moved from " + member.address + " to " + *moved);
  under_way_[member.id] =
      orders_.give(raft::SetAddress{member.id, std::move(*moved)}, now + kOrderPatience);
}

void AddressCorrections::replace(base::Instant now, const raft::Member& lost, NodeId stranger) {
  outgoing_.say(LogLevel::kWarning, short_name(lost.id) + " is gone and " + short_name(stranger) +
                                        ", a new node, answers at its address " + lost.address +
                                        ": taken in its place");
  under_way_[lost.id] = orders_.give(raft::ReplaceMember{lost.id, stranger}, now + kOrderPatience);
}

void AddressCorrections::on_order_done(const OrderBook::Output::Done& done) {
  std::erase_if(under_way_, [&](const auto& order) { return order.second == done.number; });
}

}  // namespace node
