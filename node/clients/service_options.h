// What the service is told of its node and its process. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/stopwatch.h"
#include "engine/command/command.h"
#include "node/config/applying.h"
#include "node/messages/messages.h"
#include "node/replica/checkpointer.h"

namespace node {

struct ServiceOptions {
  NodeId self;
  std::uint64_t epoch = 0;  // as in ConsensusOptions
  std::uint64_t seed = 0;
  std::string secret;      // random bytes that nobody can guess: passwords are made of it
  std::string users_text;  // of the ACL file that the configuration names
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

}  // namespace node
