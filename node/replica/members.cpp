#include "node/replica/members.h"

#include <algorithm>
#include <string>

#include "node/messages/names.h"

namespace node {
namespace {

constexpr auto kPeriod = base::milliseconds(1000);
constexpr auto kFoundersPeriod = base::milliseconds(100);  // of a cluster that has no rules yet

}  // namespace

std::uint32_t Members::rules_to_propose() const {
  std::uint32_t all_know = engine::kRulesKnown;
  for (const raft::Member& member : ground_.membership.members) {
    if (member.id == ground_.options.self) continue;
    const auto heard = rules_heard_.find(member.id);
    all_know = std::min(all_know, heard == rules_heard_.end() ? 0 : heard->second);
  }
  const bool has_members = !ground_.membership.members.empty();
  return std::max(ground_.engine.rules(), has_members ? all_know : 0);
}

bool Members::have_all_spoken() const {
  const auto has_spoken = [this](const raft::Member& member) {
    return member.id == ground_.options.self || rules_heard_.contains(member.id);
  };
  return std::ranges::all_of(ground_.membership.members, has_spoken);
}

AppliedReport Members::own_report() const {
  const engine::AppliedDigest digest = ground_.engine.applied_digest();
  return {.rules = engine::kRulesKnown,
          .index = ground_.applied,
          .since = digest.since,
          .digest = digest.value};
}

void Members::on(const AppliedTold& message) {
  if (ground_.membership.find(message.from) == nullptr) return;
  rules_heard_[message.from] = message.report.rules;
  agreement_.on_report(message.from, message.report);
}

void Members::tell(const AppliedReport& report) {
  ground_.turn.to_consensus.emplace_back(
      TellApplied{.group = ground_.options.group, .report = report});
}

void Members::compare(bool is_loading) {
  if (ground_.membership.members.size() < 2 || is_loading || terms_.is_outside()) return;
  if (ground_.turn.now() >= report_due_) {
    report_due_ =
        ground_.turn.now() + (ground_.engine.rules() == 0 ? kFoundersPeriod : kPeriod);
    if (terms_.is_leader()) agreement_.ask();
    tell({.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  }
  ground_.turn.due(report_due_);
  for (const AppliedReport& own : agreement_.take_own()) tell(own);
  for (const Agreement::Difference& difference : agreement_.judge(ground_.membership))
    tell_of(difference);
}

void Members::tell_of(const Agreement::Difference& difference) {
  const std::string position = std::to_string(difference.index.value());
  switch (difference.who) {
    case Agreement::Difference::Who::kSelf:
      ground_.turn.fatal = "this node has come to another state at position " + position +
                           " than the majority of the members: its state is wrong. Move its "
                           "directory away and start "
                           "it again; it comes back as a new node";
      break;
    case Agreement::Difference::Who::kOther:
      ground_.turn.line(LogLevel::kWarning,
                        short_name(difference.other) + " has come to another state at position " +
                            position + " than the majority of the members, and will stop");
      break;
    case Agreement::Difference::Who::kUnknown:
      ground_.turn.line(LogLevel::kWarning,
                        "the members have come to different states at position " + position +
                            " and no majority says which is right");
      break;
  }
}

}  // namespace node
