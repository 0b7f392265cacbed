#include "engine/eviction.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/codec.h"
#include "base/crc.h"
#include "engine/state.h"

namespace engine {
namespace {

constexpr std::size_t kPoolMax = 16;  // of the best seen so far and not yet taken

struct Candidate {
  std::uint64_t score = 0;  // the higher, the sooner it goes
  std::uint32_t database = 0;
  DenseTable::Position position = 0;
};
using Place = std::pair<std::uint32_t, DenseTable::Position>;

class Chooser {
 public:
  Chooser(const Engine::State& state, const EvictionPolicy& policy, base::UnixMillis now_ms,
          base::Prng& prng)
      : state_(state), policy_(policy), now_ms_(now_ms), prng_(prng) {}

  // False: nothing was found.
  bool next(Candidate& victim) {
    for (std::uint32_t i = 0; i < state_.databases.size(); ++i) sample(i);
    if (pool_.empty()) return false;
    victim = pool_.back();
    pool_.pop_back();
    return true;
  }

 private:
  void sample(std::uint32_t number) {
    const DenseTable& table = state_.database(number).table();
    const std::uint64_t size = policy_.is_volatile ? table.expiring().size() : table.size();
    const bool takes_all = size <= policy_.samples;
    for (std::uint64_t i = 0; i < policy_.samples && i < size; ++i) {
      const std::uint64_t at = takes_all ? i : prng_.below(size);
      const auto position = policy_.is_volatile ? table.expiring()[at].position : at;
      if (!known_.insert({number, position}).second) continue;
      add({score(table.at(position)), number, position});
    }
  }

  [[nodiscard]] std::uint64_t score(const Entry& entry) {
    switch (policy_.order) {
      case EvictionOrder::kLeastRecent:
        return static_cast<std::uint64_t>(state_.access.idle_s(entry, now_ms_));
      case EvictionOrder::kLeastFrequent: return 255 - state_.access.frequency(entry, now_ms_);
      case EvictionOrder::kSoonest:
        return UINT64_MAX - static_cast<std::uint64_t>(entry.expiry_ms());
      case EvictionOrder::kRandom: break;
    }
    return prng_.next();
  }

  void add(const Candidate& candidate) {
    const auto place =
        std::upper_bound(pool_.begin(), pool_.end(), candidate,
                         [](const auto& a, const auto& b) { return a.score < b.score; });
    pool_.insert(place, candidate);
    if (pool_.size() <= kPoolMax) return;
    known_.erase({pool_.front().database, pool_.front().position});
    pool_.erase(pool_.begin());
  }

  const Engine::State& state_;
  const EvictionPolicy& policy_;
  base::UnixMillis now_ms_;
  base::Prng& prng_;
  std::vector<Candidate> pool_;  // ascending
  std::set<Place> known_;        // in the pool, or taken
};

}  // namespace

// Of what a value says, however it is represented: one that was loaded may lie otherwise than one
// that has become what it is.
std::uint64_t eviction_fingerprint(const Entry& entry) {
  constexpr std::size_t kLooked = 512;  // at both ends of a string
  const ValueView value = entry.value();
  std::uint64_t content = 0;
  if (value.type() == Type::kString) {
    char scratch[kScratchBytes];
    const std::string_view bytes = value.view(scratch);
    content = base::crc64(bytes.substr(0, kLooked));
    if (bytes.size() > kLooked)
      content = base::mix64(content + bytes.size()) +
                base::crc64(bytes.substr(std::max(kLooked, bytes.size() - kLooked)));
  } else if (value.is_packed()) {
    content = base::crc64(value.packed());
  } else {
    content = value.collection()->count();
  }
  return base::mix64(base::mix64(content + static_cast<std::uint64_t>(value.type())) +
                     static_cast<std::uint64_t>(entry.expiry_ms()));
}

std::vector<Engine::Victim> choose_victims(const Engine::State& state, const EvictionPolicy& policy,
                                           base::UnixMillis now_ms, std::uint64_t bytes_wanted,
                                           std::size_t count_max, base::Prng& prng) {
  std::vector<Engine::Victim> victims;
  Chooser chooser(state, policy, now_ms, prng);
  Candidate best;
  std::uint64_t bytes = 0;
  while (bytes < bytes_wanted && victims.size() < count_max && chooser.next(best)) {
    const Entry& entry = state.database(best.database).table().at(best.position);
    bytes += entry.memory_bytes();
    victims.push_back({best.database, std::string(entry.key()), eviction_fingerprint(entry)});
  }
  return victims;
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
