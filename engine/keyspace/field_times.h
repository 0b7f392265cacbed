// Which hashes of a keyspace have fields that expire: the earliest time of each, and its key, in
// order. Invariant: an entry is listed exactly while it is in the table with the time it was listed
// by; whoever changes its value takes it off the list first and puts it on again behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "engine/keyspace/entry.h"

namespace engine {

class FieldTimes {
 public:
  using Times = std::set<std::pair<base::UnixMillis, std::string>>;

  void enlist(const Entry& entry) {
    const Collection* collection = entry.collection();
    if (collection != nullptr && collection->has_times())
      times_.emplace(collection->next_time(0), entry.key());
  }
  void unlist(const Entry& entry) {
    const Collection* collection = entry.collection();
    if (collection == nullptr || !collection->has_times()) return;
    const std::size_t erased = times_.erase({collection->next_time(0), std::string(entry.key())});
    CHECK(erased == 1);
  }
  [[nodiscard]] const Times& all() const { return times_; }
  [[nodiscard]] bool empty() const { return times_.empty(); }
  [[nodiscard]] std::uint64_t memory_bytes() const { return kBytesEach * times_.size(); }
  // Frees some of a keyspace that is no part of the state any more.
  void free_some(std::size_t count) {
    for (; count > 0 && !times_.empty(); --count) times_.erase(times_.begin());
  }

 private:
  static constexpr std::size_t kBytesEach = 96;  // about

  Times times_;
};

}  // namespace engine
