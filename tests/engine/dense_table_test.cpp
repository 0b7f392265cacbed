// The dense table beside a naive model: the same keys at the same positions after any steps.
#include "engine/keyspace/dense_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "engine/types/long_text.h"
#include "tests/base/rounds.h"

namespace {

using engine::DenseTable;
using engine::kNoExpiry;
using engine::Value;

struct ModelEntry {
  std::string key, value;
  std::int64_t expiry_ms = kNoExpiry;
  bool is_hole = false;
};

void append_more(DenseTable& table, DenseTable::Position position) {
  table.edit_value(position, [](Value& value) {
    engine::TextEdit text(std::move(value));
    text.append("more");
    value = std::move(text).release();
  });
}

// The rules of DESIGN decision 2, written down as plainly as they can be said.
class Model {
 public:
  std::vector<ModelEntry> entries;

  std::optional<std::size_t> find(const std::string& key, bool with_holes = false) const {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].key == key && (with_holes || !entries[i].is_hole)) return i;
    }
    return {};
  }
  void put(const std::string& key, const std::string& value, std::int64_t expiry_ms) {
    const auto place = find(key, true);
    if (place) {
      entries[*place] = {key, value, expiry_ms, false};
    } else {
      entries.push_back({key, value, expiry_ms, false});
    }
  }
  void end_step() {
    for (std::size_t i = entries.size(); i-- > 0;) {
      if (!entries[i].is_hole) continue;
      entries[i] = entries.back();
      entries.pop_back();
    }
  }
};

std::string random_value(base::Prng& prng) {
  switch (prng.below(6)) {
    case 0: return std::to_string(static_cast<std::int64_t>(prng.next()));
    case 1: return "";
    case 2: return std::string(1020 + prng.below(10), 'b');
    case 3: return std::string(prng.below(3000), 'c');
    case 4: return std::string(200 + prng.below(830), 'e');  // some lie beside their key
    default: return std::string(prng.below(60), 'd');
  }
}

std::int64_t random_expiry(base::Prng& prng) {
  return prng.chance(1, 2) ? kNoExpiry : static_cast<std::int64_t>(prng.below(1000));
}

void put(DenseTable& table, const std::string& key, const std::string& value,
         std::int64_t expiry_ms) {
  const auto position = table.find(key);
  if (position == DenseTable::kNone) {
    const auto place = table.place_for(table.hashed(key));
    ASSERT_EQ(table.insert(key, Value::from_string(value), expiry_ms), place);
  } else {
    table.assign(position, Value::from_string(value), expiry_ms);
  }
}

void expect_same(const DenseTable& table, const Model& model) {
  ASSERT_EQ(table.size(), model.entries.size());
  std::multiset<std::pair<std::int64_t, std::uint64_t>> expiring, expected;
  for (const auto& entry : table.expiring()) expiring.insert({entry.expiry_ms, entry.position});
  std::size_t count = 0;
  for (std::size_t i = 0; i < model.entries.size(); ++i) {
    const ModelEntry& wanted = model.entries[i];
    ASSERT_EQ(table.at(i).key(), wanted.key);
    ASSERT_EQ(table.at(i).is_hole(), wanted.is_hole);
    ASSERT_EQ(table.find(wanted.key), wanted.is_hole ? DenseTable::kNone : i);
    if (wanted.is_hole) continue;
    ++count;
    ASSERT_EQ(table.at(i).value().string(), wanted.value);
    ASSERT_EQ(table.at(i).expiry_ms(), wanted.expiry_ms);
    if (wanted.expiry_ms != kNoExpiry) expected.insert({wanted.expiry_ms, i});
  }
  ASSERT_EQ(table.count(), count);
  ASSERT_EQ(expiring, expected);
}

void random_change(base::Prng& prng, DenseTable& table, Model& model) {
  const std::string key(1 + prng.below(30), static_cast<char>('a' + prng.below(3)));
  const auto place = model.find(key);
  switch (prng.below(place ? 5 : 1)) {
    case 0: {
      const std::string value = random_value(prng);
      const std::int64_t expiry_ms = random_expiry(prng);
      put(table, key, value, expiry_ms);
      return model.put(key, value, expiry_ms);
    }
    case 1:
      table.remove(*place);
      model.entries[*place].is_hole = true;
      return;
    case 2:
      model.entries[*place].expiry_ms = random_expiry(prng);
      return table.set_expiry(*place, model.entries[*place].expiry_ms);
    default: model.entries[*place].value += "more"; return append_more(table, *place);
  }
}

TEST(DenseTable, HoldsTheSameKeysAtTheSamePositionsAsTheModel) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(40U); ++seed) {
    base::Prng prng(seed);
    DenseTable table;
    Model model;
    for (int step = 0; step < 150; ++step) {
      for (std::uint64_t i = 1 + prng.below(12); i > 0; --i) random_change(prng, table, model);
      ASSERT_NO_FATAL_FAILURE(expect_same(table, model)) << "seed " << seed << " step " << step;
      table.close_holes([](DenseTable::Position) {});
      model.end_step();
      ASSERT_NO_FATAL_FAILURE(expect_same(table, model)) << "seed " << seed << " step " << step;
    }
  }
}

TEST(DenseTable, AKeyThatReturnsWithinTheStepTakesItsOldPlace) {
  DenseTable table;
  for (const char* key : {"a", "b", "c"}) table.insert(key, Value::from_string(key), kNoExpiry);
  table.remove(0);
  table.insert("d", Value::from_string("d"), kNoExpiry);
  EXPECT_EQ(table.find("d"), 3U) << "another key does not take the place";
  table.insert("a", Value::from_string("again"), kNoExpiry);
  table.close_holes([](DenseTable::Position) { FAIL() << "nothing is left to close"; });
  EXPECT_EQ(table.find("a"), 0U);
  EXPECT_EQ(table.at(0).value().string(), "again");
}

TEST(DenseTable, TellsEachPositionBeforeItChangesWhenHolesClose) {
  DenseTable table;
  for (const char* key : {"a", "b", "c", "d"})
    table.insert(key, Value::from_string(key), kNoExpiry);
  table.remove(0);
  table.remove(2);
  std::vector<DenseTable::Position> told;
  table.close_holes([&](DenseTable::Position position) { told.push_back(position); });
  EXPECT_EQ(told, (std::vector<DenseTable::Position>{2, 3, 0, 2}));
  EXPECT_EQ(table.at(0).key(), "d");
  EXPECT_EQ(table.at(1).key(), "b");
}

TEST(DenseTable, FindsEveryKeyWhileItsIndexGrowsAndShrinksInto) {
  DenseTable table;
  constexpr std::uint64_t kKeys = 60000;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    table.insert(std::to_string(i), Value::from_integer(static_cast<std::int64_t>(i)), kNoExpiry);
    const std::uint64_t probe = (i * 7919) % (i + 1);
    ASSERT_EQ(table.find(std::to_string(probe)), probe);
    ASSERT_EQ(table.find("absent" + std::to_string(i)), DenseTable::kNone);
  }
  for (std::uint64_t i = 0; i + 1 < kKeys; ++i) {
    const std::string key = std::to_string((i * 7919) % kKeys);
    table.remove(table.find(key));
    table.close_holes([](DenseTable::Position) {});
    ASSERT_EQ(table.find(key), DenseTable::kNone);
    const auto last = std::string(table.at(table.size() - 1).key());
    ASSERT_EQ(table.find(last), table.size() - 1);
  }
  EXPECT_EQ(table.count(), 1U);
}

TEST(DenseTable, FindsEveryKeyWhenItsIndexWasToldHowManyAreToCome) {
  for (const std::uint64_t told : {1U, 5'000U, 60'000U, 1'000'000U}) {
    DenseTable table;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      if (i == 3'000 || i == 3'001) table.reserve(told);
      table.insert(std::to_string(i), Value::from_integer(1), kNoExpiry);
      const std::uint64_t probe = (i * 7919) % (i + 1);
      ASSERT_EQ(table.find(std::to_string(probe)), probe) << told;
      ASSERT_EQ(table.find("absent" + std::to_string(i)), DenseTable::kNone);
    }
    for (std::uint64_t i = 0; i < 20'000; ++i) ASSERT_EQ(table.find(std::to_string(i)), i) << told;
  }
}

TEST(DenseTable, IsFreedInSlicesThatEndAndItsMemorySumIsThatOfItsEntries) {
  DenseTable table;
  for (int i = 0; i < 3000; ++i)
    table.insert(std::to_string(i), Value::from_string(std::string(100, 'v')), i);
  EXPECT_GT(table.memory_bytes(), 3000U * 100);
  engine::Graveyard graveyard;
  int slices = 0;
  while (!table.free_some(64, graveyard)) ASSERT_LT(++slices, 1000);
  EXPECT_GT(slices, 30);
  DenseTable other;
  for (int i = 0; i < 100; ++i)
    other.insert(std::to_string(i), Value::from_string(std::string(5000, 'v')), kNoExpiry);
  for (DenseTable::Position i = 0; i < 100; ++i) append_more(other, i);
  for (DenseTable::Position i = 0; i < 100; ++i) other.remove(i);
  EXPECT_EQ(other.memory_bytes(), 0U);
}

}  // namespace
