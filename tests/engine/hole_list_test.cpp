// Holes come out from the end of the array on, each once, whatever happened to them in the step.
#include "engine/types/hole_list.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/prng.h"

namespace {

using engine::HoleList;
using Position = HoleList::Position;

std::vector<Position> all_of(HoleList& list, std::set<Position> holes) {
  std::vector<Position> taken;
  while (true) {
    const Position position = list.take_last([&](Position at) { return holes.contains(at); });
    if (position == engine::PositionIndex::kNone) return taken;
    taken.push_back(position);
    holes.erase(position);
  }
}

TEST(HoleList, GivesTheLastHoleFirst) {
  HoleList list;
  for (const Position position : {7U, 2U, 9U, 4U}) list.note(position);
  EXPECT_EQ(all_of(list, {2, 4, 7, 9}), (std::vector<Position>{9, 7, 4, 2}));
  EXPECT_EQ(all_of(list, {}), std::vector<Position>{}) << "none is noted any more";
}

TEST(HoleList, LeavesOutWhatWasFilledAgainAndGivesWhatWasNotedTwiceOnce) {
  HoleList list;
  for (const Position position : {5U, 1U, 5U, 3U}) list.note(position);
  EXPECT_EQ(all_of(list, {1, 5}), (std::vector<Position>{5, 1}));
}

TEST(HoleList, KnowsNothingOfTheStepBefore) {
  HoleList list;
  list.note(3);
  list.clear();
  list.note(1);
  EXPECT_EQ(all_of(list, {1, 3}), std::vector<Position>{1});
}

TEST(HoleList, GivesExactlyTheHolesThereAreAfterAnySteps) {
  base::Prng prng(1);
  HoleList list;
  for (int step = 0; step < 200; ++step) {
    std::set<Position> holes;
    for (std::uint64_t changes = prng.below(30); changes > 0; --changes) {
      const Position position = prng.below(20);
      if (holes.erase(position) == 0) {
        holes.insert(position);
        list.note(position);
      }
    }
    ASSERT_EQ(all_of(list, holes), std::vector<Position>(holes.rbegin(), holes.rend())) << step;
  }
}

}  // namespace
