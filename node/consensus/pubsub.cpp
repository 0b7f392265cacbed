// What subscribers' sides of nodes say to each other, on its way through the consensus machine.
#include <utility>

#include "base/codec.h"
#include "node/consensus/machine.h"

namespace node {

// For the service alone, which makes nothing of what it cannot read.
void Consensus::Machine::on_pubsub(NodeId from, WireMessage& said) {
  base::Decoder in(said.body);
  const GroupId group(in.u32());
  if (!in.ok() || !groups_.contains(group)) return;
  said.body.erase(0, sizeof(std::uint32_t));
  if (said.body.empty()) return pubsub_.on_asked(from);
  if (pubsub_.takes(from, said.kind, said.body.size()))
    for_service_.emplace_back(PubsubTold{group, from, std::move(said.body)});
}

void Consensus::Machine::tell_pubsub(const TellPubsub& message) {
  for (const raft::Member& member : groups_.at(message.group).raft().membership().members)
    if (member.id != options_.self) pubsub_.tell(message, member.id, links_);
}

void Consensus::Machine::finish_pubsub() {
  if (!groups_.empty())
    pubsub_.finish(groups_.begin()->second.raft().membership(), links_, for_service_);
}

}  // namespace node
