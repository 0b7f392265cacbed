// How long nothing is carried out when the leader goes, by a death or by order, and who costs an
// election (DESIGN section 3). Real processes show the same on an idle machine: ./dev bench
// failover. Every story ends with progress of all and the judgement of all histories.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/sim/story.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Story;
using sim::tell;
using sim::Time;

// Something that a client sent after `since`, for keys and not by READONLY, was carried out.
bool serves_what_was_sent_after(Story& story, Time since) {
  for (std::size_t i = 0; i < story.crowd.size(); ++i) {
    if (story.crowd.client(i).newest_done() > since) return true;
  }
  return false;
}

// From now until clients are served again, which is demanded within `most`.
Time gap(Story& story, Time most) {
  const Time since = story.world.scheduler.now();
  story.wait(
      most, [&] { return serves_what_was_sent_after(story, since); }, "clients are served");
  return story.world.scheduler.now() - since;
}

Time median(std::vector<Time> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

void start_again(Story& story, std::size_t node) {
  story.world.start(node);
  story.wait(
      5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
  story.demand_calm_for(kSecond);
}

// ---- deaths ----

TEST(FailoverStory, AKilledLeaderIsReplacedWithinASecondInTheMedianAndTwoAtMost) {
  tell({.nodes = 3}, [](Story& story) {
    std::vector<Time> gaps;
    for (int kills = 0; kills < 11; ++kills) {
      const std::size_t dead = story.leader();
      story.world.crash(dead, false);
      gaps.push_back(gap(story, 2 * kSecond));
      start_again(story, dead);
    }
    EXPECT_LE(median(gaps), kSecond);
  });
}

TEST(FailoverStory, AKilledFollowerCostsNothingAndCatchesUp) {
  tell({.nodes = 3}, [](Story& story) {
    for (int kills = 0; kills < 5; ++kills) {
      const std::size_t dead = story.follower();
      story.world.crash(dead, false);
      story.demand_calm_for(kSecond);
      start_again(story, dead);
    }
  });
}

TEST(FailoverStory, OfALeaderInACrashLoopOnlyTheFirstDeathCostsAnElection) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t looping = story.leader();
    story.world.crash(looping, false);
    gap(story, 2 * kSecond);
    for (int deaths = 0; deaths < 10; ++deaths) {
      story.world.start(looping);
      story.demand_calm_for(story.chance.between(1, 1000) * kMillisecond + 100 * kMillisecond);
      story.world.crash(looping, false);
      story.demand_calm_for(500 * kMillisecond);
    }
    start_again(story, looping);
  });
}

// ---- by order ----

TEST(FailoverStory, ATransferCostsOneElectionAndHalfASecondAtMost) {
  tell({.nodes = 3}, [](Story& story) {
    for (int transfers = 0; transfers < 11; ++transfers) {
      const std::uint64_t term = story.term();
      story.world.process(story.leader()).begin_transfer();
      gap(story, 500 * kMillisecond);
      story.wait(
          500 * kMillisecond, [&] { return story.term() > term && story.world.leader(); },
          "another leads");
      EXPECT_EQ(story.term(), term + 1);
      story.demand_calm_for(kSecond);
    }
  });
}

TEST(FailoverStory, ALeaderThatIsToldToStopHandsOverWithinHalfASecondAndEndsWithinFive) {
  tell({.nodes = 3}, [](Story& story) {
    for (int stops = 0; stops < 5; ++stops) {
      const std::size_t node = story.leader();
      const Time told = story.world.scheduler.now();
      const std::uint64_t term = story.term(), stopped = story.world.counters.stops;
      story.world.process(node).begin_stop();
      gap(story, 500 * kMillisecond);
      story.wait(
          told + 5 * kSecond - story.world.scheduler.now(),
          [&] { return !story.world.is_up(node); }, "it ends");
      EXPECT_EQ(story.world.counters.stops, stopped + 1) << "in good order";
      EXPECT_EQ(story.term(), term + 1);
      start_again(story, node);
    }
  });
}

// ---- slow commands, slow disks ----

TEST(FailoverStory, ACommandOfTenSecondsCostsNoElectionWhoseverItIs) {
  tell({.nodes = 3, .seeds = 4}, [](Story& story) {
    const std::size_t node = story.chance.percent(50) ? story.leader() : story.follower();
    story.world.process(node).pause(sim::NodeProcess::Part::kService,
                                    story.world.scheduler.now() + 10 * kSecond);
    story.demand_calm_for(13 * kSecond);
  });
}

TEST(FailoverStory, WhileAllDisksStallNobodyIsUnseated) {
  tell({.nodes = 3, .seeds = 3}, [](Story& story) {
    for (std::size_t node = 0; node < 3; ++node) story.world.host(node).log_stall = 5 * kSecond;
    story.demand_calm_for(8 * kSecond);
  });
}

}  // namespace
