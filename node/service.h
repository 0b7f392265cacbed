// The service machine of a node: client sessions, the engine, replies, checkpoints and loading.
// Bytes, messages and the time go in; at the end of a turn everything to do comes out as one value.
// Replies are written straight into each session's output buffer, which the driver reads (unsent)
// and consumes (on_written). Thread: service.
//
// Order: the commands of one connection take effect and answer in the order sent (DESIGN section
// 3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stopwatch.h"
#include "base/time.h"
#include "engine/command.h"
#include "node/config/applying.h"
#include "node/replica/checkpointer.h"
#include "node/config/config.h"
#include "node/messages/messages.h"

namespace node {

enum class Door : std::uint8_t { kPort, kPlainPort, kUnixSocket };  // sentinel-port, tls: later

struct ConnectInfo {
  Door door = Door::kPort;
  std::string remote_address;  // "127.0.0.1:51234", or the socket's path and ":0"
  std::string local_address;
  bool is_loopback = false;  // for protected mode
};

struct ServiceOptions {
  NodeId self;
  std::uint64_t epoch = 0;  // as in ConsensusOptions
  std::uint64_t seed = 0;
  std::optional<raft::SnapshotMeta> checkpoint;  // what the state store holds: loaded first
  std::string run_id;                            // 40 hex digits
  std::string version;                           // of Quorate
  std::string build_id;
  std::uint64_t process_id = 0;
  std::string executable, config_file, os, compiler;  // for INFO
  Applying* applying = nullptr;  // outlives the service; nullptr: nobody wants to know
  const base::Stopwatch* stopwatch = nullptr;  // outlives the service; nullptr: nothing takes time
  engine::CommandWatch* command_watch = nullptr;  // outlives the service; nullptr: nobody
  // Smaller in the simulator: see CheckpointLimits.
  CheckpointLimits checkpoint_limits;
};

struct ServiceOutput {
  std::vector<base::ConnectionId> dirty;            // have unsent bytes now
  std::vector<base::ConnectionId> closes;           // close after what is unsent has been written
  std::vector<base::ConnectionId> kills;            // close at once
  std::vector<base::ConnectionId> pauses, resumes;  // stop, go on reading from it
  std::vector<ToConsensus> to_consensus;
  std::vector<ToState> to_state;
  std::vector<LogLine> lines;
  base::Duration sleep{};  // DEBUG SLEEP: the service thread sleeps this long before its next turn
  std::optional<std::string> config_rewrite;  // CONFIG REWRITE: new text of the configuration file
  bool wants_shutdown = false;                // SHUTDOWN
  bool is_serving = false;                    // loading is over
  std::optional<std::string>
      fatal;  // the node must stop with this error (a checkpoint that cannot be loaded)
  base::Instant next_deadline;
};

// What only the driver can know of the process, for INFO and MEMORY; refreshed about each second.
struct ProcessFacts {
  std::uint64_t resident_bytes = 0, allocated_bytes = 0, total_system_bytes = 0;
  std::uint64_t active_bytes = 0;  // pages that hold allocations
  std::uint64_t allocator_resident_bytes = 0;
  std::uint64_t startup_bytes = 0;  // allocated_bytes when first told; the service keeps it
  double user_cpu_s = 0, system_cpu_s = 0;
  double service_user_cpu_s = 0, service_system_cpu_s = 0;  // of the thread that serves clients
  std::string_view allocator = "libc";                      // name and version; a literal
};

// As the configuration says it.
[[nodiscard]] Announcement announcement_of(const Config& config);

class Service {
 public:
  Service(ServiceOptions options, Config config);
  ~Service();

  // False: over maxclients; the driver writes unsent() (the error) and closes.
  bool on_connect(base::ConnectionId connection, const ConnectInfo& info);
  void on_bytes(base::ConnectionId connection, std::string_view bytes);
  void on_disconnect(base::ConnectionId connection);
  [[nodiscard]] std::string_view unsent(base::ConnectionId connection) const;
  void on_written(base::ConnectionId connection, std::size_t bytes);
  // What was written since the last turn lets sessions go on: another turn is due at once.
  [[nodiscard]] bool wants_turn() const;
  void receive(FromConsensus message);
  void receive(FromState message);
  void set_process_facts(const ProcessFacts& facts);
  // The config file was rewritten, or not (reason).
  void on_config_rewritten(std::string_view error);
  // SIGTERM: takes no new commands, hands over, answers what is under way; `is_drained` says when
  // to exit.
  void begin_stop();
  [[nodiscard]] bool is_drained() const;

  // Ends the turn at `clocks`: batches close, replies are ready, deadlines are looked at.
  [[nodiscard]] ServiceOutput turn(const base::Clocks& clocks);

  [[nodiscard]] const Config& config() const;
  // For the simulator's checks only.
  [[nodiscard]] std::uint64_t state_digest() const;
  [[nodiscard]] LogIndex applied() const;
  // The term in which reads of the last turn needed nothing because of a lease.
  [[nodiscard]] std::optional<Term> leased_term() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace node
