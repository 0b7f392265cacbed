// Whole clusters of consensus machines in one thread under virtual time: N nodes with their log and
// state workers, disks in memory, a ListService each, joined by the byte pipes of Network. A step
// is one millisecond. Disks and services can be slowed or stalled, nodes crashed (losing what their
// workers had not written) and started again on what they had written.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/consensus/consensus.h"
#include "node/disk/workers.h"
#include "tests/node/harness_disk.h"
#include "tests/node/harness_network.h"
#include "tests/node/harness_service.h"

namespace node_test {

class Cluster {
 public:
  // Nodes are called "host0:7000", "host1:7000", ... and start when told to.
  Cluster(std::size_t count, std::uint64_t seed);
  ~Cluster();

  // `raft_peers` empty: all nodes of the cluster. A node keeps its id and its disk.
  void start(std::size_t node, std::vector<std::string> raft_peers = {});
  void start_all();
  void start_alone(std::size_t node);
  // The process dies: what its workers have not written is lost.
  void crash(std::size_t node);
  // Another disk and a new id.
  void empty_directory(std::size_t node);
  // `to` gets the id and the disk of `from` (a copied directory).
  void copy_directory(std::size_t from, std::size_t to);

  void run(std::int64_t ms);
  // False if it does not become true within `ms`.
  bool run_until(const std::function<bool()>& claim, std::int64_t ms);

  struct Running;  // what a crash takes away
  struct Node {
    base::NodeId id;
    std::string address;
    std::unique_ptr<MemoryLog> log;
    std::unique_ptr<MemoryState> state;
    std::unique_ptr<Running> running;
    std::int64_t log_delay_ms = 0;  // a write and its sync take this long
    bool is_log_stalled = false, is_state_stalled = false;
    persistence::Identity identity;
    std::string old_copy;  // why the last life ended, if it was shown to have one
    bool is_cluster_enabled = true, wants_vote = true;
    std::vector<std::string> raft_peers;  // as it was started
    std::size_t lives = 1;
    std::uint16_t raft_port = 7000;
    std::string fatal;               // what ended it
    std::vector<std::string> lines;  // of all its runs
  };
  struct Running {
    Running(node::ConsensusOptions options, Node& node,
            const std::optional<raft::SnapshotMeta>& checkpoint);
    node::Consensus consensus;
    node::LogWorker log_worker;
    node::StateWorker state_worker;
    ListService service;
    std::vector<node::ToLog> log_queue;
    std::int64_t log_busy_since_ms = -1;
    std::vector<node::ToState> state_queue;
    std::vector<node::FromConsensus> service_queue;
    base::Instant deadline{};
    bool is_touched = true;  // something came in since the last turn
    std::uint64_t turns = 0;
  };
  [[nodiscard]] Node& at(std::size_t node) { return *nodes_[node]; }
  [[nodiscard]] ListService& service(std::size_t node) { return nodes_[node]->running->service; }
  [[nodiscard]] const raft::Raft* raft(std::size_t node) const;
  [[nodiscard]] bool is_up(std::size_t node) const { return nodes_[node]->running != nullptr; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::optional<std::size_t> leader() const;
  [[nodiscard]] bool is_born(std::size_t node) const { return raft(node) != nullptr; }
  [[nodiscard]] bool are_all_born() const;
  [[nodiscard]] bool has_line(std::size_t node, std::string_view part) const;
  [[nodiscard]] std::vector<std::string> addresses() const;
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  Network network;
  // Called before each turn's output is carried out; a test may look at or end the node by
  // returning false.
  std::function<bool(std::size_t, const node::ConsensusOutput&)> on_output;
  // Called when an identity has been written; false: the process dies there.
  std::function<bool(std::size_t)> on_identity;
  std::map<std::uint64_t, std::string> last_answers;  // of the node that began its next life last

 private:
  void step();
  void take(const NetworkEvent& event);
  bool work(std::size_t node);
  bool work_log(Node& node);
  bool work_state(Node& node);
  bool work_service(Node& node);
  bool work_consensus(std::size_t node);
  void carry_out(std::size_t node, node::ConsensusOutput out);
  void begin_next_life(std::size_t node);

  std::vector<std::unique_ptr<Node>> nodes_;
  base::Prng prng_;
  std::int64_t now_ms_ = 1000;
};

}  // namespace node_test
