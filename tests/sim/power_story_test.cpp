// What power failures may do to a cluster that syncs once a second (DESIGN decision 20). Every
// story ends with progress of all and the judgement of all histories.
#include <gtest/gtest.h>

#include "tests/sim/story.h"

namespace {

using sim::kSecond;
using sim::Side;
using sim::Story;
using sim::tell;

sim::Scene with_everysec() {
  sim::Scene scene{.nodes = 3, .seeds = 6};
  scene.sizes.sync_policy = node::SyncPolicy::kEverySecond;
  return scene;
}

bool has_amnesia(Story& story, std::size_t node) {
  return story.world.is_up(node) && story.world.process(node).raft() != nullptr &&
         story.world.process(node).raft()->has_amnesia();
}

// Clients are at work all the time: what they were told in the last second was synced nowhere.
TEST(PowerStory, APowerFailureOfOneAndAKillOfAnotherBeforeItIsLevelLoseNothingThatWasPromised) {
  std::size_t forgot = 0;
  tell(with_everysec(), [&](Story& story) {
    const std::size_t a = story.leader(), b = (a + 1) % 3, c = (a + 2) % 3;
    // Only A and B have what is acknowledged from here on.
    story.world.network.cut(a, c), story.world.network.cut(c, a);
    story.world.network.cut(b, c), story.world.network.cut(c, b);
    story.run_for(kSecond / 2);
    story.world.crash(b, true);
    story.world.crash(a, false);
    story.world.network.heal_all();
    story.world.start(b);
    const std::uint64_t term = story.term();
    story.run_for(5 * kSecond);
    const bool is_in_doubt = has_amnesia(story, b);
    forgot += is_in_doubt ? 1 : 0;
    if (is_in_doubt) {
      EXPECT_FALSE(story.world.leader())
          << "B does not know what C lacks, and who votes cannot know";
      EXPECT_EQ(story.term(), term);
    }
    story.world.start(a);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level() && !has_amnesia(story, b); },
        "B is brought level and counts again");
  });
  EXPECT_GT(forgot, 0U);
}

TEST(PowerStory, ANodeWhoseLeaderLivesIsBroughtLevelAndThenCounts) {
  tell(with_everysec(), [](Story& story) {
    const std::size_t a = story.leader(), b = (a + 1) % 3, c = (a + 2) % 3;
    story.run_for(kSecond / 2);
    story.world.crash(b, true);
    story.world.start(b);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level() && !has_amnesia(story, b); },
        "B is brought level and counts again");
    story.world.crash(c, false);
    story.demand_calm_for(3 * kSecond);
    story.world.start(c);
  });
}

TEST(PowerStory, TheLeaderComesBackAsAFollowerThatKnowsNothing) {
  tell(with_everysec(), [](Story& story) {
    const std::size_t a = story.leader();
    story.run_for(kSecond / 2);
    story.world.crash(a, true);
    story.wait(
        5 * kSecond, [&] { return story.world.leader().has_value(); },
        "the others have forgotten nothing: they elect");
    story.world.start(a);
    story.wait(
        5 * kSecond, [&] { return story.world.is_level() && !has_amnesia(story, a); },
        "it is brought level");
  });
}

TEST(PowerStory, OneNodeAloneStartsWithWhatIsThere) {
  sim::Scene scene = with_everysec();
  scene.nodes = 1;
  tell(scene, [](Story& story) {
    story.run_for(kSecond);
    story.world.process(0).begin_stop();
    story.wait(
        10 * kSecond, [&] { return !story.world.is_up(0); }, "it stops");
    story.world.host(0).files.lose_power();  // nothing that was not synced
    ++story.world.host(0).boots;
    story.world.start(0);
    story.wait(
        5 * kSecond, [&] { return story.world.leader().has_value(); }, "it leads");
    EXPECT_FALSE(has_amnesia(story, 0));
  });
}

}  // namespace
