#include "engine/state/waiters.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/command/arguments.h"
#include "engine/command/table.h"

namespace engine {
namespace {

// The words of an XREADGROUP were found right when it began to wait.
std::string group_of(const std::vector<std::string>& argv) {
  for (std::size_t i = 1; i + 1 < argv.size(); ++i) {
    if (equals_ignoring_case(argv[i], "GROUP")) return argv[i + 1];
    const bool has_value =
        equals_ignoring_case(argv[i], "BLOCK") || equals_ignoring_case(argv[i], "COUNT");
    if (has_value) ++i;
  }
  return {};
}

}  // namespace

WaitingLine Waiters::line_of(const std::vector<std::string>& argv) const {
  const CommandSpec* spec = commands_.find(argv[0]);
  CHECK(spec != nullptr && spec->waits_at);
  const Type type = *spec->waits_at;
  return {type, type == Type::kStream ? group_of(argv) : std::string()};
}

void Waiters::add(WaitingClient waiting) {
  static_cast<void>(remove(waiting.client));
  waiting.sequence = next_sequence_++;
  insert(std::move(waiting));
}

void Waiters::insert(WaitingClient waiting) {
  const ClientRef client = waiting.client;
  const WaitingLine line = line_of(waiting.argv);
  for (const std::string& key : waiting.keys)
    by_key_[{waiting.database, key}].lines[line][waiting.sequence] = client;
  ++by_type_[line.type];
  if (waiting.deadline_ms != 0) deadlines_.emplace(waiting.deadline_ms, client);
  clients_.emplace(client, std::move(waiting));
}

void Waiters::leave(const WaitingClient& waiting, const std::string& key) {
  const auto at_key = by_key_.find(DatabaseKeyView{waiting.database, key});
  if (at_key == by_key_.end()) return;  // a key that was named twice
  const auto line = at_key->second.lines.find(line_of(waiting.argv));
  if (line == at_key->second.lines.end()) return;
  line->second.erase(waiting.sequence);
  if (line->second.empty()) at_key->second.lines.erase(line);
  if (at_key->second.lines.empty()) by_key_.erase(at_key);
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
  const auto same_type = by_type_.find(line_of(waiting.argv).type);
  CHECK(same_type != by_type_.end());
  if (--same_type->second == 0) by_type_.erase(same_type);
  for (const std::string& key : waiting.keys) leave(waiting, key);
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

std::vector<ClientRef> Waiters::of_other_runs(base::NodeId node, std::uint64_t epoch) const {
  return clients_of_other_runs(clients_, node, epoch);
}

void Waiters::make_ready(const DatabaseKey& place, AtKey& at_key) {
  if (!std::exchange(at_key.is_ready, true)) ready_.push_back(place);
}

std::optional<DatabaseKey> Waiters::take_ready() {
  if (ready_.empty()) return {};
  DatabaseKey place = std::move(ready_.front());
  ready_.pop_front();
  const auto found = by_key_.find(place);
  if (found != by_key_.end()) found->second.is_ready = false;
  return place;
}

std::vector<WaitingLine> Waiters::lines_at(const DatabaseKey& place) const {
  std::vector<WaitingLine> lines;
  const auto found = by_key_.find(place);
  if (found == by_key_.end()) return lines;
  for (const auto& [line, clients] : found->second.lines) lines.push_back(line);
  return lines;
}

const WaitingClient* Waiters::first_since(const DatabaseKey& place, const WaitingLine& line,
                                          std::uint64_t sequence) const {
  const auto at_key = by_key_.find(place);
  if (at_key == by_key_.end()) return nullptr;
  const auto clients = at_key->second.lines.find(line);
  if (clients == at_key->second.lines.end()) return nullptr;
  const auto first = clients->second.lower_bound(sequence);
  return first == clients->second.end() ? nullptr : find(first->second);
}

std::vector<ClientRef> Waiters::expired(base::UnixMillis now_ms, std::size_t count_max) const {
  std::vector<ClientRef> found;
  for (const auto& [deadline_ms, client] : deadlines_) {
    if (deadline_ms > now_ms || found.size() == count_max) break;
    found.push_back(client);
  }
  return found;
}

std::optional<base::UnixMillis> Waiters::next_deadline(base::UnixMillis now_ms) const {
  const auto next = deadlines_.lower_bound({now_ms + 1, ClientRef{}});
  return next == deadlines_.end() ? std::nullopt : std::optional(next->first);
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
    const CommandSpec* spec = commands_.find(waiting.argv[0]);
    if (spec == nullptr || !spec->waits_at) return false;
    if (in.ok()) insert(std::move(waiting));
  }
  return in.ok();
}

}  // namespace engine
