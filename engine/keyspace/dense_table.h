// The ordered container of the keyspace (DESIGN decision 2): entries lie densely at positions
// 0..size-1, an index finds them by key. Appending takes the next position, overwriting keeps it. A
// removal leaves a hole until the step ends; then the last entry moves into it. A key that returns
// within the step takes its old place.
//
// Layout: packed entries (entry.h) in chunks of 512 pointers, a position index (position_index.h),
// and a list of the entries that expire, in no order that matters. Nothing is copied by growth.
// Cost: O(1) find, insert, remove.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/keyspace/entry.h"
#include "engine/keyspace/graveyard.h"
#include "engine/types/hash_secret.h"
#include "engine/types/hole_list.h"
#include "engine/types/position_index.h"

namespace engine {

// A key with its hash in one table, computed once per command step. The bytes are borrowed.
struct HashedKey {
  std::string_view bytes;
  std::uint64_t hash = 0;
};

class DenseTable {
 public:
  using Position = std::uint64_t;
  static constexpr Position kNone = PositionIndex::kNone;

  explicit DenseTable(const HashSecret& secret = kNoSecret) : secret_(secret) {}
  // Of a table without positions; else what is in it would not be found any more.
  void adopt(const HashSecret& secret);
  [[nodiscard]] std::uint64_t hash_of(std::string_view key) const { return secret_.hash_of(key); }
  [[nodiscard]] HashedKey hashed(std::string_view key) const { return {key, hash_of(key)}; }

  [[nodiscard]] std::uint64_t size() const { return size_; }  // positions, holes included
  [[nodiscard]] std::uint64_t count() const { return size_ - hole_count_; }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return bytes_;
  }  // an estimate, kept up to date
  // As Collection::content_bytes, of all entries.
  [[nodiscard]] std::uint64_t content_bytes() const { return content_bytes_; }
  [[nodiscard]] Position find(const HashedKey& key) const;
  [[nodiscard]] Position find(std::string_view key) const { return find(hashed(key)); }
  // Of a key known by its hash alone; another key of the same hash may be found.
  [[nodiscard]] Position find_hash(std::uint64_t hash) const;
  [[nodiscard]] const Entry& at(Position position) const {
    return chunks_[position / kChunk]->entries[position % kChunk];
  }

  // Hints, in this order and with other work in between: have the index fetched from memory, then
  // the place that it probably names (returned), then the entry there.
  void prefetch_index(std::uint64_t hash) const { index_.prefetch(hash); }
  [[nodiscard]] Position prefetch_place(std::uint64_t hash) const;
  void prefetch_entry(Position position) const {
    if (position < size_) at(position).prefetch();
  }

  void reserve(std::uint64_t count) { index_.reserve(count); }
  // The position that inserting an absent key would take.
  [[nodiscard]] Position place_for(const HashedKey& key) const;
  // `key` must be absent.
  Position insert(const HashedKey& key, Value&& value, std::int64_t expiry_ms);
  Position insert(std::string_view key, Value&& value, std::int64_t expiry_ms) {
    return insert(hashed(key), std::move(value), expiry_ms);
  }
  void assign(Position position, Value&& value, std::int64_t expiry_ms);
  void set_expiry(Position position, std::int64_t expiry_ms);
  // Calls `edit(Value&)` with the value, taken out of its entry meanwhile.
  template <class Edit>
  void edit_value(Position position, Edit edit) {
    Entry& entry = mutable_at(position);
    take_from_sums(entry);
    Value value = entry.take_value();
    edit(value);
    entry.assign(std::move(value), entry.expiry_ms());
    add_to_sums(entry);
  }
  // Leaves a hole.
  void remove(Position position);
  [[nodiscard]] Value take(Position position);
  // A collection of the table has grown by itself, while it was loaded.
  void note_growth(std::size_t bytes, std::uint64_t content_bytes) {
    bytes_ += bytes;
    content_bytes_ += content_bytes;
  }
  [[nodiscard]] bool has_holes() const { return hole_count_ > 0; }
  // Ends the step. `before` is told each position that is about to change (the hole, and the last
  // one that moves).
  void close_holes(const std::function<void(Position)>& before);

  // Entries that expire: times and positions lie together, so that looking through many is cheap.
  struct Expiring {
    std::int64_t expiry_ms = 0;
    std::uint32_t position = 0;
  };
  [[nodiscard]] const std::deque<Expiring>& expiring() const { return expiring_; }

  // Frees up to `count` entries from the end, large collections go to `graveyard`; true when empty.
  // Only for tables that nobody reads any more.
  bool free_some(std::size_t count, Graveyard& graveyard);

 private:
  static constexpr std::size_t kChunk = 512;
  struct Chunk {
    Entry entries[kChunk];
  };

  [[nodiscard]] Entry& mutable_at(Position position) {
    return chunks_[position / kChunk]->entries[position % kChunk];
  }
  [[nodiscard]] Position find_raw(const HashedKey& key) const;  // holes too
  [[nodiscard]] auto hash_of_position() const {
    return [this](Position position) { return hash_of(at(position).key()); };
  }
  // Into and out of the sums.
  void add_to_sums(const Entry& entry) {
    bytes_ += entry.memory_bytes();
    content_bytes_ += entry.content_bytes();
  }
  void take_from_sums(const Entry& entry) {
    bytes_ -= entry.memory_bytes();
    content_bytes_ -= entry.content_bytes();
  }
  template <class Change>
  void change(Position position, std::int64_t expiry_ms, Change change_entry);
  void start_expiring(Position position);
  void stop_expiring(Position position);
  void close_hole(Position position);
  void drop_last();

  HashSecret secret_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint64_t size_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t content_bytes_ = 0;
  PositionIndex index_;
  HoleList holes_;  // of this step
  std::uint64_t hole_count_ = 0;
  std::deque<Expiring> expiring_;
};

}  // namespace engine
