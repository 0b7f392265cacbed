#include "engine/types/dense_table.h"

#include <algorithm>

#include "base/check.h"

namespace engine {
namespace {

constexpr std::size_t kIndexSlotsMin = 16;
constexpr std::size_t kMigratedPerInsert = 16;  // the old index has at most 1 entry per 1 slot: done long before the next growth

}  // namespace

std::uint32_t DenseTable::hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
}

DenseTable::Position DenseTable::find_in(const Index& index, std::string_view key, std::uint32_t hash) const {
  if (index.empty()) return kNone;
  for (std::size_t slot = slot_of(index, hash); index[slot] != 0; slot = (slot + 1) & (index.size() - 1)) {
    const TableEntry& entry = at(index[slot] - 1);
    if (entry.hash == hash && entry.key == key) return index[slot] - 1;
  }
  return kNone;
}

DenseTable::Position DenseTable::find(std::string_view key) const {
  const std::uint32_t hash = hash_of(key);
  const Position found = find_in(index_, key, hash);
  return found != kNone || old_index_.empty() ? found : find_in(old_index_, key, hash);
}

DenseTable::Position DenseTable::place_for(std::string_view key) const {
  for (const auto& [hole_key, position] : holes_) {
    if (hole_key == key) return position;
  }
  return size_;
}

void DenseTable::put(Index& index, Position position) {
  std::size_t slot = slot_of(index, at(position).hash);
  while (index[slot] != 0) slot = (slot + 1) & (index.size() - 1);
  index[slot] = static_cast<std::uint32_t>(position + 1);
}

bool DenseTable::take(Index& index, Position position) {
  if (index.empty()) return false;
  const std::size_t mask = index.size() - 1;
  std::size_t slot = slot_of(index, at(position).hash);
  while (index[slot] != position + 1) {
    if (index[slot] == 0) return false;
    slot = (slot + 1) & mask;
  }
  // Backward shift: what follows and could stand here moves up, so that probing never meets a tombstone.
  std::size_t gap = slot;
  for (std::size_t next = (slot + 1) & mask; index[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = slot_of(index, at(index[next] - 1).hash);
    if (((next - home) & mask) >= ((next - gap) & mask)) {
      index[gap] = index[next];
      gap = next;
    }
  }
  index[gap] = 0;
  return true;
}

void DenseTable::migrate(std::size_t slots) {
  // Entries of the old index are removed from it one by one, so that both stay exact at any time.
  while (slots-- > 0 && migrated_ < old_index_.size()) {
    const std::uint32_t content = old_index_[migrated_];
    if (content == 0) {
      ++migrated_;
      continue;
    }
    CHECK(take(old_index_, content - 1));
    put(index_, content - 1);
  }
  if (migrated_ >= old_index_.size()) {
    old_index_ = Index();
    migrated_ = 0;
  }
}

DenseTable::Position DenseTable::insert(std::string_view key) {
  CHECK(size_ < 0xFFFFFFF0ULL);
  if (!old_index_.empty()) migrate(kMigratedPerInsert);
  if (index_.empty()) index_.assign(kIndexSlotsMin, 0);
  if (old_index_.empty() && (size_ + 1) * 4 > index_.size() * 3) {
    old_index_ = std::exchange(index_, Index(index_.size() * 2, 0));
    migrated_ = 0;
  }
  Position position = size_;
  const auto hole = std::find_if(holes_.begin(), holes_.end(), [key](const auto& h) { return h.first == key; });
  if (hole != holes_.end()) {
    position = hole->second;
    holes_.erase(hole);
  } else {
    if (size_ / kChunk >= chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    ++size_;
  }
  TableEntry& entry = at(position);
  entry.key.assign(key);
  entry.value = Value();
  entry.expiry_ms = kNoExpiry;
  entry.hash = hash_of(key);
  entry.is_hole = false;
  put(index_, position);
  return position;
}

void DenseTable::remove(Position position) {
  TableEntry& entry = at(position);
  CHECK(!entry.is_hole);
  CHECK(take(index_, position) || take(old_index_, position));
  holes_.emplace_back(std::move(entry.key), position);
  entry.key.clear();
  entry.value = Value();
  entry.expiry_ms = kNoExpiry;
  entry.is_hole = true;
}

void DenseTable::repoint(Position from, Position to) {
  for (Index* index : {&index_, &old_index_}) {
    if (index->empty()) continue;
    for (std::size_t slot = slot_of(*index, at(from).hash); (*index)[slot] != 0; slot = (slot + 1) & (index->size() - 1)) {
      if ((*index)[slot] == from + 1) {
        (*index)[slot] = static_cast<std::uint32_t>(to + 1);
        return;
      }
    }
  }
  CHECK(false);
}

void DenseTable::drop_last() {
  --size_;
  at(size_) = TableEntry();
  if (chunks_.size() * kChunk >= size_ + 2 * kChunk) chunks_.pop_back();
}

void DenseTable::close_holes(const std::function<void(Position)>& before) {
  std::sort(holes_.begin(), holes_.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [key, position] : holes_) {
    const Position last = size_ - 1;
    before(position);
    if (position != last) {
      before(last);
      repoint(last, position);
      at(position) = std::move(at(last));
    }
    drop_last();
  }
  holes_.clear();
}

bool DenseTable::free_some(std::size_t count) {
  index_ = Index();
  old_index_ = Index();
  holes_.clear();
  while (count-- > 0 && size_ > 0) drop_last();
  if (size_ == 0) chunks_.clear();
  return size_ == 0;
}

}  // namespace engine
