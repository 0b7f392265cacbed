// What a leader asks before it proposes that keys or fields go: what has expired, what to evict;
// and the hints by which nodes tell each other what was used.
#include <algorithm>

#include "base/codec.h"
#include "engine/engine.h"
#include "engine/state/eviction.h"
#include "engine/state/state.h"

namespace engine {
namespace {

constexpr std::size_t kSweepLooksMin = 4096;
constexpr std::size_t kSweepLooksPerKey = 64;

}  // namespace

// Each call goes on where the last one stopped, through the times alone.
std::vector<Engine::Expired> Engine::expired(base::UnixMillis now_ms, std::size_t count_max) const {
  std::vector<Expired> found;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const DenseTable& table = state_->database(number).table();
    std::uint64_t& cursor = state_->expiry_cursor[number];
    std::uint64_t looks = std::min<std::uint64_t>(
        table.expiring().size(), std::max(kSweepLooksMin, count_max * kSweepLooksPerKey));
    for (; looks > 0 && found.size() < count_max; --looks) {
      cursor = cursor == 0 || cursor > table.expiring().size() ? table.expiring().size() - 1
                                                               : cursor - 1;
      const DenseTable::Expiring& candidate = table.expiring()[cursor];
      if (candidate.expiry_ms > now_ms) continue;
      found.push_back(
          {number, std::string(table.at(candidate.position).key()), candidate.expiry_ms});
    }
  }
  return found;
}

std::vector<Engine::ExpiredFields> Engine::expired_fields(base::UnixMillis now_ms,
                                                          std::size_t count_max) const {
  std::vector<ExpiredFields> found;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const Keyspace& keyspace = state_->database(number);
    for (const auto& [first_ms, key] : keyspace.field_times()) {
      if (first_ms > now_ms || count_max == 0) break;
      const std::uint64_t expired = keyspace.find(key)->collection()->expired_count(now_ms);
      const std::uint64_t count = std::min<std::uint64_t>(expired, count_max);
      found.push_back({number, key, first_ms, count});
      count_max -= count;
    }
  }
  return found;
}

bool Engine::has_field_times() const {
  return std::any_of(state_->databases.begin(), state_->databases.end(),
                     [](const auto& keyspace) { return !keyspace->field_times().empty(); });
}

std::vector<Engine::Victim> Engine::victims(const EvictionPolicy& policy, base::UnixMillis now_ms,
                                            std::uint64_t bytes_wanted, std::size_t count_max,
                                            base::Prng& prng) const {
  if (policy.is_off) return {};
  return choose_victims(*state_, policy, now_ms, bytes_wanted, count_max, prng);
}

bool Engine::has_victims(const EvictionPolicy& policy) const {
  if (policy.is_off) return false;
  return std::any_of(state_->databases.begin(), state_->databases.end(), [&](const auto& keyspace) {
    return policy.is_volatile ? keyspace->expires() > 0 : keyspace->table().count() > 0;
  });
}

void Engine::set_access_rules(const AccessRules& rules) { state_->access.adopt(rules); }

std::string Engine::take_uses() {
  std::string bytes;
  base::Encoder out(bytes);
  for (const AccessClock::Use& use : state_->access.take_gathered()) {
    out.u8(static_cast<std::uint8_t>(use.database));
    out.u64(use.hash);
  }
  return bytes;
}

void Engine::note_uses(std::string_view uses, base::UnixMillis now_ms) {
  base::Decoder in(uses);
  while (in.ok() && !in.at_end()) {
    const std::uint8_t database = in.u8();
    const std::uint64_t hash = in.u64();
    if (!in.ok() || database >= state_->databases.size()) return;
    const DenseTable& table = state_->database(database).table();
    const auto position = table.find_hash(hash);
    if (position != DenseTable::kNone) state_->access.on_used(table.at(position), now_ms);
  }
}

}  // namespace engine
