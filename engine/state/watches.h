// WATCH in replicated state (DESIGN decision 6): who watches which keys, and whose watch has been
// broken by a step that touched one. EXEC reads and removes its client's watch when it is applied.
//
// A key may be past its time, but still lie there, when its watch begins (`was_expired`): for its
// client it is absent, so its removal breaks nothing (Redis 7.0).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "engine/elements/batch.h"
#include "engine/state/clients_of.h"
#include "engine/state/database_key.h"

namespace engine {

enum class Presence : std::uint8_t { kAbsent, kExpired, kPresent };

class Watches {
 public:
  // A client of a later run of its node is proof that those of earlier runs are gone: their watches
  // go.
  void watch(const ClientRef& client, std::uint32_t database, std::string_view key,
             bool was_expired);
  void unwatch(const ClientRef& client);
  [[nodiscard]] std::vector<ClientRef> of_other_runs(base::NodeId node, std::uint64_t epoch) const {
    return clients_of_other_runs(clients_, node, epoch);
  }
  [[nodiscard]] bool are_beside(const std::vector<base::NodeId>& nodes) const {
    return has_clients_beside(clients_, nodes);
  }
  void drop_all_but(const std::vector<base::NodeId>& kept);

  // The key was changed or removed; `is_there`: it is there now.
  void touch(std::uint32_t database, std::string_view key, bool is_there);
  // All keys of the database are replaced (FLUSHDB, SWAPDB): `was_there(key)` tells of the old
  // ones, `presence(key)` of the new.
  template <class WasThere, class PresenceOf>
  void replace_database(std::uint32_t database, WasThere was_there, PresenceOf presence) {
    for (auto watched = by_key_.lower_bound(DatabaseKeyView{database, {}});
         watched != by_key_.end() && watched->first.database == database; ++watched) {
      const std::string& key = watched->first.key;
      replace_key(watched->second, was_there(key), presence(key));
    }
  }

  // Whether EXEC must answer null: a key changed, or has passed its time since, or the watch is
  // gone (with a former leader).
  template <class IsExpired>
  [[nodiscard]] bool is_broken(const ClientRef& client, IsExpired is_expired) const {
    const auto found = clients_.find(client);
    if (found == clients_.end() || found->second.is_broken) return true;
    for (const DatabaseKey& key : found->second.keys) {
      if (!by_key_.at(key).at(client) && is_expired(key.database, key.key)) return true;
    }
    return false;
  }
  [[nodiscard]] bool empty() const { return clients_.empty(); }

  void encode(std::string& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  using Watchers = std::map<ClientRef, bool>;  // bool: was_expired
  struct Client {
    bool is_broken = false;
    std::vector<DatabaseKey> keys;
  };
  void replace_key(Watchers& watchers, bool was_there, Presence presence);
  void add(const ClientRef& client, std::uint32_t database, std::string_view key, bool was_expired);
  void drop_earlier_runs(const ClientRef& client);
  std::map<ClientRef, Client> clients_;
  std::map<DatabaseKey, Watchers, DatabaseKeyOrder> by_key_;
};

}  // namespace engine
