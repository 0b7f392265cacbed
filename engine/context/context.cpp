#include "engine/context/context.h"

#include <algorithm>
#include <utility>

#include "base/extended.h"
#include "base/number.h"
#include "engine/types/hash.h"

namespace engine {

void ReadContext::meet_expired(std::uint32_t database, const Entry& entry) {
  constexpr std::size_t kMetMax = 1000;
  needs_time_ = true;
  if (met_ != nullptr && met_->size() < kMetMax)
    met_->push_back({database, std::string(entry.key()), entry.expiry_ms()});
}

bool ReadContext::is_visible_in(std::uint32_t database, const Entry& entry) {
  if (entry.is_hole()) return false;
  const bool is_expired = state_.is_expired(entry);
  if (!may_propose_time_) return !is_expired;
  const bool will_expire = !is_expired && entry.has_expiry() && entry.expiry_ms() <= now_ms_;
  if (will_expire || (is_expired && met_ != nullptr)) meet_expired(database, entry);
  if (is_expired) return false;
  const Collection* collection = entry.collection();
  if (collection != nullptr && collection->has_times() &&
      collection->next_time(log_ms()) <= now_ms_)
    needs_time_ = true;
  return true;
}

void ReadContext::observe(const ReadObserver& observer) {
  observer_ = observer;
  if (observer.misses != nullptr && !state_.settings.wants_event('m')) observer_.misses = nullptr;
}

void ReadContext::tell_miss(std::uint32_t database, std::string_view key) {
  observer_.misses->push_back({.database = database, .event = "keymiss", .key = std::string(key)});
}

const Entry* ReadContext::find_in(std::uint32_t database, std::string_view key, Lookup lookup) {
  const HashedKey hashed = state_.database(database).table().hashed(key);
  const Entry* entry = state_.database(database).find(hashed);
  const bool is_there = entry != nullptr && is_visible_in(database, *entry);
  if (lookup != Lookup::kSilent) ++(is_there ? hits_ : misses_);
  const bool is_told = lookup == Lookup::kUse || lookup == Lookup::kLook;
  if (!is_there && is_told && observer_.misses != nullptr) tell_miss(database, key);
  if (lookup == Lookup::kUse && is_there) {
    state_.access.on_used(*entry, now_ms_);
    state_.access.gather(database, hashed.hash);
  }
  return is_there ? entry : nullptr;
}

const Entry* ReadContext::find(std::string_view key, Lookup lookup) {
  return find_in(database_, key, lookup);
}

Found ReadContext::checked(const Entry* entry, Type type) {
  if (entry == nullptr || entry->value().type() == type) return Found(entry);
  error(errors::kWrongType);
  return Found::wrong();
}

Found ReadContext::find_of(std::string_view key, Type type) { return checked(find(key), type); }

Found WriteContext::find_of_for_write(std::string_view key, Type type) {
  return checked(find_for_write(key), type);
}

Value WriteContext::take(std::string_view key, std::uint32_t to_database) {
  Keyspace& keyspace = mutable_.database(database_);
  Value value = keyspace.take(keyspace.position(key), mutable_.database(to_database));
  mutable_.may_have_holes = true;
  signal_whole(database_, key);
  return value;
}

void WriteContext::signal(std::uint32_t database, std::string_view key) {
  ++mutable_.key_changes;
  if (effects_.wants_changes) effects_.notes.push_back({std::string(key), change_});
  if (!mutable_.watches.empty())
    mutable_.watches.touch(database, key, mutable_.database(database).find(key) != nullptr);
  mutable_.note_change(database, key);
  mutable_.digest_key(database, key);
}

void WriteContext::signal_whole(std::uint32_t database, std::string_view key) {
  signal(database, key);
  mutable_.note_arrival(database, key);
}

const Entry* WriteContext::find_for_write(std::string_view key) {
  return find_for_write_in(database_, key);
}

const Entry* WriteContext::find_for_write_in(std::uint32_t database, std::string_view key) {
  const Entry* entry = mutable_.database(database).find(key);
  if (entry != nullptr && mutable_.is_expired(*entry)) {
    expire(database, key);
    return nullptr;
  }
  if (entry != nullptr) mutable_.access.on_used(*entry, now_ms_);
  return entry;
}

void WriteContext::expire(std::uint32_t database, std::string_view key) {
  const std::string name(key);  // the view may be the entry's own key
  Keyspace& keyspace = mutable_.database(database);
  const Entry& entry = *keyspace.find(name);
  const bool is_by_fields = !entry.has_expiry() || entry.expiry_ms() > log_ms();
  keyspace.remove(keyspace.position(name));
  mutable_.may_have_holes = true;
  if (is_by_fields) {
    notify_in(database, 'h', "hexpired", name);
    notify_in(database, 'g', "del", name);
  } else {
    ++mutable_.statistics.expired_keys;
    notify_in(database, 'x', "expired", name);
  }
  const KeyNote::How before = std::exchange(change_, KeyNote::How::kChangedByNobody);
  signal_whole(database, name);
  change_ = before;
}

void WriteContext::sweep(std::string_view key, std::uint64_t count_max) {
  const Edited edited = edit<Hash>(key, [&](Hash& hash) {
    hash.look_at(log_ms());
    return hash.drop_expired(count_max) > 0;
  });
  notify('h', "hexpired", key);
  if (edited == Edited::kEmptied) notify('g', "del", key);
}

void WriteContext::evict(std::string_view key) {
  remove_in(database_, key);
  ++mutable_.statistics.evicted_keys;
  notify('e', "evicted", key);
}

void WriteContext::put_in(std::uint32_t database, std::string_view key, Value value,
                          std::int64_t expiry_ms) {
  Keyspace& keyspace = mutable_.database(database);
  if (value.collection() != nullptr) mutable_.note_step(std::get<CollectionRef>(value.content()));
  const bool is_new = keyspace.assign(key, std::move(value), expiry_ms);
  const Entry& entry = *keyspace.find(key);
  if (is_new) mutable_.access.on_created(entry, now_ms_);
  if (!is_new) mutable_.access.on_overwritten(entry, now_ms_);
  mutable_.digest_entry(entry);
  signal_whole(database, key);
  if (is_new) notify_in(database, 'n', "new", key);
}

void WriteContext::replace(std::string_view key, Value value) {
  Keyspace& keyspace = mutable_.database(database_);
  const auto position = keyspace.position(key);
  keyspace.replace(position, std::move(value));
  mutable_.digest_entry(keyspace.table().at(position));
  signal_whole(database_, key);
}

bool WriteContext::remove_in(std::uint32_t database, std::string_view key) {
  Keyspace& keyspace = mutable_.database(database);
  const auto position = keyspace.position(key);
  if (position == DenseTable::kNone) return false;
  keyspace.remove(position);
  mutable_.may_have_holes = true;
  signal_whole(database, key);
  return true;
}

void WriteContext::set_expiry(std::string_view key, std::int64_t expiry_ms) {
  Keyspace& keyspace = mutable_.database(database_);
  const auto position = keyspace.position(key);
  keyspace.set_expiry(position, expiry_ms);
  mutable_.digest_entry(keyspace.table().at(position));
  signal(database_, key);
}

void WriteContext::note_access(std::string_view key, std::optional<std::int64_t> idle_s,
                               std::optional<std::int64_t> frequency) {
  const Entry* entry = mutable_.database(database_).find(key);
  if (entry != nullptr) mutable_.access.on_restored(*entry, idle_s, frequency, now_ms_);
}

void WriteContext::notify_in(std::uint32_t database, char event_class, std::string_view event,
                             std::string_view key) {
  if (!effects_.wants_events || !mutable_.settings.wants_event(event_class)) return;
  effects_.events.push_back({database, std::string(event), std::string(key)});
}

void WriteContext::wait_for(std::size_t first, std::size_t end, std::int64_t timeout_ms) {
  if (block_request_ == nullptr) return reply_.null_array();
  block_request_->is_set = true;
  // One that ends after the end of time: never.
  const bool is_for_ever = timeout_ms == 0 || timeout_ms > INT64_MAX - now_ms_;
  block_request_->deadline_ms = is_for_ever ? 0 : now_ms_ + timeout_ms;
  block_request_->keys.clear();
  for (std::size_t i = first; i < end; ++i) block_request_->keys.emplace_back(arg(i));
}

// As Redis 7.0: a fraction of seconds, rounded up to milliseconds.
std::optional<std::int64_t> timeout_argument(ReadContext& context, std::size_t i) {
  const auto seconds = base::parse_extended(context.arg(i));
  if (!seconds) return context.error("ERR timeout is not a float or out of range"), std::nullopt;
  // What does not fit wraps around in Redis.
  const auto ms = seconds->milliseconds();
  if (!ms) return context.error("ERR timeout is negative"), std::nullopt;
  // One that ends after the end of time: never, as there.
  return *ms > INT64_MAX - context.now_ms() ? 0 : *ms;
}

std::optional<std::int64_t> integer_argument(ReadContext& context, std::size_t i,
                                             std::string_view error) {
  const auto value = base::parse_integer(context.arg(i));
  if (!value) context.error(error);
  return value;
}

std::optional<std::uint32_t> database_argument(ReadContext& context, std::size_t i) {
  const auto value = integer_argument(context, i);
  if (!value) return {};
  if (*value < INT32_MIN || *value > INT32_MAX) {
    context.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return {};
  }
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

bool has_option(std::span<const std::string_view> argv, std::size_t first,
                std::initializer_list<std::string_view> options) {
  const auto words = argv.subspan(std::min(first, argv.size()));
  return std::any_of(words.begin(), words.end(), [options](std::string_view word) {
    return std::any_of(options.begin(), options.end(), [word](std::string_view option) {
      return equals_ignoring_case(word, option);
    });
  });
}

}  // namespace engine
