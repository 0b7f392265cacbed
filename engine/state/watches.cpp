#include "engine/state/watches.h"

#include <algorithm>

#include "base/check.h"

namespace engine {

void Watches::watch(const ClientRef& client, std::uint32_t database, std::string_view key,
                    bool was_expired) {
  drop_earlier_runs(client);
  add(client, database, key, was_expired);
}

void Watches::add(const ClientRef& client, std::uint32_t database, std::string_view key,
                  bool was_expired) {
  DatabaseKey watched{database, std::string(key)};
  if (by_key_[watched].try_emplace(client, was_expired).second)
    clients_[client].keys.push_back(std::move(watched));
}

void Watches::drop_earlier_runs(const ClientRef& client) {
  for (auto it = clients_.lower_bound({client.node, 0, {}}); it != clients_.end();
       it = clients_.lower_bound({client.node, 0, {}})) {
    if (it->first.node != client.node || it->first.epoch >= client.epoch) return;
    unwatch(ClientRef(it->first));
  }
}

void Watches::unwatch(const ClientRef& client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  for (const DatabaseKey& key : found->second.keys) {
    const auto watched = by_key_.find(key);
    CHECK(watched != by_key_.end());
    watched->second.erase(client);
    if (watched->second.empty()) by_key_.erase(watched);
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

void Watches::touch(std::uint32_t database, std::string_view key, bool is_there) {
  const auto watched = by_key_.find(DatabaseKeyView{database, key});
  if (watched == by_key_.end()) return;
  replace_key(watched->second, true, is_there ? Presence::kPresent : Presence::kAbsent);
}

void Watches::replace_key(Watchers& watchers, bool was_there, Presence presence) {
  if (!was_there && presence == Presence::kAbsent) return;
  for (auto& [client, was_expired] : watchers) {
    if (was_expired && presence != Presence::kPresent) {
      was_expired = presence == Presence::kExpired;  // absent for its client before and after
    } else if (!was_there && presence == Presence::kExpired) {
      was_expired = true;
    } else {
      clients_[client].is_broken = true;
    }
  }
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
    for (const DatabaseKey& key : client.keys) {
      out.varint(key.database);
      out.bytes(key.key);
      out.u8(by_key_.at(key).at(ref) ? 1 : 0);
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
      if (in.ok()) add(ref, database, key, was_expired);
    }
    if (in.ok()) clients_[ref].is_broken = is_broken;
  }
  return in.ok();
}

}  // namespace engine
