// What INFO counts of an engine: of this node since its start, not state.
#pragma once

#include <cstdint>

namespace engine {

struct Statistics {
  std::uint64_t keyspace_hits = 0, keyspace_misses = 0, expired_keys = 0, evicted_keys = 0;
  std::uint64_t lazyfreed_objects = 0;  // by UNLINK and ASYNC, where Redis leaves it to a thread
};

}  // namespace engine
