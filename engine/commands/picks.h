// Random choices among the places of a collection, for SRANDMEMBER and its kin.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/prng.h"

namespace engine::commands {

// `count` different ones of 0..size-1, uniformly, in ascending order if that is most of them; all
// of them if there are no more. `count` may be any number, `size` is that of a collection.
// Cost: O(size) or O(count log count), whichever is less.
[[nodiscard]] inline std::vector<std::uint64_t> distinct_picks(base::Prng& prng, std::uint64_t size,
                                                               std::uint64_t count) {
  std::vector<std::uint64_t> picks;
  if (count > size / 3) {  // each with the chance that is left (selection sampling)
    for (std::uint64_t i = 0; i < size && count > 0; ++i) {
      if (prng.below(size - i) >= count) continue;
      picks.push_back(i);
      --count;
    }
    return picks;
  }
  std::set<std::uint64_t> chosen;
  while (chosen.size() < count) {
    const std::uint64_t pick = prng.below(size);
    if (chosen.insert(pick).second) picks.push_back(pick);
  }
  return picks;
}

// Of a view with place_end() and is_hole(place): the places that are no holes. A table has holes
// only within an EXEC.
template <class View>
class LivePlaces {
 public:
  explicit LivePlaces(const View& view) : size_(view.count()) {
    if (view.place_end() == size_) return;
    for (std::uint64_t place = 0; place < view.place_end(); ++place) {
      if (!view.is_hole(place)) live_.push_back(place);
    }
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t at(std::uint64_t i) const { return live_.empty() ? i : live_[i]; }

 private:
  std::uint64_t size_;
  std::vector<std::uint64_t> live_;
};

}  // namespace engine::commands
