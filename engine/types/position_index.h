// Finds positions of a dense array by hash: open addressing with linear probing, a slot being a
// position and 8 bits of the hash. Slots are ordered by the hash's high bits and lie in chunks of
// up to 1024, so that a change of size walks the old slots in order, makes chunks of the new ones
// and frees old ones as it goes: each insert and each erase pays for a few, none for all. What
// comes while the index grows goes among the old slots ahead of the walk: both are hardly more than
// one. It doubles when it is 3/4 full and halves when 7/8 are empty. Keys are the caller's:
// `is(position)` compares, `hash_of(position)` recomputes. Cost: O(1), 5 bytes a slot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace engine {

class PositionIndex {
 public:
  static constexpr std::uint64_t kNone = ~0ULL;
  static constexpr std::uint64_t kPositionsMax = 0xFFFFFFF0ULL;

  [[nodiscard]] static std::size_t memory_bytes(std::uint64_t count);  // grown to so many

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
    migrate(hash_of);
    if (slots_.is_empty()) slots_ = Slots(kBitsMin);
    if (is_full(slots_.bits, count_ + 1)) {
      CHECK(old_.is_empty());
      resize(slots_.bits + 1);
    }
    if (!place_in_old(hash, position)) place(slots_, hash, position);
    ++count_;
  }

  void reserve(std::uint64_t count);  // so many are to come; a hint

  template <class HashOf>
  void erase(std::uint64_t hash, std::uint64_t position, HashOf hash_of) {
    const bool is_erased =
        erase_from(slots_, hash, position, hash_of) || erase_from(old_, hash, position, hash_of);
    CHECK(is_erased);
    --count_;
    migrate(hash_of);
    if (old_.is_empty() && slots_.bits > kBitsMin && count_ < slots_.size() / kSparse)
      resize(slots_.bits - 1);
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
  static constexpr int kBitsMin = 4, kChunkBits = 10;
  // Slots or entries, for each insert and erase: in growth, done before the old slots with what is
  // new are 7/8 full; in shrinking, done before a quarter of what there is has gone or come.
  static constexpr int kMovedGrowing = 16, kMovedShrinking = 40;
  static constexpr std::uint64_t kSparse = 8;
  static constexpr std::size_t kChunkSlots = std::size_t{1} << kChunkBits;
  static constexpr std::size_t kSlotBytes = sizeof(std::uint32_t) + 1;

  // A chunk holds the positions (+ 1; 0: empty) of its slots and behind them their tags.
  struct Slots {
    Slots() = default;
    explicit Slots(int wanted_bits)
        : bits(wanted_bits),
          chunk_slots(static_cast<std::uint32_t>(std::min<std::uint64_t>(size(), kChunkSlots))),
          chunks(size() / chunk_slots) {}
    [[nodiscard]] bool is_empty() const { return chunks.empty(); }
    [[nodiscard]] std::uint64_t size() const { return bits == 0 ? 0 : 1ULL << bits; }
    [[nodiscard]] std::uint64_t home(std::uint64_t hash) const { return hash >> (64 - bits); }
    [[nodiscard]] std::uint64_t next(std::uint64_t slot) const { return (slot + 1) & (size() - 1); }
    [[nodiscard]] std::uint32_t at(std::uint64_t slot) const {
      const std::uint8_t* chunk = chunks[slot >> kChunkBits].get();
      std::uint32_t content = 0;
      if (chunk != nullptr) std::memcpy(&content, position_in(chunk, slot), sizeof content);
      return content;
    }
    [[nodiscard]] std::uint8_t tag(std::uint64_t slot) const {
      return *tag_in(chunks[slot >> kChunkBits].get(), slot);
    }
    void set(std::uint64_t slot, std::uint32_t content, std::uint8_t tag) {
      auto& chunk = chunks[slot >> kChunkBits];
      if (chunk == nullptr) chunk = std::make_unique<std::uint8_t[]>(chunk_slots * kSlotBytes);
      std::uint8_t* bytes = chunk.get();
      std::memcpy(bytes + (position_in(bytes, slot) - bytes), &content, sizeof content);
      bytes[tag_in(bytes, slot) - bytes] = tag;
    }
    void prefetch(std::uint64_t hash) const {
      if (is_empty()) return;
      const std::uint64_t slot = home(hash);
      const std::uint8_t* chunk = chunks[slot >> kChunkBits].get();
      if (chunk == nullptr) return;
      __builtin_prefetch(position_in(chunk, slot));
      __builtin_prefetch(tag_in(chunk, slot));
    }
    static const std::uint8_t* position_in(const std::uint8_t* chunk, std::uint64_t slot) {
      return chunk + slot % kChunkSlots * sizeof(std::uint32_t);
    }
    const std::uint8_t* tag_in(const std::uint8_t* chunk, std::uint64_t slot) const {
      return chunk + chunk_slots * sizeof(std::uint32_t) + slot % kChunkSlots;
    }
    int bits = 0;
    std::uint32_t chunk_slots = 0;
    std::vector<std::unique_ptr<std::uint8_t[]>> chunks;
  };

  static std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>(hash); }
  static bool is_full(int bits, std::uint64_t count) { return count * 4 > (1ULL << bits) * 3; }

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
  bool place_in_old(std::uint64_t hash, std::uint64_t position);  // if it belongs there
  void resize(int bits);                                          // begins to move what there is

  // Closes the gap by moving up what follows and may stand there: no probe meets a tombstone.
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
  void migrate(HashOf hash_of) {
    if (old_.is_empty()) return;
    const int steps = slots_.bits > old_.bits ? kMovedGrowing : kMovedShrinking;
    for (int step = 0; step < steps && !old_.is_empty(); ++step) migrate_one(hash_of);
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
