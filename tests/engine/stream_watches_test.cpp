// Who looks again in XREAD BLOCK: readers of a key that was changed, and no others.
#include "engine/state/stream_watches.h"

#include <gtest/gtest.h>

namespace {

using base::ConnectionId;
using Readers = std::vector<ConnectionId>;

const auto is_stream = [](std::string_view) { return true; };
const auto is_none = [](std::string_view) { return false; };

TEST(StreamWatches, ReadersOfAChangedKeyLookAgainEachOnce) {
  engine::StreamWatches watches;
  watches.watch(ConnectionId(1), 0, {"a", "b", "a"});
  watches.watch(ConnectionId(2), 0, {"b"});
  watches.watch(ConnectionId(3), 1, {"a"});
  watches.on_changed(0, "c", is_stream);
  EXPECT_TRUE(watches.changed().empty());
  watches.on_changed(0, "b", is_stream);
  watches.on_changed(0, "a", is_none);
  watches.on_changed(0, "b", is_stream);
  EXPECT_EQ(watches.changed(), (Readers{ConnectionId(1), ConnectionId(2)}));
  watches.end_look();
  EXPECT_TRUE(watches.changed().empty());
}

TEST(StreamWatches, AReaderThatIsForgottenLeavesNothing) {
  engine::StreamWatches watches;
  watches.watch(ConnectionId(1), 0, {"a", "a"});
  watches.on_changed(0, "a", is_stream);
  watches.forget(ConnectionId(1));
  watches.forget(ConnectionId(1));
  EXPECT_TRUE(watches.empty());
  EXPECT_TRUE(watches.changed().empty());
  watches.end_look();
}

TEST(StreamWatches, TheOrderIsThatOfTheFirstChangeAsAStream) {
  engine::StreamWatches watches;
  watches.watch(ConnectionId(1), 0, {"a", "b", "c"});
  watches.on_changed(0, "a", is_none);
  watches.on_changed(0, "b", is_stream);
  watches.on_changed(0, "a", is_stream);
  EXPECT_LT(watches.change_of(0, "b"), watches.change_of(0, "a"));
  EXPECT_EQ(watches.change_of(0, "c"), std::nullopt);
  watches.end_look();
  EXPECT_EQ(watches.change_of(0, "a"), std::nullopt);
}

TEST(StreamWatches, AChangeOfADatabaseIsOneOfAllItsKeys) {
  engine::StreamWatches watches;
  watches.watch(ConnectionId(1), 0, {"a"});
  watches.watch(ConnectionId(2), 1, {"a"});
  watches.watch(ConnectionId(3), 1, {"b"});
  watches.watch(ConnectionId(4), 2, {"a"});
  watches.on_database_changed(1, is_stream);
  EXPECT_EQ(watches.changed(), (Readers{ConnectionId(2), ConnectionId(3)}));
}

}  // namespace
