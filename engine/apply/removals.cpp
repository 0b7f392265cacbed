#include "engine/apply/removals.h"

#include "base/check.h"
#include "engine/context/context.h"
#include "engine/state/eviction.h"

namespace engine {

void run_swept(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects) {
  for (const SweptKey& key : element.swept) {
    CHECK(key.database < state.databases.size());
    const Entry* entry = state.database(key.database).find(key.key);
    if (entry == nullptr || entry->expiry_ms() != key.expiry_ms || !state.is_expired(*entry))
      continue;
    WriteContext(state, {}, key.database, 0, reply, effects).expire(key.database, key.key);
  }
}

void run_swept_fields(State& state, const Element& element, resp::ReplyWriter& reply,
                      Effects& effects) {
  for (const SweptFields& hash : element.swept_fields) {
    CHECK(hash.database < state.databases.size());
    const Entry* entry = state.database(hash.database).find(hash.key);
    if (entry == nullptr || entry->collection() == nullptr) continue;
    if (entry->collection()->next_time(0) != hash.first_ms || hash.first_ms > state.time_ms)
      continue;
    WriteContext(state, {}, hash.database, 0, reply, effects).sweep(hash.key, hash.count_max);
  }
}

void run_evicted(State& state, const Element& element, resp::ReplyWriter& reply, Effects& effects) {
  for (const EvictedKey& key : element.evicted) {
    CHECK(key.database < state.databases.size());
    const Entry* entry = state.database(key.database).find(key.key);
    if (entry == nullptr || eviction_fingerprint(*entry) != key.fingerprint) continue;
    WriteContext(state, {}, key.database, 0, reply, effects).evict(key.key);
  }
}

}  // namespace engine
