// The machine that a node runs on: what survives the end of its process. A dead process leaves
// everything it wrote; a power failure leaves what was synced and, of the rest, whatever the disk
// happened to have taken.
#pragma once

#include <string>

#include "persistence/memory_store.h"
#include "persistence/simulated_file_system.h"
#include "tests/sim/node_clock.h"

namespace sim {

// How a node of this world is set up; drawn once for a world.
struct Sizes {
  std::uint64_t segment_bytes = 16 * 1024;
  std::uint64_t checkpoint_log_bytes = 8 * 1024;
  std::size_t checkpoint_slice_bytes = 512;
  std::size_t chunk_bytes = 512;
  std::size_t append_bytes = 2 * 1024;
  std::size_t inflight_appends = 4;
  std::size_t cache_bytes = 8 * 1024;
  std::uint64_t catch_up_entries = 50;
  base::Duration election_timeout_min = base::milliseconds(250);
  base::Duration heartbeat_interval = base::milliseconds(50);
};

struct Host {
  Host(std::size_t index, Chance& chance)
      : number(index), id(base::NodeId(chance.next() | 1)), clock(chance), files(chance.next()) {}

  [[nodiscard]] std::string name() const { return "node" + std::to_string(number); }
  [[nodiscard]] std::string ip() const { return "10.0.0." + std::to_string(number + 1); }
  [[nodiscard]] std::string raft_address() const { return ip() + ":16379"; }
  [[nodiscard]] std::string client_address() const { return ip() + ":6379"; }

  const std::size_t number;
  const base::NodeId id;
  NodeClock clock;
  persistence::SimulatedFileSystem files;
  persistence::MemoryStore store;
  // How slow its parts are: the most that one action of each takes.
  Time log_delay_most = 2 * kMillisecond;
  Time state_delay_most = 5 * kMillisecond;
  Time turn_delay_most = 200;
};

}  // namespace sim
