#include "node/consensus/outgoing.h"

#include <algorithm>
#include <utility>

namespace node {

void Outgoing::answer(std::uint64_t request, std::string error) {
  tell(ClusterRequestDone{base::kFirstGroup, request, std::move(error)});
}

void Outgoing::hand_out_messages(ConsensusOutput& out) {
  for (FromConsensus& message : std::exchange(to_service_, {}))
    out.to_service.push_back(std::move(message));
}

void Outgoing::hand_out(base::Instant now, ConsensusOutput& out) {
  for (LogLine& line : std::exchange(lines_, {})) out.lines.push_back(std::move(line));
  hand_out_messages(out);
  out.identity = std::exchange(identity_, {});
  out.old_copy = std::exchange(old_copy_, {});
  out.restarts = std::exchange(must_restart_, false);
  if (std::exchange(must_turn_again_, false)) out.next_deadline = std::min(out.next_deadline, now);
}

}  // namespace node
