// How lately or how often keys were used: marks inside the entries that OBJECT IDLETIME and FREQ
// show and eviction goes by (DESIGN decision 4). A mark is a hint of this node: no state, no part
// of digest or checkpoint, so reading may set it. Under an LRU policy it is a time in seconds,
// under an LFU policy sixteen bits of minutes and a logarithmic counter of eight bits, as in
// Redis 7.0; when the policy changes, old marks mean little for a while. Thread: the engine's.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "engine/keyspace/entry.h"
#include "engine/keyspace/eviction_policy.h"

namespace engine {

class AccessClock {
 public:
  // A key named by its hash, in a database.
  struct Use {
    std::uint32_t database = 0;
    std::uint64_t hash = 0;
    friend auto operator<=>(const Use&, const Use&) = default;
  };
  static constexpr std::size_t kGatheredMax = 4096;

  void adopt(const AccessRules& rules) { rules_ = rules; }
  [[nodiscard]] const AccessRules& rules() const { return rules_; }
  // Entries without a mark (just loaded) count as used now.
  void begin(base::UnixMillis now_ms) { origin_ms_ = now_ms; }

  void on_created(const Entry& entry, base::UnixMillis now_ms);
  // An overwrite keeps the frequency, as in Redis.
  void on_overwritten(const Entry& entry, base::UnixMillis now_ms) {
    if (!rules_.is_frequency) on_used(entry, now_ms);
  }
  void on_used(const Entry& entry, base::UnixMillis now_ms);
  // What RESTORE says of the entry, where the policy in force goes by it.
  void on_restored(const Entry& entry, std::optional<std::int64_t> idle_s,
                   std::optional<std::int64_t> frequency, base::UnixMillis now_ms);
  // Beyond kGatheredMax uses are forgotten.
  void gather(std::uint32_t database, std::uint64_t hash) {
    if (rules_.is_gathering && gathered_.size() < kGatheredMax)
      gathered_.push_back({database, hash});
  }
  // Each key once, ordered.
  [[nodiscard]] std::vector<Use> take_gathered();

  [[nodiscard]] std::int64_t idle_s(const Entry& entry, base::UnixMillis now_ms) const;
  // 0 to 255, decayed to `now_ms`.
  [[nodiscard]] std::uint32_t frequency(const Entry& entry, base::UnixMillis now_ms) const;

 private:
  [[nodiscard]] std::uint32_t counted(std::uint32_t counter);

  AccessRules rules_;
  base::UnixMillis origin_ms_ = 0;
  base::Prng prng_{1};
  std::vector<Use> gathered_;
};

}  // namespace engine
