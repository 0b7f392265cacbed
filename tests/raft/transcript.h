// An interpreter of scenarios over raft cores: commands in, what the nodes do as text out. Nothing
// happens by itself: clocks move, messages arrive and disks finish only when a command says so, so
// that a transcript shows one exact order of events. Commands: tests/raft/testdata/README.md.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "raft/raft.h"

namespace raft_test {

using raft::NodeId;

// One line for a message, such as "1>2 append term 3 after 4/2: 5/3 six; commit 4".
[[nodiscard]] std::string describe(const raft::Message& message);
[[nodiscard]] std::string describe(const raft::Persist& persist);
[[nodiscard]] std::string_view role_name(raft::Role role);

class Transcript {
 public:
  Transcript() { options_.promotes_learners = false; }
  // The output of one command; "error: ..." for a command that makes no sense.
  [[nodiscard]] std::string run(const std::string& command);

 private:
  struct Machine {
    std::unique_ptr<raft::Raft> core;  // null: down
    raft::HardState hard;              // from here on: what is on its disk
    raft::SnapshotMeta snapshot;
    std::vector<raft::EntryPtr> log;
    std::vector<std::string> state;  // applied payloads up to the snapshot
    std::deque<raft::Persist> writing;
    bool has_amnesia = false;
    bool is_slow = false;
    std::vector<raft::EntryRead> reads;  // of old entries, unanswered (slow disks only)
    std::vector<std::string> applied;    // payloads, in order
    raft::LogIndex committed, discardable;
    std::vector<std::string> incoming;  // of an install
  };
  using Words = std::vector<std::string>;

  // ---- commands ----
  void make_nodes(const Words& words);
  void set_option(const Words& words);
  void deliver(const Words& words);
  void beat(const Words& words);
  void drop(const Words& words);
  void shuffle(const Words& words);
  void sync(const Words& words);
  void crash(const Words& words);
  void cut_power(const Words& words);
  void start(const Words& words);
  void checkpoint(const Words& words);
  bool change_members(const Words& words);
  void show(const Words& words);
  bool run_input(const Words& words);
  bool run_network(const Words& words);

  // ---- carrying out ----
  void input(NodeId id, raft::Input in);
  void carry_out(NodeId id, raft::Output& out);
  void tell(NodeId id, const raft::Output& out);
  void answer_reads(NodeId id, const std::vector<raft::EntryRead>& reads);
  void answer_snapshots(NodeId id, const raft::Output& out);
  void finish_write(NodeId id);
  void write_down(Machine& machine, const raft::Persist& persist);
  void apply(NodeId id, raft::LogIndex committed);
  void post(const raft::Message& message);
  bool deliver_one(const std::string& link);
  [[nodiscard]] raft::Restored restored(const Machine& machine) const;
  void line(const std::string& text) { out_ += text + "\n"; }
  Machine& machine(const std::string& name);

  raft::Options options_;
  raft::Membership founders_;
  std::map<NodeId, Machine> machines_;
  std::map<std::string, std::deque<raft::Message>> links_;  // "1>2"
  std::vector<NodeId> cut_off_;
  bool is_quiet_ = false;
  std::int64_t now_us_ = 1'000'000;
  std::uint64_t proposals_ = 0;
  std::string out_;
};

}  // namespace raft_test
