// What a turn of the consensus machine asks of its driver. Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "node/messages/link_bytes.h"
#include "node/messages/messages.h"

namespace node {

struct ConsensusOutput {
  std::vector<Dial> dials;
  std::vector<LinkId> closes;
  std::vector<LinkBytes> sends;
  std::vector<ToLog> to_log;
  std::vector<ToState> to_state;
  std::vector<FromConsensus> to_service;
  std::vector<LogLine> lines;
  // Set when this node must stop with an error (a list that names no such node, a stranger's
  // cluster, ...).
  std::optional<std::string> fatal;
  // To be written durably before anything else of this output is carried out.
  std::optional<persistence::Identity> identity;
  // Another member has shown that this directory is an older copy (DESIGN decision 14): to be noted
  // as damage before the next life begins.
  std::optional<std::string> old_copy;
  // The node is to begin its next life, from what `identity` (of this turn or an earlier one) says:
  // clients get what is known to be theirs, then everything starts anew as after a restart.
  bool restarts = false;
  base::Instant next_deadline;
};

}  // namespace node
