#include "tests/sim/story.h"

#include <algorithm>

namespace sim {
namespace {

constexpr Time kBirthMost = 20 * kSecond;
constexpr std::size_t kClients = 6;

}  // namespace

Story::Story(std::size_t nodes, std::uint64_t seed, const Sizes& sizes)
    : chance(base::mix64(seed + 0x5702)),
      world(nodes, 0, sizes, chance.split(), false),
      crowd(world, kClients, chance.split()) {}

void Story::begin() {
  for (std::size_t i = 0; i < world.size(); ++i) world.start(i);
  wait(
      kBirthMost, [this] { return world.is_level(); }, "a cluster is born");
  crowd.begin(40 * kMillisecond);
  run_for(chance.between(1000, 2000) * kMillisecond);
}

void Story::end() {
  world.network.heal_all();
  crowd.demand_progress();
  crowd.judge();
}

std::size_t Story::leader() {
  const auto leader = world.leader();
  DEMAND(leader.has_value(), "nobody leads\n" + world.state_in_words());
  return *leader;
}

std::uint64_t Story::term() const {
  std::uint64_t term = 0;
  for (std::size_t i = 0; i < world.size(); ++i) {
    const NodeProcess* process = world.is_up(i) ? &world.process(i) : nullptr;
    if (process != nullptr && process->raft() != nullptr)
      term = std::max(term, process->raft()->term().value());
  }
  return term;
}

std::size_t Story::follower() {
  const std::size_t others = 1 + chance.below(world.size() - 1);
  return (leader() + others) % world.size();
}

void Story::wait(Time most, const std::function<bool()>& claim, const std::string& what) {
  const Time end = world.scheduler.now() + most;
  while (!claim() && world.scheduler.now() < end) run_for(kMillisecond);
  DEMAND(claim(), "not within " + std::to_string(most / kMillisecond) + " ms: " + what + "\n" +
                      world.state_in_words());
}

void Story::demand_calm_for(Time duration) {
  const std::size_t leader_before = leader();
  const std::uint64_t term_before = term(), done_before = crowd.done();
  const Time end = world.scheduler.now() + duration;
  while (world.scheduler.now() < end) {
    run_for(50 * kMillisecond);
    DEMAND(term() == term_before && world.process(leader_before).is_leader(),
           "the leader was unseated\n" + world.state_in_words());
  }
  DEMAND(crowd.done() > done_before, "nothing was carried out\n" + world.state_in_words());
}

Side Story::with_clients(Side nodes) const {
  for (std::size_t i = 0; i < crowd.size(); i += 3) nodes.push_back(crowd.host_of(i));
  return nodes;
}

Side Story::all_but(const Side& side) const {
  Side others;
  for (HostId host = 0; host < world.size() + crowd.size(); ++host) {
    if (std::find(side.begin(), side.end(), host) == side.end()) others.push_back(host);
  }
  return others;
}

void Story::cut(const Side& here, const Side& there) {
  for (const HostId a : here) {
    for (const HostId b : there) {
      if (a != b) world.network.cut(a, b), world.network.cut(b, a);
    }
  }
}

template <class Act>
void Story::for_clients(const Side& side, Act act) const {
  for (const HostId host : side) {
    if (host >= world.size()) act(crowd.client(host - world.size()));
  }
}

void Story::demand_silence(const Side& side, Time since) {
  for_clients(side, [&](const Client& client) {
    DEMAND(client.newest_done() <= since, "a minority answered what was asked for after the cut");
  });
}

std::uint64_t Story::done_by(const Side& side) const {
  std::uint64_t done = 0;
  for_clients(side, [&](const Client& client) { done += client.done(); });
  return done;
}

}  // namespace sim
