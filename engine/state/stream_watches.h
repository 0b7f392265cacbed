// Who of this node waits in XREAD BLOCK for which keys. It is no part of the state: XREAD takes
// nothing, so it waits on its node alone. A change of a key costs a search among the watched keys,
// whoever reads others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "engine/state/database_key.h"

namespace engine {

class StreamWatches {
 public:
  // The reader waits for these keys and no others.
  void watch(base::ConnectionId reader, std::uint32_t database, std::vector<std::string> keys);
  void forget(base::ConnectionId reader);
  [[nodiscard]] bool empty() const { return readers_.empty(); }

  // Something became of the key; `is_stream(key)`: it is a stream now, so there may be something to
  // read. Asked of watched keys only.
  template <class IsStream>
  void on_changed(std::uint32_t database, std::string_view key, IsStream is_stream);
  template <class IsStream>
  void on_database_changed(std::uint32_t database, IsStream is_stream);

  // Readers of keys that were changed since the last end_look(), each once.
  [[nodiscard]] std::vector<base::ConnectionId> changed() const;
  // As which change since then the key was first changed as a stream; nullopt: it was not.
  [[nodiscard]] std::optional<std::uint64_t> change_of(std::uint32_t database,
                                                       std::string_view key) const;
  void end_look();

 private:
  struct Watched {
    std::set<base::ConnectionId> readers;
    bool is_changed = false;   // it stands in changed_
    std::uint64_t change = 0;  // 0: not changed as a stream
  };
  void note(const DatabaseKey& place, Watched& watched, bool is_stream);

  std::map<DatabaseKey, Watched, DatabaseKeyOrder> places_;
  std::map<base::ConnectionId, std::vector<DatabaseKey>> readers_;
  std::vector<DatabaseKey> changed_;  // each once; in order
  std::uint64_t changes_ = 0;
};

template <class IsStream>
void StreamWatches::on_changed(std::uint32_t database, std::string_view key, IsStream is_stream) {
  const auto found = places_.find(DatabaseKeyView{database, key});
  if (found != places_.end()) note(found->first, found->second, is_stream(key));
}

template <class IsStream>
void StreamWatches::on_database_changed(std::uint32_t database, IsStream is_stream) {
  for (auto place = places_.lower_bound(DatabaseKeyView{database, {}});
       place != places_.end() && place->first.database == database; ++place)
    note(place->first, place->second, is_stream(place->first.key));
}

}  // namespace engine
