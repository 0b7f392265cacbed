// Collections that nobody uses any more, freed in slices: DEL of ten million elements costs its
// step nothing (DESIGN decision 18). Who slices: State, after each step in proportion to
// what the step has allocated, and the service when it is idle.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/types/value.h"

namespace engine {

class Graveyard {
 public:
  // A small one is freed at once.
  static constexpr std::size_t kSmallCount = 64;
  // An element is hardly smaller: whoever allocates so many bytes frees one.
  static constexpr std::uint64_t kBytesPerElement = 24;

  void bury(CollectionRef collection) {
    if (!collection || collection->count() <= kSmallCount) return;
    const std::size_t count = collection->count(), bytes = collection->memory_bytes();
    bytes_ += bytes;
    buried_.push_back({std::move(collection), count, bytes});
  }
  void bury(Value&& value) {
    if (value.collection() != nullptr) bury(value.take_collection());
  }
  [[nodiscard]] bool empty() const { return buried_.empty(); }
  // What is still allocated, about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Frees about `count` elements of what no checkpoint is still reading; true if there is more.
  bool free_some(std::size_t count) {
    for (std::size_t i = buried_.size(); i-- > 0;) {
      Buried& one = buried_[i];
      if (!one.collection.is_sole()) continue;
      if (count == 0) return true;
      const std::size_t part = std::max<std::size_t>(1, std::min(count, one.count));
      const std::size_t bytes = part >= one.count ? one.bytes : one.bytes / one.count * part;
      count -= part;
      one.count -= std::min(one.count, part);
      one.bytes -= bytes;
      bytes_ -= bytes;
      if (one.collection->free_some(part)) {
        if (i + 1 < buried_.size()) one = std::move(buried_.back());
        buried_.pop_back();
      } else {
        ++i;  // until `count` is used up
      }
    }
    return false;
  }

 private:
  struct Buried {
    CollectionRef collection;
    std::size_t count, bytes;  // that are left
  };
  std::vector<Buried> buried_;
  std::size_t bytes_ = 0;
};

}  // namespace engine
