// A cluster of raft cores in one thread under virtual time, with a network that loses, delays and
// repeats messages, disks that make persists durable late, crashes that lose what was not durable,
// checkpoints and snapshot streams. Each step checks the safety properties of the paper (figure 3);
// a violated one throws std::logic_error with its name.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "raft/raft.h"

namespace raft_test {

using raft::NodeId;

struct Disk {  // what survives a crash
  raft::HardState hard;
  raft::SnapshotMeta snapshot;     // checkpoint
  std::vector<std::string> state;  // the state at the checkpoint: applied payloads
  raft::SnapshotMeta log_base;     // the log follows this
  std::vector<raft::EntryPtr> log;
  raft::LogIndex synced;  // appendfsync everysec: behind it a power failure may take entries
  bool has_amnesia = false;
};

struct Node {
  NodeId id;            // a new one in each life
  bool is_out = false;  // removed; its next life begins later
  Disk disk;
  std::unique_ptr<raft::Raft> core;   // null: down
  std::deque<raft::Persist> writing;  // not yet durable
  std::vector<std::string> state;     // applied payloads
  raft::LogIndex applied;
  raft::Term applied_term;
  raft::Membership members;           // as applied
  std::vector<std::string> incoming;  // snapshot being received
  base::Instant paused_until{};
  bool has_recalled = false;  // to be noted when all that was written before is there
};

struct Faults {
  unsigned loss_percent = 0, repeat_percent = 0;
  std::int64_t delay_ms_max = 3, disk_ms_max = 3;
  unsigned crash_permille = 0, power_permille = 0, pause_permille = 0, checkpoint_permille = 5,
           propose_percent = 20, read_percent = 10;
  // Of 10,000 steps of a node: leadership handed over, a link lost, a stream broken at either end,
  // a node removed (which comes again later, empty and under a new id), added or promoted.
  unsigned transfer = 0, link_loss = 0, stream_loss = 0, member_change = 0;
};

class Cluster {
 public:
  Cluster(std::size_t count, std::uint64_t seed);
  void run(std::int64_t ms, const Faults& faults);
  // Everything heals; true when all nodes have applied a fresh proposal within `ms`.
  bool converges(std::int64_t ms);
  void isolate(std::optional<std::size_t> node) { isolated_ = node; }
  [[nodiscard]] std::uint64_t elections() const { return elections_; }
  [[nodiscard]] std::uint64_t truncations() const { return truncations_; }
  [[nodiscard]] std::uint64_t installs() const { return installs_; }
  [[nodiscard]] std::uint64_t reads() const { return reads_; }
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  [[nodiscard]] std::uint64_t member_changes() const { return member_changes_; }
  [[nodiscard]] std::uint64_t lives() const { return lives_; }
  [[nodiscard]] std::size_t committed() const { return chosen_.size(); }

 private:
  struct Flying {
    std::int64_t at = 0;
    std::uint64_t order = 0;
    raft::Message message;
  };
  void start(Node& node);
  void crash(Node& node);
  void lose_power(Node& node);
  void note_recall(Node& node);
  void input(Node& node, raft::Input in);
  void carry_out(Node& node, raft::Output& out);
  void make_durable(Node& node);
  void apply(Node& node, raft::LogIndex committed);
  void checkpoint(Node& node);
  void post(const raft::Message& message);
  void tick(const Faults& faults);
  void disturb(Node& node, const Faults& faults);
  void change_members(Node& node);
  void begin_new_life(Node& node);
  void look_for_removed();
  Node& node_of(NodeId id) { return nodes_[(id.value() - 1) % nodes_.size()]; }
  [[nodiscard]] base::Instant now() const { return base::Instant(base::milliseconds(now_ms_)); }
  Node* leader();

  base::Prng prng_;
  std::vector<Node> nodes_;
  std::vector<Flying> flying_;
  std::int64_t now_ms_ = 1000;
  std::uint64_t order_ = 0, next_payload_ = 1, next_read_ = 1;
  Faults faults_;
  std::optional<std::size_t> isolated_;
  raft::Membership chosen_members_;          // the newest committed anywhere
  std::set<NodeId> met_;                     // members at some time, committed: never added again
  std::map<std::uint64_t, NodeId> leaders_;  // term -> its only leader
  std::vector<std::string> chosen_;          // index-1 -> payload, as first applied anywhere
  std::map<std::uint64_t, std::uint64_t>
      read_floor_;  // read id -> committed anywhere when it was asked
  std::uint64_t elections_ = 0, truncations_ = 0, installs_ = 0, reads_ = 0, member_changes_ = 0,
                lives_ = 0;
  std::uint64_t losses_ = 0;  // power failures that took entries
};

}  // namespace raft_test
