// The small values: ids, results, checks, seeded random numbers, times.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <type_traits>

#include "base/check.h"
#include "base/ids.h"
#include "base/prng.h"
#include "base/result.h"
#include "base/time.h"

namespace {

static_assert(!std::is_convertible_v<base::Term, base::LogIndex>);
static_assert(!std::is_convertible_v<std::uint64_t, base::Term>);
static_assert(!std::is_constructible_v<base::LogIndex, base::Term>);

TEST(Ids, AreOrderedCountedAndNoneByDefault) {
  EXPECT_TRUE(base::Term{}.is_none());
  EXPECT_LT(base::LogIndex{1}, base::LogIndex{2});
  EXPECT_EQ(base::LogIndex{1}.next(), base::LogIndex{2});
  EXPECT_EQ(base::LogIndex{2}.previous(), base::LogIndex{1});
  EXPECT_EQ(std::hash<base::NodeId>{}(base::NodeId{7}), std::hash<base::NodeId>{}(base::NodeId{7}));
}

TEST(Prng, TheSameSeedGivesThePublishedSequence) {
  base::Prng random(1234567);  // the check values of SplitMix64 for this seed
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Prng, BelowStaysBelowAndReachesEverything) {
  base::Prng random(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(Prng, ChancesAreKept) {
  base::Prng random(2);
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += random.chance(1, 4) ? 1 : 0;
  EXPECT_NEAR(hits, 2500, 200);
  EXPECT_FALSE(random.chance(0, 4));
  EXPECT_TRUE(random.chance(4, 4));
}

TEST(Result, HoldsAValueOrAnError) {
  base::Result<std::unique_ptr<int>> value = std::make_unique<int>(5);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*std::move(value).value(), 5);
  const base::Status failed =
      base::Error{base::Cause::kNoSpace, 28, "write", "data/log", "No space left on device"};
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error().text(), "write data/log: No space left on device");
  EXPECT_TRUE(base::success().ok());
}

TEST(ResultDeathTest, TakingWhatIsNotThereIsOurMistake) {
  base::Result<int> failed = base::Error{};
  EXPECT_DEATH((void)failed.value(), "claim is false");
  const base::Result<int> fine = 1;
  EXPECT_DEATH((void)fine.error(), "claim is false");
}

TEST(CheckDeathTest, NamesTheClaimAndThePlace) {
  CHECK(true);
  EXPECT_DEATH(CHECK(1 + 1 == 3), "values_test.cpp:[0-9]+: claim is false: 1 \\+ 1 == 3");
}

TEST(Time, IsAValueInMicroseconds) {
  const base::Instant start{};
  EXPECT_EQ((start + base::milliseconds(3)) - start, std::chrono::microseconds(3000));
}

}  // namespace
