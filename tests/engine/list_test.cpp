// Lists against a plain deque of strings, their rows, and what a change may cost.
#include "engine/types/list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "base/prng.h"
#include "engine/keyspace/entry.h"

namespace engine {
namespace {

using Model = std::deque<std::string>;

std::string some_element(base::Prng& prng) {
  if (prng.chance(1, 60)) return std::string(prng.below(9000), 'L');
  return prng.chance(1, 2) ? std::to_string(prng.below(30)) : "e" + std::to_string(prng.below(30));
}

class ListModel {
 public:
  ListModel(std::uint64_t seed, std::int64_t setting)
      : prng_(seed), limits_(ListLimits::from_setting(setting)) {}

  void step() {
    const std::uint64_t size = model_.size();
    switch (size == 0 ? 0 : prng_.below(size > 900 ? 9 : 7)) {
      case 0:
      case 1: return push();
      case 2: return set(prng_.below(size));
      case 3: return insert();
      case 4: return pop();
      case 5: return remove();
      case 6: return prng_.chance(1, 6) ? push_many() : push();
      case 7: return erase_range(prng_.below(size), prng_.below(9));
      default: return erase_range(prng_.below(size), prng_.below(400));
    }
  }

  // Forwards, backwards and by index it is the model.
  void expect_equal() {
    Entry entry("k", std::move(list_).release(), kNoExpiry);
    const ListView view(entry.value());
    ASSERT_EQ(view.count(), model_.size());
    ASSERT_EQ(elements(view, 0, false), model_);
    if (!model_.empty()) {
      const std::size_t index = prng_.below(model_.size());
      ASSERT_EQ(elements(view, index, false), Model(model_.begin() + at(index), model_.end()));
      Model reversed(model_.rbegin(), model_.rend());
      ASSERT_EQ(elements(view, model_.size() - 1, true), reversed);
    }
    list_ = List(entry.take_value());
  }

  // The list that its rows make takes its place.
  void reload() {
    Value value = std::move(list_).release();
    if (!value.is_packed()) {
      const CollectionRef loaded = reloaded(*value.collection());
      ASSERT_TRUE(loaded);
      value = Value::from_collection(loaded);
    }
    list_ = List(std::move(value));
  }

  static std::map<std::uint64_t, std::string> rows(const Collection& list) {
    std::map<std::uint64_t, std::string> rows;
    for (std::uint64_t slot = 0; slot < list.segment_end(); ++slot) {
      std::string bytes = list.encode_segment(slot);
      if (!bytes.empty()) rows[slot] = std::move(bytes);
    }
    return rows;
  }
  static CollectionRef reloaded(const Collection& list) {
    auto made = std::make_unique<DenseList>();
    std::string head;
    list.encode_head(head);
    if (!made->load_head(head)) return {};
    for (const auto& [slot, bytes] : rows(list)) {
      if (!made->load_segment(slot, bytes)) return {};
    }
    if (!made->finish_load() || rows(*made) != rows(list)) return {};
    if (made->memory_bytes() != list.memory_bytes()) return {};
    return CollectionRef(std::move(made));
  }

 private:
  static std::ptrdiff_t at(std::uint64_t index) { return static_cast<std::ptrdiff_t>(index); }
  static Model elements(const ListView& view, std::uint64_t index, bool is_backwards) {
    Model found;
    view.visit(index, view.count(), is_backwards, [&](const Listpack::Element& element) {
      found.push_back(element.string());
      return true;
    });
    return found;
  }
  void push() {
    const bool at_head = prng_.chance(1, 2);
    const std::string element = some_element(prng_);
    list_.push(element, at_head, limits_);
    at_head ? model_.push_front(element) : model_.push_back(element);
  }
  void push_many() {
    for (std::uint64_t left = prng_.below(300); left > 0; --left) push();
  }
  void pop() {
    const bool at_head = prng_.chance(1, 2);
    EXPECT_EQ(list_.pop(at_head), at_head ? model_.front() : model_.back());
    at_head ? model_.pop_front() : model_.pop_back();
  }
  void set(std::uint64_t index) {
    const std::string element = some_element(prng_);
    list_.set(index, element, limits_);
    model_[index] = element;
  }
  void insert() {
    const std::string pivot = some_element(prng_), element = some_element(prng_);
    const bool after = prng_.chance(1, 2);
    const auto found = std::find(model_.begin(), model_.end(), pivot);
    EXPECT_EQ(list_.insert(pivot, element, after, limits_), found != model_.end());
    if (found != model_.end()) model_.insert(found + (after ? 1 : 0), element);
  }
  void remove() {
    const std::string element = some_element(prng_);
    const std::uint64_t count = prng_.below(3);
    const bool from_tail = prng_.chance(1, 2);
    if (from_tail) std::reverse(model_.begin(), model_.end());
    std::uint64_t removed = 0;
    for (auto it = model_.begin(); it != model_.end() && (count == 0 || removed < count);) {
      const bool is_equal = *it == element;
      it = is_equal ? model_.erase(it) : it + 1;
      removed += is_equal ? 1 : 0;
    }
    if (from_tail) std::reverse(model_.begin(), model_.end());
    EXPECT_EQ(list_.remove(element, count, from_tail), removed);
  }
  void erase_range(std::uint64_t first, std::uint64_t count) {
    count = std::min<std::uint64_t>(count, model_.size() - first);
    list_.erase_range(first, count);
    model_.erase(model_.begin() + at(first), model_.begin() + at(first + count));
  }

  base::Prng prng_;
  ListLimits limits_;
  List list_;
  Model model_;
};

class ListTest : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Settings, ListTest, testing::Values(1, 2, 7, -1, -2));

TEST_P(ListTest, IsADequeUnderAnyChangesAndLoadsInBetween) {
  ListModel list(static_cast<std::uint64_t>(GetParam() + 10), GetParam());
  for (int step = 0; step < 2000; ++step) {
    list.step();
    if (step % 50 == 0) list.reload();
    if (step % 10 == 0) list.expect_equal();
    if (HasFatalFailure()) FAIL() << "step " << step;
  }
}

std::unique_ptr<DenseList> numbers(std::size_t count, const ListLimits& limits) {
  auto list = std::make_unique<DenseList>();
  for (std::size_t i = 0; i < count; ++i) list->push(std::to_string(i), false, limits);
  return list;
}

// Redis 7.0 guesses that "1000" takes 12 bytes more, though it takes 3.
TEST(DenseList, ChunksEndWhereRedissDo) {
  engine::DenseList list;
  for (int i = 0; i < 1361; ++i) list.push("1000", false, ListLimits::from_setting(-1));
  std::vector<std::size_t> counts;
  list.for_each_chunk(
      [&](std::string_view chunk) { counts.push_back(engine::Listpack(chunk).count()); });
  EXPECT_EQ(counts, (std::vector<std::size_t>{1360, 1}));
}

TEST(DenseList, LoadsWhenMostOfItsSlotsAreFree) {
  const ListLimits one_each = ListLimits::from_setting(1);
  const auto list = numbers(100'000, one_each);
  list->erase_range(0, 99'999);
  const CollectionRef loaded = ListModel::reloaded(*list);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->count(), 1U);
  std::string head;
  list->encode_head(head);
  DenseList far;
  ASSERT_TRUE(far.load_head(head));
  EXPECT_TRUE(far.load_segment(3'000'000, list->encode_segment(99'999)));
  EXPECT_TRUE(far.finish_load());
}

TEST(DenseList, AFreeSlotIsTakenLowestFirstAfterALoadToo) {
  const ListLimits one_each = ListLimits::from_setting(1);
  const auto list = numbers(100, one_each);
  list->erase_range(10, 5);
  list->erase_range(40, 20);
  const CollectionRef loaded = ListModel::reloaded(*list);
  ASSERT_TRUE(loaded);
  auto& twin = static_cast<DenseList&>(*loaded);
  for (int i = 0; i < 40; ++i) {
    list->push("x", i % 2 == 0, one_each);
    twin.push("x", i % 2 == 0, one_each);
    ASSERT_EQ(ListModel::rows(*list), ListModel::rows(twin)) << i;
  }
}

TEST(DenseList, AChangeTouchesAFewChunksHoweverOftenOnePlaceIsSplit) {
  const ListLimits limits = ListLimits::from_setting(-1);
  const auto list = numbers(300'000, limits);
  const std::string large(5000, 'x');
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 120; ++i) {
    const auto before = ListModel::rows(*list);
    list->replace(150'000 + i / 3, large + std::to_string(i), limits);
    std::size_t changed = 0;
    for (const auto& [slot, bytes] : ListModel::rows(*list)) {
      const auto found = before.find(slot);
      changed += found == before.end() || found->second != bytes ? 1 : 0;
    }
    most = std::max(most, changed);
  }
  EXPECT_LE(most, 100U) << "of " << list->segment_end();
  EXPECT_TRUE(ListModel::reloaded(*list));
}

TEST(DenseList, DamagedRowsAreRefused) {
  const auto list = numbers(5000, ListLimits::from_setting(-1));
  const auto rows = ListModel::rows(*list);
  std::string head;
  list->encode_head(head);
  DenseList other;
  EXPECT_FALSE(other.load_head("")) << "no count";
  EXPECT_FALSE(other.load_head(std::string(1, '\0'))) << "a list is never empty";
  ASSERT_TRUE(other.load_head(head));
  EXPECT_FALSE(other.load_segment(0, rows.at(0).substr(1))) << "no listpack";
  EXPECT_FALSE(other.load_segment(1ULL << 40, rows.at(0))) << "no such slot";
  ASSERT_TRUE(other.load_segment(0, rows.at(0)));
  EXPECT_FALSE(other.load_segment(0, rows.at(0))) << "twice";
  EXPECT_FALSE(other.finish_load()) << "elements are missing";
  DenseList twins;
  ASSERT_TRUE(twins.load_head(head));
  ASSERT_TRUE(twins.load_segment(0, rows.at(0)));
  ASSERT_TRUE(twins.load_segment(1, rows.at(0)));
  EXPECT_FALSE(twins.finish_load()) << "two chunks at one place of the order";
}

}  // namespace
}  // namespace engine
