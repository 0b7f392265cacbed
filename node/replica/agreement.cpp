#include "node/replica/agreement.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace node {

void Agreement::on_applied(const AppliedReport& own) {
  if (kept_.empty()) kept_.resize(kKeptMax);
  kept_[own.index.value() % kKeptMax] = own;
  newest_ = own;
}

void Agreement::on_loaded(const AppliedReport& own) {
  kept_.clear();
  positions_.clear();
  asked_ = base::LogIndex();
  on_applied(own);
}

const AppliedReport* Agreement::own_at(base::LogIndex index) const {
  if (kept_.empty()) return nullptr;
  const AppliedReport& kept = kept_[index.value() % kKeptMax];
  return kept.index == index && !kept.since.is_none() ? &kept : nullptr;
}

// The oldest ones give way: a member that is far behind will be asked again.
void Agreement::open(base::LogIndex index) {
  positions_.try_emplace(index);
  if (positions_.size() > kPositionsMax) positions_.erase(positions_.begin());
}

void Agreement::on_report(base::NodeId from, const AppliedReport& report) {
  if (report.index.is_none()) return;
  open(report.index);
  const auto position = positions_.find(report.index);
  if (position == positions_.end()) return;
  position->second.reports[from] = report;
  has_news_ = true;
}

void Agreement::ask() {
  if (newest_.index <= asked_ || newest_.since.is_none()) return;
  asked_ = newest_.index;
  open(asked_);
}

std::vector<AppliedReport> Agreement::take_own() {
  std::vector<AppliedReport> own;
  for (auto& [index, position] : positions_) {
    const AppliedReport* found = own_at(index);
    if (found == nullptr || position.is_own_told) continue;
    position.is_own_told = has_news_ = true;
    position.reports[self_] = *found;
    own.push_back(*found);
  }
  return own;
}

std::vector<Agreement::Difference> Agreement::judge(const raft::Membership& membership) {
  std::vector<Difference> found;
  if (!std::exchange(has_news_, false)) return found;
  for (auto position = positions_.begin(); position != positions_.end();) {
    const auto& [index, content] = *position;
    if (content.is_own_told) judge(index, content, membership, found);
    const auto& members = membership.members;
    const bool is_complete =
        content.is_own_told &&
        std::all_of(members.begin(), members.end(), [&reports = content.reports](const auto& one) {
          return reports.contains(one.id);
        });
    position = is_complete ? positions_.erase(position) : std::next(position);
  }
  return found;
}

void Agreement::judge(base::LogIndex index, const Position& position,
                      const raft::Membership& membership, std::vector<Difference>& found) {
  const AppliedReport& own = position.reports.at(self_);
  const auto has_spoken = [&](const raft::Member& member) {
    return !member.is_voter || position.reports.contains(member.id);
  };
  const auto voters_like = [&](const AppliedReport& report) {
    std::size_t count = 0;
    for (const raft::Member& member : membership.members) {
      const auto said = position.reports.find(member.id);
      count +=
          member.is_voter && said != position.reports.end() && said->second.agrees_with(report);
    }
    return count;
  };
  const std::size_t majority = membership.voter_count() / 2 + 1;
  const bool is_own_majority = voters_like(own) >= majority;
  bool is_split = false;
  for (const raft::Member& member : membership.members) {
    const auto said = position.reports.find(member.id);
    if (said == position.reports.end() || said->second.agrees_with(own)) continue;
    if (voters_like(said->second) >= majority)
      return found.push_back({Difference::Who::kSelf, {}, index});
    if (is_own_majority && named_.insert(member.id).second)
      found.push_back({Difference::Who::kOther, member.id, index});
    if (!is_own_majority) is_split = true;
  }
  // All voters have spoken, and no majority says the same.
  if (is_split && std::all_of(membership.members.begin(), membership.members.end(), has_spoken) &&
      !std::exchange(is_split_named_, true))
    found.push_back({Difference::Who::kUnknown, {}, index});
}

}  // namespace node
