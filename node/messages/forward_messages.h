// Batches of a member that does not lead, on their way to its leader, and what comes back
// (docs/decisions/forwarded-batches.md). An entry carries such a batch with the seed that its
// sender gave it; that is how the sender knows it again when it applies the log.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace node {

// Service -> consensus: to the leader of `term`. Answered by ForwardAnswered, unless a link lost
// it.
struct ForwardBatch {
  base::GroupId group;
  base::Term term;
  std::uint64_t id = 0;
  // The batch before this one, if its sender has not heard that it was taken in this term; else 0.
  std::uint64_t previous = 0;
  std::string payload;
};
struct ForwardAnswered {
  base::GroupId group;
  base::Term term;
  std::uint64_t id = 0;
  bool is_taken = false;  // it is in the log of the leader, which may lose it with its term
};

// Consensus -> service, of the leader: a member's. Answered by AnswerForward.
struct BatchForwarded {
  base::GroupId group;
  base::NodeId from;
  std::uint64_t epoch = 0;  // of the member's run
  ForwardBatch batch;
};
struct AnswerForward {
  base::GroupId group;
  base::NodeId to;
  std::uint64_t epoch = 0;
  base::Term term;
  std::uint64_t id = 0;
  bool is_taken = false;
  base::LogIndex index;  // where; none: it is not known any more
};

}  // namespace node
