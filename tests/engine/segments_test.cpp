// Segments of a large value: what a checkpoint writes of it, and what of it is deleted.
#include "engine/types/segments.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/types/collection.h"

namespace engine {
namespace {

// Segments are strings that the test sets.
class Notebook : public Collection {
 public:
  void write(std::uint64_t page, std::string text) {
    about_to_change(page);
    if (page >= pages_.size()) pages_.resize(page + 1);
    pages_[page] = std::move(text);
  }
  [[nodiscard]] Type type() const override { return Type::kList; }
  [[nodiscard]] std::string_view encoding() const override { return "notebook"; }
  [[nodiscard]] std::uint64_t count() const override { return pages_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  [[nodiscard]] std::uint64_t content_bytes() const override { return 0; }
  [[nodiscard]] CollectionRef copy() const override { return {}; }
  void encode_head(std::string&) const override {}
  [[nodiscard]] std::uint64_t segment_end() const override { return pages_.size(); }
  [[nodiscard]] std::string encode_segment(std::uint64_t page) const override {
    return page < pages_.size() ? pages_[page] : "";
  }
  [[nodiscard]] bool load_head(std::string_view) override { return true; }
  [[nodiscard]] bool load_segment(std::uint64_t, std::string_view) override { return true; }
  [[nodiscard]] bool finish_load() override { return true; }
  bool free_some(std::size_t) override { return true; }

 private:
  std::vector<std::string> pages_;
};

// The store: rows by block, as the checkpoints left them.
class SegmentsTest : public testing::Test {
 protected:
  SegmentsTest() {
    notebook_.attach(std::make_shared<Segments>(7, 3));
    for (std::uint64_t page = 0; page < 4; ++page)
      notebook_.write(page, "p" + std::to_string(page));
  }
  Segments& segments() { return *notebook_.segments(); }
  bool emit(std::size_t budget = 1 << 30) {
    std::vector<base::Row> rows;
    const bool is_done = segments().emit(notebook_, budget, rows);
    keep(rows);
    return is_done;
  }
  void keep(const std::vector<base::Row>& rows) {
    last_rows_ = rows.size();
    for (const base::Row& row : rows) {
      EXPECT_EQ(row.key.keyspace, 7 | Segments::kKeyspaceBit);
      EXPECT_EQ(row.key.position, 3U);
      row.body.empty() ? static_cast<void>(store_.erase(row.key.block))
                       : static_cast<void>(store_[row.key.block] = row.body);
    }
  }
  void checkpoint() {
    segments().freeze();
    EXPECT_TRUE(emit());
    segments().finish();
  }
  [[nodiscard]] std::string stored(std::uint64_t page) {
    std::string text;
    for (std::uint64_t piece = 0; store_.contains(page * Segments::kPiecesMax + piece); ++piece)
      text += store_[page * Segments::kPiecesMax + piece];
    return text;
  }

  Notebook notebook_;
  std::map<std::uint64_t, std::string> store_;
  std::size_t last_rows_ = 0;
};

TEST_F(SegmentsTest, OnlyWhatChangedIsWrittenAgain) {
  checkpoint();
  EXPECT_EQ(last_rows_, 4U);
  notebook_.write(2, "new");
  checkpoint();
  EXPECT_EQ(last_rows_, 1U);
  EXPECT_EQ(stored(2), "new");
}

TEST_F(SegmentsTest, AFrozenSegmentIsWrittenAsItWasWhenItWasFrozen) {
  segments().freeze();
  notebook_.write(1, "later");
  EXPECT_TRUE(emit());
  segments().finish();
  EXPECT_EQ(stored(1), "p1");
  checkpoint();
  EXPECT_EQ(stored(1), "later");
  EXPECT_EQ(last_rows_, 1U);
}

TEST_F(SegmentsTest, ASmallBudgetIsKeptAndGoesOn) {
  segments().freeze();
  int slices = 1;
  while (!emit(1)) {
    EXPECT_EQ(last_rows_, 1U);
    ASSERT_LT(++slices, 10);
  }
  EXPECT_EQ(store_.size(), 4U);
}

TEST_F(SegmentsTest, AnAbandonedCheckpointIsWrittenAgain) {
  segments().freeze();
  EXPECT_FALSE(emit(1));
  notebook_.write(3, "changed meanwhile");
  segments().abandon();
  store_.clear();
  checkpoint();
  EXPECT_EQ(store_.size(), 4U);
  EXPECT_EQ(stored(3), "changed meanwhile");
}

TEST_F(SegmentsTest, ALongSegmentIsCutIntoPiecesAndItsSurplusDeleted) {
  notebook_.write(0, std::string(2 * Segments::kPieceBytes + 1, 'x'));
  checkpoint();
  EXPECT_EQ(store_.size(), 6U);
  EXPECT_EQ(stored(0).size(), 2 * Segments::kPieceBytes + 1);
  notebook_.write(0, "short");
  checkpoint();
  EXPECT_EQ(store_.size(), 4U);
  EXPECT_EQ(stored(0), "short");
}

TEST_F(SegmentsTest, ASegmentThatIsGoneIsDeleted) {
  checkpoint();
  notebook_.write(1, "");
  checkpoint();
  EXPECT_EQ(last_rows_, 1U);
  EXPECT_EQ(store_.size(), 3U);
}

// It lives on in another keyspace, say.
TEST_F(SegmentsTest, WhatIsFrozenOfAValueThatHasLeftIsWrittenAsItWasAndThenDeleted) {
  segments().freeze();
  segments().leave();
  notebook_.write(1, "later");
  EXPECT_TRUE(emit());
  segments().finish();
  EXPECT_EQ(stored(1), "p1");
  std::vector<base::Row> rows;
  std::size_t budget = 1;
  EXPECT_FALSE(segments().emit_deletion(budget, rows));
  notebook_.write(2, "still later");
  for (budget = 1000; !segments().emit_deletion(budget, rows);) budget = 1000;
  keep(rows);
  EXPECT_TRUE(store_.empty());
}

TEST_F(SegmentsTest, AValueThatIsGoneIsDeletedWhole) {
  notebook_.write(0, std::string(Segments::kPieceBytes + 1, 'x'));
  checkpoint();
  segments().leave();
  std::vector<base::Row> rows;
  std::size_t budget = 100;
  while (!segments().emit_deletion(budget, rows)) budget = 100;
  keep(rows);
  EXPECT_TRUE(store_.empty());
}

}  // namespace
}  // namespace engine
