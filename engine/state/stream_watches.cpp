#include "engine/state/stream_watches.h"

#include <utility>

namespace engine {

void StreamWatches::watch(base::ConnectionId reader, std::uint32_t database,
                          std::vector<std::string> keys) {
  forget(reader);
  std::vector<DatabaseKey>& places = readers_[reader];
  for (std::string& key : keys) {
    places.push_back({database, std::move(key)});
    places_[places.back()].readers.insert(reader);
  }
}

void StreamWatches::forget(base::ConnectionId reader) {
  const auto found = readers_.find(reader);
  if (found == readers_.end()) return;
  for (const DatabaseKey& place : found->second) {
    const auto watched = places_.find(place);
    if (watched == places_.end()) continue;  // a key that was named twice
    watched->second.readers.erase(reader);
    if (watched->second.readers.empty()) places_.erase(watched);
  }
  readers_.erase(found);
}

void StreamWatches::note(const DatabaseKey& place, Watched& watched, bool is_stream) {
  if (!std::exchange(watched.is_changed, true)) changed_.push_back(place);
  if (is_stream && watched.change == 0) watched.change = ++changes_;
}

std::vector<base::ConnectionId> StreamWatches::changed() const {
  std::vector<base::ConnectionId> readers;
  std::set<base::ConnectionId> seen;
  for (const DatabaseKey& place : changed_) {
    const auto watched = places_.find(place);
    if (watched == places_.end()) continue;
    for (const base::ConnectionId reader : watched->second.readers) {
      if (seen.insert(reader).second) readers.push_back(reader);
    }
  }
  return readers;
}

std::optional<std::uint64_t> StreamWatches::change_of(std::uint32_t database,
                                                      std::string_view key) const {
  const auto watched = places_.find(DatabaseKeyView{database, key});
  if (watched == places_.end() || watched->second.change == 0) return {};
  return watched->second.change;
}

void StreamWatches::end_look() {
  for (const DatabaseKey& place : changed_) {
    const auto watched = places_.find(place);
    if (watched == places_.end()) continue;
    watched->second.is_changed = false;
    watched->second.change = 0;
  }
  changed_.clear();
  changes_ = 0;
}

}  // namespace engine
