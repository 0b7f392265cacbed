#include "tests/node/harness_cluster.h"

#include <algorithm>
#include <utility>

namespace node_test {

Cluster::Running::Running(node::ConsensusOptions options, Node& node,
                          const std::optional<raft::SnapshotMeta>& checkpoint)
    : consensus(std::move(options)),
      log_worker(*node.log),
      state_worker(*node.state),
      service(checkpoint) {}

Cluster::Cluster(std::size_t count, std::uint64_t seed) : network(seed), prng_(seed) {
  for (std::size_t i = 0; i < count; ++i) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->address = "host" + std::to_string(i) + ":7000";
    network.listen(i, nodes_.back()->address);
    network.crash(i);
    empty_directory(i);
  }
}

Cluster::~Cluster() = default;

void Cluster::empty_directory(std::size_t node) {
  at(node).id = base::NodeId(prng_.next());
  at(node).log = std::make_unique<MemoryLog>();
  at(node).state = std::make_unique<MemoryState>();
  at(node).identity = {};
}

void Cluster::copy_directory(std::size_t from, std::size_t to) {
  at(to).id = at(from).id;
  at(to).log = std::make_unique<MemoryLog>(*at(from).log);
  at(to).state = std::make_unique<MemoryState>(*at(from).state);
}

std::vector<std::string> Cluster::addresses() const {
  std::vector<std::string> all;
  for (const auto& node : nodes_) all.push_back(node->address);
  return all;
}

void Cluster::start(std::size_t index, std::vector<std::string> raft_peers) {
  Node& node = at(index);
  CHECK(!node.running);
  using persistence::Standing;
  if (node.identity.standing == Standing::kReborn) {  // as server/ does it
    const persistence::Identity identity = node.identity;
    empty_directory(index);
    node.id = identity.node;
    node.identity = identity;
    node.identity.standing = identity.join.empty() ? Standing::kUsual : Standing::kJoining;
  }
  const auto checkpoint = node.state->open();
  const auto contents = node.log->open(base::kFirstGroup);
  auto recovered = node::recover(base::kFirstGroup, contents.value(), checkpoint.value());
  CHECK(recovered.ok());
  if (!recovered.value().repairs.empty()) CHECK(node.log->append(recovered.value().repairs).ok());
  node::ConsensusOptions options;
  options.self = node.id;
  options.epoch = prng_.next();
  options.seed = prng_.next();
  options.raft_peers = raft_peers.empty() ? addresses() : std::move(raft_peers);
  options.announcement.client_port = 6000;
  options.announcement.raft_port = node.raft_port;
  options.restored = recovered.value().restored;
  options.promises = contents.value().remembered;
  if (node.identity.standing == Standing::kRemoved) options.restored = {};
  options.identity = node.identity;
  options.is_cluster_enabled = node.is_cluster_enabled;
  options.wants_vote = node.wants_vote;
  node.raft_peers = options.raft_peers;
  if (options.raft_peers == std::vector<std::string>{"alone"}) options.raft_peers.clear();
  network.revive(index);
  node.fatal.clear();
  node.running = std::make_unique<Running>(std::move(options), node, checkpoint.value());
}

void Cluster::start_all() {
  for (std::size_t i = 0; i < size(); ++i) start(i);
}

void Cluster::start_alone(std::size_t node) { start(node, {"alone"}); }

void Cluster::crash(std::size_t node) {
  at(node).running.reset();
  network.crash(node);
}

const raft::Raft* Cluster::raft(std::size_t node) const {
  return nodes_[node]->running ? nodes_[node]->running->consensus.group(base::kFirstGroup)
                               : nullptr;
}

std::optional<std::size_t> Cluster::leader() const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < size(); ++i) {
    const bool leads = raft(i) != nullptr && raft(i)->role() == raft::Role::kLeader;
    if (leads && (!found || raft(i)->term() > raft(*found)->term())) found = i;
  }
  return found;
}

bool Cluster::are_all_born() const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is_born(i)) return false;
  }
  return true;
}

bool Cluster::has_line(std::size_t node, std::string_view part) const {
  const auto& lines = nodes_[node]->lines;
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

// -- time

void Cluster::run(std::int64_t ms) {
  for (std::int64_t i = 0; i < ms; ++i) step();
}

bool Cluster::run_until(const std::function<bool()>& claim, std::int64_t ms) {
  for (std::int64_t i = 0; i < ms; ++i) {
    if (claim()) return true;
    step();
  }
  return claim();
}

void Cluster::step() {
  ++now_ms_;
  for (const NetworkEvent& event : network.advance(now_ms_)) take(event);
  constexpr int kRoundsMax = 50;  // a node that never comes to rest would be a bug
  for (std::size_t i = 0; i < size(); ++i) {
    int rounds = 0;
    while (work(i)) CHECK(++rounds < kRoundsMax);
  }
}

void Cluster::take(const NetworkEvent& event) {
  if (!is_up(event.node)) return;
  Running& running = *at(event.node).running;
  running.is_touched = true;
  switch (event.kind) {
    case NetworkEvent::Kind::kUp: return running.consensus.on_link_up(event.link, event.text);
    case NetworkEvent::Kind::kBytes: return running.consensus.on_link_bytes(event.link, event.text);
    case NetworkEvent::Kind::kDown: return running.consensus.on_link_down(event.link, event.text);
    case NetworkEvent::Kind::kSent:
      return running.consensus.on_link_sent(event.link, event.unsent_bytes);
  }
}

bool Cluster::work(std::size_t index) {
  if (!is_up(index)) return false;
  bool has_worked = work_consensus(index);
  if (!is_up(index)) return false;
  Node& node = at(index);
  has_worked = work_log(node) || has_worked;
  has_worked = work_state(node) || has_worked;
  return work_service(node) || has_worked;
}

bool Cluster::work_log(Node& node) {
  Running& running = *node.running;
  if (node.is_log_stalled) return false;
  std::vector<node::FromLog> answers;
  if (running.log_worker.is_waiting_for_space() && now_ms_ % 1000 == 0 && !node.log->is_full) {
    answers = running.log_worker.retry().value();
  }
  if (!running.log_queue.empty()) {
    if (running.log_busy_since_ms < 0) running.log_busy_since_ms = now_ms_;
    if (now_ms_ >= running.log_busy_since_ms + node.log_delay_ms) {
      running.log_busy_since_ms = -1;
      auto more = running.log_worker.handle(std::exchange(running.log_queue, {})).value();
      answers.insert(answers.end(), more.begin(), more.end());
    }
  }
  for (node::FromLog& answer : answers) {
    running.consensus.receive(std::move(answer));
    running.is_touched = true;
  }
  return !answers.empty();
}

bool Cluster::work_state(Node& node) {
  Running& running = *node.running;
  if (node.is_state_stalled || running.state_queue.empty()) return false;
  for (node::ToState& request : std::exchange(running.state_queue, {})) {
    for (node::StateReply& reply : running.state_worker.handle(std::move(request)).value()) {
      if (reply.to == node::Asker::kService) {
        running.service.receive(std::move(reply.message));
      } else {
        running.consensus.receive(std::move(reply.message));
        running.is_touched = true;
      }
    }
  }
  return true;
}

bool Cluster::work_service(Node& node) {
  Running& running = *node.running;
  bool has_worked = false;
  if (!running.service.is_stalled) {
    for (node::FromConsensus& message : std::exchange(running.service_queue, {})) {
      running.service.receive(std::move(message));
      has_worked = true;
    }
  }
  for (node::ToConsensus& message : std::exchange(running.service.to_consensus, {})) {
    running.consensus.receive(std::move(message));
    running.is_touched = has_worked = true;
  }
  for (node::ToState& message : std::exchange(running.service.to_state, {})) {
    running.state_queue.push_back(std::move(message));
    has_worked = true;
  }
  return has_worked;
}

bool Cluster::work_consensus(std::size_t index) {
  Running& running = *at(index).running;
  const base::Instant now{base::milliseconds(now_ms_)};
  if (!running.is_touched && running.deadline > now) return false;
  running.is_touched = false;
  ++running.turns;
  node::ConsensusOutput out = running.consensus.turn({.now = now, .wall_ms = now_ms_});
  running.deadline = out.next_deadline;
  if (on_output && !on_output(index, out)) {
    crash(index);
    return false;
  }
  carry_out(index, std::move(out));
  return true;
}

void Cluster::carry_out(std::size_t index, node::ConsensusOutput out) {
  Node& node = at(index);
  for (const node::LogLine& line : out.lines) node.lines.push_back(line.text);
  if (out.fatal) {
    node.fatal = *out.fatal;
    return crash(index);
  }
  if (out.old_copy) {  // as the server does: the files are set aside
    node.old_copy = *out.old_copy;
    CHECK(out.restarts);
    empty_directory(index);
  }
  if (out.identity) {
    node.identity = *out.identity;
    if (on_identity && !on_identity(index)) return crash(index);
  }
  Running& running = *node.running;
  for (const node::Dial& dial : out.dials) network.dial(index, dial.link, dial.address);
  for (const node::LinkBytes& send : out.sends) network.send(index, send.link, send.bytes);
  for (const LinkId link : out.closes) network.close(index, link);
  for (node::ToLog& request : out.to_log) running.log_queue.push_back(std::move(request));
  for (node::ToState& request : out.to_state) running.state_queue.push_back(std::move(request));
  for (node::FromConsensus& message : out.to_service)
    running.service_queue.push_back(std::move(message));
  if (out.restarts) begin_next_life(index);
}

void Cluster::begin_next_life(std::size_t index) {
  for (node::FromConsensus& message : std::exchange(at(index).running->service_queue, {}))
    at(index).running->service.receive(std::move(message));
  last_answers = at(index).running->service.answers;
  ++at(index).lives;
  crash(index);
  start(index, at(index).raft_peers);
}

}  // namespace node_test
