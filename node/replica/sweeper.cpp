#include "node/replica/sweeper.h"

#include <algorithm>

namespace node {

void Sweeper::sweep(bool is_held) {
  constexpr auto kPeriod = base::milliseconds(100);
  constexpr std::size_t kKeysMax = 1000, kFieldsMax = 250;
  if (!terms_.is_serving() || !is_active_ || is_held) return;
  if (proposals_.errands().is_sweeping || !proposals_.has_room()) return;
  const base::Instant now = ground_.turn.now();
  if (now < due_) return ground_.turn.due(due_);
  due_ = now + kPeriod;
  if (!has_expiries()) return;
  ground_.turn.due(due_);
  const base::UnixMillis now_ms = ground_.log_clock.now_ms();
  const auto expired = ground_.engine.expired(now_ms, kKeysMax);
  if (!expired.empty()) propose(expired);
  const auto fields = ground_.engine.expired_fields(now_ms, kFieldsMax);
  if (!fields.empty()) propose(fields);
  const bool has_more = expired.size() == kKeysMax || !fields.empty();
  if (has_more) due_ = now;  // more where these came from
}

bool Sweeper::has_expiries() const {
  if (ground_.engine.has_field_times()) return true;
  const auto databases = ground_.engine.databases();
  return std::any_of(databases.begin(), databases.end(),
                     [](const auto& database) { return database.expires > 0; });
}

void Sweeper::propose(const std::vector<engine::Engine::Expired>& expired) {
  std::vector<engine::SweptKey> keys;
  keys.reserve(expired.size());
  for (const auto& key : expired) keys.push_back({key.database, key.key, key.expiry_ms});
  proposals_.writer().swept(keys);
  proposals_.add_nobody();
  proposals_.errands().is_sweeping = true;
}

void Sweeper::propose(const std::vector<engine::Engine::ExpiredFields>& expired) {
  std::vector<engine::SweptFields> hashes;
  hashes.reserve(expired.size());
  for (const auto& hash : expired)
    hashes.push_back({hash.database, hash.key, hash.first_ms, hash.count});
  proposals_.writer().swept_fields(hashes);
  proposals_.add_nobody();
  proposals_.errands().is_sweeping = true;
}

}  // namespace node
