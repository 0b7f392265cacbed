// A batch on its way from the service into the log, and what consensus answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "node/messages/forward_messages.h"
#include "raft/raft.h"

namespace node {

struct ProposeBatch {
  base::GroupId group;
  std::uint64_t id = 0;
  std::string payload;
  // Of another member. None: of this node, which proposes it once, whatever the term.
  std::optional<GuestBatch> guest = {};
  // BatchRefused::refusals of the newest one that was heard of before this was proposed.
  std::uint64_t refusals_heard = 0;
};  // answered by BatchProposed or BatchRefused
struct BatchProposed {
  base::GroupId group;
  std::uint64_t id = 0;
  base::LogIndex index;
  base::Term term;
};
struct BatchRefused {
  base::GroupId group;
  std::uint64_t id = 0;
  raft::RefusalReason reason{};
  std::string payload = {};  // as it was proposed
  // How many batches of this node were turned away so far. What was proposed before it was heard of
  // the last one is turned away too: nothing of this node overtakes what is proposed elsewhere, or
  // again.
  std::uint64_t refusals = 0;
};

}  // namespace node
