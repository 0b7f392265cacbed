// How checkpoints, loading and memory of a replica stand, for INFO and its like. Values.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace node {

struct CheckpointStatus {
  bool is_running = false;
  bool was_last_ok = true;
  base::UnixMillis last_done_ms = 0;  // LASTSAVE; the start of the process if none since
  base::Instant started{};            // of the running one
  std::int64_t last_seconds = -1;
  std::uint64_t changes_at_begin = 0;  // Engine::changes() when the last one was begun
  std::uint64_t log_bytes_since = 0;
  std::uint64_t count = 0;
};

struct LoadingStatus {
  bool is_loading = false;
  base::UnixMillis started_ms = 0;
  base::Instant started{};
  std::uint64_t loaded_bytes = 0, total_bytes = 0;
};

// maxmemory was exceeded.
struct MemoryShortage {
  base::Instant since{};    // zero: it is not
  base::Duration before{};  // and was for so long before
};

}  // namespace node
