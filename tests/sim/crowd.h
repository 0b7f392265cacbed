// All clients of a world, what they did and were told, and the judgement of it at the end.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/world.h"

namespace sim {

class Crowd {
 public:
  // The clients' machines follow those of the nodes.
  Crowd(World& world, std::size_t clients, Chance chance);

  // Each thinks up to `pace` between two pipelines.
  void begin(Time pace);
  // Demands that, now that nothing fails, every node and every client goes on; starts whoever is
  // down.
  void demand_progress();
  // Everybody falls silent, every key is read once more, and all histories are judged.
  void judge();

  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] HostId host_of(std::size_t client) const { return world_.size() + client; }
  [[nodiscard]] const Client& client(std::size_t number) const { return *clients_[number]; }
  [[nodiscard]] std::uint64_t done() const;
  // Where clients look for nodes.
  [[nodiscard]] std::vector<std::string>& addresses() { return shared_.addresses; }

 private:
  void demand_idleness();
  void read_everything();
  void judge_histories();

  void add_client(Habit habit, Chance& chance);
  [[nodiscard]] Source& source_of(std::size_t client);

  World& world_;
  History history_;
  TokenCheck tokens_;
  Workload workload_;
  ReadWork reads_;
  ClientWorld shared_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Habit> habits_;
};

}  // namespace sim
