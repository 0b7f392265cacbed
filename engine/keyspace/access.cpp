#include "engine/keyspace/access.h"

#include <algorithm>

namespace engine {
namespace {

constexpr std::uint32_t kCounterMax = 255;
constexpr std::uint32_t kCounterOfNew = 5;  // so that a new key is not the first one to go
constexpr std::uint32_t kMinutesMask = 0xFFFF;

std::uint32_t seconds(base::UnixMillis now_ms) { return static_cast<std::uint32_t>(now_ms / 1000); }
std::uint32_t minutes(base::UnixMillis now_ms) {
  return static_cast<std::uint32_t>(now_ms / 60'000) & kMinutesMask;
}

}  // namespace

void AccessClock::on_created(const Entry& entry, base::UnixMillis now_ms) {
  entry.set_access(rules_.is_frequency ? minutes(now_ms) << 8 | kCounterOfNew : seconds(now_ms));
}

void AccessClock::on_used(const Entry& entry, base::UnixMillis now_ms) {
  entry.set_access(rules_.is_frequency ? minutes(now_ms) << 8 | counted(frequency(entry, now_ms))
                                       : seconds(now_ms));
}

void AccessClock::on_restored(const Entry& entry, std::optional<std::int64_t> idle_s,
                              std::optional<std::int64_t> frequency, base::UnixMillis now_ms) {
  if (rules_.is_frequency && frequency) {
    entry.set_access(minutes(now_ms) << 8 | static_cast<std::uint32_t>(*frequency));
  } else if (!rules_.is_frequency && idle_s) {
    const std::int64_t used_s = std::max<std::int64_t>(1, now_ms / 1000 - *idle_s);
    entry.set_access(static_cast<std::uint32_t>(used_s));
  }
}

// The more often it was counted, the less likely it is counted again (Redis 7.0, lfu-log-factor).
std::uint32_t AccessClock::counted(std::uint32_t counter) {
  if (counter >= kCounterMax) return kCounterMax;
  const std::uint64_t above = counter > kCounterOfNew ? counter - kCounterOfNew : 0;
  return prng_.below(above * rules_.log_factor + 1) == 0 ? counter + 1 : counter;
}

std::vector<AccessClock::Use> AccessClock::take_gathered() {
  std::vector<Use> uses = std::exchange(gathered_, {});
  std::sort(uses.begin(), uses.end());
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  return uses;
}

std::int64_t AccessClock::idle_s(const Entry& entry, base::UnixMillis now_ms) const {
  const std::int64_t used_s = entry.access() == 0 ? origin_ms_ / 1000 : entry.access();
  return std::max<std::int64_t>(now_ms / 1000 - used_s, 0);
}

std::uint32_t AccessClock::frequency(const Entry& entry, base::UnixMillis now_ms) const {
  if (entry.access() == 0) return kCounterOfNew;
  const std::uint32_t counter = entry.access() & 0xFF;
  if (rules_.decay_minutes == 0) return counter;
  const std::uint32_t elapsed = (minutes(now_ms) - (entry.access() >> 8)) & kMinutesMask;
  const std::uint64_t periods = elapsed / rules_.decay_minutes;
  return periods >= counter ? 0 : counter - static_cast<std::uint32_t>(periods);
}

}  // namespace engine
