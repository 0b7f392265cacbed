// Changes of a keyspace's entries. What checkpoints and loading do stands in keyspace_rows.cpp.
#include "engine/keyspace.h"

#include <string>

namespace engine {

const Entry* Keyspace::find(const HashedKey& key) const {
  const Position position = table_.find(key);
  return position == DenseTable::kNone ? nullptr : &table_.at(position);
}

void Keyspace::touch(Position position) {
  const RowNumber row = position / kKeysPerRow;
  if (position < frozen_size_ && frozen_.has(row)) keep(position);
  dirty_.add(row);
}

void Keyspace::enlist(Position position) {
  const Collection* collection = table_.at(position).collection();
  if (collection == nullptr || !collection->has_times()) return;
  field_times_.emplace(collection->next_time(0), table_.at(position).key());
}

void Keyspace::unlist(Position position) {
  const Collection* collection = table_.at(position).collection();
  if (collection == nullptr || !collection->has_times()) return;
  field_times_.erase({collection->next_time(0), std::string(table_.at(position).key())});
}

// The rows of a collection that leaves this keyspace are to be deleted. Its segments stay attached:
// those that a checkpoint under way has not written yet must hear of changes that come after, by
// the end of the step or in another keyspace.
void Keyspace::leave(const Collection& collection) {
  const std::shared_ptr<Segments>& segments = collection.segments();
  if (segments == nullptr || segments->has_left()) return;
  segments->leave();
  gone_.push_back(segments);
}

// The value at `position` is about to be dropped.
void Keyspace::let_go(Position position) {
  if (!table_.at(position).has_collection()) return;
  unlist(position);
  const CollectionRef collection = table_.at(position).value().collection_ref();
  leave(*collection);
  graveyard_.bury(collection);
}

bool Keyspace::assign(std::string_view key, Value&& value, std::int64_t expiry_ms) {
  const HashedKey hashed = table_.hashed(key);
  const Position position = table_.find(hashed);
  if (position == DenseTable::kNone) {
    touch(table_.place_for(hashed));
    enlist(table_.insert(hashed, std::move(value), expiry_ms));
    return true;
  }
  touch(position);
  let_go(position);
  table_.assign(position, std::move(value), expiry_ms);
  enlist(position);
  return false;
}

void Keyspace::replace(Position position, Value&& value) {
  touch(position);
  let_go(position);
  table_.assign(position, std::move(value), table_.at(position).expiry_ms());
  enlist(position);
}

void Keyspace::set_expiry(Position position, std::int64_t expiry_ms) {
  touch(position);
  table_.set_expiry(position, expiry_ms);
}

void Keyspace::remove(Position position) {
  touch(position);
  let_go(position);
  table_.remove(position);
}

Value Keyspace::take(Position position, const Keyspace& target) {
  touch(position);
  unlist(position);
  Value value = table_.take(position);
  if (value.collection() != nullptr && &target != this) leave(*value.collection());
  return value;
}

bool Keyspace::free_some(std::size_t count) {
  for (std::size_t i = 0; i < count && !field_times_.empty(); ++i)
    field_times_.erase(field_times_.begin());
  return table_.free_some(count, graveyard_) && field_times_.empty();
}

void Keyspace::end_step() {
  if (table_.has_holes()) table_.close_holes([this](Position position) { touch(position); });
}

}  // namespace engine
