// A command that reads, as it is asked of the engine (Engine::query).
#pragma once

#include <cstdint>

#include "base/time.h"
#include "engine/command.h"

namespace engine {

struct Query {
  const CommandSpec* spec = nullptr;  // scope kRead
  Arguments argv;
  std::uint32_t database = 0;
  base::UnixMillis now_ms =
      0;  // the leader's log clock now (TTL counts from it), at least the log's time
  bool may_propose_time =
      true;  // false on a follower: a key past now_ms but not past the log's time is still there
  std::uint64_t seed = 0;  // for RANDOMKEY and its like
  bool is_again = false;   // XREAD BLOCK that has found nothing before
};
enum class QueryOutcome : std::uint8_t {
  kAnswered,
  kNeedsTime,  // a key it met has expired by now_ms but not by the log: nothing was written; ask
               // again behind a time entry
};

}  // namespace engine
