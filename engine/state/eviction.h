// Which keys go when memory is short (DESIGN decision 4): the leader samples positions and takes
// those that Redis's policy would take; the log carries the keys with what was seen of them, and
// applying deletes those that are still the same. The choice is a hint; what is applied is state.
// Thread: the engine's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "engine/keyspace/entry.h"
#include "engine/keyspace/eviction_policy.h"
#include "engine/state/candidates.h"

namespace engine {

class State;  // engine/state/state.h

// What of an entry must not have changed until its eviction is applied: its expiry, type and size,
// and the bytes of a small value.
[[nodiscard]] std::uint64_t eviction_fingerprint(const Entry& entry);

// Victims whose memory is at least `bytes_wanted` together, at most `count_max`; fewer when there
// are no more.
[[nodiscard]] std::vector<Victim> choose_victims(const State& state, const EvictionPolicy& policy,
                                                 base::UnixMillis now_ms,
                                                 std::uint64_t bytes_wanted, std::size_t count_max,
                                                 base::Prng& prng);

}  // namespace engine
