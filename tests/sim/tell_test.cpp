// How stories are told: seed after seed, until one turns out false.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/sim/story.h"

namespace sim {

void tell(const Scene& scene, const std::function<void(Story&)>& story) {
  const char* wanted = std::getenv("QUORATE_SEEDS");
  const std::size_t seeds = wanted == nullptr ? scene.seeds : std::stoul(wanted);
  for (std::size_t seed = 1; seed <= seeds; ++seed) {
    Story life(scene.nodes, seed, scene.sizes);
    try {
      life.begin();
      story(life);
      life.end();
    } catch (const Violation& violation) {
      FAIL() << "seed " << seed << ": " << violation.what() << "\n-- the last lines before it:\n"
             << life.world.trace.last_lines();
    }
  }
}

namespace {

TEST(Stories, AreFalseWhenAClaimIs) {
  Story life(3, 1, {});
  life.begin();
  EXPECT_THROW(life.wait(
                   kMillisecond, [] { return false; }, "what never comes"),
               Violation);
  life.world.crash(life.leader(), false);
  EXPECT_THROW(life.demand_calm_for(2 * kSecond), Violation);
}

TEST(Stories, AClientThatIsAnsweredIsNotSilent) {
  Story life(3, 1, {});
  life.begin();
  EXPECT_THROW(life.demand_silence(life.with_clients({}), 0), Violation);
}

}  // namespace
}  // namespace sim
