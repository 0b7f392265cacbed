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

// Consensus -> service, of the leader: a member's. Answered by ProposeBatch with its `guest`, or by
// AnswerForward.
struct BatchForwarded {
  base::GroupId group;
  base::NodeId from;
  std::uint64_t epoch = 0;  // of the member's run
  ForwardBatch batch;
};
// It is not proposed, or not again.
struct AnswerForward {
  base::GroupId group;
  base::NodeId to;
  std::uint64_t epoch = 0;
  base::Term term;
  std::uint64_t id = 0;
  bool is_taken = false;  // before; where is not known any more
};

// Whose batch it is that a leader proposes for another member, which is told so by the leader's
// consensus in the turn that appends it.
struct GuestBatch {
  base::NodeId member;
  std::uint64_t epoch = 0;
  std::uint64_t id = 0;  // as the member calls it
  // In which it was sent: the only one in whose log it may stand.
  base::Term term;
};

}  // namespace node
