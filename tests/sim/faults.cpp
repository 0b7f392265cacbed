#include "tests/sim/faults.h"

#include <utility>

namespace sim {

Faults::Faults(World& world, std::size_t clients, Chance chance)
    : world_(world), clients_(clients), chance_(chance) {
  draw_kinds();
}

void Faults::draw_kinds() {
  const auto add = [this](const char* name, bool (Faults::*strike)(), unsigned percent,
                          unsigned weight) {
    if (!chance_.percent(percent)) return;
    kinds_.push_back({name, strike, weight});
    weights_ += weight;
  };
  add("crash", &Faults::crash, 85, 10);
  add("crash_in_checkpoint", &Faults::crash_in_checkpoint, 85, 12);
  add("crash_all", &Faults::crash_all, 35, 2);
  add("stop", &Faults::stop_in_good_order, 40, 3);
  add("empty_directory", &Faults::empty_directory, 60, 15);
  add("pause", &Faults::pause, 60, 6);
  add("pause_long", &Faults::pause_long, 10, 3);
  add("stall_a_part", &Faults::stall_a_part, 65, 8);
  add("hold_a_turn", &Faults::hold_a_turn, 60, 8);
  add("transfer", &Faults::transfer, 50, 4);
  add("isolate", &Faults::isolate, 80, 12);
  add("cut_one_way", &Faults::cut_one_way, 60, 6);
  add("split", &Faults::split, 40, 4);
  add("break_links", &Faults::break_links, 60, 8);
  add("weather", &Faults::weather, 60, 4);
  add("lose_packets", &Faults::lose_packets, 30, 3);
  add("clog", &Faults::clog, 30, 3);
  add("slow_log", &Faults::slow_log, 50, 4);
  add("slow_store", &Faults::slow_store, 50, 4);
  add("stall_sync", &Faults::stall_sync, 30, 3);
  add("full_disk", &Faults::full_disk, 15, 2);
  add("failing_disk", &Faults::failing_disk, 40, 3);
  add("jump_wall", &Faults::jump_wall, 60, 4);
  pause_most_ = chance_.between(150, 1000) * kMillisecond;
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
  // Who has ended by itself comes back some time later.
  for (std::size_t host = 0; host < world_.size(); ++host) {
    if (!world_.is_up(host) && chance_.percent(10)) restart_later(host);
  }
  std::uint64_t draw = chance_.below(weights_);
  for (const Kind& kind : kinds_) {
    if (draw < kind.weight) {
      if ((this->*kind.strike)()) ++world_.counters.faults[kind.name];
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
  if (!world_.was_started(host)) return;
  later(20 * kMillisecond, 6 * kSecond, [this, host] { world_.start(host); });
}

bool Faults::crash() {
  const std::size_t host = victim();
  const bool was_up = world_.is_up(host);
  world_.crash(host, chance_.percent(50));
  restart_later(host);
  return was_up;
}

bool Faults::crash_in_checkpoint() {
  const std::size_t host = chance_.below(world_.size());
  if (!world_.is_up(host)) return false;
  world_.process(host).arm_crash_in_checkpoint(1 + chance_.below(6));
  return true;
}

bool Faults::crash_all() {
  const bool loses_power = chance_.percent(50);
  for (std::size_t host = 0; host < world_.size(); ++host) {
    world_.crash(host, loses_power);
    restart_later(host);
  }
  return true;
}

bool Faults::empty_directory() {
  const std::size_t host = victim();
  if (!world_.may_lose_directory(host)) return false;
  world_.crash(host, false);
  world_.host(host).lose_directory();
  world_.trace.say(world_.host(host).name(), "loses its directory");
  restart_later(host);
  return true;
}

bool Faults::stop_in_good_order() {
  const std::size_t host = victim();
  if (!world_.is_up(host)) return false;
  world_.process(host).begin_stop();
  return true;
}

bool Faults::pause_until(std::size_t host, NodeProcess::Part part, Time most) {
  if (!world_.is_up(host)) return false;
  const Time until = world_.scheduler.now() + chance_.duration(10 * kMillisecond, most);
  world_.process(host).pause(part, until);
  return true;
}

bool Faults::pause() { return pause_until(victim(), NodeProcess::Part::kAll, 3 * kSecond); }

bool Faults::pause_long() { return pause_until(victim(), NodeProcess::Part::kAll, 30 * kSecond); }

bool Faults::stall_a_part() {
  constexpr NodeProcess::Part kParts[] = {NodeProcess::Part::kConsensus,
                                          NodeProcess::Part::kService, NodeProcess::Part::kLog,
                                          NodeProcess::Part::kState};
  // A leader that does not hear that it is one no more, while its service goes on, is the worst.
  const std::size_t part = chance_.percent(40) ? 0 : chance_.below(4);
  return pause_until(victim(), kParts[part], 4 * kSecond);
}

// Between the look at the clock and all that follows from it.
bool Faults::hold_a_turn() {
  const std::size_t host = victim();
  if (!world_.is_up(host)) return false;
  const auto part =
      chance_.percent(60) ? NodeProcess::Part::kService : NodeProcess::Part::kConsensus;
  world_.process(host).hold_turn(
      part, world_.scheduler.now() + chance_.duration(10 * kMillisecond, 2 * kSecond));
  return true;
}

bool Faults::transfer() {
  const auto leader = world_.leader();
  if (!leader) return false;
  world_.process(*leader).begin_transfer();
  return true;
}

// ---- disks and clocks ----

bool Faults::slow_log() {
  Host& host = world_.host(victim());
  host.log_delay_most = chance_.duration(kMillisecond, kSecond);
  later(kSecond, 4 * kSecond, [&host] { host.log_delay_most = 2 * kMillisecond; });
  return true;
}

bool Faults::slow_store() {
  Host& host = world_.host(victim());
  host.state_delay_most = chance_.duration(5 * kMillisecond, kSecond);
  later(kSecond, 4 * kSecond, [&host] { host.state_delay_most = 10 * kMillisecond; });
  return true;
}

bool Faults::stall_sync() {
  world_.host(victim()).log_stall = chance_.duration(200 * kMillisecond, 5 * kSecond);
  return true;
}

bool Faults::full_disk() {
  Host& host = world_.host(victim());
  host.files.set_space_left(chance_.below(4096));
  later(100 * kMillisecond, 4 * kSecond, [&host] { host.files.set_space_left(UINT64_MAX); });
  return true;
}

bool Faults::failing_disk() {
  constexpr std::uint64_t kChangesMost = 10;
  const std::size_t host = victim();
  if (!world_.is_up(host)) return false;
  world_.process(host).fail_disk_after(chance_.below(kChangesMost));
  restart_later(host);
  return true;
}

bool Faults::jump_wall() {
  constexpr Time kHourMs = 3'600'000;
  const Time jump = chance_.duration(1, kHourMs);
  world_.host(victim()).clock.jump_wall(chance_.percent(50) ? jump : -jump);
  return true;
}

// ---- the end ----

void Faults::end_and_heal() {
  is_over_ = true;
  world_.network.heal_all();
  world_.network.set_latency(50, 500);
  world_.network.set_stall_permille(0);
  world_.network.set_loss_permille(0);
  for (std::size_t i = 0; i < world_.size(); ++i) {
    Host& host = world_.host(i);
    if (world_.is_up(i)) world_.process(i).recover_from_faults();
    host.log_delay_most = 2 * kMillisecond;
    host.state_delay_most = 5 * kMillisecond;
    host.turn_delay_most = 200;
    host.log_stall = 0;
    host.files.set_space_left(UINT64_MAX);
  }
}

}  // namespace sim
