#include "engine/state/eviction.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/crc.h"
#include "engine/state/state.h"

namespace engine {
namespace {

constexpr std::size_t kPoolMax = 16;  // of the best seen so far and not yet taken

struct Candidate {
  std::uint64_t score = 0;  // the higher, the sooner it goes
  std::uint32_t database = 0;
  DenseTable::Position position = 0;
};
using Location = std::pair<std::uint32_t, DenseTable::Position>;

class Chooser {
 public:
  Chooser(const State& state, const EvictionPolicy& policy, base::UnixMillis now_ms,
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

  const State& state_;
  const EvictionPolicy& policy_;
  base::UnixMillis now_ms_;
  base::Prng& prng_;
  std::vector<Candidate> pool_;  // ascending
  std::set<Location> known_;     // in the pool, or taken
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

std::vector<Victim> choose_victims(const State& state, const EvictionPolicy& policy,
                                   base::UnixMillis now_ms, std::uint64_t bytes_wanted,
                                   std::size_t count_max, base::Prng& prng) {
  std::vector<Victim> victims;
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

}  // namespace engine
