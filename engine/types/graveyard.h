// Collections that nobody uses any more, freed in slices: DEL of ten million elements costs its
// step nothing (DESIGN decision 18).
#pragma once

#include <cstddef>
#include <vector>

#include "engine/types/value.h"

namespace engine {

class Graveyard {
 public:
  // A small one is freed at once.
  static constexpr std::size_t kSmallCount = 64;

  void bury(CollectionRef collection) {
    if (collection && collection->count() > kSmallCount) buried_.push_back(std::move(collection));
  }
  void bury(Value&& value) {
    if (value.collection() != nullptr) bury(value.take_collection());
  }
  [[nodiscard]] bool empty() const { return buried_.empty(); }
  // Frees about `count` elements of what no checkpoint is still reading.
  void free_some(std::size_t count) {
    for (std::size_t i = buried_.size(); i-- > 0;) {
      if (!buried_[i].is_sole()) continue;
      if (!buried_[i]->free_some(count)) return;
      buried_[i] = std::move(buried_.back());
      buried_.pop_back();
      return;
    }
  }

 private:
  std::vector<CollectionRef> buried_;
};

}  // namespace engine
