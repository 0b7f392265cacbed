#include "tests/node/harness_network.h"

#include <algorithm>

namespace node_test {

void Network::isolate(std::size_t node, std::size_t nodes) {
  for (std::size_t other = 0; other < nodes; ++other) {
    if (other != node) cut(node, other);
  }
}

void Network::dial(std::size_t node, LinkId link, const std::string& address) {
  dialling_.push_back({.side = {node, link}, .address = address, .at_ms = now_ms_ + latency_ms_});
}

void Network::send(std::size_t node, LinkId link, std::string_view bytes) {
  if (sent_.size() <= node) sent_.resize(node + 1);
  sent_[node] += bytes.size();
  for (Pipe& pipe : pipes_) {
    if (pipe.from.node != node || pipe.from.link != link || pipe.is_closing) continue;
    pipe.unsent.append(bytes);
    if (corrupt_.erase(node) != 0 && !bytes.empty()) {
      pipe.unsent[pipe.unsent.size() - 1 - prng_.below(bytes.size())] ^=
          static_cast<char>(1 << prng_.below(8));
    }
  }
}

void Network::close(std::size_t node, LinkId link) {
  std::erase_if(dialling_,
                [&](const Dialling& d) { return d.side.node == node && d.side.link == link; });
  for (Pipe& pipe : pipes_) {
    if (pipe.from.node == node && pipe.from.link == link) pipe.is_closing = true;
    if (pipe.to.node == node && pipe.to.link == link) pipe.is_done = true;  // it listens no more
  }
}

void Network::crash(std::size_t node) {
  down_.insert(node);
  std::erase_if(dialling_, [&](const Dialling& d) { return d.side.node == node; });
  for (Pipe& pipe : pipes_) {
    if (pipe.to.node == node) pipe.is_done = true;
    if (pipe.from.node == node) pipe.is_closing = pipe.is_reset = true, pipe.unsent.clear();
  }
}

void Network::connect(const Dialling& dialling, std::vector<NetworkEvent>& events) {
  const auto listener = listeners_.find(dialling.address);
  if (listener == listeners_.end() || down_.contains(listener->second)) {
    events.push_back({.node = dialling.side.node,
                      .kind = NetworkEvent::Kind::kDown,
                      .link = dialling.side.link,
                      .text = "connection refused"});
    return;
  }
  const Side accepted{listener->second, LinkId(node::kAcceptedLinkBit | next_accepted_++)};
  pipes_.push_back({.from = dialling.side, .to = accepted, .unsent = {}, .flying = {}});
  pipes_.push_back({.from = accepted, .to = dialling.side, .unsent = {}, .flying = {}});
  const std::string origin =
      "host" + std::to_string(dialling.side.node) + ":" + std::to_string(40000 + next_accepted_);
  events.push_back({.node = accepted.node,
                    .kind = NetworkEvent::Kind::kUp,
                    .link = accepted.link,
                    .text = origin});
  events.push_back({.node = dialling.side.node,
                    .kind = NetworkEvent::Kind::kUp,
                    .link = dialling.side.link,
                    .text = dialling.address});
}

void Network::move_bytes(Pipe& pipe, std::int64_t now_ms, std::vector<NetworkEvent>& events) {
  if (pipe.unsent.empty()) return;
  std::size_t count = pipe.unsent.size();
  if (bytes_per_ms_ != 0) count = std::min(count, bytes_per_ms_);
  pipe.flying.push_back({now_ms + latency_ms_, pipe.unsent.substr(0, count)});
  pipe.unsent.erase(0, count);
  events.push_back({.node = pipe.from.node,
                    .kind = NetworkEvent::Kind::kSent,
                    .link = pipe.from.link,
                    .text = {},
                    .unsent_bytes = pipe.unsent.size()});
}

void Network::deliver(Pipe& pipe, std::int64_t now_ms, std::vector<NetworkEvent>& events) {
  while (!pipe.is_reset && !pipe.flying.empty() && pipe.flying.front().at_ms <= now_ms) {
    std::string bytes = std::move(pipe.flying.front().bytes);
    pipe.flying.pop_front();
    const std::size_t split = prng_.below(bytes.size() + 1);
    for (std::string part : {bytes.substr(0, split), bytes.substr(split)}) {
      if (!part.empty())
        events.push_back({.node = pipe.to.node,
                          .kind = NetworkEvent::Kind::kBytes,
                          .link = pipe.to.link,
                          .text = std::move(part)});
    }
  }
  if (!pipe.is_closing || (!pipe.is_reset && (!pipe.unsent.empty() || !pipe.flying.empty())))
    return;
  pipe.is_done = true;
  events.push_back({.node = pipe.to.node,
                    .kind = NetworkEvent::Kind::kDown,
                    .link = pipe.to.link,
                    .text = pipe.is_reset ? "connection reset" : "closed by peer"});
}

std::vector<NetworkEvent> Network::advance(std::int64_t now_ms) {
  now_ms_ = now_ms;
  std::vector<NetworkEvent> events;
  std::vector<Dialling> due;
  std::erase_if(dialling_, [&](Dialling& dialling) {
    const auto listener = listeners_.find(dialling.address);
    const bool is_held =
        listener != listeners_.end() && is_cut(dialling.side.node, listener->second);
    if (dialling.at_ms > now_ms || is_held) return false;
    due.push_back(dialling);
    return true;
  });
  for (const Dialling& dialling : due) connect(dialling, events);
  for (Pipe& pipe : pipes_) {
    if (pipe.is_done || is_cut(pipe.from.node, pipe.to.node)) continue;
    move_bytes(pipe, now_ms, events);
    deliver(pipe, now_ms, events);
  }
  std::erase_if(pipes_, [](const Pipe& pipe) { return pipe.is_done; });
  return events;
}

}  // namespace node_test
