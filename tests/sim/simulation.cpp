#include "tests/sim/simulation.h"

#include "base/limits.h"
#include "tests/sim/administrator.h"
#include "tests/sim/broadcasts.h"
#include "tests/sim/crowd.h"
#include "tests/sim/event_watch.h"
#include "tests/sim/faults.h"

namespace sim {
namespace {

constexpr Time kBirthMost = 20 * kSecond;
constexpr std::size_t kSpares = 3;
constexpr Time kReplacedMost = 20 * kSecond;
constexpr Time kOrderMost = 6 * kSecond;  // a hand-over asked for may still come

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
  sizes.catch_up_bytes = static_cast<std::uint64_t>(chance.between(1000, 60000));
  sizes.uses_leases = chance.percent(50);
  sizes.clock_drift_percent_max = chance.between(0, 10);
  return sizes;
}

// Drawn apart: the seeds of before are the same lives.
node::SyncPolicy draw_sync_policy(std::uint64_t seed) {
  const std::uint64_t draw = base::mix64(seed + 0x5359) % 100;
  return draw < 70   ? node::SyncPolicy::kAlways
         : draw < 95 ? node::SyncPolicy::kEverySecond
                     : node::SyncPolicy::kNever;
}

// As a node is set up that serves somebody, but for what half a minute would never meet: there are
// faults that hide behind small windows.
void take_usual_windows(Sizes& sizes) {
  const Sizes small = sizes;
  sizes.segment_bytes = 1 * base::limits::kMiB;
  sizes.ballast_bytes = 64 * base::limits::kKiB;
  sizes.checkpoint_log_bytes = 4 * small.checkpoint_log_bytes;
  sizes.checkpoint_slice_bytes = base::limits::kMiB;
  sizes.chunk_bytes = base::limits::kSnapshotChunkBytesMax;
  sizes.append_bytes = base::limits::kAppendBytesMax;
  sizes.inflight_appends = base::limits::kInflightAppendsMax;
  sizes.cache_bytes = base::limits::kLogCacheBytesMax;
  sizes.catch_up_bytes = base::limits::kCatchUpLogBytesDefault;
}

// Short ones are met by services that stand still; ten times as long none does.
base::Duration draw_service_timeout(std::uint64_t seed) {
  return base::milliseconds(base::mix64(seed + 0x5356) % 100 < 30 ? 2000 : 30'000);
}

Sizes draw_sizes(Chance& chance, std::uint64_t seed) {
  Sizes sizes = draw_sizes(chance);
  sizes.sync_policy = draw_sync_policy(seed);
  if (base::mix64(seed + 0x5749) % 10 == 0) take_usual_windows(sizes);
  sizes.uses_sqlite = base::mix64(seed + 0x5351) % 5 == 0;
  sizes.service_timeout = draw_service_timeout(seed);
  sizes.tells_events = base::mix64(seed + 0x4B45) % 2 == 0;
  return sizes;
}

class Life {
 public:
  Life(std::uint64_t seed, bool is_verbose)
      : chance_(base::mix64(seed + 0x5157)),
        world_(draw_hosts(chance_), kSpares, draw_sizes(chance_, seed), chance_.split(),
               is_verbose),
        crowd_(world_, static_cast<std::size_t>(chance_.between(3, 8)), chance_.split()),
        faults_(world_, crowd_.size(), chance_.split()),
        administrator_(world_, world_.size() + crowd_.size(), crowd_.addresses(), chance_.split()),
        has_administrator_(chance_.percent(50)),
        broadcasts_(world_, world_.size() + crowd_.size() + 1, chance_.split()),
        events_(world_, world_.size() + crowd_.size() + 1 + 2 * world_.founders(),
                chance_.split()) {
    if (has_administrator_ && administrator_.removes_members()) world_.keep_directories();
    choose_unwilling(base::mix64(seed + 0x5256) % 100);
  }

  void run() {
    be_born();
    crowd_.begin(chance_.duration(20 * kMillisecond, 400 * kMillisecond));
    broadcasts_.begin();
    events_.begin();
    faults_.begin();
    if (has_administrator_)
      administrator_.begin(chance_.between(200, 4000) * kMillisecond);
    else if (world_.read_replica())
      administrator_.begin_as_host();
    world_.run_for(chance_.between(10, 20) * kSecond);
    world_.trace.say("world", "everything heals");
    // From here on nothing fails, so everything must go on: every node catches up and every client
    // gets something done.
    administrator_.end();
    faults_.end_and_heal();
    crowd_.demand_progress();
    DEMAND(world_.run_until([this] { return world_.is_whole(); }, kReplacedMost),
           "a member that lost its directory was not replaced\n" + world_.state_in_words());
    demand_calm();
    const auto replica = world_.read_replica();
    world_.counters.read_replicas += replica && world_.is_member(*replica) && world_.is_level();
    broadcasts_.demand_hearing();
    events_.demand_hearing();
    crowd_.judge();
    events_.demand_all();
  }

  World& world() { return world_; }

 private:
  // Drawn apart, as above: who wishes never to vote, or changes its mind about that.
  void choose_unwilling(std::uint64_t draw) {
    if (draw < 25)
      world_.host(world_.size() - 1).wants_vote = false;
    else if (draw < 40)
      world_.host(draw % world_.founders()).changes_mind = true;
    is_calm_later_ = has_administrator_ || draw < 40;
  }

  void be_born() {
    for (std::size_t i = 0; i < world_.founders(); ++i)
      world_.scheduler.after(chance_.duration(1, kSecond), [this, i] { world_.start(i); });
    if (chance_.percent(20)) return;  // faults from the first moment
    DEMAND(world_.run_until([this] { return world_.leader().has_value(); }, kBirthMost),
           "no cluster was born\n" + world_.state_in_words());
  }

  // Nothing fails, so nobody unseats the leader: nodes that were removed do not either.
  void demand_calm() {
    world_.run_for(is_calm_later_ ? kOrderMost : kSecond);
    const auto leader = world_.leader();
    DEMAND(leader.has_value(), "nobody leads\n" + world_.state_in_words());
    const base::Term term = world_.process(*leader).raft()->term();
    world_.run_for(3 * kSecond);
    DEMAND(world_.leader() == leader && world_.process(*leader).raft()->term() == term,
           "the leader was unseated though nothing fails\n" + world_.state_in_words());
  }

  Chance chance_;
  World world_;
  Crowd crowd_;
  Faults faults_;
  Administrator administrator_;
  // Not where a loss of power may be forgotten: what is promised then depends on who the members
  // are.
  bool has_administrator_;
  bool is_calm_later_ = false;  // a hand-over may still come when everything has healed
  Broadcasts broadcasts_;
  EventWatch events_;
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
  life.world().counters.virtual_ms =
      static_cast<std::uint64_t>(life.world().scheduler.now() / kMillisecond);
  result.counters = life.world().counters;
  result.fingerprint = life.world().trace.fingerprint();
  result.virtual_seconds = static_cast<double>(life.world().scheduler.now()) / kSecond;
  return result;
}

}  // namespace sim
