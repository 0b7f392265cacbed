// Pages of a checkpoint to an engine: which of them count.
#include "node/replica/loader.h"

#include <gtest/gtest.h>

namespace node {
namespace {

raft::SnapshotMeta meta(std::uint64_t index) {
  raft::SnapshotMeta made;
  made.index = LogIndex(index);
  return made;
}

LoadedPage page_of(std::uint64_t index, bool is_last = false) {
  return {.page = {.rows = {}, .is_last = is_last}, .total_bytes = 0, .index = LogIndex(index)};
}

TEST(Loader, APageOfThisCheckpointIsTakenAndTheNextAskedForBeforeItIsWorkedOn) {
  Loader loader;
  (void)loader.begin(meta(5));
  EXPECT_FALSE(loader.has_work());
  EXPECT_EQ(loader.take(page_of(5)), Loader::Taken::kMore);
  ASSERT_TRUE(loader.has_work());
  EXPECT_FALSE(loader.work().value());
  EXPECT_FALSE(loader.has_work());
  EXPECT_EQ(loader.take(page_of(5, true)), Loader::Taken::kLast);
  EXPECT_TRUE(loader.is_loading());
}

TEST(Loader, TheNextPageIsTheOneBehindTheLastRowThatWasTaken) {
  Loader loader;
  (void)loader.begin(meta(5));
  LoadedPage page = page_of(5);
  page.page.rows.push_back({.key = {1, 7, 0, 0}, .body = "?"});
  EXPECT_EQ(loader.take(std::move(page)), Loader::Taken::kMore);
  EXPECT_EQ(loader.next().after, (base::RowKey{1, 7, 0, 0}));
  EXPECT_FALSE(loader.work()) << "that is no row of an engine";
}

TEST(Loader, APageAskedForByALoadThatWasBegunAnewIsIgnored) {
  Loader loader;
  (void)loader.begin(meta(5));
  (void)loader.begin(meta(9));
  EXPECT_EQ(loader.take(page_of(5)), Loader::Taken::kIgnored);
  EXPECT_EQ(loader.take(page_of(9)), Loader::Taken::kMore);
}

TEST(Loader, APageThatWaitsIsForgottenWhenALoadIsBegunAnew) {
  Loader loader;
  (void)loader.begin(meta(5));
  EXPECT_EQ(loader.take(page_of(5, true)), Loader::Taken::kLast);
  (void)loader.begin(meta(9));
  EXPECT_FALSE(loader.has_work());
  EXPECT_EQ(loader.take(page_of(9)), Loader::Taken::kMore) << "none was under way";
}

// The store's state was replaced before the service has heard of it.
TEST(Loader, APageOfANewerStateIsNotTakenForTheOneAskedFor) {
  Loader loader;
  (void)loader.begin(meta(5));
  EXPECT_EQ(loader.take(page_of(9)), Loader::Taken::kIgnored);
  EXPECT_TRUE(loader.is_loading());
  (void)loader.begin(meta(9));
  EXPECT_EQ(loader.take(page_of(9)), Loader::Taken::kMore);
}

}  // namespace
}  // namespace node
