// WATCH in replicated state (DESIGN decision 6): who watches which keys, and whose watch has been broken by a step that
// touched one. EXEC reads and removes its client's watch when it is applied.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "engine/batch.h"

namespace engine {

class Watches {
 public:
  // `was_expired`: the key was there but past its time when the watch began; its removal later breaks nothing.
  void watch(const ClientRef& client, std::uint32_t database, std::string_view key, bool was_expired);
  void unwatch(const ClientRef& client);
  void drop_all_but(const std::vector<base::NodeId>& kept);

  void touch(std::uint32_t database, std::string_view key);
  // Calls `exists(key)` for each watched key of the database and breaks the watches of those for which it is true.
  template <class Exists>
  void touch_database(std::uint32_t database, Exists exists) {
    for (const auto& [place, clients] : by_key_) {
      if (place.first == database && exists(place.second)) break_all(clients);
    }
  }

  struct Watched { std::uint32_t database = 0; std::string key; bool was_expired = false; };
  struct Client { bool is_broken = false; std::vector<Watched> keys; };
  [[nodiscard]] const Client* find(const ClientRef& client) const;
  [[nodiscard]] bool empty() const { return clients_.empty(); }

  void encode(std::string& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  using Place = std::pair<std::uint32_t, std::string>;
  void break_all(const std::set<ClientRef>& clients);
  std::map<ClientRef, Client> clients_;
  std::map<Place, std::set<ClientRef>, std::less<>> by_key_;
};

}  // namespace engine
