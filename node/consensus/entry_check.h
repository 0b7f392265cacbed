// Whether what a peer's message brings can be applied: an entry that is once in the log is applied
// by all, so what cannot be read must not get there (DESIGN decision 25). Cost: O(elements), their
// words are not looked at.
#pragma once

#include "raft/message.h"

namespace node {

[[nodiscard]] bool can_be_applied(const raft::Message& message);

}  // namespace node
