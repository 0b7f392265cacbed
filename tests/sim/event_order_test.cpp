#include "tests/sim/event_order.h"

#include <gtest/gtest.h>

namespace {

using sim::EventOrder;
using Events = std::vector<sim::LoggedEvent>;

const Events kEvents = {{"set", "a"}, {"set", "b"}, {"del", "a"}, {"set", "a"}, {"set", "b"}};

bool hears(EventOrder& order, std::size_t place, bool may_have_gap = false) {
  return order.hear(kEvents, kEvents[place], may_have_gap).empty();
}

TEST(EventOrder, APieceOfTheLogIsRight) {
  EventOrder order;
  for (std::size_t place = 1; place < kEvents.size(); ++place) {
    EXPECT_FALSE(order.has_heard_last_of(kEvents) && place == 1);
    EXPECT_TRUE(hears(order, place));
  }
  EXPECT_TRUE(order.has_heard_last_of(kEvents));
}

TEST(EventOrder, AGapOrARepetitionOnOneConnectionIsWrong) {
  EventOrder order;
  EXPECT_TRUE(hears(order, 1));
  EXPECT_TRUE(hears(order, 2));
  EXPECT_FALSE(hears(order, 2));
  EXPECT_FALSE(hears(order, 4));
  EXPECT_TRUE(hears(order, 3));
}

TEST(EventOrder, OnlyBehindASnapshotThereMayBeAGap) {
  EventOrder order;
  EXPECT_TRUE(hears(order, 0));
  EXPECT_FALSE(hears(order, 2));
  EXPECT_TRUE(hears(order, 2, true));
  EXPECT_FALSE(order.hear(kEvents, {"expire", "a"}, true).empty()) << "nobody did that";
}

TEST(EventOrder, AnotherConnectionHearsNothingOfWhatWasHeard) {
  EventOrder order;
  EXPECT_TRUE(hears(order, 2));
  order.on_connection();
  EXPECT_FALSE(hears(order, 2));
  EXPECT_TRUE(hears(order, 4));
}

TEST(EventOrder, WhichOfEqualOnesItWasMayShowLater) {
  EventOrder order;
  EXPECT_TRUE(hears(order, 1)) << "or the last one";
  EXPECT_TRUE(order.has_heard_last_of(kEvents));
  EXPECT_TRUE(hears(order, 2));
  EXPECT_FALSE(order.has_heard_last_of(kEvents));
}

}  // namespace
