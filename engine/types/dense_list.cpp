// The dense form of a list: its chunks, their directory, and its rows.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "engine/types/allocation.h"
#include "engine/types/list.h"

namespace engine {
namespace {

constexpr std::size_t kChunkOverhead = 64;  // its object, its slot, its place in the directory
constexpr std::size_t kListOverhead = 64;   // the first block of the directory

std::size_t held_bytes(const std::string& bytes) {
  return kChunkOverhead + allocation_bytes(bytes.size() + 1);
}

std::size_t count_of(const std::string& listpack) { return Listpack(listpack).count(); }

}  // namespace

std::size_t DenseList::memory_bytes() const {
  return allocation_bytes(sizeof(DenseList)) + kListOverhead + bytes_;
}

CollectionRef DenseList::copy() const {
  auto made = std::make_unique<DenseList>();
  for_each_chunk([&](std::string_view bytes) { made->append_chunk(std::string(bytes)); });
  return CollectionRef(std::move(made));
}

// ---- chunks ----

std::uint32_t DenseList::take_slot() {
  while (!free_slots_.empty()) {
    std::pop_heap(free_slots_.begin(), free_slots_.end(), std::greater<>());
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    if (slot < chunks_.size()) return slot;
  }
  chunks_.emplace_back();
  return static_cast<std::uint32_t>(chunks_.size() - 1);
}

void DenseList::free_slot(std::uint32_t slot) {
  chunks_[slot] = nullptr;
  if (slot + 1 < chunks_.size()) {
    free_slots_.push_back(slot);
    return std::push_heap(free_slots_.begin(), free_slots_.end(), std::greater<>());
  }
  while (!chunks_.empty() && chunks_.back() == nullptr) chunks_.pop_back();
}

// A key for a chunk that is to lie before the one at `before` (or behind all).
std::uint64_t DenseList::key_between(const Place& before) {
  if (blocks_.empty()) return kFirstKey;
  const std::uint64_t above =
      is_end(before) ? std::numeric_limits<std::uint64_t>::max() : chunk_at(before).key;
  Place left = before;
  const bool is_first = !step_back(left);
  const std::uint64_t below = is_first ? 0 : chunk_at(left).key;
  if (is_first && above > 2 * kKeyGap) return above - kKeyGap;
  if (is_end(before) && above - below > 2 * kKeyGap) return below + kKeyGap;
  if (above - below >= 2) return below + (above - below) / 2;
  spread_keys(before);
  return key_between(before);
}

// The chunks around `before` get keys anew, evenly, as few of them as make room: needed when many
// splits in a row met in one place.
void DenseList::spread_keys(const Place& before) {
  constexpr std::uint64_t kRoomyGap = 1U << 16;
  for (std::size_t reach = 16;; reach *= 2) {
    Place at = before;
    bool is_whole = false;
    for (std::size_t back = 0; back < reach && !is_whole; ++back) is_whole = !step_back(at);
    Place left = at;
    std::uint64_t key = !is_whole && step_back(left) ? chunk_at(left).key : 0;
    std::vector<std::uint32_t> slots;
    for (; slots.size() < 2 * reach && !is_end(at); step_on(at)) slots.push_back(slot_at(at));
    is_whole = is_whole && is_end(at);
    const std::uint64_t above =
        is_end(at) ? std::numeric_limits<std::uint64_t>::max() : chunk_at(at).key;
    const std::uint64_t gap = (above - key) / (slots.size() + 1);
    if (gap < kRoomyGap && !is_whole) continue;
    for (const std::uint32_t slot : slots) {
      about_to_change(slot);
      chunks_[slot]->key = key += gap;
    }
    return;
  }
}

// The chunk before or behind, from an end too.
bool DenseList::step_back(Place& place) const {
  if (place.chunk > 0) return --place.chunk, true;
  if (place.block == 0) return false;
  --place.block;
  place.chunk = blocks_[place.block]->slots.size() - 1;
  return true;
}

void DenseList::step_on(Place& place) const {
  if (++place.chunk < blocks_[place.block]->slots.size()) return;
  ++place.block;
  place.chunk = 0;
}

void DenseList::add_chunk(const Place& before, std::string bytes) {
  const std::uint64_t key = key_between(before);
  const std::uint32_t slot = take_slot();
  about_to_change(slot);
  Place at = before;
  if (is_end(at)) {
    if (blocks_.empty()) blocks_.push_back(std::make_unique<Block>());
    at = {blocks_.size() - 1, blocks_.back()->slots.size(), 0};
  }
  Block& block = *blocks_[at.block];
  block.slots.insert(block.slots.begin() + static_cast<std::ptrdiff_t>(at.chunk), slot);
  block.count += count_of(bytes);
  count_ += count_of(bytes);
  bytes_ += held_bytes(bytes);
  bytes.shrink_to_fit();
  chunks_[slot] = std::make_unique<Chunk>(Chunk{key, std::move(bytes)});
  if (block.slots.size() <= kBlockChunks) return;
  const bool is_last = at.block + 1 == blocks_.size() && at.chunk + 1 == block.slots.size();
  const auto kept = static_cast<std::ptrdiff_t>(is_last ? kBlockChunks : kBlockChunks / 2);
  auto right = std::make_unique<Block>();
  right->slots.assign(block.slots.begin() + kept, block.slots.end());
  block.slots.erase(block.slots.begin() + kept, block.slots.end());
  for (const std::uint32_t moved : right->slots) right->count += count_of(chunks_[moved]->bytes);
  block.count -= right->count;
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at.block) + 1, std::move(right));
}

void DenseList::append_chunk(std::string listpack) { add_chunk(end(), std::move(listpack)); }

void DenseList::drop_chunk(const Place& place) {
  Block& block = *blocks_[place.block];
  const std::uint32_t slot = slot_at(place);
  about_to_change(slot);
  const std::size_t count = count_of(chunks_[slot]->bytes);
  block.count -= count;
  count_ -= count;
  bytes_ -= held_bytes(chunks_[slot]->bytes);
  free_slot(slot);
  block.slots.erase(block.slots.begin() + static_cast<std::ptrdiff_t>(place.chunk));
  if (block.slots.empty())
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(place.block));
}

template <class Change>
void DenseList::change_chunk(const Place& place, Change change) {
  about_to_change(slot_at(place));
  Chunk& chunk = chunk_at(place);
  const std::size_t bytes = held_bytes(chunk.bytes), count = count_of(chunk.bytes);
  change(chunk.bytes);
  const std::size_t new_count = count_of(chunk.bytes);
  bytes_ += held_bytes(chunk.bytes) - bytes;
  blocks_[place.block]->count += new_count - count;
  count_ += new_count - count;
}

// What lies from place.offset on goes to a chunk of its own.
void DenseList::split_chunk(const Place& place) {
  std::string tail = chunk_at(place).bytes;
  const Listpack listpack(tail);
  std::size_t moved = 0;
  for (std::size_t at = place.offset; at != listpack.end(); at = listpack.next(at)) ++moved;
  const std::size_t kept = listpack.count() - moved;
  if (kept > 0) Listpack::erase(tail, Listpack::kFirst, kept);
  change_chunk(place, [&](std::string& left) {
    Listpack::erase(left, place.offset, moved);
    left.shrink_to_fit();
  });
  Place behind{place.block, place.chunk + 1, 0};
  if (behind.chunk == blocks_[place.block]->slots.size()) behind = {place.block + 1, 0, 0};
  add_chunk(behind, std::move(tail));
}

// ---- elements ----

void DenseList::push(std::string_view element, bool at_head, const ListLimits& limits) {
  if (!blocks_.empty()) {
    const Place place = at_head ? first() : last();
    std::string& bytes = chunk_at(place).bytes;
    if (limits.has_room(bytes.size(), count_of(bytes), element)) {
      return change_chunk(place, [&](std::string& chunk) {
        Listpack::insert(chunk, at_head ? Listpack::kFirst : chunk.size() - 1, element);
      });
    }
    bytes.shrink_to_fit();  // it will hardly grow again
  }
  std::string chunk = Listpack::empty();
  Listpack::append(chunk, element);
  add_chunk(at_head && !blocks_.empty() ? first() : end(), std::move(chunk));
}

void DenseList::insert(Place place, std::string_view element, bool after,
                       const ListLimits& limits) {
  const Listpack listpack(chunk_at(place).bytes);
  const std::size_t offset = after ? listpack.next(place.offset) : place.offset;
  if (limits.has_room(chunk_at(place).bytes.size(), listpack.count(), element)) {
    return change_chunk(place,
                        [&](std::string& chunk) { Listpack::insert(chunk, offset, element); });
  }
  std::string chunk = Listpack::empty();
  Listpack::append(chunk, element);
  if (offset == Listpack::kFirst) return add_chunk({place.block, place.chunk, 0}, std::move(chunk));
  if (offset != listpack.end()) split_chunk({place.block, place.chunk, offset});
  Place behind{place.block, place.chunk + 1, 0};
  if (place.block < blocks_.size() && behind.chunk >= blocks_[place.block]->slots.size())
    behind = {place.block + 1, behind.chunk - blocks_[place.block]->slots.size(), 0};
  add_chunk(behind, std::move(chunk));
}

void DenseList::replace(std::uint64_t index, std::string_view element, const ListLimits& limits) {
  const Place place = seek(index);
  const Listpack listpack(chunk_at(place).bytes);
  const std::size_t old = listpack.next(place.offset) - place.offset;
  const std::size_t left = chunk_at(place).bytes.size() - old;
  if (limits.has_room(left, listpack.count() - 1, element) || listpack.count() == 1) {
    return change_chunk(
        place, [&](std::string& chunk) { Listpack::replace(chunk, place.offset, element); });
  }
  insert(place, element, false, limits);
  static_cast<void>(erase(seek(index + 1)));
}

DenseList::Place DenseList::erase(Place place) {
  if (count_of(chunk_at(place).bytes) == 1) {
    const std::size_t blocks = blocks_.size();
    drop_chunk(place);
    if (blocks_.size() < blocks) return {place.block, 0, Listpack::kFirst};
    if (place.chunk < blocks_[place.block]->slots.size())
      return {place.block, place.chunk, Listpack::kFirst};
    return {place.block + 1, 0, Listpack::kFirst};
  }
  change_chunk(place, [&](std::string& chunk) { Listpack::erase(chunk, place.offset); });
  if (place.offset != chunk_at(place).bytes.size() - 1) return place;
  if (place.chunk + 1 < blocks_[place.block]->slots.size())
    return {place.block, place.chunk + 1, Listpack::kFirst};
  return {place.block + 1, 0, Listpack::kFirst};
}

// Whole chunks at a time where it can.
void DenseList::erase_range(std::uint64_t first_index, std::uint64_t count) {
  while (count > 0 && first_index < count_) {
    const Place place = seek(first_index);
    const std::size_t in_chunk = count_of(chunk_at(place).bytes);
    if (place.offset == Listpack::kFirst && count >= in_chunk) {
      drop_chunk(place);
      count -= in_chunk;
      continue;
    }
    const std::uint64_t before = count_;
    change_chunk(place, [&](std::string& chunk) { Listpack::erase(chunk, place.offset, count); });
    count -= before - count_;
  }
}

DenseList::Place DenseList::seek(std::uint64_t index) const {
  CHECK(index < count_);
  Place place;
  if (index < count_ / 2) {
    for (; index >= blocks_[place.block]->count; ++place.block)
      index -= blocks_[place.block]->count;
  } else {
    std::uint64_t behind = count_;
    place.block = blocks_.size() - 1;
    while (behind - blocks_[place.block]->count > index) behind -= blocks_[place.block--]->count;
    index -= behind - blocks_[place.block]->count;
  }
  for (const std::uint32_t slot : blocks_[place.block]->slots) {
    const std::size_t here = count_of(chunks_[slot]->bytes);
    if (index < here) break;
    index -= here;
    ++place.chunk;
  }
  place.offset = Listpack(chunk_at(place).bytes).seek(static_cast<std::int64_t>(index));
  return place;
}

Listpack::Element DenseList::at(const Place& place) const {
  return Listpack(chunk_at(place).bytes).at(place.offset);
}

DenseList::Place DenseList::next(Place place) const {
  const Listpack listpack(chunk_at(place).bytes);
  place.offset = listpack.next(place.offset);
  if (place.offset != listpack.end()) return place;
  if (place.chunk + 1 < blocks_[place.block]->slots.size())
    return {place.block, place.chunk + 1, Listpack::kFirst};
  return {place.block + 1, 0, Listpack::kFirst};
}

DenseList::Place DenseList::previous(Place place) const {
  const std::size_t before = Listpack(chunk_at(place).bytes).previous(place.offset);
  if (before != Listpack::kNone) return {place.block, place.chunk, before};
  if (place.block == 0 && place.chunk == 0) return end();
  Place left = place.chunk > 0
                   ? Place{place.block, place.chunk - 1, 0}
                   : Place{place.block - 1, blocks_[place.block - 1]->slots.size() - 1, 0};
  const Listpack listpack(chunk_at(left).bytes);
  left.offset = listpack.previous(listpack.end());
  return left;
}

DenseList::Place DenseList::last() const {
  Place place{blocks_.size() - 1, blocks_.back()->slots.size() - 1, 0};
  const Listpack listpack(chunk_at(place).bytes);
  place.offset = listpack.previous(listpack.end());
  return place;
}

// ---- rows ----

void DenseList::encode_head(std::string& out) const { base::Encoder(out).varint(count_); }

std::string DenseList::encode_segment(std::uint64_t slot) const {
  if (slot >= chunks_.size() || chunks_[slot] == nullptr) return {};
  std::string out;
  base::Encoder encoder(out);
  encoder.u64(chunks_[slot]->key);
  encoder.bytes(chunks_[slot]->bytes);
  return out;
}

bool DenseList::load_head(std::string_view head) {
  base::Decoder in(head);
  count_to_load_ = in.varint();
  return in.ok() && in.at_end() && count_to_load_ > 0;
}

bool DenseList::load_segment(std::uint64_t slot, std::string_view bytes) {
  base::Decoder in(bytes);
  const std::uint64_t key = in.u64();
  const std::string_view listpack = in.bytes();
  constexpr std::uint64_t kSlotsMax = 1U << 28;  // a number above that is damage
  if (!in.ok() || !in.at_end() || !Listpack::is_valid(listpack) || Listpack(listpack).is_empty() ||
      slot < chunks_.size() || slot >= kSlotsMax)
    return false;
  chunks_.resize(slot);
  chunks_.push_back(std::make_unique<Chunk>(Chunk{key, std::string(listpack)}));
  count_ += Listpack(listpack).count();
  return true;
}

bool DenseList::finish_load() {
  std::vector<std::uint32_t> order;
  for (std::size_t slot = 0; slot < chunks_.size(); ++slot) {  // ascending is a heap
    (chunks_[slot] == nullptr ? free_slots_ : order).push_back(static_cast<std::uint32_t>(slot));
  }
  std::sort(order.begin(), order.end(),
            [this](auto a, auto b) { return chunks_[a]->key < chunks_[b]->key; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && chunks_[order[i - 1]]->key == chunks_[order[i]]->key) return false;
    if (i % kBlockChunks == 0) blocks_.push_back(std::make_unique<Block>());
    const std::string& bytes = chunks_[order[i]]->bytes;
    blocks_.back()->slots.push_back(order[i]);
    blocks_.back()->count += count_of(bytes);
    bytes_ += held_bytes(bytes);
  }
  return count_ == count_to_load_;
}

bool DenseList::free_some(std::size_t count) {
  blocks_.clear();
  constexpr std::size_t kElementsPerChunk = 64;
  for (std::size_t left = count / kElementsPerChunk + 1; left > 0 && !chunks_.empty(); --left)
    chunks_.pop_back();
  return chunks_.empty();
}

}  // namespace engine
