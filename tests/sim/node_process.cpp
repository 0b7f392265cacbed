#include "tests/sim/node_process.h"

#include "node/messages/node_name.h"
#include "tests/sim/node_parties.h"

namespace sim {
namespace {

// The promise about clocks that those of this world keep (world.cpp); one percent is more than any
// is off by itself.
std::int64_t drift_percent_max(const Sizes& sizes) {
  constexpr std::int64_t kWithoutLeases = 10;
  return sizes.uses_leases ? std::max<std::int64_t>(1, sizes.clock_drift_percent_max)
                           : kWithoutLeases;
}

node::Config config_of(const Host& host, const Sizes& sizes) {
  std::vector<std::string> arguments = {"--port",
                                        "6379",
                                        "--plain-port",
                                        "6380",
                                        "--cluster-announce-ip",
                                        host.ip(),
                                        "--cluster-enabled",
                                        "yes",
                                        "--raft-clock-drift-max",
                                        std::to_string(drift_percent_max(sizes))};
  if (sizes.tells_events) arguments.insert(arguments.end(), {"--notify-keyspace-events", "EA"});
  if (!host.raft_peers.empty()) arguments.push_back("--raft-peers");
  arguments.insert(arguments.end(), host.raft_peers.begin(), host.raft_peers.end());
  node::Config config;
  const auto loaded = config.load_arguments(arguments);
  DEMAND(loaded.ok(), "the configuration was refused");
  DEMAND(config.finish().ok(), "the configuration does not fit together");
  return config;
}

}  // namespace

NodeProcess::NodeProcess(Host& host, Surroundings world, Chance chance)
    : host_(host),
      id_(host.id()),
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
  world_.network.listen(host_.number, host_.plain_address(), clients_->plain_door());
  wake_soon(consensus_actor_);
  wake_soon(service_actor_);
}

NodeProcess::~NodeProcess() = default;

std::optional<raft::SnapshotMeta> NodeProcess::recover(node::ConsensusOptions& options) {
  const auto checkpoint = host_.store.open();
  DEMAND(checkpoint.ok(), "the state store does not open");
  const auto contents = log_->open(base::kFirstGroup);
  DEMAND(contents.ok(), "the log does not open: " + contents.error().text());
  auto recovered = node::recover(base::kFirstGroup, contents.value(), checkpoint.value());
  DEMAND(recovered.ok(), recovered.error().text());
  if (!recovered.value().repairs.empty())
    DEMAND(log_->append(recovered.value().repairs).ok(), "the repairs of the log failed");
  options.restored = std::move(recovered.value().restored);
  options.promises = contents.value().remembered;
  world_.checks.on_start(host_.number, host_.id(), options.restored);
  return checkpoint.value();
}

void NodeProcess::open_storage() {
  host_.open_directory();
  log_ = std::make_unique<persistence::SegmentLog>(
      files_, kLogDirectory,
      persistence::SegmentLogOptions{.segment_bytes = world_.sizes.segment_bytes,
                                     .ballast_bytes = world_.sizes.ballast_bytes,
                                     .boot_id = host_.boot_id(),
                                     .salt = host_.boots});
  node::ConsensusOptions consensus = consensus_options();
  std::optional<raft::SnapshotMeta> checkpoint;
  if (host_.is_removed())
    world_.checks.on_removed_start(host_.number);
  else
    checkpoint = recover(consensus);
  log_worker_ = std::make_unique<node::LogWorker>(*log_, world_.sizes.sync_policy);
  state_worker_ = std::make_unique<node::StateWorker>(host_.store, world_.sizes.chunk_bytes);
  node::ServiceOptions options = service_options(checkpoint);
  consensus.epoch = options.epoch;
  consensus_ = std::make_unique<node::Consensus>(std::move(consensus));
  service_ = std::make_unique<node::Service>(std::move(options), config_of(host_, world_.sizes));
}

node::ConsensusOptions NodeProcess::consensus_options() {
  const Sizes& sizes = world_.sizes;
  node::ConsensusOptions options;
  options.self = host_.id();
  options.seed = chance_.next();
  options.raft_peers = host_.raft_peers;
  options.announcement = {
      .host = host_.ip(), .client_port = 6379, .raft_port = 16379, .hostname = {}};
  options.election_timeout_min = sizes.election_timeout_min;
  options.heartbeat_interval = sizes.heartbeat_interval;
  options.service_timeout = sizes.service_timeout;
  options.uses_leases = sizes.uses_leases;
  options.wants_vote = host_.wants_vote;
  options.clock_drift_percent_max = sizes.clock_drift_percent_max;
  options.append_bytes_max = sizes.append_bytes;
  options.inflight_appends_max = sizes.inflight_appends;
  options.cache_bytes_max = sizes.cache_bytes;
  options.catch_up_bytes_max = sizes.catch_up_bytes;
  options.identity = host_.identity;
  options.is_cluster_enabled = true;
  return options;
}

node::ServiceOptions NodeProcess::service_options(
    const std::optional<raft::SnapshotMeta>& checkpoint) {
  node::ServiceOptions options;
  options.self = host_.id();
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
  bool has_more = true;
  if (!consensus_turn_.clocks) {
    has_more = service_to_consensus_.take(chance_, receive);
    has_more |= log_to_consensus_.take(chance_, receive);
    has_more |= state_to_consensus_.take(chance_, receive);
  }
  if (holds(consensus_turn_, consensus_actor_)) return;
  node::ConsensusOutput out = consensus_->turn(*consensus_turn_.clocks);
  if (raft() != nullptr) world_.checks.on_commit(host_.number, raft()->committed());
  carry_out(out);
  end_turn(consensus_turn_);
  if (raft() != nullptr) world_.checks.on_turn(host_.number, *raft());
  if (has_more || consensus_->has_more_to_send()) wake_soon(consensus_actor_);
  consensus_actor_.wake(host_.clock.when(out.next_deadline, scheduler().now()) +
                        chance_.between(1, host_.turn_delay_most));
}

void NodeProcess::check_append(const node::ToLog& request) {
  const auto* append = std::get_if<node::LogAppend>(&request);
  if (append == nullptr) return;
  world_.checks.on_log_write(host_.number, append->write);
  for (const raft::EntryPtr& entry : append->write.entries) {
    if (entry->kind != raft::EntryKind::kMembership || host_.may_vote()) continue;
    const raft::Membership members = raft::decode_membership(entry->payload).value();
    const raft::Member* self = members.find(id_);
    DEMAND(self == nullptr || !self->is_voter, host_.name() + " never votes and is made a voter");
  }
}

void NodeProcess::check_role(const node::Leadership& leadership) {
  world_.checks.on_role(host_.number, id_, leadership);
  const bool stands =
      leadership.role != raft::Role::kFollower && leadership.role != raft::Role::kLearner;
  DEMAND(!stands || host_.may_vote(), host_.name() + " never votes, and stands for election");
}

// The identity is on the disk before anything that the output says leaves the node.
void NodeProcess::take_identity(const node::ConsensusOutput& out) {
  if (out.identity) host_.identity = *out.identity;
  if (!out.restarts) return;
  begins_new_life_ = true;
  begin_stop();
}

void NodeProcess::carry_out(node::ConsensusOutput& out) {
  say(out.lines);
  take_identity(out);
  DEMAND(!out.old_copy,
         host_.name() + " was taken for an older copy: " + out.old_copy.value_or(""));
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
    if (const auto* leadership = std::get_if<node::Leadership>(&message)) check_role(*leadership);
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
  bool has_more = true;
  if (!service_turn_.clocks) {
    has_more = consensus_to_service_.take(chance_, receive);
    has_more |= state_to_service_.take(chance_, receive);
  }
  if (holds(service_turn_, service_actor_)) return;
  node::ServiceOutput out = service_->turn(*service_turn_.clocks);
  if (const auto term = service_->leased_term()) {
    ++world_.checks.counters().leased_turns;
    DEMAND(term->value() >= service_turn_.leader_term,
           host_.name() + " reads by a lease of term " + std::to_string(term->value()) +
               " although there is a leader of term " + std::to_string(service_turn_.leader_term));
  }
  carry_out(out);
  end_turn(service_turn_);
  if (service_->applied() != applied_ && world_.checks.is_in_main(host_.number))
    world_.checks.log_reader().on_applied(service_->applied().value(), scheduler().now());
  // At once behind a start or an install, then now and then, all nodes at the same positions.
  constexpr std::uint64_t kDigestEvery = 50;
  if (service_->applied() != applied_ && out.is_serving) {
    const bool is_first = applied_ == base::LogIndex();
    applied_ = service_->applied();
    if (is_first || applied_.value() % kDigestEvery == 0)
      world_.checks.on_applied(host_.number, applied_, service_->state_digest());
  }
  if (is_stopping_ && (service_->is_drained() || scheduler().now() >= stop_deadline_))
    wish_ = begins_new_life_ ? Wish::kReborn : Wish::kStopped;
  if (has_more) wake_soon(service_actor_);
  service_actor_.wake(host_.clock.when(out.next_deadline, scheduler().now()) +
                      chance_.between(1, host_.turn_delay_most));
}

void NodeProcess::carry_out(node::ServiceOutput& out) {
  say(out.lines);
  DEMAND(!out.fatal, host_.name() + " gave up: " + out.fatal.value_or(""));
  for (node::ToConsensus& message : out.to_consensus) {
    if (const auto* read = std::get_if<node::AskRead>(&message))
      reads_[read->id] = world_.checks.last_chosen(host_.number);
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
  for (const node::LogLine& line : lines) {
    world_.trace.say(host_.name(), line.text);
    DEMAND(line.text.find("not believed") == std::string::npos, host_.name() + ": " + line.text);
  }
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

void NodeProcess::fail_disk_after(std::uint64_t changes) {
  may_disk_fail_ = true;
  if (chance_.percent(50)) return files_.die_after(changes);
  files_.fail_once_after(changes);
}

void NodeProcess::recover_from_faults() {
  checkpoint_crash_in_ = 0;
  consensus_turn_.until = service_turn_.until = 0;
  if (wish_ == Wish::kNone) files_.recover();
  for (Actor* actor : {&consensus_actor_, &service_actor_, &log_actor_, &state_actor_})
    actor->resume();
}

void NodeProcess::hold_turn(Part part, Time until) {
  const bool is_service = part == Part::kService;
  (is_service ? service_turn_ : consensus_turn_).until = until;
  wake_soon(is_service ? service_actor_ : consensus_actor_);
}

bool NodeProcess::holds(HeldTurn& turn, Actor& actor) {
  if (!turn.clocks) {
    turn.clocks = clocks();
    turn.leader_term = world_.checks.last_leader_term(host_.number);
  }
  if (scheduler().now() >= turn.until) return false;
  actor.pause(turn.until);
  actor.wake(turn.until);
  return true;
}

void NodeProcess::end_turn(HeldTurn& turn) {
  turn.clocks.reset();
  turn.until = 0;
  for (const auto& event : std::exchange(turn.missed, {})) event();
}

bool NodeProcess::misses(HeldTurn& turn, std::function<void()> event) {
  if (!turn.clocks) return false;
  turn.missed.push_back(std::move(event));
  return true;
}

void NodeProcess::begin_transfer() {
  service_to_consensus_.put(node::BeginTransfer{.group = base::kFirstGroup, .target = {}});
  wake_soon(consensus_actor_);
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
  if (wish_ == Wish::kStopped && !is_log_busy_) (void)log_worker_->on_stop();
  leave_half_done();
  world_.network.abandon(*peers_, !loses_power);
  world_.network.abandon(*clients_, !loses_power);
  world_.network.abandon(clients_->plain_door(), !loses_power);
  if (loses_power) {
    host_.files.lose_power();
    ++host_.boots;
  }
  host_.store.end_process();
}

}  // namespace sim
