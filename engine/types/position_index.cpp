#include "engine/types/position_index.h"

#include <algorithm>

#include "engine/types/allocation.h"

namespace engine {

std::size_t PositionIndex::memory_bytes(std::uint64_t count) {
  if (count == 0) return 0;
  int bits = kBitsMin;
  while (is_full(bits, count)) ++bits;
  const std::uint64_t slots = 1ULL << bits, chunk = std::min<std::uint64_t>(slots, kChunkSlots);
  return slots / chunk * allocation_bytes(chunk * kSlotBytes) +
         allocation_bytes(slots / chunk * sizeof(void*));
}

std::uint64_t PositionIndex::slot_holding(const Slots& slots, std::uint64_t hash,
                                          std::uint64_t position) {
  if (slots.is_empty()) return kNone;
  std::uint64_t slot = slots.home(hash);
  for (std::uint32_t content = slots.at(slot); content != 0;
       slot = slots.next(slot), content = slots.at(slot)) {
    if (content == position + 1) return slot;
  }
  return kNone;
}

void PositionIndex::place(Slots& slots, std::uint64_t hash, std::uint64_t position) {
  std::uint64_t slot = slots.home(hash);
  while (slots.at(slot) != 0) slot = slots.next(slot);
  slots.set(slot, static_cast<std::uint32_t>(position + 1), tag_of(hash));
}

// Nothing is placed before the frontier, where what is left would not be found: not at home there,
// and not behind the last slot, where the first one follows.
bool PositionIndex::place_in_old(std::uint64_t hash, std::uint64_t position) {
  if (old_.is_empty() || slots_.bits < old_.bits) return false;
  std::uint64_t slot = old_.home(hash);
  if (slot < frontier_) return false;
  while (slot < old_.size() && old_.at(slot) != 0) ++slot;
  if (slot == old_.size()) return false;
  old_.set(slot, static_cast<std::uint32_t>(position + 1), tag_of(hash));
  return true;
}

void PositionIndex::resize(int bits) {
  old_ = std::exchange(slots_, Slots(bits));
  frontier_ = 0;
}

void PositionIndex::reserve(std::uint64_t count) {
  int bits = kBitsMin;
  while (is_full(bits, count) && (1ULL << bits) < kPositionsMax) ++bits;
  if (bits > slots_.bits && old_.is_empty()) resize(bits);
}

bool PositionIndex::free_some(std::size_t chunks) {
  for (Slots* slots : {&old_, &slots_}) {
    for (; chunks > 0 && !slots->chunks.empty(); --chunks) slots->chunks.pop_back();
  }
  count_ = 0;
  return slots_.is_empty() && old_.is_empty();
}

}  // namespace engine
