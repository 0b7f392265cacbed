// Pages of a checkpoint to an engine: which of them count.
#include "node/loader.h"

#include <gtest/gtest.h>

namespace node {
namespace {

raft::SnapshotMeta meta(std::uint64_t index) {
  raft::SnapshotMeta made;
  made.index = LogIndex(index);
  return made;
}

LoadedPage page_of(std::uint64_t index) {
  return {.page = {.rows = {}, .is_last = false}, .total_bytes = 0, .index = LogIndex(index)};
}

TEST(Loader, APageOfThisCheckpointIsTaken) {
  Loader loader;
  (void)loader.begin(meta(5));
  EXPECT_EQ(loader.take(page_of(5)).value(), Loader::Step::kMore);
}

TEST(Loader, APageAskedForByALoadThatWasBegunAnewIsIgnored) {
  Loader loader;
  (void)loader.begin(meta(5));
  (void)loader.begin(meta(9));
  EXPECT_EQ(loader.take(page_of(5)).value(), Loader::Step::kIgnored);
  EXPECT_EQ(loader.take(page_of(9)).value(), Loader::Step::kMore);
}

// The store's state was replaced before the service has heard of it.
TEST(Loader, APageOfANewerStateIsNotTakenForTheOneAskedFor) {
  Loader loader;
  (void)loader.begin(meta(5));
  EXPECT_EQ(loader.take(page_of(9)).value(), Loader::Step::kIgnored);
  EXPECT_TRUE(loader.is_loading());
  (void)loader.begin(meta(9));
  EXPECT_EQ(loader.take(page_of(9)).value(), Loader::Step::kMore);
}

}  // namespace
}  // namespace node
