// One contract for the state store in SQLite and the one in memory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/prng.h"
#include "persistence/memory_store.h"
#include "persistence/sqlite_store.h"

namespace {

using persistence::Row;
using persistence::RowKey;
using persistence::RowWalk;
using persistence::StateStore;

class StoreContract : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("quorate-store-" + std::to_string(getpid()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    make();
    ASSERT_FALSE(store_->open().value().has_value());
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  void make() {
    if (GetParam()) {
      store_ = std::make_unique<persistence::SqliteStore>((directory_ / "state.db").string());
    } else {
      store_ = std::make_unique<persistence::MemoryStore>();
    }
  }
  // As after a crash of the process.
  void reopen() {
    if (GetParam()) {
      store_.reset();
      make();
    } else {
      static_cast<persistence::MemoryStore&>(*store_).lose_power();
    }
    meta_ = store_->open().value().value_or(raft::SnapshotMeta{});
  }
  void checkpoint(const std::vector<Row>& rows, std::uint64_t index,
                  const std::vector<std::uint64_t>& dropped = {}) {
    ASSERT_TRUE(store_->begin_checkpoint().ok());
    for (const auto keyspace : dropped) ASSERT_TRUE(store_->drop_keyspace(keyspace).ok());
    ASSERT_TRUE(store_->put_rows(rows).ok());
    meta_ = store_
                ->finish_checkpoint(
                    {.index = raft::LogIndex(index),
                     .term = raft::Term(2),
                     .membership = {base::ClusterId(5), {{raft::NodeId(1), "a:1", true}}}})
                .value();
  }
  std::map<RowKey, std::string> all(std::uint64_t generation) {
    std::map<RowKey, std::string> rows;
    RowWalk walk{.generation = generation};
    while (!read_on(walk, rows)) {
    }
    return rows;
  }
  // True at the end.
  bool read_on(RowWalk& walk, std::map<RowKey, std::string>& rows) {
    const auto page = store_->read_page(walk, 50);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().text());
    if (!page.ok()) return true;
    for (const Row& row : page.value().rows) rows[row.key] = row.body;
    return page.value().is_last;
  }
  [[nodiscard]] bool is_readable(std::uint64_t generation) {
    RowWalk walk{.generation = generation};
    return store_->read_page(walk, 100).ok();
  }
  void purge() {
    while (!store_->purge_slice().value()) {
    }
  }

  std::filesystem::path directory_;
  std::unique_ptr<StateStore> store_;
  raft::SnapshotMeta meta_;
};

INSTANTIATE_TEST_SUITE_P(Both, StoreContract, testing::Bool(),
                         [](const auto& test) { return test.param ? "Sqlite" : "Memory"; });

TEST_P(StoreContract, AFinishedCheckpointIsFoundAgainWithItsMeta) {
  checkpoint({{{0, 0, 0, 0}, "system"}, {{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}}, 10);
  reopen();
  EXPECT_EQ(meta_.index, raft::LogIndex(10));
  EXPECT_EQ(meta_.membership.members.at(0).address, "a:1");
  EXPECT_EQ(all(meta_.generation),
            (std::map<RowKey, std::string>{
                {{0, 0, 0, 0}, "system"}, {{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}}));
}

TEST_P(StoreContract, ACheckpointOfNothingIsOneEmptyPage) {
  checkpoint({}, 10);
  persistence::RowWalk walk{.generation = meta_.generation};
  ASSERT_TRUE(store_->pin().ok());
  const auto page = store_->read_page(walk, 1 << 20);
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page.value().is_last);
  EXPECT_TRUE(page.value().rows.empty());
  store_->unpin(meta_.generation);
}

TEST_P(StoreContract, AnUnfinishedCheckpointNeverHappened) {
  checkpoint({{{1, 0, 0, 0}, "a"}}, 10);
  ASSERT_TRUE(store_->begin_checkpoint().ok());
  ASSERT_TRUE(store_->put_rows({{{1, 0, 0, 0}, "changed"}, {{1, 1, 0, 0}, "new"}}).ok());
  reopen();
  EXPECT_EQ(meta_.index, raft::LogIndex(10));
  EXPECT_EQ(all(meta_.generation), (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "a"}}));
  checkpoint({{{1, 2, 0, 0}, "c"}}, 20);
  purge();
  EXPECT_EQ(all(meta_.generation),
            (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "a"}, {{1, 2, 0, 0}, "c"}}));
  reopen();
  EXPECT_EQ(all(meta_.generation).size(), 2U);
}

TEST_P(StoreContract, APinnedGenerationStaysReadableThroughLaterCheckpointsAndPurges) {
  checkpoint({{{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}}, 10);
  const auto pinned = store_->pin().value().value();
  checkpoint({{{1, 0, 0, 0}, "A"}, {{1, 1, 0, 0}, ""}}, 20);
  purge();
  EXPECT_EQ(all(pinned.generation),
            (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}}));
  EXPECT_EQ(all(meta_.generation), (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "A"}}));
  store_->unpin(pinned.generation);
  purge();
  EXPECT_FALSE(is_readable(pinned.generation));
}

TEST_P(StoreContract, AnInstallReplacesEverythingAtOnceOrNotAtAll) {
  checkpoint({{{1, 0, 0, 0}, "a"}}, 10);
  ASSERT_TRUE(store_->begin_install().ok());
  ASSERT_TRUE(store_->install_rows({{{1, 0, 0, 0}, "x"}, {{2, 0, 0, 0}, "y"}}).ok());
  reopen();
  EXPECT_EQ(all(meta_.generation), (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "a"}}));
  ASSERT_TRUE(store_->begin_install().ok());
  ASSERT_TRUE(store_->install_rows({{{2, 0, 0, 0}, "y"}}).ok());
  ASSERT_TRUE(
      store_->finish_install({.index = raft::LogIndex(50), .term = raft::Term(3), .membership = {}})
          .ok());
  reopen();
  purge();
  EXPECT_EQ(meta_.index, raft::LogIndex(50));
  EXPECT_EQ(all(meta_.generation), (std::map<RowKey, std::string>{{{2, 0, 0, 0}, "y"}}));
}

TEST_P(StoreContract, RandomCheckpointsReadBackAsAModelSays) {
  base::Prng prng(11);
  std::map<RowKey, std::string> model;
  std::uint64_t oldest = 1;  // keyspaces oldest..oldest+2 live; ids are never used again
  for (std::uint64_t round = 1; round <= 40; ++round) {
    std::map<RowKey, std::string> changed;
    std::vector<std::uint64_t> dropped;
    const bool gives_up = prng.chance(1, 5);
    if (!gives_up && prng.chance(1, 6)) dropped.push_back(oldest++);
    for (std::uint64_t i = prng.below(60); i > 0; --i) {
      const RowKey key{oldest + prng.below(3), prng.below(40), prng.below(2), prng.below(2)};
      changed[key] = prng.chance(1, 4) ? ""
                                       : std::string(1 + prng.below(200),
                                                     static_cast<char>('a' + prng.below(26)));
    }
    std::vector<Row> rows;
    for (const auto& [key, body] : changed) rows.push_back({key, body});
    if (gives_up) {
      ASSERT_TRUE(store_->begin_checkpoint().ok());
      ASSERT_TRUE(store_->put_rows(rows).ok());
    } else {
      checkpoint(rows, round, dropped);
      std::erase_if(model, [&](const auto& row) {
        return !dropped.empty() && row.first.keyspace == dropped[0];
      });
      for (const auto& [key, body] : changed)
        body.empty() ? static_cast<void>(model.erase(key)) : static_cast<void>(model[key] = body);
    }
    if (prng.chance(1, 3)) static_cast<void>(store_->purge_slice().value());
    if (prng.chance(1, 4)) reopen();
    if (model.empty()) continue;
    ASSERT_TRUE(all(meta_.generation) == model) << "round " << round;
  }
}

TEST_P(StoreContract, WithoutACheckpointThereIsNothingToPinAndNoSize) {
  EXPECT_FALSE(store_->pin().value().has_value());
  EXPECT_EQ(store_->size_bytes(), 0U);
  EXPECT_FALSE(is_readable(1));
  store_->unpin(1);
  purge();
}

TEST_P(StoreContract, ACheckpointThatWasGivenUpIsPurgedThoughThereIsNoOther) {
  ASSERT_TRUE(store_->begin_checkpoint().ok());
  ASSERT_TRUE(store_->put_rows({{{1, 0, 0, 0}, "given up"}}).ok());
  ASSERT_TRUE(store_->begin_checkpoint().ok());
  purge();
  ASSERT_TRUE(store_->put_rows({{{1, 1, 0, 0}, "a"}}).ok());
  meta_ =
      store_
          ->finish_checkpoint({.index = raft::LogIndex(3), .term = raft::Term(1), .membership = {}})
          .value();
  purge();
  EXPECT_EQ(all(meta_.generation), (std::map<RowKey, std::string>{{{1, 1, 0, 0}, "a"}}));
}

TEST_P(StoreContract, ItsSizeIsThatOfTheBodies) {
  checkpoint({{{1, 0, 0, 0}, "four"}, {{1, 1, 0, 0}, "sixsix"}}, 10);
  EXPECT_EQ(store_->size_bytes(), 10U);
  checkpoint({{{1, 0, 0, 0}, ""}}, 20);
  EXPECT_EQ(store_->size_bytes(), 6U);
}

TEST_P(StoreContract, AGenerationPinnedTwiceStaysUntilBothLetGo) {
  checkpoint({{{1, 0, 0, 0}, "a"}}, 10);
  const auto pinned = store_->pin().value().value();
  EXPECT_EQ(store_->pin().value()->generation, pinned.generation);
  checkpoint({{{1, 0, 0, 0}, "b"}}, 20);
  store_->unpin(pinned.generation);
  purge();
  EXPECT_EQ(all(pinned.generation), (std::map<RowKey, std::string>{{{1, 0, 0, 0}, "a"}}));
  store_->unpin(pinned.generation);
  store_->unpin(pinned.generation);
  EXPECT_FALSE(is_readable(pinned.generation));
}

// A leader that is still loading sends its checkpoint to a follower.
TEST_P(StoreContract, TwoReadersOfAGenerationDoNotDisturbEachOther) {
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 20; ++i) rows.push_back({{1, i, 0, 0}, std::string(30, 'x')});
  checkpoint(rows, 10);
  const auto pinned = store_->pin().value().value();
  RowWalk one{.generation = pinned.generation}, other = one;
  std::map<RowKey, std::string> by_one, by_other;
  bool is_one_done = false, is_other_done = false;
  for (int i = 0; !is_one_done || !is_other_done; ++i) {
    if (!is_one_done) is_one_done = read_on(one, by_one);
    if (i > 2 && !is_other_done) is_other_done = read_on(other, by_other);
  }
  EXPECT_EQ(by_one.size(), 20U);
  EXPECT_EQ(by_other, by_one);
}

// A stream that is taken up in the middle: sums of what was not read are not asked for.
TEST_P(StoreContract, APageMayBeReadFromAnywhere) {
  checkpoint({{{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}, {{1, 2, 0, 0}, "c"}}, 10);
  for (const std::uint64_t after : {1ULL, 0ULL}) {
    RowWalk walk{.generation = meta_.generation, .after = RowKey{1, after, 0, 0}};
    const auto page = store_->read_page(walk, 1000);
    ASSERT_TRUE(page.ok()) << page.error().text();
    EXPECT_EQ(page.value().rows.size(), 2 - after);
    EXPECT_TRUE(page.value().is_last);
  }
}

TEST_P(StoreContract, ManyKeysArePurgedInSlices) {
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 5000; ++i) rows.push_back({{1, i, 0, 0}, "x"});
  checkpoint(rows, 10);
  for (Row& row : rows) row.body = row.key.position % 2 == 0 ? "" : "y";
  checkpoint(rows, 20);
  purge();
  EXPECT_EQ(all(meta_.generation).size(), 2500U);
}

TEST(RowsCodec, RefusesEveryTruncation) {
  const std::vector<Row> rows = {{{1, 2, 3, 4}, "body"},
                                 {{300, 1ULL << 40, 0, 0}, std::string(200, 'x')}};
  const std::string bytes = persistence::encode_rows(rows);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(persistence::decode_rows(bytes.substr(0, size)).has_value());
  EXPECT_FALSE(persistence::decode_rows(bytes + "x").has_value());
  const auto decoded = persistence::decode_rows(bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ((*decoded)[1].key, rows[1].key);
}

}  // namespace
