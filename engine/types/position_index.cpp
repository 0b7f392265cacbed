#include "engine/types/position_index.h"

namespace engine {

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

void PositionIndex::reserve(std::uint64_t count) {
  int bits = kBitsMin;
  while (count * 4 > (1ULL << bits) * 3 && (1ULL << bits) < kPositionsMax) ++bits;
  if (bits <= slots_.bits || !old_.is_empty()) return;
  old_ = std::exchange(slots_, Slots(bits));
  frontier_ = 0;
}

bool PositionIndex::free_some(std::size_t chunks) {
  for (Slots* slots : {&old_, &slots_}) {
    for (; chunks > 0 && !slots->chunks.empty(); --chunks) slots->chunks.pop_back();
  }
  count_ = 0;
  return slots_.is_empty() && old_.is_empty();
}

}  // namespace engine
