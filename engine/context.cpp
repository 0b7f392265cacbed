#include "engine/context.h"

#include "base/number.h"

namespace engine {

bool ReadContext::is_visible(const TableEntry& entry) {
  if (entry.is_hole || state_.is_expired(entry)) return false;
  if (may_propose_time_ && entry.expiry_ms != kNoExpiry && entry.expiry_ms <= now_ms_) needs_time_ = true;
  return true;
}

const TableEntry* ReadContext::find_in(std::uint32_t database, std::string_view key, bool counts) {
  const TableEntry* entry = state_.database(database).find(key);
  const bool is_there = entry != nullptr && is_visible(*entry);
  if (counts) ++(is_there ? state_.statistics.keyspace_hits : state_.statistics.keyspace_misses);
  if (counts && is_there) entry->touched_s = static_cast<std::uint32_t>(now_ms_ / 1000);
  return is_there ? entry : nullptr;
}

const TableEntry* ReadContext::find(std::string_view key, bool counts) { return find_in(database_, key, counts); }

const TableEntry* WriteContext::find_for_write(std::string_view key) { return find_for_write_in(database_, key); }

const TableEntry* WriteContext::find_for_write_in(std::uint32_t database, std::string_view key) {
  const TableEntry* entry = mutable_.database(database).find(key);
  if (entry == nullptr || !mutable_.is_expired(*entry)) return entry;
  expire(database, key);
  return nullptr;
}

void WriteContext::expire(std::uint32_t database, std::string_view key) {
  const std::string name(key);  // the view may be the entry's own key
  Keyspace& keyspace = mutable_.database(database);
  keyspace.remove(keyspace.position(name));
  ++mutable_.statistics.expired_keys;
  notify_in(database, 'x', "expired", name);
  signal(database, name);
}

void WriteContext::put_in(std::uint32_t database, std::string_view key, Value value, std::int64_t expiry_ms) {
  Keyspace& keyspace = mutable_.database(database);
  TableEntry& entry = keyspace.assign(key);
  entry.value = std::move(value);
  entry.expiry_ms = expiry_ms;
  entry.touched_s = static_cast<std::uint32_t>(now_ms_ / 1000);
  keyspace.changed(entry);
  signal(database, key);
}

void WriteContext::replace(std::string_view key, Value value) {
  Keyspace& keyspace = mutable_.database(database_);
  TableEntry& entry = keyspace.edit(keyspace.position(key));
  entry.value = std::move(value);
  keyspace.changed(entry);
  signal(database_, key);
}

bool WriteContext::remove_in(std::uint32_t database, std::string_view key) {
  Keyspace& keyspace = mutable_.database(database);
  const auto position = keyspace.position(key);
  if (position == DenseTable::kNone) return false;
  keyspace.remove(position);
  signal(database, key);
  return true;
}

void WriteContext::set_expiry(std::string_view key, std::int64_t expiry_ms) {
  Keyspace& keyspace = mutable_.database(database_);
  keyspace.set_expiry(keyspace.position(key), expiry_ms);
  signal(database_, key);
}

void WriteContext::notify_in(std::uint32_t database, char event_class, std::string_view event, std::string_view key) {
  if (!effects_.wants_events) return;
  effects_.events.push_back({database, static_cast<std::uint32_t>(event_class), std::string(event), std::string(key)});
}

std::optional<std::int64_t> integer_argument(ReadContext& context, std::size_t i, std::string_view error) {
  const auto value = base::parse_integer(context.arg(i));
  if (!value) context.error(error);
  return value;
}

std::optional<std::uint32_t> database_argument(ReadContext& context, std::size_t i) {
  const auto value = integer_argument(context, i);
  if (!value) return {};
  if (*value < 0 || *value >= base::limits::kDatabases) {
    context.error(errors::kDatabaseRange);
    return {};
  }
  return static_cast<std::uint32_t>(*value);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (fold(a[i]) != fold(b[i])) return false;
  }
  return true;
}

}  // namespace engine
