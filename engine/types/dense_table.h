// The ordered container of the keyspace (DESIGN decision 2): entries lie densely at positions 0..size-1, an index finds them
// by key. Appending takes the next position, overwriting keeps it. A removal leaves a hole until the step ends; then the
// last entry moves into it. A key that returns within the step takes its old place.
//
// Layout: entries in chunks of 256 (no entry is ever copied by growth), an open-addressing index of 32-bit positions that
// grows by migrating a few buckets at each insert, so that no insert pays for all. Cost: O(1) find, insert, remove.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/types/value.h"

namespace engine {

inline constexpr std::int64_t kNoExpiry = -1;

struct TableEntry {
  std::string key;
  Value value;
  std::int64_t expiry_ms = kNoExpiry;
  std::uint32_t hash = 0;
  mutable std::uint32_t touched_s = 0;  // when it was last read or written here: a hint for eviction, no state
  bool is_hole = false;
};

class DenseTable {
 public:
  using Position = std::uint64_t;
  static constexpr Position kNone = ~0ULL;

  DenseTable() = default;
  DenseTable(DenseTable&&) noexcept = default;
  DenseTable& operator=(DenseTable&&) noexcept = default;

  [[nodiscard]] std::uint64_t size() const { return size_; }          // positions, holes included
  [[nodiscard]] std::uint64_t count() const { return size_ - holes_.size(); }
  [[nodiscard]] Position find(std::string_view key) const;
  [[nodiscard]] TableEntry& at(Position position) { return chunks_[position / kChunk]->entries[position % kChunk]; }
  [[nodiscard]] const TableEntry& at(Position position) const { return chunks_[position / kChunk]->entries[position % kChunk]; }

  // The position a new key would take, without taking it.
  [[nodiscard]] Position place_for(std::string_view key) const;
  // `key` must be absent. Its entry has an empty value and no expiry.
  Position insert(std::string_view key);
  // Leaves a hole.
  void remove(Position position);
  [[nodiscard]] bool has_holes() const { return !holes_.empty(); }
  // Ends the step. `before` is told each position that is about to change (the hole, and the last one that moves).
  void close_holes(const std::function<void(Position)>& before);
  // Frees up to `count` entries from the end; true when empty. Only for tables that nobody reads any more.
  bool free_some(std::size_t count);

 private:
  static constexpr std::size_t kChunk = 256;
  struct Chunk { TableEntry entries[kChunk]; };
  using Index = std::vector<std::uint32_t>;  // position + 1; 0: empty

  static std::uint32_t hash_of(std::string_view key);
  static std::size_t slot_of(const Index& index, std::uint32_t hash) { return hash & (index.size() - 1); }
  [[nodiscard]] Position find_in(const Index& index, std::string_view key, std::uint32_t hash) const;
  void put(Index& index, Position position);
  // Empties the slot that holds `position` and closes the gap; false if it is not there.
  bool take(Index& index, Position position);
  void repoint(Position from, Position to);
  void migrate(std::size_t slots);
  void drop_last();

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint64_t size_ = 0;
  Index index_;            // the newer one
  Index old_index_;        // being migrated from; empty otherwise
  std::size_t migrated_ = 0;
  std::vector<std::pair<std::string, Position>> holes_;
};

}  // namespace engine
