#include "tests/sim/simulation.h"

#include <memory>
#include <set>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/faults.h"
#include "tests/sim/linearizability.h"
#include "tests/sim/world.h"

namespace sim {
namespace {

constexpr Time kBirthMost = 20 * kSecond;
constexpr Time kHealMost = 30 * kSecond;
constexpr std::size_t kStatesMax = 200'000;

std::size_t draw_hosts(Chance& chance) {
  const std::uint64_t draw = chance.below(100);
  return draw < 4 ? 1 : draw < 75 ? 3 : 5;
}

Sizes draw_sizes(Chance& chance) {
  Sizes sizes;
  sizes.segment_bytes = static_cast<std::uint64_t>(chance.between(8, 64)) * 1024;
  sizes.checkpoint_log_bytes = static_cast<std::uint64_t>(chance.between(4, 24)) * 1024;
  sizes.checkpoint_slice_bytes = static_cast<std::size_t>(chance.between(200, 2000));
  sizes.chunk_bytes = static_cast<std::size_t>(chance.between(200, 3000));
  sizes.append_bytes = static_cast<std::size_t>(chance.between(300, 8000));
  sizes.inflight_appends = static_cast<std::size_t>(chance.between(1, 16));
  sizes.cache_bytes = static_cast<std::size_t>(chance.between(1, 32)) * 1024;
  sizes.catch_up_entries = static_cast<std::uint64_t>(chance.between(5, 200));
  return sizes;
}

class Life {
 public:
  Life(std::uint64_t seed, bool is_verbose)
      : chance_(base::mix64(seed + 0x5157)),
        hosts_(draw_hosts(chance_)),
        world_(hosts_, draw_sizes(chance_), chance_.split(), is_verbose),
        workload_(chance_.split(), world_.counters),
        shared_{world_.scheduler, world_.network, history_,     tokens_,
                world_.counters,  workload_,      world_.trace, {}} {
    const auto clients = static_cast<std::size_t>(chance_.between(3, 8));
    for (std::size_t i = 0; i < hosts_; ++i)
      shared_.addresses.push_back(world_.host(i).client_address());
    for (std::size_t i = 0; i < clients; ++i)
      clients_.push_back(std::make_unique<Client>(i, hosts_ + i, shared_, chance_.split()));
    faults_ = std::make_unique<Faults>(world_, clients, chance_.split());
  }

  void run() {
    be_born();
    suffer();
    heal();
    read_everything();
    judge_histories();
  }

  World& world() { return world_; }

 private:
  void be_born() {
    for (std::size_t i = 0; i < hosts_; ++i)
      world_.scheduler.after(chance_.duration(1, kSecond), [this, i] { world_.start(i); });
    if (chance_.percent(20)) return;  // faults from the first moment
    DEMAND(world_.run_until([this] { return world_.leader().has_value(); }, kBirthMost),
           "no cluster was born\n" + world_.state_in_words());
  }

  void suffer() {
    const Time pace = chance_.duration(20 * kMillisecond, 400 * kMillisecond);
    for (auto& client : clients_) {
      client->set_pace(pace);
      client->set_source(&workload_);
    }
    faults_->begin();
    world_.run_for(chance_.between(15, 30) * kSecond);
  }

  // From here on nothing fails, so everything must go on: every node catches up and every client
  // gets something done.
  void heal() {
    world_.trace.say("world", "everything heals");
    faults_->end_and_heal();
    for (std::size_t i = 0; i < hosts_; ++i) world_.start(i);
    std::vector<std::uint64_t> done;
    for (auto& client : clients_) done.push_back(client->done());
    const auto goes_on = [&] {
      for (std::size_t i = 0; i < hosts_; ++i)
        world_.start(i);  // whoever was still on its way down
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (clients_[i]->done() <= done[i]) return false;
      }
      return world_.is_level();
    };
    DEMAND(world_.run_until(goes_on, kHealMost),
           "no progress although everything has healed\n" + world_.state_in_words());
  }

  void read_everything() {
    for (auto& client : clients_) client->set_source(nullptr);
    const auto are_idle = [&] {
      for (auto& client : clients_) {
        if (!client->is_idle()) return false;
      }
      return true;
    };
    DEMAND(world_.run_until(are_idle, kHealMost), "a client waits for its answers for ever");
    std::set<std::string> keys;
    for (const auto& [key, operations] : history_.keys()) keys.insert(key);
    for (const std::string& key : tokens_.keys()) keys.insert(key);
    FinalReads reads(std::move(keys), workload_.queues());
    for (auto& client : clients_) {
      client->set_pace(5 * kMillisecond);
      client->set_source(&reads);
    }
    DEMAND(world_.run_until([&] { return reads.is_done(); }, kHealMost),
           "the final reads are not answered\n" + world_.state_in_words());
    for (auto& client : clients_) client->set_source(nullptr);
    DEMAND(world_.run_until([this] { return world_.is_level(); }, kHealMost),
           "the nodes do not become level\n" + world_.state_in_words());
  }

  void judge_histories() {
    workload_.queues().check();
    for (const auto& [key, operations] : history_.keys()) {
      if (key.starts_with("list")) {
        const std::string& last = operations.back().steps[0].result;
        tokens_.check(key, last == "nil" ? "" : last.substr(1));
        continue;
      }
      const Verdict verdict = judge(operations, kStatesMax);
      if (verdict == Verdict::kUndecided) ++world_.counters.undecided;
      DEMAND(verdict != Verdict::kNotLinearizable,
             "the history of " + key + " is not linearizable:\n" + describe(operations));
    }
  }

  Chance chance_;
  std::size_t hosts_;
  World world_;
  History history_;
  TokenCheck tokens_;
  Workload workload_;
  ClientWorld shared_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<Faults> faults_;
};

}  // namespace

Result simulate(std::uint64_t seed, bool is_verbose) {
  Life life(seed, is_verbose);
  Result result;
  result.seed = seed;
  try {
    life.run();
  } catch (const Violation& violation) {
    result.has_failed = true;
    result.report = violation.what();
    result.report += "\n-- the last lines before it:\n" + life.world().trace.last_lines();
  }
  life.world().trace.note(static_cast<std::uint64_t>(life.world().scheduler.now()));
  life.world().trace.note(life.world().scheduler.steps());
  result.counters = life.world().counters;
  result.fingerprint = life.world().trace.fingerprint();
  result.virtual_seconds = static_cast<double>(life.world().scheduler.now()) / kSecond;
  return result;
}

}  // namespace sim
