// A cluster in a box: machines, the processes on them, the network between, and what is checked all
// the time. It does nothing by itself but run; clients and faults act on it from outside.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/host.h"
#include "tests/sim/node_process.h"

namespace sim {

class World {
 public:
  World(std::size_t hosts, const Sizes& sizes, Chance chance, bool is_verbose);

  void run_for(Time duration);
  // False if the claim does not come true within `most`.
  bool run_until(const std::function<bool()>& claim, Time most);

  void start(std::size_t host);
  void crash(std::size_t host, bool loses_power);
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] bool is_up(std::size_t host) const { return processes_[host] != nullptr; }
  [[nodiscard]] NodeProcess& process(std::size_t host) { return *processes_[host]; }
  [[nodiscard]] const NodeProcess& process(std::size_t host) const { return *processes_[host]; }
  [[nodiscard]] Host& host(std::size_t host) { return *hosts_[host]; }
  [[nodiscard]] std::optional<std::size_t> leader() const;
  // All up, one leads, and all have applied what has been chosen anywhere.
  [[nodiscard]] bool is_level() const;
  [[nodiscard]] std::string state_in_words() const;

  Scheduler scheduler;
  Counters counters;
  Trace trace;
  Network network;
  ClusterChecks checks;

 private:
  void reap();

  Chance chance_;
  Sizes sizes_;
  std::vector<std::string> raft_peers_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<NodeProcess>> processes_;  // null: down
};

}  // namespace sim
