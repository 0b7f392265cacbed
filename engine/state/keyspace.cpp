#include "engine/state/keyspace.h"

namespace engine {

const Entry* Keyspace::find(const HashedKey& key) const {
  const Position position = table_.find(key);
  return position == DenseTable::kNone ? nullptr : &table_.at(position);
}

void Keyspace::release(Position position, Goes goes) {
  const Entry& entry = table_.at(position);
  if (entry.apart() == nullptr) return;
  field_times_.unlist(entry);
  const CollectionRef collection = entry.value().apart();
  if (goes != Goes::kWithin) out_.leave(*collection);
  if (goes == Goes::kAway) graveyard_.bury(collection);
}

bool Keyspace::assign(std::string_view key, Value&& value, std::int64_t expiry_ms) {
  const HashedKey hashed = table_.hashed(key);
  const Position position = table_.find(hashed);
  if (position == DenseTable::kNone) {
    out_.touch(table_.place_for(hashed));
    field_times_.enlist(table_.at(table_.insert(hashed, std::move(value), expiry_ms)));
    return true;
  }
  out_.touch(position);
  release(position, Goes::kAway);
  table_.assign(position, std::move(value), expiry_ms);
  field_times_.enlist(table_.at(position));
  return false;
}

void Keyspace::replace(Position position, Value&& value) {
  out_.touch(position);
  release(position, Goes::kAway);
  table_.assign(position, std::move(value), table_.at(position).expiry_ms());
  field_times_.enlist(table_.at(position));
}

void Keyspace::set_expiry(Position position, std::int64_t expiry_ms) {
  out_.touch(position);
  table_.set_expiry(position, expiry_ms);
}

void Keyspace::remove(Position position) {
  out_.touch(position);
  release(position, Goes::kAway);
  table_.remove(position);
}

Value Keyspace::take(Position position, const Keyspace& target) {
  out_.touch(position);
  release(position, &target == this ? Goes::kWithin : Goes::kElsewhere);
  return table_.take(position);
}

void Keyspace::expect_growth(double times) {
  table_.reserve(static_cast<std::uint64_t>(static_cast<double>(table_.size()) * times));
}

bool Keyspace::free_some(std::size_t count) {
  field_times_.free_some(count);
  return table_.free_some(count, graveyard_) && field_times_.empty();
}

void Keyspace::end_step() {
  if (table_.has_holes()) table_.close_holes([this](Position position) { out_.touch(position); });
}

}  // namespace engine
