#include "engine/keyspace/dense_table.h"

#include <algorithm>

#include "base/check.h"

namespace engine {
void DenseTable::adopt(const HashSecret& secret) {
  CHECK(size_ == 0);
  secret_ = secret;
}

DenseTable::Position DenseTable::find_raw(const HashedKey& key) const {
  return index_.find(key.hash, [&](Position position) { return at(position).key() == key.bytes; });
}

DenseTable::Position DenseTable::prefetch_place(std::uint64_t hash) const {
  const Position position = index_.guess(hash);
  if (position < size_) __builtin_prefetch(&at(position));
  return position;
}

DenseTable::Position DenseTable::find(const HashedKey& key) const {
  const Position position = find_raw(key);
  return position == kNone || at(position).is_hole() ? kNone : position;
}

DenseTable::Position DenseTable::find_hash(std::uint64_t hash) const {
  const Position position = index_.find(
      hash, [&](Position at_position) { return hash_of_position()(at_position) == hash; });
  return position == kNone || at(position).is_hole() ? kNone : position;
}

DenseTable::Position DenseTable::place_for(const HashedKey& key) const {
  const Position hole = hole_count_ == 0 ? kNone : find_raw(key);
  return hole == kNone ? size_ : hole;
}

DenseTable::Position DenseTable::insert(const HashedKey& key, Value&& value,
                                        std::int64_t expiry_ms) {
  const Position position = place_for(key);
  if (position == size_) {
    if (size_ / kChunk >= chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    ++size_;
    mutable_at(position) = Entry(key.bytes, std::move(value), expiry_ms);
    index_.insert(key.hash, position, hash_of_position());
  } else {
    CHECK(at(position).is_hole());
    if (--hole_count_ == 0) holes_.clear();
    mutable_at(position) = Entry(key.bytes, std::move(value), expiry_ms);
  }
  add_to_sums(at(position));
  if (expiry_ms != kNoExpiry) start_expiring(position);
  return position;
}

// Calls `change(entry)` and keeps the sums and the list of expiring entries.
template <class Change>
void DenseTable::change(Position position, std::int64_t expiry_ms, Change change_entry) {
  Entry& entry = mutable_at(position);
  take_from_sums(entry);
  const bool had_expiry = entry.has_expiry();
  const bool has_expiry = expiry_ms != kNoExpiry;
  if (had_expiry && !has_expiry) stop_expiring(position);
  change_entry(entry);
  if (!had_expiry && has_expiry) start_expiring(position);
  if (had_expiry && has_expiry) expiring_[entry.expiry_slot()].expiry_ms = expiry_ms;
  add_to_sums(entry);
}

void DenseTable::assign(Position position, Value&& value, std::int64_t expiry_ms) {
  change(position, expiry_ms, [&](Entry& entry) { entry.assign(std::move(value), expiry_ms); });
}

void DenseTable::set_expiry(Position position, std::int64_t expiry_ms) {
  change(position, expiry_ms, [&](Entry& entry) { entry.set_expiry(expiry_ms); });
}

void DenseTable::start_expiring(Position position) {
  Entry& entry = mutable_at(position);
  entry.set_expiry_slot(static_cast<std::uint32_t>(expiring_.size()));
  expiring_.push_back({entry.expiry_ms(), static_cast<std::uint32_t>(position)});
}

void DenseTable::stop_expiring(Position position) {
  const std::uint32_t slot = at(position).expiry_slot();
  expiring_[slot] = expiring_.back();
  mutable_at(expiring_[slot].position).set_expiry_slot(slot);
  expiring_.pop_back();
}

void DenseTable::remove(Position position) {
  Entry& entry = mutable_at(position);
  CHECK(!entry.is_hole());
  take_from_sums(entry);
  if (entry.has_expiry()) stop_expiring(position);
  entry.make_hole();
  holes_.note(position);
  ++hole_count_;
}

Value DenseTable::take(Position position) {
  Entry& entry = mutable_at(position);
  take_from_sums(entry);
  Value value = entry.take_value();
  add_to_sums(entry);  // what is left of it, which remove() takes out
  remove(position);
  return value;
}

void DenseTable::drop_last() {
  --size_;
  mutable_at(size_) = Entry();
  if (chunks_.size() * kChunk >= size_ + 2 * kChunk) chunks_.pop_back();
}

void DenseTable::close_holes(const std::function<void(Position)>& before) {
  const auto is_hole = [this](Position position) {
    return position < size_ && at(position).is_hole();
  };
  while (hole_count_ > 0) {
    const Position position = holes_.take_last(is_hole);
    CHECK(position != kNone);
    before(position);
    if (position != size_ - 1) before(size_ - 1);
    close_hole(position);
  }
  holes_.clear();
}

void DenseTable::close_hole(Position position) {
  const Position last = size_ - 1;
  close_gap(index_, position, last, hash_of_position());
  if (position != last) {
    mutable_at(position) = std::move(mutable_at(last));
    if (at(position).has_expiry())
      expiring_[at(position).expiry_slot()].position = static_cast<std::uint32_t>(position);
  }
  drop_last();
  --hole_count_;
}

bool DenseTable::free_some(std::size_t count, Graveyard& graveyard) {
  holes_.clear();
  hole_count_ = 0;
  expiring_.resize(expiring_.size() - std::min(expiring_.size(), 4 * count));
  const bool is_index_gone = index_.free_some(count / 16 + 1);
  while (count-- > 0 && size_ > 0) {
    if (!at(size_ - 1).is_hole()) {
      bytes_ -= at(size_ - 1).memory_bytes();
      graveyard.bury(at(size_ - 1).value().apart());
    }
    drop_last();
  }
  if (size_ == 0) chunks_.clear();
  return size_ == 0 && is_index_gone && expiring_.empty();
}

}  // namespace engine
