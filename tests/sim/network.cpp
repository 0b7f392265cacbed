#include "tests/sim/network.h"

#include <algorithm>
#include <utility>

namespace sim {

Network::Socket* Network::find(SocketId socket) {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : &found->second;
}

Time Network::latency(HostId from, HostId to) {
  if (chance_.permille(stall_permille_)) return chance_.duration(10 * kMillisecond, 2 * kSecond);
  const auto own = weathers_.find({from, to});
  const Weather& weather = own == weathers_.end() ? weather_ : own->second;
  return chance_.between(weather.least, weather.most) + sent_again_after(weather);
}

// As Linux does it (RFC 8985): a probe of the tail after two round trips, and then whatever is sent
// next, a heartbeat at the latest, tells that it is still missing.
Time Network::sent_again_after(const Weather& weather) {
  Time delay = 0;
  while (weather.loss_permille != 0 && chance_.permille(weather.loss_permille))
    delay += delay == 0 ? 4 * weather.most + 2 * kMillisecond
                        : 2 * weather.most + chance_.between(1, 60) * kMillisecond;
  return delay;
}

void Network::listen(HostId host, const std::string& address, Party& party) {
  if (dark_.erase(host) != 0) forget_silent(host);
  listeners_[address] = {host, &party};
}

// The machine is back and knows nothing of its former connections.
void Network::forget_silent(HostId host) {
  std::vector<SocketId> silent;
  for (const auto& [id, socket] : sockets_) {
    if (socket.host == host && socket.is_silent) silent.push_back(id);
  }
  for (const SocketId id : silent) {
    const SocketId other = sockets_[id].other;
    sockets_.erase(id);
    end(other, End::kReset);
  }
}

// ---- opening ----

SocketId Network::dial(HostId host, Party& party, const std::string& address) {
  const SocketId id = next_socket_++;
  Socket& socket = sockets_[id];
  socket.host = host;
  socket.party = &party;
  const auto listener = listeners_.find(address);
  const HostId other = listener == listeners_.end() ? host : listener->second.host;
  scheduler_.after(latency(host, other) + latency(other, host),
                   [this, id, address] { try_connect(id, address); });
  return id;
}

void Network::try_connect(SocketId id, const std::string& address) {
  constexpr Time kAgain = kSecond;
  Socket* socket = find(id);
  if (socket == nullptr) return;
  const auto listener = listeners_.find(address);
  if (listener == listeners_.end()) return fail_dial(id, "no such host");
  const HostId host = listener->second.host;
  if (dark_.contains(host) || is_cut(socket->host, host) || is_cut(host, socket->host))
    return scheduler_.after(kAgain, [this, id, address] { try_connect(id, address); });
  if (listener->second.party == nullptr) return fail_dial(id, "connection refused");
  connect(id, listener->second, address);
}

void Network::fail_dial(SocketId id, std::string_view reason) {
  Party* party = sockets_[id].party;
  sockets_.erase(id);
  if (party != nullptr) party->on_closed(id, reason);
}

void Network::connect(SocketId id, const Listener& listener, const std::string&) {
  const SocketId accepted_id = next_socket_++;
  Socket& accepted = sockets_[accepted_id];
  Socket& dialled = sockets_[id];
  accepted.host = listener.host;
  accepted.party = listener.party;
  accepted.other = id;
  accepted.other_host = dialled.host;
  dialled.other_host = accepted.host;
  dialled.other = accepted_id;
  const std::string remote =
      "10.0.0." + std::to_string(dialled.host + 1) + ":" + std::to_string(30000 + id % 30000);
  accepted.party->on_accepted(accepted_id, remote);
  if (Socket* still = find(id); still != nullptr && still->party != nullptr)
    still->party->on_connected(id);
}

// ---- bytes ----

void Network::send(SocketId id, std::string_view bytes) {
  constexpr std::uint64_t kSlicesMax = 3;
  Socket* from = find(id);
  if (from == nullptr || from->party == nullptr || bytes.empty()) return;
  Socket* to = find(from->other);
  if (to == nullptr || to->is_silent || to->ends) return;
  const bool is_whole = chance_.percent(60);
  for (std::uint64_t i = 0; i < kSlicesMax && !bytes.empty(); ++i) {
    const bool is_last = is_whole || i + 1 == kSlicesMax;
    const std::size_t size = is_last ? bytes.size() : 1 + chance_.below(bytes.size());
    const Time at = std::max(to->last_arrival, scheduler_.now() + latency(from->host, to->host));
    to->last_arrival = at;
    to->arriving_bytes += size;
    to->arriving.push_back({at, std::string(bytes.substr(0, size))});
    bytes.remove_prefix(size);
    wake(from->other, at);
  }
  const std::size_t unsent =
      to->arriving_bytes > kKernelBytes ? to->arriving_bytes - kKernelBytes : 0;
  from->party->on_sent(id, unsent);
}

void Network::wake(SocketId id, Time at) {
  scheduler_.at(at, [this, id] { deliver(id); });
}

void Network::deliver(SocketId id) {
  Socket* socket = find(id);
  if (socket != nullptr && socket->is_end_local && is_cut(socket->other_host, socket->host))
    socket->arriving.clear();
  while (socket != nullptr && !socket->arriving.empty()) {
    Socket* from = find(socket->other);
    if (socket->arriving.front().at > scheduler_.now() || is_held(*socket)) return;
    const std::string bytes = std::move(socket->arriving.front().bytes);
    socket->arriving.pop_front();
    const bool was_full = socket->arriving_bytes > kKernelBytes;
    socket->arriving_bytes -= bytes.size();
    if (was_full && from != nullptr && from->party != nullptr) {
      const std::size_t left = socket->arriving_bytes;
      from->party->on_sent(socket->other, left > kKernelBytes ? left - kKernelBytes : 0);
    }
    if (socket->party != nullptr && !socket->is_silent) socket->party->on_bytes(id, bytes);
    socket = find(id);
  }
  if (socket != nullptr && socket->ends && !is_held(*socket)) finish(id);
}

// ---- closing ----

void Network::finish(SocketId id) {
  const Socket socket = std::move(sockets_[id]);
  sockets_.erase(id);
  if (Socket* other = find(socket.other)) other->other = 0;
  if (socket.party != nullptr) socket.party->on_closed(id, socket.end_reason);
}

// The side `id` will see the end behind what arrives; some of that is lost unless it was closed in
// good order.
void Network::end(SocketId id, End how) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->ends) return;
  socket->ends = true;
  socket->is_end_local = how == End::kGaveUp;
  socket->end_reason = how == End::kClosed ? "closed by the peer" : "connection reset";
  while (how != End::kClosed && !socket->arriving.empty() && chance_.percent(70)) {
    Slice& last = socket->arriving.back();
    const std::size_t keep = chance_.percent(50) ? 0 : chance_.below(last.bytes.size());
    socket->arriving_bytes -= last.bytes.size() - keep;
    last.bytes.resize(keep);
    if (keep != 0) break;
    socket->arriving.pop_back();
  }
  wake(id, std::max(socket->last_arrival,
                    scheduler_.now() + latency(socket->other_host, socket->host)));
}

void Network::close(SocketId id) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  const SocketId other = socket->other;
  sockets_.erase(id);
  if (Socket* remote = find(other)) {
    if (remote->is_silent) {
      sockets_.erase(other);
    } else {
      end(other, End::kClosed);
    }
  }
}

void Network::abandon(Party& party, bool says_so) {
  for (auto& [address, listener] : listeners_) {
    if (listener.party != &party) continue;
    listener.party = nullptr;
    if (!says_so) dark_.insert(listener.host);
  }
  std::vector<SocketId> own;
  for (const auto& [id, socket] : sockets_) {
    if (socket.party == &party) own.push_back(id);
  }
  for (const SocketId id : own) {
    const SocketId other = sockets_[id].other;
    if (!says_so && other != 0) {
      sockets_[id].party = nullptr;
      sockets_[id].is_silent = true;
      continue;
    }
    sockets_.erase(id);
    end(other, End::kReset);
  }
}

void Network::break_between(HostId a, HostId b) {
  std::vector<SocketId> both;
  for (const auto& [id, socket] : sockets_) {
    const bool is_between = (socket.host == a && socket.other_host == b) ||
                            (socket.host == b && socket.other_host == a);
    if (is_between && socket.other != 0) both.push_back(id);
  }
  for (const SocketId id : both) end(id, End::kGaveUp);
}

// ---- paths ----

void Network::heal(HostId from, HostId to) {
  if (cuts_.erase({from, to}) == 0) return;
  for (auto& [id, socket] : sockets_) {
    // TCP sends again some time after the path is there.
    if (socket.host == to && socket.other_host == from)
      wake(id, scheduler_.now() + chance_.between(1, 200 * kMillisecond));
  }
}

void Network::heal_all() {
  const auto cuts = cuts_;
  for (const auto& [from, to] : cuts) heal(from, to);
}

}  // namespace sim
