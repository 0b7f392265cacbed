// What a node without a cluster answers to its own service.
#pragma once

#include <optional>

#include "node/messages/consensus_messages.h"

namespace node {

// nullopt: nobody waits for an answer. Takes a batch's payload back out of the message.
[[nodiscard]] std::optional<FromConsensus> refusal_of_unborn(ToConsensus& message);

}  // namespace node
