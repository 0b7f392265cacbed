// One meaning on all members (DESIGN decision 26): by which rules batches are proposed, which are
// refused, and what becomes of a node that has come to another state than the majority.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "node/messages/names.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr auto kPeriod = base::milliseconds(1000);

}  // namespace

// The highest number that all members know, as far as they have been heard; never below what the
// log has already.
std::uint32_t Service::Machine::rules_to_propose() const {
  std::uint32_t all_know = engine::kRulesKnown;
  for (const raft::Member& member : membership_.members) {
    if (member.id == options_.self) continue;
    const auto heard = rules_heard_.find(member.id);
    all_know = std::min(all_know, heard == rules_heard_.end() ? 0 : heard->second);
  }
  return std::max(engine_.rules(), membership_.members.empty() ? 0 : all_know);
}

// Applied by other rules than are meant it would come to another state.
bool Service::Machine::knows_rules_of(const raft::Entry& entry) {
  if (entry.kind != raft::EntryKind::kBatch) return true;
  const engine::BatchReader reader(entry.payload);
  CHECK(reader.ok());
  if (reader.rules() <= engine::kRulesKnown) return true;
  out_.fatal = "entry " + std::to_string(entry.index.value()) + " is to be applied by rules " +
               std::to_string(reader.rules()) + ", this program knows those up to " +
               std::to_string(engine::kRulesKnown) + ": start the version of the other nodes here";
  return false;
}

AppliedReport Service::Machine::own_report() const {
  const engine::AppliedDigest digest = engine_.applied_digest();
  return {.rules = engine::kRulesKnown,
          .index = applied_,
          .since = digest.since,
          .digest = digest.value};
}

void Service::Machine::on(const AppliedTold& message) {
  if (membership_.find(message.from) == nullptr) return;
  rules_heard_[message.from] = message.report.rules;
  agreement_.on_report(message.from, message.report);
}

void Service::Machine::tell_members(const AppliedReport& report) {
  out_.to_consensus.emplace_back(TellApplied{.group = base::kFirstGroup, .report = report});
}

void Service::Machine::compare_with_members() {
  if (membership_.members.size() < 2 || loader_.is_loading() || is_outside()) return;
  if (clocks_.now >= report_rules_due_) {
    report_rules_due_ = clocks_.now + kPeriod;
    if (is_leader()) agreement_.ask();
    tell_members({.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  }
  due(report_rules_due_);
  for (const AppliedReport& own : agreement_.take_own()) tell_members(own);
  for (const Agreement::Difference& difference : agreement_.judge(membership_)) tell_of(difference);
}

void Service::Machine::tell_of(const Agreement::Difference& difference) {
  const std::string position = std::to_string(difference.index.value());
  switch (difference.who) {
    case Agreement::Difference::Who::kSelf:
      out_.fatal = "this node has come to another state at position " + position +
                   " than the majority of the members: its state is wrong. Move its directory away "
                   "and start it again; it comes back as a new node";
      break;
    case Agreement::Difference::Who::kOther:
      line(LogLevel::kWarning, short_name(difference.other) +
                                   " has come to another state at position " + position +
                                   " than the majority of the members, and will stop");
      break;
    case Agreement::Difference::Who::kUnknown:
      line(LogLevel::kWarning, "the members have come to different states at position " + position +
                                   " and no majority says which is right");
      break;
  }
}

}  // namespace node
