#include "node/replica/log_clock.h"

#include <gtest/gtest.h>

namespace node {
namespace {

base::Clocks at(std::int64_t monotonic_ms, base::UnixMillis wall_ms) {
  return {.now = base::Instant(base::milliseconds(monotonic_ms)), .wall_ms = wall_ms};
}

TEST(LogClockTest, AWallClockThatIsAheadIsFollowedAtOnce) {
  LogClock clock;
  clock.observe(1000);
  clock.advance(at(0, 5000));
  EXPECT_EQ(clock.now_ms(), 5000);
  clock.advance(at(1, 9000));
  EXPECT_EQ(clock.now_ms(), 9000);
}

TEST(LogClockTest, BehindAWallClockItRunsAtNineTenthsAndNeverGoesBack) {
  LogClock clock;
  clock.advance(at(0, 10'000));
  clock.advance(at(1000, 5000));
  EXPECT_EQ(clock.now_ms(), 10'900);
  clock.advance(at(1000, 2000));
  EXPECT_EQ(clock.now_ms(), 10'900);
  clock.advance(at(11'000, 15'000));
  EXPECT_EQ(clock.now_ms(), 19'900);
}

TEST(LogClockTest, ItNeverStopsHoweverOftenItIsAsked) {
  LogClock clock;
  clock.observe(50'000);
  clock.advance({.now = base::Instant(base::Duration(0)), .wall_ms = 0});
  for (int us = 1; us <= 100'000; ++us)
    clock.advance({.now = base::Instant(base::Duration(us)), .wall_ms = 0});
  EXPECT_EQ(clock.now_ms(), 50'090);
}

TEST(LogClockTest, ItStartsAtTheLastEntrysTime) {
  LogClock clock;
  clock.advance(at(0, 1000));
  clock.observe(70'000);
  EXPECT_EQ(clock.now_ms(), 70'000);
  clock.observe(60'000);
  EXPECT_EQ(clock.now_ms(), 70'000);
}

}  // namespace
}  // namespace node
