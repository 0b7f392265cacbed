#include "tests/sim/world.h"

#include <algorithm>

namespace sim {

World::World(std::size_t hosts, const Sizes& sizes, Chance chance, bool is_verbose)
    : trace(scheduler, is_verbose),
      network(scheduler, chance.split()),
      checks(hosts, counters),
      chance_(chance.split()),
      sizes_(sizes),
      processes_(hosts) {
  for (std::size_t i = 0; i < hosts; ++i) {
    Chance own = chance_.split();
    hosts_.push_back(std::make_unique<Host>(i, own));
    raft_peers_.push_back(hosts_.back()->raft_address());
  }
  if (hosts == 1) raft_peers_.clear();
}

void World::run_for(Time duration) {
  constexpr Time kLook = kMillisecond;
  const Time end = scheduler.now() + duration;
  while (scheduler.now() < end) {
    scheduler.run_until(std::min(end, scheduler.now() + kLook));
    reap();
  }
}

bool World::run_until(const std::function<bool()>& claim, Time most) {
  const Time end = scheduler.now() + most;
  while (!claim() && scheduler.now() < end) run_for(10 * kMillisecond);
  return claim();
}

// Processes that have come to their end by themselves.
void World::reap() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is_up(i) || process(i).wish() == NodeProcess::Wish::kNone) continue;
    const bool is_crash = process(i).wish() == NodeProcess::Wish::kDied;
    if (!is_crash) ++counters.stops;
    crash(i, is_crash && chance_.percent(50));
  }
}

void World::start(std::size_t host) {
  if (is_up(host)) return;
  trace.say(hosts_[host]->name(), "starts");
  processes_[host] = std::make_unique<NodeProcess>(
      *hosts_[host], Surroundings{scheduler, network, trace, checks, sizes_, raft_peers_},
      chance_.split());
}

void World::crash(std::size_t host, bool loses_power) {
  if (!is_up(host)) return;
  trace.say(hosts_[host]->name(), loses_power ? "loses its power" : "ends");
  processes_[host]->end(loses_power);
  processes_[host].reset();
}

std::optional<std::size_t> World::leader() const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < size(); ++i) {
    const bool leads = is_up(i) && processes_[i]->is_leader();
    if (leads && (!found || processes_[i]->raft()->term() > processes_[*found]->raft()->term()))
      found = i;
  }
  return found;
}

bool World::is_level() const {
  if (!leader()) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is_up(i) || processes_[i]->is_ending()) return false;
    if (processes_[i]->applied().value() < checks.last_chosen()) return false;
  }
  return true;
}

std::string World::state_in_words() const {
  std::string text = "chosen up to " + std::to_string(checks.last_chosen()) + "\n";
  for (std::size_t i = 0; i < size(); ++i) {
    text += hosts_[i]->name() + ": ";
    if (!is_up(i) || processes_[i]->raft() == nullptr) {
      text += is_up(i) ? "not born\n" : "down\n";
      continue;
    }
    const raft::Raft& raft = *processes_[i]->raft();
    text += "role " + std::to_string(static_cast<int>(raft.role())) + " term " +
            std::to_string(raft.term().value()) + " last " +
            std::to_string(raft.last_index().value()) + " commit " +
            std::to_string(raft.committed().value()) + " applied " +
            std::to_string(processes_[i]->applied().value()) + " checkpoint " +
            std::to_string(raft.snapshot_index().value()) + "\n";
    for (const raft::PeerProgress& peer : raft.progress()) {
      text += "  to " + std::to_string(peer.id.value()) + ": match " +
              std::to_string(peer.match.value()) + " next " + std::to_string(peer.next.value()) +
              (peer.is_receiving_snapshot ? " receives a snapshot" : "") +
              (peer.is_active ? "\n" : " silent\n");
    }
  }
  return text;
}

}  // namespace sim
