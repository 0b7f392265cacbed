// What clocks may do to a cluster (the fault catalogue in docs/testing.md), as clients see it: no
// TTL stands still, no key that has expired comes back, whoever leads. Log time runs at nine tenths
// of the leader's clock at the slowest (DESIGN decision 3).
#include <gtest/gtest.h>

#include <limits>

#include "tests/sim/probe.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Probe;
using sim::Story;
using sim::tell;

constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr sim::Time kSlack = 300 * kMillisecond;  // for a connection, an entry and its commit

// The longest that a TTL takes where the wall clock is behind and the node's clock is slow.
sim::Time slowest(sim::Time ttl, std::int64_t drift_percent) {
  return ttl * 10 / 9 * 100 / (100 - drift_percent) + kSlack;
}

void set(Probe& probe, const std::string& key, sim::Time ttl) {
  DEMAND(probe.say({"SET", key, "v", "PX", std::to_string(ttl / kMillisecond)}) == "+OK",
         "SET was not answered with OK");
}

void demand_gone_for(Story& story, Probe& probe, const std::string& key, sim::Time duration) {
  const sim::Time end = story.world.scheduler.now() + duration;
  while (story.world.scheduler.now() < end) {
    DEMAND(probe.say({"GET", key}) == "nil", "an expired key is back: " + key);
    story.run_for(50 * kMillisecond);
  }
}

// It lives for at least `least` and at most `most`; its TTL never grows on the way.
void demand_life(Story& story, Probe& probe, const std::string& key, sim::Time least,
                 sim::Time most) {
  const sim::Time begun = story.world.scheduler.now();
  std::int64_t ttl = std::numeric_limits<std::int64_t>::max();
  while (true) {
    const sim::Time asked = story.world.scheduler.now();
    const std::int64_t now = probe.ask({"PTTL", key}).integer;
    if (now == -2) break;
    DEMAND(now <= ttl, "a TTL has grown");
    ttl = now;
    DEMAND(asked - begun <= most, "a TTL stands still: " + std::to_string(ttl) + " ms are left");
    story.run_for(20 * kMillisecond);
  }
  DEMAND(story.world.scheduler.now() - begun >= least, "a key has expired too early");
}

void jump_all(Story& story, std::int64_t ms) {
  for (std::size_t i = 0; i < story.world.size(); ++i) story.world.host(i).clock.jump_wall(ms);
}

void replace_leader(Story& story) {
  const std::size_t old = story.leader();
  story.world.crash(old, false);
  story.wait(
      10 * kSecond, [&] { return story.world.leader().has_value() && story.world.leader() != old; },
      "another one leads");
  story.world.start(old);
}

TEST(TimeStory, NoTtlStandsStillWhenTheWallClockJumpsAnHourBack) {
  tell({.nodes = 3}, [](Story& story) {
    Probe probe(story);
    set(probe, "volatile", 3 * kSecond);
    story.world.host(story.leader()).clock.jump_wall(-kHourMs);
    demand_life(story, probe, "volatile", 2 * kSecond, slowest(3 * kSecond, 10));
    demand_gone_for(story, probe, "volatile", 2 * kSecond);
  });
}

TEST(TimeStory, AKeySetBehindAJumpLivesAsLongAsItShould) {
  tell({.nodes = 3}, [](Story& story) {
    Probe probe(story);
    for (const std::int64_t jump : {-kHourMs, kHourMs, kHourMs, -kHourMs}) {
      jump_all(story, jump);
      story.run_for(200 * kMillisecond);
      set(probe, "volatile", 2 * kSecond);
      demand_life(story, probe, "volatile", 1500 * kMillisecond, slowest(2 * kSecond, 10));
    }
  });
}

TEST(TimeStory, AnHourForwardEndsWhatEndsWithinItAndNothingOfItReturnsUnderLeadersBehind) {
  tell({.nodes = 3}, [](Story& story) {
    Probe probe(story);
    set(probe, "soon", 600 * kSecond);
    set(probe, "later", 7200 * kSecond);
    story.world.host(story.leader()).clock.jump_wall(kHourMs);
    story.run_for(500 * kMillisecond);
    DEMAND(probe.say({"GET", "soon"}) == "nil", "the leader's clock says that it has expired");
    const std::int64_t left_ms = probe.ask({"PTTL", "later"}).integer;
    DEMAND(left_ms > 3500 * 1000 && left_ms < 3601 * 1000, "an hour of it is over");
    for (int i = 0; i < 3; ++i) {
      replace_leader(story);
      demand_gone_for(story, probe, "soon", kSecond);
      const std::int64_t now_ms = probe.ask({"PTTL", "later"}).integer;
      DEMAND(now_ms > 0 && now_ms <= left_ms, "a TTL has grown under another leader");
      set(probe, "volatile", kSecond);
      demand_life(story, probe, "volatile", 500 * kMillisecond, slowest(kSecond, 10));
    }
  });
}

TEST(TimeStory, ClocksThatDriftByATenthFreezeNoTtlAndBringNothingBack) {
  tell({.nodes = 3}, [](Story& story) {
    for (std::size_t i = 0; i < story.world.size(); ++i) {
      const std::int64_t ppm = i % 2 == 0 ? 100'000 : -100'000;
      story.world.host(i).clock.set_drift(story.world.scheduler.now(), ppm);
    }
    Probe probe(story);
    for (int i = 0; i < 3; ++i) {
      set(probe, "volatile", 2 * kSecond);
      demand_life(story, probe, "volatile", 1500 * kMillisecond, slowest(2 * kSecond, 10));
      replace_leader(story);
      demand_gone_for(story, probe, "volatile", kSecond);
    }
  });
}

TEST(TimeStory, JumpsAndDriftWithinTheBoundKeepLeasesSafe) {
  sim::Sizes sizes;
  sizes.uses_leases = true;
  tell({.nodes = 3, .sizes = sizes}, [](Story& story) {
    for (std::size_t i = 0; i < story.world.size(); ++i) {
      const std::int64_t ppm = (i % 2 == 0 ? 10'000 : -10'000) * story.chance.between(0, 5);
      story.world.host(i).clock.set_drift(story.world.scheduler.now(), ppm);
    }
    for (int i = 0; i < 12; ++i) {
      const std::size_t leader = story.leader();
      story.world.host(leader).clock.jump_wall(i % 2 == 0 ? kHourMs : -kHourMs);
      const sim::Time now = story.world.scheduler.now();
      using Part = sim::NodeProcess::Part;
      if (i % 3 == 0) story.world.process(leader).hold_turn(Part::kService, now + 2 * kSecond);
      if (i % 3 == 1) story.cut({leader}, story.all_but({leader}));
      if (i % 3 == 2) story.world.process(leader).begin_transfer();
      story.run_for(1500 * kMillisecond);
      story.world.network.heal_all();
      story.wait(
          10 * kSecond, [&] { return story.world.leader().has_value(); }, "somebody leads");
    }
    DEMAND(story.world.counters.leased_turns > 100, "nobody reads by a lease");
  });
}

}  // namespace
