// Large segments of hashes, sets and sorted sets are written in parts (engine/types/
// segment_parts.h): while a checkpoint is under way the change of one member costs what its part is
// large, and what is written is the state as it was frozen.
#include "engine/types/segment_parts.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "engine/types/collection.h"
#include "tests/base/rounds.h"
#include "tests/engine/model.h"

namespace {

using engine::SegmentOutline;
using engine::SegmentParts;
using engine_test::Driver;
using Store = std::map<base::RowKey, std::string>;

TEST(SegmentParts, ASmallSegmentIsNotCut) {
  EXPECT_FALSE(SegmentParts::cut({.member_bytes = {}}, 100, 1000));
  EXPECT_FALSE(SegmentParts::cut({.member_bytes = {60, 40}}, 100, 1000));
}

TEST(SegmentParts, MembersShareARowUntilItIsFullAndALargeOneHasRowsOfItsOwn) {
  auto parts = SegmentParts::cut({.member_bytes = {60, 40, 1, 250, 30, 30}}, 100, 1000);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->pieces(), 1U + 1U + 3U + 1U);
  const SegmentParts::Part* large = parts->unwritten_with(3);
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large->first, 3U);
  EXPECT_EQ(large->end, 4U);
  EXPECT_EQ(large->piece, 2U);
  EXPECT_EQ(large->pieces, 3U);
  parts->set_written(*large);
  EXPECT_EQ(parts->unwritten_with(3), nullptr);
  EXPECT_EQ(parts->unwritten_with(6), nullptr) << "a member that came later";
  int left = 0;
  for (; !parts->is_written(); ++left) parts->set_written(*parts->next_unwritten());
  EXPECT_EQ(left, 3);
}

TEST(SegmentParts, WhatWouldBeTooManyRowsGetsLargerOnes) {
  const std::vector<std::uint64_t> members(128, 1'000'000);
  const auto parts = SegmentParts::cut({.member_bytes = members}, 100, 1000);
  ASSERT_TRUE(parts);
  EXPECT_LE(parts->pieces(), 1000U);
}

class LargeMembers : public ::testing::Test {
 protected:
  static constexpr std::size_t kMembers = 300, kMemberBytes = 30'000;

  static std::string name(std::uint64_t i) { return "m" + std::to_string(i); }
  std::string text() {
    return std::string(prng_.below(2 * kMemberBytes), "abcdefgh"[prng_.below(8)]);
  }
  void fill() {
    for (std::size_t i = 0; i < kMembers; ++i) {
      redis_.call({"HSET", "hash", name(i), text()});
      redis_.call({"SADD", "set", name(i) + text()});
      redis_.call({"ZADD", "zset", std::to_string(i), name(i) + text()});
    }
  }
  void change() {
    const std::string field = name(prng_.below(kMembers + 20));
    switch (prng_.below(7)) {
      case 0: redis_.call({"HDEL", "hash", field}); break;
      case 1: redis_.call({"SPOP", "set"}); break;
      case 2: redis_.call({"SADD", "set", field + text()}); break;
      case 3: redis_.call({"ZREMRANGEBYRANK", "zset", "7", "7"}); break;
      case 4:
        redis_.call({"ZADD", "zset", std::to_string(prng_.below(1000)), field + text()});
        break;
      case 5: redis_.call({"HPEXPIRE", "hash", "1000000", "FIELDS", "1", field}); break;
      default: redis_.call({"HSET", "hash", field, text()});
    }
  }
  void take(std::size_t budget) {
    std::vector<base::Row> rows;
    std::vector<std::uint64_t> dropped;
    is_done_ = redis_.engine.take_checkpoint_rows(budget, rows, dropped);
    for (base::Row& row : rows) {
      taken_ += row.body.size();
      if (row.body.empty())
        store_.erase(row.key);
      else
        store_[row.key] = std::move(row.body);
    }
  }
  [[nodiscard]] std::uint64_t stored_digest() const {
    std::vector<base::Row> rows;
    for (const auto& [key, body] : store_) rows.push_back({key, body});
    return engine_test::import_rows(rows).digest();
  }

  base::Prng prng_{7};
  Driver redis_;
  Store store_;
  bool is_done_ = false;
  std::size_t taken_ = 0;
};

TEST_F(LargeMembers, WhatIsWrittenIsWhatWasFrozenWhateverChangesMeanwhile) {
  fill();
  for (int round = 0; round < base_test::rounds(12); ++round) {
    const std::uint64_t frozen = redis_.engine.digest();
    const Store before = store_;
    redis_.engine.begin_checkpoint(round == 0);
    const bool is_given_up = prng_.below(4) == 0;
    for (int step = 0; !is_done_ || step < 20; ++step) {
      if (prng_.below(2) == 0) change();
      take(1 + prng_.below(200'000));
      if (is_given_up && step == 10) break;
    }
    if (!is_done_) {
      redis_.engine.abandon_checkpoint();
      store_ = before;
      continue;
    }
    redis_.engine.finish_checkpoint();
    is_done_ = false;
    ASSERT_EQ(stored_digest(), frozen) << round;
  }
}

TEST_F(LargeMembers, ASliceOfACheckpointIsNoLargerThanAPart) {
  constexpr std::size_t kMegabyte = 1'000'000;
  for (std::size_t i = 0; i < 128; ++i)
    redis_.call({"HSET", "hash", name(i), std::string(kMegabyte, 'v')});
  redis_.engine.begin_checkpoint(true);
  while (!is_done_) {
    const std::size_t before = taken_;
    take(1000);
    EXPECT_LE(taken_ - before, kMegabyte);
  }
}

// One segment of members; how many bytes it was asked to encode.
class Album : public engine::Collection {
 public:
  explicit Album(std::size_t members) : members_(members, std::string(300'000, 'v')) {}
  void write(std::size_t member, std::string text) {
    about_to_change(0, member);
    if (member == members_.size()) members_.emplace_back();
    members_[member] = std::move(text);
  }
  [[nodiscard]] std::size_t take_encoded() const { return std::exchange(encoded_, 0); }

  [[nodiscard]] SegmentOutline outline_of(std::uint64_t segment) const override {
    SegmentOutline outline;
    if (segment != 0) return outline;
    for (const std::string& member : members_) outline.member_bytes.push_back(member.size());
    return outline;
  }
  [[nodiscard]] std::string encode_members(std::uint64_t, std::size_t first, std::size_t end,
                                           bool) const override {
    std::string out;
    for (std::size_t i = first; i < end; ++i) out += members_[i];
    encoded_ += out.size();
    return out;
  }
  [[nodiscard]] std::string encode_segment(std::uint64_t segment) const override {
    return segment == 0 ? encode_members(0, 0, members_.size(), false) : "";
  }
  [[nodiscard]] engine::Type type() const override { return engine::Type::kHash; }
  [[nodiscard]] std::string_view encoding() const override { return "album"; }
  [[nodiscard]] std::uint64_t count() const override { return members_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const override { return 0; }
  [[nodiscard]] std::uint64_t content_bytes() const override { return 0; }
  [[nodiscard]] engine::CollectionRef copy() const override { return {}; }
  void encode_head(std::string&) const override {}
  [[nodiscard]] std::uint64_t segment_end() const override { return 1; }
  [[nodiscard]] bool load_head(std::string_view) override { return true; }
  [[nodiscard]] bool load_segment(std::uint64_t, std::string_view) override { return true; }
  [[nodiscard]] bool finish_load() override { return true; }
  bool free_some(std::size_t) override { return true; }

 private:
  std::vector<std::string> members_;
  mutable std::size_t encoded_ = 0;
};

TEST(LargeSegment, AChangeEncodesItsPartAloneAndOnce) {
  Album album(40);
  album.attach(std::make_shared<engine::Segments>(1, 1));
  album.write(0, "");
  album.segments()->freeze();
  album.write(7, "short");
  EXPECT_LE(album.take_encoded(), 600'000U);
  album.write(7, "other");
  album.write(40, "one that was not there when it was frozen");
  EXPECT_EQ(album.take_encoded(), 0U);
  std::vector<base::Row> rows;
  std::size_t budget = 1 << 30;
  EXPECT_TRUE(album.segments()->emit(album, budget, rows));
  album.segments()->finish();
  std::map<std::uint64_t, std::string> pieces;
  for (base::Row& row : rows) pieces[row.key.block] = std::move(row.body);
  std::string whole;
  for (const auto& [block, body] : pieces) whole += body;
  EXPECT_EQ(whole, std::string(39U * 300'000U, 'v'));
  EXPECT_EQ(pieces.rbegin()->first, pieces.size() - 1) << "none is missing in between";
}

}  // namespace
