// How stories are told: seed after seed, until one turns out false.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/sim/story.h"

namespace sim {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

}  // namespace

void tell(const Scene& scene, const std::function<void(Story&)>& story) {
  const std::uint64_t first = number_from("QUORATE_FIRST_SEED", 1);
  const std::uint64_t seeds = number_from("QUORATE_SEEDS", scene.seeds);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
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
