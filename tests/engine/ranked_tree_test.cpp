// The order of a sorted set beside std::set: ranks, ranges, moves, removals.
#include "engine/types/ranked_tree.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"

namespace engine {
namespace {

class RankedTreeTest : public testing::Test {
 protected:
  using Key = std::pair<double, std::string>;

  void add(const std::string& member, double score) {
    const auto position = table_.insert(member, {}, score);
    tree_.insert(static_cast<RankedTree::Position>(position));
    model_.emplace(score, member);
  }
  void remove(const std::string& member) {
    const auto position = table_.find(member);
    model_.erase({table_.number(position), member});
    tree_.erase(static_cast<RankedTree::Position>(position));
    table_.remove(position);
    table_.close_holes([](auto) {},
                       [this](auto from, auto to) {
                         tree_.replace(static_cast<RankedTree::Position>(from),
                                       static_cast<RankedTree::Position>(to));
                       });
  }
  [[nodiscard]] Key key(RankedTree::Position position) const {
    return {table_.number(position), std::string(table_.member(position))};
  }
  void expect_same_order() const {
    ASSERT_EQ(tree_.count(), model_.size());
    std::vector<Key> upwards, downwards;
    tree_.visit(0, UINT64_MAX, false, [&](auto position) {
      upwards.push_back(key(position));
      return true;
    });
    if (!model_.empty()) {
      tree_.visit(model_.size() - 1, UINT64_MAX, true, [&](auto position) {
        downwards.push_back(key(position));
        return true;
      });
    }
    ASSERT_EQ(upwards, std::vector<Key>(model_.begin(), model_.end()));
    ASSERT_EQ(downwards, std::vector<Key>(model_.rbegin(), model_.rend()));
  }
  void expect_ranks(base::Prng& prng) const {
    for (int i = 0; i < 5; ++i) {
      const double bound = static_cast<double>(prng.below(60));
      const auto expected = std::distance(model_.begin(), model_.lower_bound({bound, ""}));
      ASSERT_EQ(tree_.count_before([&](auto position) { return table_.number(position) < bound; }),
                static_cast<std::uint64_t>(expected));
    }
  }

  MemberTable table_{MemberTable::Payload::kNumber, kNoSecret};
  RankedTree tree_{table_};
  std::set<Key> model_;
};

TEST_F(RankedTreeTest, KeepsTheOrderUnderAnyChanges) {
  base::Prng prng(5);
  for (int step = 0; step < 20000; ++step) {
    const std::string member = "m" + std::to_string(prng.below(3000));
    const bool grows = step / 4000 % 2 == 0;
    if (table_.find(member) != MemberTable::kNone) {
      if (prng.chance(grows ? 1 : 9, 10)) remove(member);
    } else if (prng.chance(grows ? 9 : 1, 10)) {
      add(member, static_cast<double>(prng.below(50)));
    }
    if (step % 500 == 0) expect_same_order();
    if (step % 50 == 0) expect_ranks(prng);
  }
  expect_same_order();
}

TEST_F(RankedTreeTest, TakesAscendingAndDescendingOrdersAndCanBeDrained) {
  for (int i = 0; i < 20000; ++i) add("a" + std::to_string(i), i);
  for (int i = 0; i < 20000; ++i) add("d" + std::to_string(i), -i);
  expect_same_order();
  for (int i = 0; i < 20000; ++i) remove("a" + std::to_string(i));
  expect_same_order();
  for (int i = 0; i < 20000; ++i) remove("d" + std::to_string(i));
  expect_same_order();
  add("again", 1);
  expect_same_order();
}

TEST_F(RankedTreeTest, IsFreedInSlices) {
  for (int i = 0; i < 30000; ++i) add(std::to_string(i), i % 97);
  int slices = 1;
  while (!tree_.free_some(10)) ASSERT_LT(++slices, 1000);
  EXPECT_GT(slices, 10);
}

}  // namespace
}  // namespace engine
