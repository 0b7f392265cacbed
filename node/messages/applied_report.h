// What a member says of itself about once a second: which rules it knows, and how its running
// digest stands at a position that it has applied (DESIGN decision 26). Its wire form is in
// docs/formats.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace node {

struct AppliedReport {
  std::uint32_t rules = 0;  // the highest number that the member's program knows
  base::LogIndex index;     // none: nothing is said of a position
  base::LogIndex since;     // engine::AppliedDigest
  std::uint64_t digest = 0;

  [[nodiscard]] bool agrees_with(const AppliedReport& other) const {
    return since == other.since && digest == other.digest;
  }
};

// Service -> consensus: to all members.
struct TellApplied {
  base::GroupId group;
  AppliedReport report;
};
// Consensus -> service: a member has told.
struct AppliedTold {
  base::GroupId group;
  base::NodeId from;
  AppliedReport report;
};

[[nodiscard]] std::string encode_report(const AppliedReport& report);
[[nodiscard]] std::optional<AppliedReport> decode_report(std::string_view bytes);

}  // namespace node
