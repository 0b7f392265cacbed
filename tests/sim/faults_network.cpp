// What goes wrong between machines.
#include <utility>

#include "tests/sim/faults.h"

namespace sim {

bool Faults::isolate() {
  const std::size_t host = victim();
  const bool from_clients = chance_.percent(20);
  const std::size_t others = world_.size() + (from_clients ? clients_ : 0);
  for (std::size_t other = 0; other < others; ++other) {
    if (other != host) world_.network.cut(host, other), world_.network.cut(other, host);
  }
  later(50 * kMillisecond, 6 * kSecond, [this, host, others] {
    for (std::size_t other = 0; other < others; ++other)
      world_.network.heal(host, other), world_.network.heal(other, host);
  });
  return true;
}

bool Faults::cut_one_way() {
  const std::size_t host = victim();
  const bool is_inward = chance_.percent(50);
  const std::size_t first = chance_.below(world_.size());
  const std::size_t count = 1 + chance_.below(world_.size());
  std::vector<std::pair<HostId, HostId>> cuts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t other = (first + i) % world_.size();
    if (other != host) cuts.emplace_back(is_inward ? other : host, is_inward ? host : other);
  }
  for (const auto& [from, to] : cuts) world_.network.cut(from, to);
  later(50 * kMillisecond, 5 * kSecond, [this, cuts] {
    for (const auto& [from, to] : cuts) world_.network.heal(from, to);
  });
  return true;
}

bool Faults::split() {
  std::vector<bool> side;
  for (std::size_t i = 0; i < world_.size(); ++i) side.push_back(chance_.percent(50));
  for (std::size_t a = 0; a < side.size(); ++a) {
    for (std::size_t b = 0; b < side.size(); ++b) {
      if (side[a] != side[b]) world_.network.cut(a, b);
    }
  }
  later(100 * kMillisecond, 5 * kSecond, [this] { world_.network.heal_all(); });
  return true;
}

bool Faults::break_links() {
  const std::size_t host = victim();
  for (std::size_t other = 0; other < world_.size() + clients_; ++other) {
    if (other != host && chance_.percent(50)) world_.network.break_between(host, other);
  }
  return true;
}

bool Faults::weather() {
  const Time least = chance_.between(20, 5000);
  world_.network.set_latency(least, least + chance_.duration(100, 100 * kMillisecond));
  world_.network.set_stall_permille(static_cast<unsigned>(chance_.between(0, 8)));
  later(200 * kMillisecond, 5 * kSecond, [this] {
    world_.network.set_latency(50, 500);
    world_.network.set_stall_permille(0);
  });
  return true;
}

bool Faults::lose_packets() {
  world_.network.set_loss_permille(static_cast<unsigned>(chance_.between(1, 300)));
  later(200 * kMillisecond, 5 * kSecond, [this] { world_.network.set_loss_permille(0); });
  return true;
}

// What one says to the other waits in the network, and then arrives all at once.
bool Faults::clog() {
  const std::size_t from = victim(), to = chance_.below(world_.size() + clients_);
  if (from == to) return false;
  world_.network.cut(from, to), world_.network.cut(to, from);
  later(500 * kMillisecond, 5 * kSecond,
        [this, from, to] { world_.network.heal(from, to), world_.network.heal(to, from); });
  return true;
}

}  // namespace sim
