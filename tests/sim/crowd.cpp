#include "tests/sim/crowd.h"

#include <algorithm>
#include <set>
#include <string>

#include "tests/sim/linearizability.h"

namespace sim {
namespace {

constexpr Time kHealMost = 30 * kSecond;
// Every node has heard by then which connections are gone.
constexpr Time kHearMost = 5 * kSecond;
constexpr std::size_t kStatesMax = 200'000;

}  // namespace

Crowd::Crowd(World& world, std::size_t clients, Chance chance)
    : world_(world),
      workload_(chance.split(), world.counters),
      reads_(workload_),
      shared_{world.scheduler, world.network, history_,    tokens_,
              world.counters,  workload_,     world.trace, world.checks.log_reader()} {
  for (std::size_t i = 0; i < world.founders(); ++i)
    shared_.addresses.push_back(world.host(i).client_address());
  // Nobody tells who comes by these where the members are now; a spare machine is a Redis of its
  // own.
  shared_.plain_addresses = [this] {
    std::vector<std::string> addresses;
    bool has_members = false;
    for (std::size_t i = 0; i < world_.size(); ++i) has_members |= world_.is_member(i);
    for (std::size_t i = 0; i < world_.size(); ++i)
      if (world_.is_member(i) || (i < world_.founders() && !has_members))
        addresses.push_back(world_.host(i).plain_address());
    return addresses;
  };
  const unsigned plain_percent = chance.percent(50) ? 60 : 0;
  for (std::size_t i = 0; i < clients; ++i)
    add_client(chance.percent(plain_percent) ? Habit::kPlain : Habit::kDefault, chance);
  add_client(Habit::kLinearizable, chance);
  if (chance.percent(50)) add_client(Habit::kLinearizable, chance);
  add_client(Habit::kCaching, chance);
  add_client(Habit::kBounded, chance);
  add_client(Habit::kLocal, chance);
  // A node alone has no followers, and says so.
  if (world.founders() > 1) add_client(Habit::kReadOnly, chance);
}

void Crowd::add_client(Habit habit, Chance& chance) {
  const std::size_t number = clients_.size();
  clients_.push_back(
      std::make_unique<Client>(number, host_of(number), shared_, chance.split(), habit));
  habits_.push_back(habit);
}

Source& Crowd::source_of(std::size_t client) {
  if (may_write(habits_[client])) return workload_;
  return reads_;
}

void Crowd::begin(Time pace) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i]->set_pace(may_write(habits_[i]) ? pace : 4 * pace);
    clients_[i]->set_source(&source_of(i));
  }
}

std::uint64_t Crowd::done() const {
  std::uint64_t all = 0;
  for (const auto& client : clients_) all += client->done();
  return all;
}

void Crowd::demand_progress() {
  std::vector<std::uint64_t> done;
  for (auto& client : clients_) done.push_back(client->done());
  const auto goes_on = [&] {
    world_.start_all();  // whoever was still on its way down
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i]->done() <= done[i]) return false;
    }
    return world_.is_level();
  };
  DEMAND(world_.run_until(goes_on, kHealMost),
         "no progress although everything has healed\n" + world_.state_in_words());
}

void Crowd::demand_idleness() {
  for (auto& client : clients_) client->set_source(nullptr);
  const auto are_idle = [&] {
    return std::all_of(clients_.begin(), clients_.end(),
                       [](const auto& client) { return client->is_idle(); });
  };
  DEMAND(world_.run_until(are_idle, kHealMost), "a client waits for its answers for ever");
}

void Crowd::read_everything() {
  std::set<std::string> keys;
  for (const auto& [key, operations] : history_.keys()) keys.insert(key);
  for (const std::string& key : tokens_.keys()) keys.insert(key);
  FinalReads reads(std::move(keys), workload_.queues());
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i]->set_pace(5 * kMillisecond);
    if (may_write(habits_[i])) clients_[i]->set_source(&reads);
  }
  DEMAND(world_.run_until([&] { return reads.is_done(); }, kHealMost),
         "the final reads are not answered\n" + world_.state_in_words());
  for (auto& client : clients_) client->set_source(nullptr);
}

void Crowd::judge_histories() {
  workload_.queues().check();
  for (const auto& [key, operations] : history_.keys()) {
    if (key.starts_with("list")) {
      const std::string& last = operations.back().steps[0].result;
      tokens_.check(key, last == "nil" ? "" : last.substr(1));
      continue;
    }
    const Verdict verdict = sim::judge(operations, kStatesMax);
    if (verdict == Verdict::kUndecided) ++world_.counters.undecided;
    DEMAND(verdict != Verdict::kNotLinearizable,
           "the history of " + key + " is not linearizable:\n" + describe(operations));
  }
}

void Crowd::judge() {
  demand_idleness();
  world_.run_for(kHearMost);
  read_everything();
  DEMAND(world_.run_until([this] { return world_.is_level(); }, kHealMost),
         "the nodes do not become level\n" + world_.state_in_words());
  judge_histories();
}

}  // namespace sim
