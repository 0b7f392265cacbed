// Whether the members have come to the same by applying the same entries (DESIGN decision 26). The
// leader names a position now and then; each member tells all others its running digest there as
// soon as it has applied that far; each judges for itself. A value, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "node/messages/applied_report.h"
#include "raft/types.h"

namespace node {

class Agreement {
 public:
  explicit Agreement(base::NodeId self) : self_(self) {}

  // An entry was applied; reports are kept for a while, as others may ask about them later.
  void on_applied(const AppliedReport& own);
  // Another state was loaded: what was applied before is forgotten.
  void on_loaded(const AppliedReport& own);
  // A member's report. It is a question as well: this node will tell its own for that position.
  void on_report(base::NodeId from, const AppliedReport& report);
  // A leader's: the newest position that was applied, if there is one that it has not asked about.
  void ask();

  // Own reports to be told to all members, each once.
  [[nodiscard]] std::vector<AppliedReport> take_own();

  struct Difference {
    enum class Who { kSelf, kOther, kUnknown };  // is contradicted by a majority of the voters
    Who who = Who::kUnknown;
    base::NodeId other;  // kOther
    base::LogIndex index;
  };
  // What came to light since the last call; each member that differs once.
  [[nodiscard]] std::vector<Difference> judge(const raft::Membership& membership);

 private:
  static constexpr std::size_t kKeptMax = 4096;    // own reports
  static constexpr std::size_t kPositionsMax = 8;  // that are being compared
  struct Position {
    std::map<base::NodeId, AppliedReport> reports;
    bool is_own_told = false;
  };

  [[nodiscard]] const AppliedReport* own_at(base::LogIndex index) const;
  void open(base::LogIndex index);
  void judge(base::LogIndex index, const Position& position, const raft::Membership& membership,
             std::vector<Difference>& found);

  base::NodeId self_;
  std::vector<AppliedReport> kept_;  // by index modulo kKeptMax
  AppliedReport newest_;
  base::LogIndex asked_;
  std::map<base::LogIndex, Position> positions_;
  std::set<base::NodeId> named_;  // as one that differs
  bool is_split_named_ = false;
  bool has_news_ = false;
};

}  // namespace node
