#include "node/consensus/consensus.h"

#include <utility>

#include "node/consensus/machine.h"

namespace node {

Consensus::Consensus(ConsensusOptions options)
    : machine_(std::make_unique<Machine>(std::move(options))) {}
Consensus::~Consensus() = default;

void Consensus::on_link_up(LinkId link, std::string_view remote_address) {
  machine_->links().on_up(link, remote_address);
}
void Consensus::on_link_bytes(LinkId link, std::string_view bytes) {
  machine_->links().on_bytes(link, bytes);
}
void Consensus::on_link_down(LinkId link, std::string_view reason) {
  machine_->links().on_down(link, reason);
}
void Consensus::on_link_sent(LinkId link, std::size_t unsent_bytes) {
  machine_->links().on_sent(link, unsent_bytes);
}
void Consensus::receive(ToConsensus message) { machine_->receive(std::move(message)); }
void Consensus::receive(FromLog message) { machine_->receive(std::move(message)); }
void Consensus::receive(FromState message) { machine_->receive(std::move(message)); }
void Consensus::on_service_activity(const ServiceActivity& activity) {
  machine_->on_service_activity(activity);
}
bool Consensus::has_more_to_send() const { return machine_->links().has_more_to_send(); }
ConsensusOutput Consensus::turn(const base::Clocks& clocks) { return machine_->turn(clocks.now); }
const raft::Raft* Consensus::group(GroupId id) const {
  const Group* group = machine_->groups().find(id);
  return group == nullptr ? nullptr : &group->raft();
}

}  // namespace node
