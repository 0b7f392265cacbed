// What a network may do to a cluster (the fault catalogue in docs/testing.md). Every story ends
// with progress of all and the judgement of all histories.
#include <gtest/gtest.h>

#include "tests/sim/story.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Side;
using sim::Story;
using sim::tell;

constexpr sim::Time kTwoElectionTimeouts = 500 * kMillisecond;

bool leads(Story& story, std::size_t node) { return story.world.process(node).is_leader(); }

// The side without a majority, the leader among it, is silent; the other one gets a leader and goes
// on; nobody who comes back disturbs it.
void split_off(Story& story, const Side& nodes) {
  const std::size_t leader = story.leader();
  const Side minority = story.with_clients(nodes), majority = story.all_but(minority);
  const sim::Time since = story.world.scheduler.now();
  const std::uint64_t done = story.done_by(majority), term = story.term();
  story.cut(minority, majority);
  story.wait(
      kTwoElectionTimeouts, [&] { return !leads(story, leader); },
      "a leader that cannot hear a majority steps down");
  story.wait(
      5 * kSecond, [&] { return story.term() > term && story.world.leader(); },
      "the majority elects a leader");
  story.run_for(5 * kSecond);
  story.demand_silence(minority, since);
  EXPECT_GT(story.done_by(majority), done + 20);
  story.world.network.heal_all();
  story.demand_calm_for(5 * kSecond);
}

TEST(NetworkStory, AnIsolatedLeaderStepsDownInTimeAndAnswersNothing) {
  tell({.nodes = 3}, [](Story& story) { split_off(story, {story.leader()}); });
}

TEST(NetworkStory, TheLeaderAmongTwoOfFiveStepsDownInTimeAndTheTwoAnswerNothing) {
  tell({.nodes = 5}, [](Story& story) { split_off(story, {story.leader(), story.follower()}); });
}

TEST(NetworkStory, TwoFollowersOfFiveCutOffAnswerNothingAndDeposeNobody) {
  tell({.nodes = 5}, [](Story& story) {
    const std::size_t leader = story.leader();
    const Side minority = story.with_clients({(leader + 1) % 5, (leader + 3) % 5});
    const sim::Time since = story.world.scheduler.now();
    story.cut(minority, story.all_but(minority));
    story.demand_calm_for(8 * kSecond);
    story.demand_silence(minority, since);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

TEST(NetworkStory, AFollowerThatWasAloneForLongDeposesNobodyWhenItReturns) {
  tell({.nodes = 3}, [](Story& story) {
    const Side alone = {story.follower()};
    story.cut(alone, story.all_but(alone));
    story.demand_calm_for(10 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

// ---- partial partitions ----

// Everyone hears two neighbours only: with itself a majority of five.
void make_ring(Story& story) {
  const std::size_t size = story.world.size();
  for (std::size_t i = 0; i < size; ++i) story.cut({i}, {(i + 2) % size});
}

TEST(NetworkStory, InARingTheLeaderStaysAndServes) {
  tell({.nodes = 5}, [](Story& story) {
    make_ring(story);
    story.demand_calm_for(8 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

// What it chose in the ring only its two neighbours have, and those cannot hear a majority without
// it: nobody may lead, and nobody is told that anything was done, until one more link is there.
TEST(NetworkStory, InARingNobodyFollowsADeadLeaderBeforeItReturns) {
  tell({.nodes = 5}, [](Story& story) {
    const std::size_t dead = story.leader();
    make_ring(story);
    story.run_for(kSecond);
    story.world.crash(dead, false);
    const sim::Time since = story.world.scheduler.now();
    story.run_for(6 * kSecond);
    DEMAND(!story.world.leader(), "a leader that lacks what was chosen");
    story.demand_silence(story.all_but({}), since);
    story.world.start(dead);
    story.wait(
        10 * kSecond, [&] { return story.world.leader().has_value(); }, "a new leader");
  });
}

// Two pairs that only the fifth hears.
TEST(NetworkStory, OverABridgeTheLeaderStaysAndServesWhereverItIs) {
  tell({.nodes = 5, .seeds = 4}, [](Story& story) {
    const std::size_t bridge = story.chance.below(5);
    const auto node = [bridge](std::size_t i) { return (bridge + i) % 5; };
    story.cut({node(1), node(2)}, {node(3), node(4)});
    story.demand_calm_for(8 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

// The follower keeps asking for votes and the third node, which hears both, must refuse it. With
// pre-vote alone it would say yes, and leaders would depose each other for ever.
TEST(NetworkStory, AFollowerCutFromItsLeaderAloneDeposesNobody) {
  tell({.nodes = 3}, [](Story& story) {
    story.cut({story.leader()}, {story.follower()});
    story.demand_calm_for(10 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

// Only the hub hears a majority, and it hears the leader: if that one did not give up by itself,
// the hub would follow it for ever and nothing would be committed.
TEST(NetworkStory, ALeaderThatReachesOnlyTheHubGivesUpAndTheHubLeads) {
  tell({.nodes = 5}, [](Story& story) {
    const std::size_t leader = story.leader(), hub = story.follower();
    for (std::size_t a = 0; a < 5; ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        if (a != hub && b != hub) story.cut({a}, {b});
      }
    }
    story.wait(
        kTwoElectionTimeouts, [&] { return !leads(story, leader); }, "it steps down");
    // Its log may lack what only the others have: then it cannot, and nobody can.
    story.run_for(5 * kSecond);
    const auto now = story.world.leader();
    DEMAND(!now || *now == hub, "a leader that reaches no majority");
  });
}

// ---- one-way ----

TEST(NetworkStory, ADeafLeaderStepsDownInTimeAndIsReplaced) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t deaf = story.leader();
    for (std::size_t other = 0; other < 3; ++other) story.world.network.cut(other, deaf);
    story.wait(
        kTwoElectionTimeouts, [&] { return !leads(story, deaf); }, "it steps down");
    story.wait(
        5 * kSecond, [&] { return story.world.leader().has_value(); }, "another leads");
    story.demand_calm_for(6 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

TEST(NetworkStory, AMuteLeaderIsReplacedAndFollows) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t mute = story.leader();
    for (std::size_t other = 0; other < 3; ++other) story.world.network.cut(mute, other);
    story.wait(
        5 * kSecond, [&] { return story.world.leader() && story.leader() != mute; },
        "another leads");
    story.wait(
        kTwoElectionTimeouts, [&] { return !leads(story, mute); }, "it follows");
    story.demand_calm_for(6 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

TEST(NetworkStory, ADeafFollowerDeposesNobody) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t deaf = story.follower();
    for (std::size_t other = 0; other < 3; ++other) story.world.network.cut(other, deaf);
    story.demand_calm_for(8 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

TEST(NetworkStory, AMuteFollowerCostsNothing) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t mute = story.follower();
    for (std::size_t other = 0; other < 3; ++other) story.world.network.cut(mute, other);
    story.demand_calm_for(8 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(5 * kSecond);
  });
}

// ---- weather ----

TEST(NetworkStory, ALossOfFivePercentCostsNoElection) {
  tell({.nodes = 3}, [](Story& story) {
    for (const unsigned permille : {10U, 30U, 50U}) {
      story.world.network.set_loss_permille(permille);
      story.demand_calm_for(8 * kSecond);
    }
    story.world.network.set_loss_permille(0);
  });
}

TEST(NetworkStory, ALossOfUpToThirtyPercentIsSafe) {
  tell({.nodes = 3}, [](Story& story) {
    for (const unsigned permille : {100U, 200U, 300U}) {
      story.world.network.set_loss_permille(permille);
      story.run_for(6 * kSecond);
    }
    story.world.network.set_loss_permille(0);
  });
}

TEST(NetworkStory, AtAnyDelayUpToTwoHundredMsALeaderIsThereWithinTenSecondsAndStays) {
  for (const sim::Time ms : {10, 50, 100, 200}) {
    tell({.nodes = 3}, [ms](Story& story) {
      const sim::Time delay = ms * kMillisecond;
      story.world.network.set_latency(delay, delay + delay / 10);
      story.world.crash(story.leader(), false);
      story.wait(
          10 * kSecond, [&] { return story.world.leader().has_value(); }, "a new leader");
      story.run_for(10 * kSecond);
      for (std::size_t i = 0; i < 3; ++i) story.world.start(i);
      story.demand_calm_for(10 * kSecond);
      story.world.network.set_latency(50, 500);
    });
  }
}

TEST(NetworkStory, AClusterIsBornAtADelayOfTwoHundredMs) {
  sim::Story story(3, 1, {});
  story.world.network.set_latency(200 * kMillisecond, 220 * kMillisecond);
  try {
    story.begin();
  } catch (const sim::Violation& violation) {
    FAIL() << violation.what();
  }
}

TEST(NetworkStory, ALinkCloggedForFiveSecondsCostsNoElection) {
  tell({.nodes = 3}, [](Story& story) {
    const std::size_t leader = story.leader(), follower = story.follower();
    story.cut({leader}, {follower});  // what is sent meanwhile arrives afterwards
    story.demand_calm_for(5 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(3 * kSecond);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level(); }, "it is level again");
  });
}

TEST(NetworkStory, ClientsCloggedForFiveSecondsHarmNobodyElse) {
  tell({.nodes = 3}, [](Story& story) {
    story.cut(story.with_clients({}), {0, 1, 2});
    story.demand_calm_for(5 * kSecond);
    story.world.network.heal_all();
    story.demand_calm_for(3 * kSecond);
  });
}

}  // namespace
