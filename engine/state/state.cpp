#include "engine/state/state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/scripts/script_state.h"
#include "engine/users/users_setting.h"

namespace engine {
namespace {

constexpr std::size_t kFreedPerStep = 64;

// True if there is more. Most databases hold next to nothing: these go with the one that does.
bool free_some(std::vector<std::unique_ptr<Keyspace>>& keyspaces, std::size_t count) {
  while (!keyspaces.empty()) {
    const std::size_t keys = keyspaces.back()->table().size();
    if (!keyspaces.back()->free_some(count)) return true;
    keyspaces.pop_back();
    if (keys >= count) break;
    count -= keys;
  }
  return !keyspaces.empty();
}

}  // namespace

State::State(const CommandTable& table)
    : commands(table),
      waiters(table),
      script_state(std::make_unique<scripts::ScriptState>()),
      users(table) {
  for (auto& keyspace : databases)
    keyspace = std::make_unique<Keyspace>(next_keyspace_id++, graveyard, settings.hash_secret());
}

State::~State() = default;

void State::set_setting(std::string_view name, std::string_view value) {
  if (users::is_setting(name)) {
    if (rules < kRulesWithUsers) return;
    users::take_setting(users, name, value);
    digest_users(value);
    return;
  }
  settings.set(name, value);
  if (name != Settings::kHashSecret) return;
  for (auto& keyspace : databases) keyspace->adopt_secret();
}

Presence State::presence(std::uint32_t number, std::string_view key) const {
  const Entry* entry = database(number).find(key);
  if (entry == nullptr) return Presence::kAbsent;
  return is_expired(*entry) ? Presence::kExpired : Presence::kPresent;
}

std::uint64_t State::content_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& keyspace : databases) bytes += keyspace->content_bytes();
  return bytes;
}

std::uint64_t State::growth_left() const {
  const std::uint64_t most = settings.growth_bytes_max();
  if (content_before_exec == kNoExec) return most;
  const std::uint64_t now = content_bytes();
  const std::uint64_t grown = now - std::min(now, content_before_exec);
  return most - std::min(most, grown);
}

void State::take_rules(base::LogIndex index, std::uint32_t number) {
  CHECK(number <= kRulesKnown);
  rules = std::max(rules, number);
  if (rules >= kRulesWithDigest && applied.since.is_none()) applied = {.since = index};
}

// What an entry has left behind as a whole.
void State::end_digest() {
  if (applied.since.is_none()) return;
  std::uint64_t keys = 0;
  for (const auto& keyspace : databases)
    keys = keys * 31 + keyspace->table().size() + (keyspace->expires() << 32);
  applied.add(keys);
}

void State::end_step() {
  if (std::exchange(may_have_holes, false)) {
    for (auto& keyspace : databases) keyspace->end_step();
  }
  for (const CollectionRef& collection : stepped) {
    if (collection->has_holes()) collection->end_step();
  }
  stepped.clear();
  if (!retired_.empty() || !graveyard.empty() || !predecessors.empty()) free_after_step();
}

// A step that allocates frees as much: however fast values are made and dropped, there is never
// more than there was when the last one was buried.
void State::free_after_step() {
  const std::uint64_t bytes = memory_bytes() + buried_bytes();
  const std::uint64_t grown =
      bytes_after_step_ == 0 || bytes <= bytes_after_step_ ? 0 : bytes - bytes_after_step_;
  const bool has_more = free_retired(kFreedPerStep + grown / Graveyard::kBytesPerElement);
  bytes_after_step_ = has_more ? memory_bytes() + buried_bytes() : 0;
}

std::uint64_t State::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& keyspace : databases) bytes += keyspace->memory_bytes();
  return bytes;
}

std::uint64_t State::buried_bytes() const {
  std::uint64_t bytes = graveyard.bytes() + predecessors.bytes();
  for (const auto& keyspace : retired_) bytes += keyspace->memory_bytes();
  return bytes;
}

bool State::free_retired(std::size_t count) {
  bool has_more = !graveyard.empty() && graveyard.free_some(count);
  // Those of a checkpoint under way are still being read.
  if (!retired_.empty() && !is_checkpointing_)
    has_more = free_some(retired_, count) || has_more || !graveyard.empty();
  return has_more || predecessors.free_some(count);
}

void State::retire() {
  abandon_checkpoint();
  for (auto& keyspace : databases) retired_.push_back(std::move(keyspace));
  for (auto& keyspace : retired_) keyspace->abandon_load();
}

std::optional<Type> State::type_of(std::uint32_t number, std::string_view key) const {
  const Entry* entry = database(number).find(key);
  return entry == nullptr ? std::nullopt : std::optional(entry->value().type());
}

auto State::is_stream_in(std::uint32_t number) const {
  return [this, number](std::string_view key) { return type_of(number, key) == Type::kStream; };
}

// Which of its keys a waiting client is served from depends on which became ready first. To Redis
// 7.0 a key is ready when it holds what somebody waits for, at whatever key. A reader of a group is
// told as well that its stream is gone or has become something else.
auto State::is_ready_in(std::uint32_t number) const {
  return [this, number](std::string_view key, bool has_group_readers) {
    if (rules < kRulesWithTypedWaits || has_group_readers) return true;
    const std::optional<Type> type = type_of(number, key);
    return type && waiters.wait_for(*type);
  };
}

void State::touch_waiters(std::uint32_t number, std::string_view key) {
  waiters.touch(number, key, is_ready_in(number));
}

void State::note_arrival(std::uint32_t number, std::string_view key) {
  if (rules >= kRulesWithArrivals && !waiters.empty()) touch_waiters(number, key);
  stream_watches.on_changed(number, key, is_stream_in(number));
}

void State::flush_database(std::uint32_t number) {
  Keyspace& old = database(number);
  watches.replace_database(
      number, [&old](std::string_view key) { return old.find(key) != nullptr; },
      [](std::string_view) { return Presence::kAbsent; });
  old.end_step();
  if (old.was_stored() || is_checkpointing_) {
    dropped_.push_back(old.id());
    dropped_.push_back(old.id() | Segments::kKeyspaceBit);
  }
  retired_.push_back(std::exchange(
      databases[number],
      std::make_unique<Keyspace>(next_keyspace_id++, graveyard, settings.hash_secret())));
  waiters.touch_database(number, is_ready_in(number));
}

void State::swap_databases(std::uint32_t first, std::uint32_t second) {
  const auto announce = [this](std::uint32_t number, std::uint32_t other) {
    watches.replace_database(
        number, [&](std::string_view key) { return database(number).find(key) != nullptr; },
        [&](std::string_view key) { return presence(other, key); });
  };
  announce(first, second);
  announce(second, first);
  std::swap(databases[first], databases[second]);
  waiters.touch_database(first, is_ready_in(first));
  waiters.touch_database(second, is_ready_in(second));
  stream_watches.on_database_changed(first, is_stream_in(first));
  stream_watches.on_database_changed(second, is_stream_in(second));
}

}  // namespace engine
