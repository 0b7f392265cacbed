#include "tests/sim/node_process.h"

#include "node/node_name.h"
#include "tests/sim/node_parties.h"

namespace sim {
namespace {

constexpr const char* kLogDirectory = "/data/log";

node::Config config_of(const Host& host, const std::vector<std::string>& raft_peers) {
  std::vector<std::string> arguments = {"--port", "6379", "--cluster-announce-ip", host.ip()};
  if (!raft_peers.empty()) arguments.push_back("--raft-peers");
  arguments.insert(arguments.end(), raft_peers.begin(), raft_peers.end());
  node::Config config;
  const auto loaded = config.load_arguments(arguments);
  DEMAND(loaded.ok(), "the configuration was refused");
  DEMAND(config.finish().ok(), "the configuration does not fit together");
  return config;
}

}  // namespace

NodeProcess::NodeProcess(Host& host, Surroundings world, Chance chance)
    : host_(host),
      world_(world),
      chance_(chance),
      files_(host.files),
      peers_(std::make_unique<PeerParty>(*this)),
      clients_(std::make_unique<ClientParty>(*this)),
      consensus_actor_(world.scheduler, [this] { turn_consensus(); }),
      service_actor_(world.scheduler, [this] { turn_service(); }),
      log_actor_(world.scheduler, [this] { run_log(); }),
      state_actor_(world.scheduler, [this] { run_state(); }) {
  open_storage();
  world_.network.listen(host_.number, host_.raft_address(), *peers_);
  world_.network.listen(host_.number, host_.client_address(), *clients_);
  wake_soon(consensus_actor_);
  wake_soon(service_actor_);
}

NodeProcess::~NodeProcess() = default;

void NodeProcess::open_storage() {
  const auto checkpoint = host_.store.open();
  DEMAND(checkpoint.ok(), "the state store does not open");
  log_ = std::make_unique<persistence::SegmentLog>(
      files_, kLogDirectory,
      persistence::SegmentLogOptions{.segment_bytes = world_.sizes.segment_bytes,
                                     .ballast_bytes = 4096});
  const auto contents = log_->open(base::kFirstGroup);
  DEMAND(contents.ok(), "the log does not open: " + contents.error().text());
  auto recovered = node::recover(base::kFirstGroup, contents.value(), checkpoint.value());
  DEMAND(recovered.ok(), recovered.error().text());
  if (!recovered.value().repairs.empty())
    DEMAND(log_->append(recovered.value().repairs).ok(), "the repairs of the log failed");
  world_.checks.on_start(host_.number, recovered.value().restored);
  log_worker_ = std::make_unique<node::LogWorker>(*log_);
  state_worker_ = std::make_unique<node::StateWorker>(host_.store, world_.sizes.chunk_bytes);
  node::ServiceOptions options = service_options(checkpoint.value());
  node::ConsensusOptions consensus = consensus_options(std::move(recovered.value().restored));
  consensus.epoch = options.epoch;
  consensus_ = std::make_unique<node::Consensus>(std::move(consensus));
  service_ =
      std::make_unique<node::Service>(std::move(options), config_of(host_, world_.raft_peers));
}

node::ConsensusOptions NodeProcess::consensus_options(raft::Restored restored) {
  const Sizes& sizes = world_.sizes;
  node::ConsensusOptions options;
  options.self = host_.id;
  options.seed = chance_.next();
  options.raft_peers = world_.raft_peers;
  options.announcement = {
      .host = host_.ip(), .client_port = 6379, .raft_port = 16379, .hostname = {}};
  options.election_timeout_min = sizes.election_timeout_min;
  options.heartbeat_interval = sizes.heartbeat_interval;
  options.append_bytes_max = sizes.append_bytes;
  options.inflight_appends_max = sizes.inflight_appends;
  options.cache_bytes_max = sizes.cache_bytes;
  options.catch_up_entries_max = sizes.catch_up_entries;
  options.restored = std::move(restored);
  return options;
}

node::ServiceOptions NodeProcess::service_options(
    const std::optional<raft::SnapshotMeta>& checkpoint) {
  node::ServiceOptions options;
  options.self = host_.id;
  options.epoch = chance_.next() | 1;
  options.seed = chance_.next();
  options.checkpoint = checkpoint;
  options.run_id = node::node_name(base::NodeId(options.epoch));
  options.version = "simulated";
  options.checkpoint_limits = {.log_bytes_min = world_.sizes.checkpoint_log_bytes,
                               .slice_bytes = world_.sizes.checkpoint_slice_bytes,
                               .in_flight_bytes_max = 4 * world_.sizes.checkpoint_slice_bytes};
  return options;
}

// ---- consensus ----

void NodeProcess::turn_consensus() {
  const auto receive = [this](auto message) { consensus_->receive(std::move(message)); };
  bool has_more = service_to_consensus_.take(chance_, receive);
  has_more |= log_to_consensus_.take(chance_, receive);
  has_more |= state_to_consensus_.take(chance_, receive);
  node::ConsensusOutput out = consensus_->turn(clocks());
  carry_out(out);
  if (raft() != nullptr) world_.checks.on_turn(host_.number, *raft());
  if (has_more || consensus_->has_more_to_send()) wake_soon(consensus_actor_);
  consensus_actor_.wake(host_.clock.when(out.next_deadline, scheduler().now()) +
                        chance_.between(1, host_.turn_delay_most));
}

void NodeProcess::check_append(const node::ToLog& request) {
  const auto* append = std::get_if<node::LogAppend>(&request);
  if (append != nullptr) world_.checks.on_log_write(host_.number, append->write);
}

void NodeProcess::carry_out(node::ConsensusOutput& out) {
  say(out.lines);
  DEMAND(!out.fatal, host_.name() + " gave up: " + out.fatal.value_or(""));
  for (node::ToLog& request : out.to_log) {
    check_append(request);
    to_log_.push_back(std::move(request));
    wake_soon(log_actor_);
  }
  for (node::ToState& request : out.to_state) {
    to_state_.push_back(std::move(request));
    wake_soon(state_actor_);
  }
  for (node::FromConsensus& message : out.to_service) {
    if (const auto* leadership = std::get_if<node::Leadership>(&message))
      world_.checks.on_role(host_.number, host_.id, *leadership);
    if (const auto* committed = std::get_if<node::Committed>(&message))
      world_.checks.on_committed(host_.number, committed->entries);
    if (const auto* read = std::get_if<node::ReadReady>(&message)) {
      DEMAND(read->index.value() >= reads_[read->id],
             host_.name() + " would answer a read behind what had been chosen when it was asked");
    }
    consensus_to_service_.put(std::move(message));
    wake_soon(service_actor_);
  }
  peers_->carry_out(out);
}

// ---- service ----

void NodeProcess::turn_service() {
  const auto receive = [this](auto message) { service_->receive(std::move(message)); };
  bool has_more = consensus_to_service_.take(chance_, receive);
  has_more |= state_to_service_.take(chance_, receive);
  node::ServiceOutput out = service_->turn(clocks());
  carry_out(out);
  // At once behind a start or an install, then now and then, all nodes at the same positions.
  constexpr std::uint64_t kDigestEvery = 3;
  if (service_->applied() != applied_ && out.is_serving) {
    const bool is_first = applied_ == base::LogIndex();
    applied_ = service_->applied();
    if (is_first || applied_.value() % kDigestEvery == 0)
      world_.checks.on_applied(host_.number, applied_, service_->state_digest());
  }
  if (is_stopping_ && (service_->is_drained() || scheduler().now() >= stop_deadline_))
    wish_ = Wish::kStopped;
  if (has_more) wake_soon(service_actor_);
  service_actor_.wake(host_.clock.when(out.next_deadline, scheduler().now()) +
                      chance_.between(1, host_.turn_delay_most));
}

void NodeProcess::carry_out(node::ServiceOutput& out) {
  say(out.lines);
  DEMAND(!out.fatal, host_.name() + " gave up: " + out.fatal.value_or(""));
  for (node::ToConsensus& message : out.to_consensus) {
    if (const auto* read = std::get_if<node::AskRead>(&message))
      reads_[read->id] = world_.checks.last_chosen();
    service_to_consensus_.put(std::move(message));
    wake_soon(consensus_actor_);
  }
  for (node::ToState& request : out.to_state) {
    to_state_.push_back(std::move(request));
    wake_soon(state_actor_);
  }
  clients_->carry_out(out);
}

void NodeProcess::say(const std::vector<node::LogLine>& lines) {
  for (const node::LogLine& line : lines) world_.trace.say(host_.name(), line.text);
}

// ---- faults and the end ----

void NodeProcess::pause(Part part, Time until) {
  const auto pauses = [&](Part one, Actor& actor) {
    if (part != one && part != Part::kAll) return;
    actor.pause(until);
    actor.wake(until);
  };
  pauses(Part::kConsensus, consensus_actor_);
  pauses(Part::kService, service_actor_);
  pauses(Part::kLog, log_actor_);
  pauses(Part::kState, state_actor_);
}

void NodeProcess::begin_stop() {
  if (std::exchange(is_stopping_, true)) return;
  stop_deadline_ = scheduler().now() + 4 * kSecond;
  service_->begin_stop();
  wake_soon(service_actor_);
}

bool NodeProcess::is_leader() const {
  return raft() != nullptr && raft()->role() == raft::Role::kLeader;
}

void NodeProcess::end(bool loses_power) {
  leave_half_done();
  world_.network.abandon(*peers_, !loses_power);
  world_.network.abandon(*clients_, !loses_power);
  if (loses_power) host_.files.lose_power();
  host_.store.lose_power();
}

}  // namespace sim
