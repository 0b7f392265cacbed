#include "engine/waiters.h"

#include <algorithm>

namespace engine {

void Waiters::add(WaitingClient waiting) {
  static_cast<void>(remove(waiting.client));
  waiting.sequence = next_sequence_++;
  insert(std::move(waiting));
}

void Waiters::insert(WaitingClient waiting) {
  const ClientRef client = waiting.client;
  for (const std::string& key : waiting.keys)
    by_key_[{waiting.database, key}][waiting.sequence] = client;
  if (waiting.deadline_ms != 0) deadlines_.emplace(waiting.deadline_ms, client);
  clients_.emplace(client, std::move(waiting));
}

const WaitingClient* Waiters::find(const ClientRef& client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

std::optional<WaitingClient> Waiters::remove(const ClientRef& client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  WaitingClient waiting = std::move(found->second);
  clients_.erase(found);
  deadlines_.erase({waiting.deadline_ms, client});
  for (const std::string& key : waiting.keys) {
    const auto place = by_key_.find({waiting.database, key});
    if (place == by_key_.end()) continue;  // a key that was named twice
    place->second.erase(waiting.sequence);
    if (place->second.empty()) by_key_.erase(place);
  }
  return waiting;
}

std::vector<WaitingClient> Waiters::drop_all_but(const std::vector<base::NodeId>& kept) {
  std::vector<ClientRef> gone;
  for (const auto& [client, waiting] : clients_) {
    if (std::find(kept.begin(), kept.end(), client.node) == kept.end()) gone.push_back(client);
  }
  std::vector<WaitingClient> dropped;
  for (const ClientRef& client : gone) dropped.push_back(*remove(client));
  return dropped;
}

std::vector<ClientRef> Waiters::of(base::NodeId node, std::uint64_t epoch) const {
  std::vector<ClientRef> found;
  const ClientRef first{.node = node, .epoch = epoch, .connection = {}};
  for (auto one = clients_.lower_bound(first);
       one != clients_.end() && one->first.node == node && one->first.epoch == epoch; ++one)
    found.push_back(one->first);
  return found;
}

void Waiters::touch(std::uint32_t database, std::string_view key) {
  Place place(database, key);
  if (!by_key_.contains(place)) return;
  if (std::find(ready_.begin(), ready_.end(), place) == ready_.end())
    ready_.push_back(std::move(place));
}

void Waiters::touch_database(std::uint32_t database) {
  for (auto place = by_key_.lower_bound(Place(database, {}));
       place != by_key_.end() && place->first.first == database; ++place)
    touch(database, place->first.second);
}

std::optional<Waiters::Place> Waiters::take_ready() {
  if (ready_.empty()) return {};
  Place place = std::move(ready_.front());
  ready_.pop_front();
  return place;
}

std::vector<ClientRef> Waiters::at(const Place& place) const {
  std::vector<ClientRef> clients;
  const auto found = by_key_.find(place);
  if (found == by_key_.end()) return clients;
  for (const auto& [sequence, client] : found->second) clients.push_back(client);
  return clients;
}

std::vector<ClientRef> Waiters::expired(base::UnixMillis now_ms, std::size_t count_max) const {
  std::vector<ClientRef> found;
  for (const auto& [deadline_ms, client] : deadlines_) {
    if (deadline_ms > now_ms || found.size() == count_max) break;
    found.push_back(client);
  }
  return found;
}

std::optional<base::UnixMillis> Waiters::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

void Waiters::encode(std::string& bytes) const {
  base::Encoder out(bytes);
  out.u64(next_sequence_);
  out.varint(clients_.size());
  const auto put = [&out](const std::vector<std::string>& words) {
    out.varint(words.size());
    for (const std::string& word : words) out.bytes(word);
  };
  for (const auto& [ref, waiting] : clients_) {
    out.u64(ref.node.value());
    out.u64(ref.epoch);
    out.u64(ref.connection.value());
    out.u64(waiting.sequence);
    out.u8(waiting.version);
    out.varint(waiting.database);
    out.i64(waiting.deadline_ms);
    put(waiting.argv);
    put(waiting.keys);
  }
}

bool Waiters::decode(base::Decoder& in) {
  next_sequence_ = in.u64();
  const auto get = [&in](std::vector<std::string>& words) {
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
      words.emplace_back(in.bytes());
  };
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    WaitingClient waiting;
    waiting.client.node = base::NodeId(in.u64());
    waiting.client.epoch = in.u64();
    waiting.client.connection = base::ConnectionId(in.u64());
    waiting.sequence = in.u64();
    waiting.version = in.u8();
    waiting.database = static_cast<std::uint32_t>(in.varint());
    waiting.deadline_ms = in.i64();
    get(waiting.argv);
    get(waiting.keys);
    if (waiting.argv.empty() || waiting.database >= base::limits::kDatabases) return false;
    if (in.ok()) insert(std::move(waiting));
  }
  return in.ok();
}

}  // namespace engine
