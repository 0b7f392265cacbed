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
  // `founders` machines whose nodes found a cluster, and `spares` that may be invited to it later.
  World(std::size_t founders, std::size_t spares, const Sizes& sizes, Chance chance,
        bool is_verbose);

  void run_for(Time duration);
  // False if the claim does not come true within `most`.
  bool run_until(const std::function<bool()>& claim, Time most);

  void start(std::size_t host);
  void crash(std::size_t host, bool loses_power);
  // Whoever has been started before and is down.
  void start_all();
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] std::size_t founders() const { return founders_; }
  [[nodiscard]] bool was_started(std::size_t host) const { return was_started_[host]; }
  // Of the cluster that clients speak with, as last chosen.
  [[nodiscard]] bool is_member(std::size_t host) const {
    return checks.members().find(hosts_[host]->id()) != nullptr;
  }
  [[nodiscard]] bool is_up(std::size_t host) const { return processes_[host] != nullptr; }
  [[nodiscard]] NodeProcess& process(std::size_t host) { return *processes_[host]; }
  [[nodiscard]] const NodeProcess& process(std::size_t host) const { return *processes_[host]; }
  [[nodiscard]] Host& host(std::size_t host) { return *hosts_[host]; }
  [[nodiscard]] std::optional<std::size_t> leader() const;
  // Whose node never votes, if there is one.
  [[nodiscard]] std::optional<std::size_t> read_replica() const;
  // All members are up, one leads, and all have applied what has been chosen anywhere.
  [[nodiscard]] bool is_level() const;
  // Each member is one of the hosts; else one that lost its directory waits to be replaced.
  [[nodiscard]] bool is_whole() const;
  // Where members are removed a removal under way may take the majority that a lost one leaves.
  void keep_directories() { loses_directories_ = false; }
  // Nothing is lost with it: all others have all of it, and go on.
  [[nodiscard]] bool may_lose_directory(std::size_t host) const;
  [[nodiscard]] std::string state_in_words() const;

  Scheduler scheduler;
  Counters counters;
  Trace trace;
  Network network;
  ClusterChecks checks;

 private:
  void reap();
  [[nodiscard]] bool may_lose_power(std::size_t host) const;

  Chance chance_;
  Sizes sizes_;
  std::size_t founders_;
  bool loses_directories_ = true;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<bool> was_started_;
  std::vector<std::unique_ptr<NodeProcess>> processes_;  // null: down
};

}  // namespace sim
