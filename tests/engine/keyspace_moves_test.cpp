// A large value that leaves its keyspace while a checkpoint is under way: what was frozen of it is
// written as it was, whatever happens to it later.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/state/keyspace.h"
#include "engine/types/hash.h"

namespace engine {
namespace {

constexpr int kFields = 2000;

std::string field(int i) { return "field" + std::to_string(i); }

DenseHash& hash_of(const Keyspace& keyspace, const char* key) {
  return static_cast<DenseHash&>(*keyspace.find(key)->value().apart());
}

class KeyspaceMoves : public testing::Test {
 protected:
  KeyspaceMoves() {
    auto hash = std::make_unique<DenseHash>(secret_);
    for (int i = 0; i < kFields; ++i) hash->insert(field(i), "before");
    home_.assign("big", Value::from_collection(CollectionRef(std::move(hash))), kNoExpiry);
  }
  // As MOVE does.
  static void move(Keyspace& from, Keyspace& to) {
    to.assign("big", from.take(from.position("big"), to), kNoExpiry);
    from.end_step();
  }
  static void change_all(DenseHash& hash) {
    for (int i = 0; i < kFields; ++i) hash.set(hash.table().find(field(i)), "later", 0);
  }
  // The rest of a checkpoint's rows, into the store.
  void finish(Keyspace& keyspace) {
    std::vector<base::Row> rows;
    for (std::size_t budget = 1000; !keyspace.emit(budget, rows);) budget = 1000;
    keyspace.finish_checkpoint();
    for (base::Row& row : rows)
      row.body.empty() ? static_cast<void>(store_.erase(row.key))
                       : static_cast<void>(store_[row.key] = std::move(row.body));
  }
  void checkpoint(Keyspace& keyspace) {
    keyspace.freeze(false);
    finish(keyspace);
  }
  // How many fields have this value in the keyspace as the store has it; -1: it cannot be loaded.
  int loaded(std::uint64_t id, const std::string& value) {
    Keyspace keyspace(id, graveyard_, secret_);
    for (const auto& [key, body] : store_) {
      const base::Row row{key, body};
      if (key.keyspace == id && !keyspace.load(row)) return -1;
      if (key.keyspace == (id | Segments::kKeyspaceBit) && !keyspace.load_segment(row)) return -1;
    }
    if (!keyspace.finish_load()) return -1;
    if (keyspace.find("big") == nullptr) return 0;
    int count = 0;
    char scratch[kScratchBytes];
    const HashView view(keyspace.find("big")->value(), 0);
    for (int i = 0; i < kFields; ++i) count += view.find(field(i), scratch) == value ? 1 : 0;
    return count;
  }

  Graveyard graveyard_;
  HashSecret secret_;
  Keyspace home_{1, graveyard_, secret_}, other_{2, graveyard_, secret_};
  std::map<base::RowKey, std::string> store_;
};

TEST_F(KeyspaceMoves, ItIsWrittenAsItWas) {
  home_.freeze(true);
  other_.freeze(true);
  move(home_, other_);
  change_all(hash_of(other_, "big"));
  finish(home_);
  finish(other_);
  EXPECT_EQ(loaded(1, "before"), kFields);
  checkpoint(home_);
  checkpoint(other_);
  EXPECT_EQ(loaded(1, "before"), 0);
  EXPECT_EQ(loaded(2, "later"), kFields);
}

TEST_F(KeyspaceMoves, ThereAndBackAndThereAgain) {
  checkpoint(home_);
  change_all(hash_of(home_, "big"));
  home_.freeze(true);
  other_.freeze(true);
  move(home_, other_);
  move(other_, home_);
  move(home_, other_);
  hash_of(other_, "big").remove(7);
  hash_of(other_, "big").end_step();
  finish(home_);
  finish(other_);
  EXPECT_EQ(loaded(1, "later"), kFields);
  checkpoint(home_);
  checkpoint(other_);
  EXPECT_EQ(loaded(2, "later"), kFields - 1);
  EXPECT_EQ(loaded(1, "later"), 0);
}

// MULTI, HDEL, DEL, EXEC: the hole is closed when the key has gone.
TEST_F(KeyspaceMoves, AHoleInOneThatIsDroppedLeavesItsRowsAlone) {
  home_.freeze(true);
  const CollectionRef held = home_.find("big")->value().apart();
  home_.edit_value(home_.position("big"),
                   [&](Value&) { static_cast<DenseHash&>(*held).remove(3); });
  home_.remove(home_.position("big"));
  home_.end_step();
  held->end_step();
  finish(home_);
  EXPECT_EQ(loaded(1, "before"), kFields);
  checkpoint(home_);
  EXPECT_TRUE(store_.empty());
}

TEST_F(KeyspaceMoves, WhatWasFrozenForACheckpointThatFailedIsNotKept) {
  checkpoint(home_);
  change_all(hash_of(home_, "big"));
  home_.freeze(true);
  move(home_, other_);
  home_.abandon_checkpoint();
  EXPECT_EQ(home_.pending_bytes(), 0U);
  checkpoint(home_);
  checkpoint(other_);
  EXPECT_EQ(loaded(1, "later"), 0);
  EXPECT_EQ(loaded(2, "later"), kFields);
}

}  // namespace
}  // namespace engine
