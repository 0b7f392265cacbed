// The holes that a step has made in a dense array (DESIGN decision 2), in the order in which they
// are closed: from the end of the array on, so that what moves into a hole is never a hole itself.
//
// Invariant: every hole of the array is noted. What is noted need not be a hole any more: it may
// have been filled again within the step, and made and noted a second time. How many holes there
// are is counted by the array: a small one has no list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/types/position_index.h"

namespace engine {

class HoleList {
 public:
  using Position = std::uint64_t;

  void note(Position position) {
    positions_.push_back(position);
    is_sorted_ = false;
  }
  // There are no holes.
  void clear() { positions_.clear(); }
  // The last hole, which is about to be closed; PositionIndex::kNone if there is none.
  // `is_hole(position)` is also asked of positions that the array no longer has.
  template <class IsHole>
  [[nodiscard]] Position take_last(IsHole is_hole) {
    if (!std::exchange(is_sorted_, true)) std::sort(positions_.begin(), positions_.end());
    while (!positions_.empty()) {
      const Position position = positions_.back();
      positions_.pop_back();
      if (is_hole(position)) return position;
    }
    return PositionIndex::kNone;
  }

 private:
  std::vector<Position> positions_;
  bool is_sorted_ = true;
};

// The entry at `gap` leaves the index of an array; the one at `last`, if it is another, lies there
// from now on. `hash_of(position)` still knows both.
template <class HashOf>
void close_gap(PositionIndex& index, HoleList::Position gap, HoleList::Position last,
               HashOf hash_of) {
  index.erase(hash_of(gap), gap, hash_of);
  if (gap != last) index.move(hash_of(last), last, gap);
}

}  // namespace engine
