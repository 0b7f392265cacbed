#include "tests/sim/faults.h"

#include <utility>

namespace sim {

Faults::Faults(World& world, std::size_t clients, Chance chance)
    : world_(world), clients_(clients), chance_(chance) {
  draw_kinds();
}

void Faults::draw_kinds() {
  const auto add = [this](void (Faults::*strike)(), unsigned percent, unsigned weight) {
    if (!chance_.percent(percent)) return;
    kinds_.push_back({strike, weight});
    weights_ += weight;
  };
  add(&Faults::crash, 85, 10);
  add(&Faults::crash_in_checkpoint, 85, 12);
  add(&Faults::crash_all, 35, 2);
  add(&Faults::stop_in_good_order, 40, 3);
  add(&Faults::pause, 60, 6);
  add(&Faults::stall_a_part, 65, 8);
  add(&Faults::isolate, 80, 12);
  add(&Faults::cut_one_way, 60, 6);
  add(&Faults::split, 40, 4);
  add(&Faults::break_links, 60, 8);
  add(&Faults::weather, 60, 4);
  add(&Faults::slow_disk, 60, 6);
  add(&Faults::full_disk, 15, 2);
  add(&Faults::jump_wall, 60, 4);
  pause_most_ = chance_.between(200, 1500) * kMillisecond;
}

void Faults::begin() {
  for (std::size_t i = 0; i < world_.size(); ++i) {
    Host& host = world_.host(i);
    if (chance_.percent(40)) host.log_delay_most = chance_.between(1, 40) * kMillisecond;
    host.state_delay_most = chance_.between(1, 30) * kMillisecond;
    if (chance_.percent(20)) host.turn_delay_most = chance_.between(1, 5) * kMillisecond;
  }
  strike_next();
}

void Faults::strike_next() {
  if (is_over_ || kinds_.empty()) return;
  std::uint64_t draw = chance_.below(weights_);
  for (const Kind& kind : kinds_) {
    if (draw < kind.weight) {
      (this->*kind.strike)();
      break;
    }
    draw -= kind.weight;
  }
  world_.scheduler.after(chance_.between(5 * kMillisecond, pause_most_), [this] { strike_next(); });
}

void Faults::later(Time least, Time most, std::function<void()> action) {
  world_.scheduler.after(chance_.duration(least, most), [this, action = std::move(action)] {
    if (!is_over_) action();
  });
}

// The leader more often than others.
std::size_t Faults::victim() {
  const auto leader = world_.leader();
  if (leader && chance_.percent(45)) return *leader;
  return chance_.below(world_.size());
}

// ---- processes ----

void Faults::restart_later(std::size_t host) {
  later(20 * kMillisecond, 6 * kSecond, [this, host] { world_.start(host); });
}

void Faults::crash() {
  const std::size_t host = victim();
  world_.crash(host, chance_.percent(50));
  restart_later(host);
}

void Faults::crash_in_checkpoint() {
  const std::size_t host = chance_.below(world_.size());
  if (!world_.is_up(host)) return;
  world_.process(host).arm_crash_in_checkpoint(1 + chance_.below(6));
}

void Faults::crash_all() {
  const bool loses_power = chance_.percent(50);
  for (std::size_t host = 0; host < world_.size(); ++host) {
    world_.crash(host, loses_power);
    restart_later(host);
  }
}

void Faults::stop_in_good_order() {
  const std::size_t host = victim();
  if (world_.is_up(host)) world_.process(host).begin_stop();
}

void Faults::pause() {
  const std::size_t host = victim();
  if (!world_.is_up(host)) return;
  ++world_.counters.pauses;
  const Time until = world_.scheduler.now() + chance_.duration(10 * kMillisecond, 3 * kSecond);
  world_.process(host).pause(NodeProcess::Part::kAll, until);
}

void Faults::stall_a_part() {
  constexpr NodeProcess::Part kParts[] = {NodeProcess::Part::kConsensus,
                                          NodeProcess::Part::kService, NodeProcess::Part::kLog,
                                          NodeProcess::Part::kState};
  const std::size_t host = victim();
  if (!world_.is_up(host)) return;
  ++world_.counters.pauses;
  const Time until = world_.scheduler.now() + chance_.duration(10 * kMillisecond, 4 * kSecond);
  // A leader that does not hear that it is one no more, while its service goes on, is the worst.
  const std::size_t part = chance_.percent(40) ? 0 : chance_.below(4);
  world_.process(host).pause(kParts[part], until);
}

// ---- the network ----

void Faults::isolate() {
  const std::size_t host = victim();
  ++world_.counters.partitions;
  const bool from_clients = chance_.percent(20);
  const std::size_t others = world_.size() + (from_clients ? clients_ : 0);
  for (std::size_t other = 0; other < others; ++other) {
    if (other != host) world_.network.cut(host, other), world_.network.cut(other, host);
  }
  later(50 * kMillisecond, 6 * kSecond, [this, host, others] {
    for (std::size_t other = 0; other < others; ++other)
      world_.network.heal(host, other), world_.network.heal(other, host);
  });
}

void Faults::cut_one_way() {
  const std::size_t host = victim();
  ++world_.counters.partitions;
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
}

void Faults::split() {
  ++world_.counters.partitions;
  std::vector<bool> side;
  for (std::size_t i = 0; i < world_.size(); ++i) side.push_back(chance_.percent(50));
  for (std::size_t a = 0; a < side.size(); ++a) {
    for (std::size_t b = 0; b < side.size(); ++b) {
      if (side[a] != side[b]) world_.network.cut(a, b);
    }
  }
  later(100 * kMillisecond, 5 * kSecond, [this] { world_.network.heal_all(); });
}

void Faults::break_links() {
  const std::size_t host = victim();
  ++world_.counters.breaks;
  for (std::size_t other = 0; other < world_.size() + clients_; ++other) {
    if (other != host && chance_.percent(50)) world_.network.break_between(host, other);
  }
}

void Faults::weather() {
  const Time least = chance_.between(20, 5000);
  world_.network.set_latency(least, least + chance_.duration(100, 100 * kMillisecond));
  world_.network.set_stall_permille(static_cast<unsigned>(chance_.between(0, 8)));
  later(200 * kMillisecond, 5 * kSecond, [this] {
    world_.network.set_latency(50, 500);
    world_.network.set_stall_permille(0);
  });
}

// ---- disks and clocks ----

void Faults::slow_disk() {
  Host& host = world_.host(victim());
  if (chance_.percent(50)) {
    host.log_delay_most = chance_.duration(kMillisecond, kSecond);
    later(kSecond, 4 * kSecond, [&host] { host.log_delay_most = 2 * kMillisecond; });
  } else {
    host.state_delay_most = chance_.duration(5 * kMillisecond, kSecond);
    later(kSecond, 4 * kSecond, [&host] { host.state_delay_most = 10 * kMillisecond; });
  }
}

void Faults::full_disk() {
  Host& host = world_.host(victim());
  ++world_.counters.full_disks;
  host.files.set_space_left(chance_.below(4096));
  later(100 * kMillisecond, 4 * kSecond, [&host] { host.files.set_space_left(UINT64_MAX); });
}

void Faults::jump_wall() {
  ++world_.counters.wall_jumps;
  const Time jump = chance_.duration(1, 100'000);
  world_.host(victim()).clock.jump_wall(chance_.percent(50) ? jump : -jump);
}

// ---- the end ----

void Faults::end_and_heal() {
  is_over_ = true;
  world_.network.heal_all();
  world_.network.set_latency(50, 500);
  world_.network.set_stall_permille(0);
  for (std::size_t i = 0; i < world_.size(); ++i) {
    Host& host = world_.host(i);
    if (world_.is_up(i)) world_.process(i).disarm();
    host.log_delay_most = 2 * kMillisecond;
    host.state_delay_most = 5 * kMillisecond;
    host.turn_delay_most = 200;
    host.files.set_space_left(UINT64_MAX);
  }
}

}  // namespace sim
