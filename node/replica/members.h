// One meaning on all members (DESIGN decision 26): by which rules batches are proposed, and what
// becomes of a node that has come to another state than the majority. Invariant: rules are proposed
// that every member of the membership in force has said it knows, and never lower ones than the log
// has already.
#pragma once

#include <cstdint>
#include <map>

#include "node/replica/agreement.h"
#include "node/replica/ground.h"
#include "node/replica/terms.h"

namespace node {

class Members {
 public:
  Members(Ground& ground, const Terms& terms)
      : ground_(ground), terms_(terms), agreement_(ground.options.self) {}

  [[nodiscard]] std::uint32_t rules_to_propose() const;
  // All of them know these rules, and the log is at them.
  [[nodiscard]] bool have_rules(std::uint32_t rules) const {
    return rules_to_propose() >= rules && ground_.engine.rules() >= rules;
  }
  [[nodiscard]] bool is_alone() const { return ground_.membership.members.size() <= 1; }
  // What rules they know.
  [[nodiscard]] bool have_all_spoken() const;
  // DESIGN decision 9: the only member is asked by nobody and needs no evidence. A second voter is
  // made only of a learner whose coming is applied here, so this ends before it can exist.
  [[nodiscard]] bool reads_need_no_evidence() const { return terms_.is_sole_voter() && is_alone(); }
  void on_applied() { agreement_.on_applied(own_report()); }
  void on_loaded() { agreement_.on_loaded(own_report()); }
  void on(const AppliedTold& message);
  void compare(bool is_loading);

 private:
  [[nodiscard]] AppliedReport own_report() const;
  void tell(const AppliedReport& report);
  void tell_of(const Agreement::Difference& difference);

  Ground& ground_;
  const Terms& terms_;
  Agreement agreement_;
  std::map<NodeId, std::uint32_t> rules_heard_;  // known by the members
  base::Instant report_due_{};
};

}  // namespace node
