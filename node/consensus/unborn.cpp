#include "node/consensus/unborn.h"

#include <utility>

namespace node {

std::optional<FromConsensus> refusal_of_unborn(ToConsensus& message) {
  if (auto* batch = std::get_if<ProposeBatch>(&message)) {
    return BatchRefused{batch->group, batch->id, raft::RefusalReason::kNotLeader,
                        std::move(batch->payload)};
  }
  if (const auto* forwarded = std::get_if<ForwardBatch>(&message))
    return ForwardAnswered{forwarded->group, forwarded->term, forwarded->id, false};
  if (const auto* read = std::get_if<AskRead>(&message)) return ReadDenied{read->group, read->id};
  if (const auto* transfer = std::get_if<BeginTransfer>(&message))
    return TransferDone{transfer->group, false, "this node belongs to no cluster yet"};
  return std::nullopt;
}

}  // namespace node
