// Finds positions of a dense array by hash: open addressing with linear probing, a slot being a
// position and 8 bits of the hash. Slots are ordered by the hash's high bits and lie in chunks of
// 1024, so that growth walks the old slots in order, makes chunks of the new ones and frees chunks
// of the old ones as it goes: each insert pays for a few, none for all. Keys are the caller's:
// `is(position)` compares, `hash_of(position)` recomputes. Cost: O(1), 5 bytes a slot, 3/4 full at
// most.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace engine {

class PositionIndex {
 public:
  static constexpr std::uint64_t kNone = ~0ULL;
  static constexpr std::uint64_t kPositionsMax = 0xFFFFFFF0ULL;

  template <class Is>
  [[nodiscard]] std::uint64_t find(std::uint64_t hash, Is is) const {
    const std::uint64_t found = find_in(slots_, hash, is);
    return found != kNone || old_.is_empty() ? found : find_in(old_, hash, is);
  }

  // Hints for a find that comes soon: prefetch has what it looks at first fetched from memory;
  // guess is where it will probably end, by the tag alone, or kNone.
  void prefetch(std::uint64_t hash) const {
    for (const Slots* slots : {&slots_, &old_}) slots->prefetch(hash);
  }
  [[nodiscard]] std::uint64_t guess(std::uint64_t hash) const {
    return find(hash, [](std::uint64_t) { return true; });
  }

  template <class HashOf>
  void insert(std::uint64_t hash, std::uint64_t position, HashOf hash_of) {
    CHECK(position < kPositionsMax);
    for (int step = 0; step < kMovedPerInsert && !old_.is_empty(); ++step) migrate_one(hash_of);
    if (slots_.is_empty()) slots_.resize(kBitsMin);
    if ((count_ + 1) * 4 > slots_.size() * 3) {
      CHECK(old_.is_empty());
      old_ = std::exchange(slots_, Slots(slots_.bits + 1));
      frontier_ = 0;
    }
    place(slots_, hash, position);
    ++count_;
  }

  // So many are to come: grows at once to where they find place. Only a hint.
  void reserve(std::uint64_t count);

  template <class HashOf>
  void erase(std::uint64_t hash, std::uint64_t position, HashOf hash_of) {
    const bool is_erased =
        erase_from(slots_, hash, position, hash_of) || erase_from(old_, hash, position, hash_of);
    CHECK(is_erased);
    --count_;
  }

  // The entry at `from` lies at `to` now.
  void move(std::uint64_t hash, std::uint64_t from, std::uint64_t to) {
    for (Slots* slots : {&slots_, &old_}) {
      const std::uint64_t slot = slot_holding(*slots, hash, from);
      if (slot != kNone) return slots->set(slot, static_cast<std::uint32_t>(to + 1), tag_of(hash));
    }
    CHECK(false);
  }

  // Frees up to `chunks` chunks; true when nothing is left. Only for an index that nobody uses any
  // more.
  bool free_some(std::size_t chunks);

 private:
  static constexpr int kBitsMin = 10;
  static constexpr int kMovedPerInsert =
      8;  // slots or entries; 1.75 of the old size in all, done long before the next growth
  static constexpr std::size_t kChunkSlots = 1024;
  struct Chunk {
    std::array<std::uint32_t, kChunkSlots> positions{};  // position + 1; 0: empty
    std::array<std::uint8_t, kChunkSlots> tags{};
  };

  struct Slots {
    Slots() = default;
    explicit Slots(int wanted_bits) { resize(wanted_bits); }
    void resize(int wanted_bits) {
      bits = wanted_bits;
      chunks.resize(size() / kChunkSlots);
    }
    [[nodiscard]] bool is_empty() const { return chunks.empty(); }
    [[nodiscard]] std::uint64_t size() const { return bits == 0 ? 0 : 1ULL << bits; }
    [[nodiscard]] std::uint64_t home(std::uint64_t hash) const { return hash >> (64 - bits); }
    [[nodiscard]] std::uint64_t next(std::uint64_t slot) const { return (slot + 1) & (size() - 1); }
    [[nodiscard]] std::uint32_t at(std::uint64_t slot) const {
      const Chunk* chunk = chunks[slot / kChunkSlots].get();
      return chunk == nullptr ? 0 : chunk->positions[slot % kChunkSlots];
    }
    [[nodiscard]] std::uint8_t tag(std::uint64_t slot) const {
      return chunks[slot / kChunkSlots]->tags[slot % kChunkSlots];
    }
    void set(std::uint64_t slot, std::uint32_t content, std::uint8_t tag) {
      auto& chunk = chunks[slot / kChunkSlots];
      if (chunk == nullptr) chunk = std::make_unique<Chunk>();
      chunk->positions[slot % kChunkSlots] = content;
      chunk->tags[slot % kChunkSlots] = tag;
    }
    void prefetch(std::uint64_t hash) const {
      if (is_empty()) return;
      const std::uint64_t slot = home(hash);
      const Chunk* chunk = chunks[slot / kChunkSlots].get();
      if (chunk == nullptr) return;
      __builtin_prefetch(&chunk->positions[slot % kChunkSlots]);
      __builtin_prefetch(&chunk->tags[slot % kChunkSlots]);
    }
    int bits = 0;
    std::vector<std::unique_ptr<Chunk>> chunks;
  };

  static std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>(hash); }

  template <class Is>
  static std::uint64_t find_in(const Slots& slots, std::uint64_t hash, Is is) {
    if (slots.is_empty()) return kNone;
    std::uint64_t slot = slots.home(hash);
    for (std::uint32_t content = slots.at(slot); content != 0;
         slot = slots.next(slot), content = slots.at(slot)) {
      if (slots.tag(slot) == tag_of(hash) && is(static_cast<std::uint64_t>(content - 1)))
        return content - 1;
    }
    return kNone;
  }
  static std::uint64_t slot_holding(const Slots& slots, std::uint64_t hash, std::uint64_t position);
  static void place(Slots& slots, std::uint64_t hash, std::uint64_t position);

  // Closes the gap by moving up what follows and may stand there, so that probing never meets a
  // tombstone.
  template <class HashOf>
  static void clear_slot(Slots& slots, std::uint64_t gap, HashOf hash_of) {
    const std::uint64_t mask = slots.size() - 1;
    for (std::uint64_t slot = slots.next(gap); slots.at(slot) != 0; slot = slots.next(slot)) {
      const std::uint64_t home =
          slots.home(hash_of(static_cast<std::uint64_t>(slots.at(slot) - 1)));
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots.set(gap, slots.at(slot), slots.tag(slot));
      gap = slot;
    }
    slots.set(gap, 0, 0);
  }

  template <class HashOf>
  static bool erase_from(Slots& slots, std::uint64_t hash, std::uint64_t position, HashOf hash_of) {
    const std::uint64_t slot = slot_holding(slots, hash, position);
    if (slot != kNone) clear_slot(slots, slot, hash_of);
    return slot != kNone;
  }

  template <class HashOf>
  void migrate_one(HashOf hash_of) {
    if (const std::uint32_t content = old_.at(frontier_); content != 0) {
      place(slots_, hash_of(static_cast<std::uint64_t>(content - 1)), content - 1);
      return clear_slot(old_, frontier_, hash_of);
    }
    if (++frontier_ % kChunkSlots == 0) old_.chunks[frontier_ / kChunkSlots - 1].reset();
    if (frontier_ == old_.size()) old_ = Slots();
  }

  Slots slots_;                 // the newer one
  Slots old_;                   // being moved from; empty otherwise
  std::uint64_t frontier_ = 0;  // slots of old_ below it are empty for good
  std::uint64_t count_ = 0;
};

}  // namespace engine
