// The machine that a node runs on: what survives the end of its process. A dead process leaves
// everything it wrote; a power failure leaves what was synced and, of the rest, whatever the disk
// happened to have taken.
#pragma once

#include <string>
#include <vector>

#include "node/messages/sync_policy.h"
#include "persistence/log_note.h"
#include "persistence/simulated_file_system.h"
#include "tests/sim/host_store.h"
#include "tests/sim/node_clock.h"

namespace sim {

inline constexpr const char* kLogDirectory = "/data/log";

// How a node of this world is set up; drawn once for a world.
struct Sizes {
  std::uint64_t segment_bytes = 16 * 1024;
  std::uint64_t ballast_bytes = 4096;
  std::uint64_t checkpoint_log_bytes = 8 * 1024;
  std::size_t checkpoint_slice_bytes = 512;
  std::size_t chunk_bytes = 512;
  std::size_t append_bytes = 2 * 1024;
  std::size_t inflight_appends = 4;
  std::size_t cache_bytes = 8 * 1024;
  std::uint64_t catch_up_bytes = 10000;
  node::SyncPolicy sync_policy = node::SyncPolicy::kAlways;
  base::Duration election_timeout_min = base::milliseconds(250);
  base::Duration heartbeat_interval = base::milliseconds(50);
  base::Duration service_timeout = base::milliseconds(30'000);
  bool uses_leases = false;  // read-mode lease
  bool uses_sqlite = false;  // checkpoints go there, not into memory
  std::int64_t clock_drift_percent_max = 5;
};

struct Host {
  Host(std::size_t index, Chance& of_world, bool uses_sqlite)
      : number(index),
        chance(of_world.split()),
        clock(of_world),
        files(of_world.next()),
        store(uses_sqlite) {
    identity.node = base::NodeId(of_world.next() | 1);
  }

  // As a start of the server does: what belongs to an earlier life is thrown away.
  void open_directory() {
    if (identity.standing != persistence::Standing::kReborn) return;
    files = persistence::SimulatedFileSystem(chance.next());
    store.clear();
    identity.standing = persistence::Standing::kJoining;
  }
  // Another disk, with nothing on it: whoever starts here is somebody else.
  void lose_directory() {
    files = persistence::SimulatedFileSystem(chance.next());
    store.clear();
    identity = {.node = base::NodeId(chance.next() | 1)};
  }
  [[nodiscard]] base::NodeId id() const { return identity.node; }
  [[nodiscard]] bool may_vote() const { return wants_vote || changes_mind; }
  [[nodiscard]] bool is_removed() const {
    return identity.standing == persistence::Standing::kRemoved;
  }

  [[nodiscard]] std::string name() const { return "node" + std::to_string(number); }
  [[nodiscard]] std::string ip() const { return "10.0.0." + std::to_string(number + 1); }
  [[nodiscard]] std::string raft_address() const { return ip() + ":16379"; }
  [[nodiscard]] std::string boot_id() const { return "boot " + std::to_string(boots); }
  // Acknowledged entries may be missing here (or will be found to be, at the next start).
  [[nodiscard]] bool may_have_forgotten() {
    const auto note = persistence::read_note(files, kLogDirectory);
    return note && note.value() &&
           (note.value()->is_forgetful ||
            (note.value()->is_unsynced && note.value()->boot_id != boot_id()));
  }
  [[nodiscard]] std::string client_address() const { return ip() + ":6379"; }
  [[nodiscard]] std::string plain_address() const { return ip() + ":6380"; }

  const std::size_t number;
  Chance chance;
  std::vector<std::string> raft_peers;  // as configured
  bool wants_vote = true;               // raft-voter
  bool changes_mind = false;            // about that, at each start as a member
  persistence::Identity identity;       // of its directory
  NodeClock clock;
  persistence::SimulatedFileSystem files;
  HostStore store;
  std::uint64_t boots = 1;
  // How slow its parts are: the most that one action of each takes.
  Time log_delay_most = 2 * kMillisecond;
  Time state_delay_most = 5 * kMillisecond;
  Time turn_delay_most = 200;
  Time log_stall = 0;  // that its next action takes longer
};

}  // namespace sim
