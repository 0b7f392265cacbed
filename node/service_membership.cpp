// The cluster as its members change: what a membership entry means for reads, how a cluster of one
// ends, and a node that belongs to none (docs/decisions/membership.md).
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/failpoint.h"
#include "node/service_machine.h"

namespace node {

// DESIGN decision 9: the only member is asked by nobody and needs no evidence. A second voter is
// made only of a learner whose coming is applied here, so this ends before it can exist.
bool Service::Machine::reads_need_no_evidence() const {
  return leadership_.is_sole_voter && membership_.members.size() <= 1;
}

void Service::Machine::apply_membership(const raft::Entry& entry) {
  auto membership = raft::decode_membership(entry.payload);
  CHECK(membership.has_value());
  membership_ = std::move(*membership);
  FAILPOINT("membership.applied");
}

// DESIGN decision 13. What follows in this log takes no effect.
void Service::Machine::apply_dissolve(const raft::Entry& entry) {
  const auto databases = engine_.databases();
  const bool has_users = engine_.users().all().size() > 1;
  const bool is_empty = !has_users &&
                        std::all_of(databases.begin(), databases.end(),
                                    [](const auto& database) { return database.keys == 0; });
  out_.to_consensus.emplace_back(
      Dissolved{.group = base::kFirstGroup, .is_empty = is_empty, .payload = entry.payload});
  is_dissolved_ = is_empty;
  FAILPOINT_IF("dissolve.applied", is_empty);
  if (is_empty) stand_outside("CLUSTERDOWN this node is about to join another cluster");
}

// What was committed before is applied all the same: somebody may wait for its reply.
void Service::Machine::on(const LeftCluster& message) {
  on(Leadership{.group = message.group,
                .term = leadership_.term,
                .role = raft::Role::kLearner,
                .leader = {},
                .is_sole_voter = false});
  cluster_.is_born = false;
  stand_outside(message.why);
}

void Service::Machine::stand_outside(std::string why) {
  outside_ = std::move(why);
  serves_term_ = false;
  first_batch_ = 0;
  must_revisit_ = true;
  release_readers(true);
  doubt_lost_waits(true);
  std::vector<Waiter> unproposed = batcher_.abandon_open();
  settle_as(unproposed, WriteFate::kNever);
  wake_batch_stalled();
}

void Service::Machine::on(const ClusterRequestDone& message) {
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].kind != WaitingKind::kCluster || waiting_[i].request != message.id) continue;
    const WaitingCommand waiting = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    return end_waiting(waiting, message.error.empty() ? "+OK\r\n" : "-" + message.error + "\r\n");
  }
}

Announcement announcement_of(const Config& config) {
  const auto announced = [&config](const char* name, const char* otherwise) {
    const std::int64_t value = config.integer(name);
    return static_cast<std::uint16_t>(value != 0 ? value : config.integer(otherwise));
  };
  return {.host = config.text("cluster-announce-ip"),
          .client_port = announced("cluster-announce-port", "port"),
          .raft_port = announced("cluster-announce-bus-port", "raft-port"),
          .hostname = config.text("cluster-announce-hostname")};
}

void Service::Machine::announce_again() {
  out_.to_consensus.emplace_back(
      Announce{.group = base::kFirstGroup, .announcement = announcement_of(config_)});
}

}  // namespace node
