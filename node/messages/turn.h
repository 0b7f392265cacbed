// One turn of the service machine as its rooms share it: what time it is, and what leaves when the
// turn ends, in the order in which it was put here. Inputs between turns may add to it as well.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "node/messages/messages.h"

namespace node {

struct Turn {
  base::Clocks clocks;
  base::Instant next_deadline{};  // another turn is due then at the latest
  std::vector<ToConsensus> to_consensus;
  std::vector<ToState> to_state;
  std::vector<LogLine> lines;
  std::optional<std::string> fatal;  // the node must stop with this error

  [[nodiscard]] base::Instant now() const { return clocks.now; }
  void due(base::Instant when) { next_deadline = std::min(next_deadline, when); }
  void line(LogLevel level, std::string text) { lines.push_back({level, std::move(text)}); }
};

}  // namespace node
