// What may happen to the processes of a cluster and to their disks (the fault catalogue in
// docs/testing.md). Every story ends with progress of all and the judgement of all histories.
#include <gtest/gtest.h>

#include "tests/sim/story.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Side;
using sim::Story;
using sim::tell;

void kill(Story& story, std::size_t node) { story.world.crash(node, story.chance.percent(50)); }

void await_leader(Story& story, sim::Time most = 5 * kSecond) {
  story.wait(
      most, [&] { return story.world.leader().has_value(); }, "somebody leads");
}

// ---- kills ----

// Others have answered reads from what the last one found on its disk.
TEST(ProcessStory, AfterARestartOfAllAndTheDeathOfAMajorityNobodyIsAnswered) {
  tell({.nodes = 3, .seeds = 4}, [](Story& story) {
    for (std::size_t node = 0; node < 3; ++node) kill(story, node);
    for (std::size_t node = 0; node < 3; ++node) story.world.start(node);
    await_leader(story);
    const std::size_t survivor = story.chance.percent(50) ? story.leader() : story.follower();
    for (std::size_t node = 0; node < 3; ++node) {
      if (node != survivor) kill(story, node);
    }
    const sim::Time since = story.world.scheduler.now();
    story.run_for(5 * kSecond);
    story.demand_silence(story.all_but({0, 1, 2}), since);
    for (std::size_t node = 0; node < 3; ++node) story.world.start(node);
    await_leader(story);
    story.demand_calm_for(3 * kSecond);
  });
}

TEST(ProcessStory, AFollowerInACrashLoopCostsNoElectionAndComesBackWhenLeftAlone) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t node = story.follower();
    for (int times = 0; times < 12; ++times) {
      kill(story, node);
      story.demand_calm_for(story.chance.between(100, 500) * kMillisecond);
      story.world.start(node);
      story.run_for(story.chance.between(1, 700) * kMillisecond);
    }
    story.world.start(node);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
    story.demand_calm_for(3 * kSecond);
  });
}

// ---- frozen processes ----

TEST(ProcessStory, AFrozenLeaderIsReplacedAndFollowsWhenItThaws) {
  for (const sim::Time duration : {kSecond, 8 * kSecond, 30 * kSecond}) {
    tell({.nodes = 3, .seeds = 1}, [&](Story& story) {
      const std::size_t frozen = story.leader();
      const std::uint64_t term = story.term();
      story.world.process(frozen).pause(sim::NodeProcess::Part::kAll,
                                        story.world.scheduler.now() + duration);
      story.wait(
          5 * kSecond, [&] { return story.term() > term && story.leader() != frozen; },
          "another leads");
      if (duration > 5 * kSecond) story.demand_calm_for(duration - 5 * kSecond);
      story.run_for(5 * kSecond);
      EXPECT_FALSE(story.world.process(frozen).is_leader());
      story.demand_calm_for(3 * kSecond);
    });
  }
}

TEST(ProcessStory, AFrozenFollowerCostsNothingAndIsLevelSoonAfterItThaws) {
  for (const sim::Time duration : {kSecond, 8 * kSecond, 30 * kSecond}) {
    tell({.nodes = 3, .seeds = 1}, [&](Story& story) {
      story.world.process(story.follower())
          .pause(sim::NodeProcess::Part::kAll, story.world.scheduler.now() + duration);
      story.demand_calm_for(duration + 3 * kSecond);
      story.wait(
          5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
    });
  }
}

// Its consensus machine is well: its heartbeats would keep everybody else from leading for ever.
TEST(ProcessStory, ALeaderWhoseServiceIsStuckGivesWayAndFollowsWhenItIsFree) {
  sim::Sizes sizes;
  sizes.service_timeout = base::milliseconds(3000);
  tell({.nodes = 3, .seeds = 3, .sizes = sizes}, [](Story& story) {
    const std::size_t stuck = story.leader();
    story.world.process(stuck).pause(sim::NodeProcess::Part::kService,
                                     story.world.scheduler.now() + 20 * kSecond);
    story.wait(
        6 * kSecond,
        [&] { return story.world.leader().value_or(stuck) != stuck; }, "another leads");
    story.demand_calm_for(20 * kSecond);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
  });
}

// ---- disks ----

TEST(ProcessStory, ASyncOfFiveSecondsCostsNoElectionWhoeversItIs) {
  tell({.nodes = 3, .seeds = 3}, [](Story& story) {
    const std::size_t slow = story.chance.percent(50) ? story.leader() : story.follower();
    story.world.host(slow).log_stall = 5 * kSecond;
    story.demand_calm_for(8 * kSecond);
  });
}

TEST(ProcessStory, ADiskThatFailsEndsItsProcessAndTheOthersGoOn) {
  tell({.nodes = 3, .seeds = 4}, [](Story& story) {
    const std::size_t node = story.chance.percent(50) ? story.leader() : story.follower();
    const std::uint64_t deaths = story.world.counters.disk_deaths;
    story.world.process(node).fail_disk_after(story.chance.below(5));
    story.wait(
        5 * kSecond, [&] { return !story.world.is_up(node); }, "it ends");
    EXPECT_EQ(story.world.counters.disk_deaths, deaths + 1);
    await_leader(story);
    story.demand_calm_for(3 * kSecond);
    story.world.start(node);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
  });
}

}  // namespace
