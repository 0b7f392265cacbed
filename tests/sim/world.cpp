#include "tests/sim/world.h"

#include <algorithm>

#include "node/peers/hello.h"

namespace sim {

World::World(std::size_t founders, std::size_t spares, const Sizes& sizes, Chance chance,
             bool is_verbose)
    : trace(scheduler, is_verbose),
      network(scheduler, chance.split()),
      checks(founders + spares, counters),
      chance_(chance.split()),
      sizes_(sizes),
      founders_(founders),
      was_started_(founders + spares),
      processes_(founders + spares) {
  for (std::size_t i = 0; i < founders + spares; ++i) {
    Chance own = chance_.split();
    hosts_.push_back(std::make_unique<Host>(i, own, sizes.uses_sqlite));
    // Leases are promised for clocks within the bound only; without them any will do.
    constexpr std::int64_t kPpmInPercent = 10'000;
    const std::int64_t worst =
        (sizes.uses_leases ? sizes.clock_drift_percent_max : 10) * kPpmInPercent;
    if (own.percent(40)) hosts_.back()->clock.set_drift(0, own.percent(50) ? worst : -worst);
  }
  std::vector<std::string> founding;
  for (std::size_t i = 0; i < founders; ++i) founding.push_back(hosts_[i]->raft_address());
  for (std::size_t i = 0; i < founders && founders > 1; ++i) hosts_[i]->raft_peers = founding;
  for (std::size_t i = founders; i < hosts_.size(); ++i) {
    hosts_[i]->raft_peers = founding;
    hosts_[i]->raft_peers.push_back(hosts_[i]->raft_address());
  }
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
    const NodeProcess::Wish wish = process(i).wish();
    const bool is_crash = wish == NodeProcess::Wish::kDied;
    if (wish == NodeProcess::Wish::kStopped) ++counters.stops;
    crash(i, is_crash && chance_.percent(50));
    if (wish == NodeProcess::Wish::kReborn) start(i);
  }
}

void World::start(std::size_t host) {
  if (is_up(host)) return;
  Host& starting = *hosts_[host];
  if (starting.changes_mind && is_member(host)) starting.wants_vote = chance_.percent(50);
  trace.say(starting.name(), starting.wants_vote ? "starts" : "starts as a read replica");
  starting.files.set_space_left(UINT64_MAX);  // for without room none starts
  processes_[host] = std::make_unique<NodeProcess>(
      starting, Surroundings{scheduler, network, trace, checks, sizes_}, chance_.split());
  was_started_[host] = true;
}

void World::start_all() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (was_started_[i]) start(i);
  }
}

void World::crash(std::size_t host, bool loses_power) {
  if (!is_up(host)) return;
  loses_power = loses_power && may_lose_power(host);
  trace.say(hosts_[host]->name(), loses_power ? "loses its power" : "ends");
  processes_[host]->end(loses_power);
  processes_[host].reset();
  if (!loses_power || sizes_.sync_policy == node::SyncPolicy::kAlways) return;
  counters.amnesias += hosts_[host]->may_have_forgotten() ? 1 : 0;
}

// Where writes are not synced at once nothing is promised once all that have a write may have lost
// it: one at a time, until it is level again, and never the only voter; a lost directory is one.
bool World::may_lose_power(std::size_t host) const {
  if (sizes_.sync_policy == node::SyncPolicy::kAlways) return true;
  if (!is_whole()) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (i != host && hosts_[i]->may_have_forgotten()) return false;
    const raft::Raft* raft = is_up(i) ? processes_[i]->raft() : nullptr;
    if (raft != nullptr && raft->membership().voter_count() < 2) return false;
  }
  return true;
}

std::optional<std::size_t> World::read_replica() const {
  for (std::size_t i = 0; i < size(); ++i)
    if (!hosts_[i]->may_vote()) return i;
  return {};
}

std::optional<std::size_t> World::leader() const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < size(); ++i) {
    const bool leads = is_up(i) && processes_[i]->is_leader() && checks.is_in_main(i);
    if (leads && (!found || processes_[i]->raft()->term() > processes_[*found]->raft()->term()))
      found = i;
  }
  return found;
}

bool World::is_level() const {
  if (!leader()) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is_member(i)) continue;
    if (!is_up(i) || processes_[i]->is_ending()) return false;
    if (processes_[i]->applied().value() < checks.last_chosen()) return false;
  }
  return true;
}

bool World::is_whole() const {
  const auto& members = checks.members().members;
  return std::all_of(members.begin(), members.end(), [this](const raft::Member& member) {
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [&](const auto& host) { return host->id() == member.id; });
  });
}

bool World::may_lose_directory(std::size_t host) const {
  // Without a list it is a cluster of one.
  const bool returns = loses_directories_ && !hosts_[host]->raft_peers.empty();
  const bool has_amnesia = std::any_of(hosts_.begin(), hosts_.end(),
                                       [](const auto& each) { return each->may_have_forgotten(); });
  if (!returns || has_amnesia || !is_member(host) || checks.members().voter_count() < 3 ||
      !is_whole() || !is_level())
    return false;
  const raft::Raft& leader = *processes_[*this->leader()]->raft();
  return leader.membership() == leader.committed_membership();  // no change is under way
}

std::string World::state_in_words() const {
  std::string text = "chosen up to " + std::to_string(checks.last_chosen()) + "\n";
  for (std::size_t i = 0; i < size(); ++i) {
    if (!was_started_[i]) continue;
    text += hosts_[i]->name() + (is_member(i) ? ": " : " (no member): ");
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
            std::to_string(raft.snapshot_index().value()) + " members";
    for (const raft::Member& member : raft.membership().members)
      text += " " + node::short_name(member.id) + (member.is_voter ? "" : " (learner)");
    text += " of " + std::to_string(raft.membership().version.value()) + "\n";
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
