#include "node/peers/dial_plan.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "node/peers/patience.h"

namespace node {

std::vector<LinkId> DialPlan::set_targets(const std::vector<DialTarget>& targets) {
  std::map<std::string, Target> kept;
  for (const DialTarget& target : targets) {
    const auto known = targets_.find(target.address);
    Target& planned = kept[target.address];
    if (known != targets_.end()) planned = known->second;
    planned.expected = target.expected;
  }
  std::vector<LinkId> unwanted;
  for (const auto& [address, former] : std::exchange(targets_, std::move(kept))) {
    if (!former.link.is_none() && !targets_.contains(address)) unwanted.push_back(former.link);
  }
  return unwanted;
}

std::vector<LinkId> DialPlan::links() const {
  std::vector<LinkId> links;
  for (const auto& [address, target] : targets_) {
    if (!target.link.is_none()) links.push_back(target.link);
  }
  return links;
}

LinkId DialPlan::link_to(const std::string& address) const {
  const auto target = targets_.find(address);
  return target == targets_.end() ? LinkId() : target->second.link;
}

std::vector<DialTarget> DialPlan::due(base::Instant now) const {
  std::vector<DialTarget> due;
  for (const auto& [address, target] : targets_) {
    if (target.waits() && target.next_dial <= now)
      due.push_back({.address = address, .expected = target.expected});
  }
  return due;
}

base::Instant DialPlan::next_due() const {
  base::Instant next = base::Instant::max();
  for (const auto& [address, target] : targets_) {
    if (target.waits()) next = std::min(next, target.next_dial);
  }
  return next;
}

void DialPlan::on_dialled(const std::string& address, LinkId link) {
  Target& target = targets_.at(address);
  CHECK(target.waits());
  target.link = link;
}

bool DialPlan::on_ended(const std::string& address, LinkId link, base::Duration lived,
                        base::Instant now) {
  const auto found = targets_.find(address);
  if (found == targets_.end() || found->second.link != link) return false;
  Target& target = found->second;
  target.link = LinkId();
  if (lived >= kLinkLived) target.failures = 0;
  const auto delay = std::min(kRedialMax, kRedialMin * (1 << std::min(target.failures, 5U)));
  const auto jitter =
      static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(delay.count() / 2)));
  target.next_dial = now + delay + base::Duration(jitter);
  ++target.failures;
  return true;
}

void DialPlan::hurry(NodeId peer, base::Instant now) {
  for (auto& [address, target] : targets_) {
    const bool is_wanted = target.expected == peer || target.expected.is_none();
    if (is_wanted && target.link.is_none()) target.next_dial = std::min(target.next_dial, now);
  }
}

void DialPlan::on_self(const std::string& address) {
  const auto target = targets_.find(address);
  if (target != targets_.end()) target->second.is_self = true;
}

void DialPlan::on_stranger(const std::string& address, NodeId stranger, base::Instant now) {
  const auto target = targets_.find(address);
  if (target == targets_.end()) return;
  target->second.stranger = stranger;
  target->second.stranger_heard = now;
}

std::optional<NodeId> DialPlan::stranger_at(const raft::Member& member, base::Instant now) const {
  const auto target = targets_.find(member.address);
  if (target == targets_.end()) return {};
  const bool is_there = target->second.expected == member.id &&
                        !target->second.stranger.is_none() &&
                        now - target->second.stranger_heard < kLostPatience;
  return is_there ? std::optional(target->second.stranger) : std::nullopt;
}

}  // namespace node
