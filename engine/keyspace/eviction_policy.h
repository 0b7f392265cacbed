// The rules that a node's settings give for eviction and for the noting of uses: maxmemory-policy,
// maxmemory-samples, lfu-log-factor, lfu-decay-time. Plain values.
#pragma once

#include <cstdint>

namespace engine {

enum class EvictionOrder : std::uint8_t { kLeastRecent, kLeastFrequent, kRandom, kSoonest };

struct EvictionPolicy {
  bool is_off = true;        // noeviction
  bool is_volatile = false;  // only keys that expire
  EvictionOrder order = EvictionOrder::kLeastRecent;
  std::uint64_t samples = 5;
};

struct AccessRules {
  bool is_frequency = false;        // an LFU policy
  std::uint64_t log_factor = 10;    // lfu-log-factor
  std::uint64_t decay_minutes = 1;  // lfu-decay-time; 0: never
  bool is_gathering = false;        // remembers what was used, for other nodes
};

}  // namespace engine
