// What INFO, DEBUG, CLUSTER and XREAD ask of the state, and nothing else does.
#include <algorithm>

#include "engine/checkpoint/codec.h"
#include "engine/engine.h"
#include "engine/state/state.h"
#include "engine/types/stream.h"
#include "engine/users/users_setting.h"

namespace engine {
namespace {

constexpr std::size_t kTimesSampled = 64;

}  // namespace

std::vector<Engine::DatabaseInfo> Engine::databases() const {
  std::vector<DatabaseInfo> infos;
  for (std::uint32_t number = 0; number < state_->databases.size(); ++number) {
    const Keyspace& keyspace = state_->database(number);
    const auto& expiring = keyspace.table().expiring();
    const std::size_t sampled = std::min(expiring.size(), kTimesSampled);
    std::int64_t sum_ms = 0;
    for (std::size_t i = 0; i < sampled; ++i)
      sum_ms +=
          std::clamp<std::int64_t>(expiring[i].expiry_ms - state_->time_ms, 0, INT64_MAX / 128);
    const std::int64_t average_ms = sampled == 0 ? 0 : sum_ms / static_cast<std::int64_t>(sampled);
    if (keyspace.table().count() > 0)
      infos.push_back({number, keyspace.table().count(), expiring.size(), average_ms});
  }
  return infos;
}

std::optional<Engine::ObjectFacts> Engine::object_facts(std::uint32_t database,
                                                        std::string_view key,
                                                        base::UnixMillis now_ms) const {
  const Keyspace& keyspace = state_->database(database);
  const Entry* entry = keyspace.find(key);
  if (entry == nullptr || state_->is_expired(*entry)) return {};
  const ValueView value = entry->value();
  const Collection* collection = value.collection();
  const AccessClock& access = state_->access;
  return ObjectFacts{
      .encoding = value.encoding(),
      .position = keyspace.position(key),
      .count = collection == nullptr || value.type() == Type::kString ? 0 : collection->count(),
      .serialized_bytes = collection != nullptr ? entry->memory_bytes() : encode_row(*entry).size(),
      .access = entry->access(),
      .idle_s = access.rules().is_frequency ? 0 : access.idle_s(*entry, now_ms)};
}

std::optional<std::string> Engine::setting(std::string_view name) const {
  if (users::is_setting(name)) return users::setting_of(state_->users, name);
  return state_->settings.find(name);
}

const users::Users& Engine::users() const { return state_->users; }

std::vector<std::string> Engine::keys_in_slot(std::uint16_t slot, std::size_t most) const {
  std::vector<std::string> keys;
  const DenseTable& table = state_->database(0).table();
  for (std::uint64_t position = 0; position < table.size() && keys.size() < most; ++position) {
    const Entry& entry = table.at(position);
    if (!entry.is_hole() && base::key_slot(entry.key()) == slot) keys.emplace_back(entry.key());
  }
  return keys;
}

std::size_t Engine::count_keys_in_slot(std::uint16_t slot) const {
  return keys_in_slot(slot, SIZE_MAX).size();
}

std::string Engine::last_stream_id(std::uint32_t database, std::string_view key) const {
  const Entry* entry = state_->database(database).find(key);
  const bool is_stream =
      entry != nullptr && !state_->is_expired(*entry) && entry->value().type() == Type::kStream;
  if (!is_stream) return "0-0";
  return static_cast<const Stream*>(entry->value().collection())->last_id().text();
}

}  // namespace engine
