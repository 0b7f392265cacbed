#include "engine/watches.h"

#include <algorithm>

namespace engine {

void Watches::watch(const ClientRef& client, std::uint32_t database, std::string_view key, bool was_expired) {
  Place place(database, key);
  if (!by_key_[place].insert(client).second) return;
  clients_[client].keys.push_back({database, std::string(key), was_expired});
}

void Watches::unwatch(const ClientRef& client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  for (const Watched& watched : found->second.keys) {
    const auto place = by_key_.find(Place(watched.database, watched.key));
    place->second.erase(client);
    if (place->second.empty()) by_key_.erase(place);
  }
  clients_.erase(found);
}

void Watches::drop_all_but(const std::vector<base::NodeId>& kept) {
  std::vector<ClientRef> gone;
  for (const auto& [client, watch] : clients_) {
    if (std::find(kept.begin(), kept.end(), client.node) == kept.end()) gone.push_back(client);
  }
  for (const ClientRef& client : gone) unwatch(client);
}

void Watches::break_all(const std::set<ClientRef>& clients) {
  for (const ClientRef& client : clients) clients_[client].is_broken = true;
}

void Watches::touch(std::uint32_t database, std::string_view key) {
  if (by_key_.empty()) return;
  const auto place = by_key_.find(Place(database, key));
  if (place != by_key_.end()) break_all(place->second);
}

const Watches::Client* Watches::find(const ClientRef& client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

void Watches::encode(std::string& bytes) const {
  base::Encoder out(bytes);
  out.varint(clients_.size());
  for (const auto& [ref, client] : clients_) {
    out.u64(ref.node.value());
    out.u64(ref.epoch);
    out.u64(ref.connection.value());
    out.u8(client.is_broken ? 1 : 0);
    out.varint(client.keys.size());
    for (const Watched& watched : client.keys) {
      out.varint(watched.database);
      out.bytes(watched.key);
      out.u8(watched.was_expired ? 1 : 0);
    }
  }
}

bool Watches::decode(base::Decoder& in) {
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    ClientRef ref;
    ref.node = base::NodeId(in.u64());
    ref.epoch = in.u64();
    ref.connection = base::ConnectionId(in.u64());
    const bool is_broken = in.u8() != 0;
    const std::uint64_t keys = in.varint();
    for (std::uint64_t k = 0; k < keys && in.ok(); ++k) {
      const auto database = static_cast<std::uint32_t>(in.varint());
      const std::string_view key = in.bytes();
      const bool was_expired = in.u8() != 0;
      if (in.ok()) watch(ref, database, key, was_expired);
    }
    clients_[ref].is_broken = is_broken;
  }
  return in.ok();
}

}  // namespace engine
