// Strings that lie apart from their key: what they are after any steps, and what checkpoints write
// of them.
#include "engine/types/long_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/prng.h"
#include "tests/base/rounds.h"
#include "tests/engine/model.h"

namespace {

using engine::Type;
using engine_test::Driver;

constexpr std::size_t kSegment = engine::LongText::kSegmentBytes;

std::size_t bytes_of(const std::vector<base::Row>& rows) {
  std::size_t bytes = 0;
  for (const base::Row& row : rows) bytes += row.body.size();
  return bytes;
}

// A store that checkpoints write to.
class Store {
 public:
  void put(const std::vector<base::Row>& rows) {
    for (const base::Row& row : rows) {
      std::erase_if(rows_, [&](const base::Row& old) { return old.key == row.key; });
      if (!row.body.empty()) rows_.push_back(row);
    }
  }
  [[nodiscard]] std::vector<base::Row> rows() const { return rows_; }

 private:
  std::vector<base::Row> rows_;
};

void checkpoint(Driver& redis, Store& store) {
  store.put(engine_test::export_rows(redis.engine, false));
}

// Of a checkpoint under way.
bool take_some(Driver& redis, Store& store, std::size_t bytes) {
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  const bool is_done = redis.engine.take_checkpoint_rows(bytes, rows, dropped);
  store.put(rows);
  return is_done;
}

TEST(LongText, IsTheSameStringAfterAnyStepsAndFromItsCheckpoints) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(15U); ++seed) {
    base::Prng prng(seed);
    Driver redis;
    Store store;
    std::string model;
    for (int step = 0; step < 60; ++step) {
      const std::size_t at = prng.below(prng.below(4) == 0 ? 400'000 : 3000);
      const std::string more(1 + prng.below(prng.below(5) == 0 ? 100'000 : 10),
                             static_cast<char>(prng.below(3) == 0 ? 0 : 'a' + step % 26));
      switch (prng.below(6)) {
        case 0:
          redis.call({"APPEND", "k", more});
          model += more;
          break;
        case 1:
        case 2:
          redis.call({"SETRANGE", "k", std::to_string(at), more});
          model.resize(std::max(model.size(), at + more.size()), '\0');
          model.replace(at, more.size(), more);
          break;
        case 3:
          redis.call({"SETBIT", "k", std::to_string(8 * at + 7), "1"});
          model.resize(std::max(model.size(), at + 1), '\0');
          model[at] = static_cast<char>(model[at] | 1);
          break;
        case 4:
          if (prng.below(4) == 0) redis.call({"SET", "k", model = more});
          if (prng.below(4) == 0) redis("DEL other");
          redis.call({"COPY", "k", "other", "REPLACE"});
          redis("RENAME other third");
          break;
        default: checkpoint(redis, store);
      }
      const std::string length = std::to_string(model.size());
      ASSERT_EQ(redis("GET k"), model.empty() ? "$-1\r\n" : "$" + length + "\r\n" + model + "\r\n")
          << "seed " << seed << " step " << step;
    }
    checkpoint(redis, store);
    EXPECT_EQ(engine_test::import_rows(store.rows()).digest(), redis.engine.digest()) << seed;
  }
}

TEST(LongText, AByteChangedWritesOneSegmentNotTheString) {
  Driver redis;
  Store store;
  redis.call({"SET", "k", std::string(20'000'000, 'x')});
  checkpoint(redis, store);
  redis("SETRANGE k 7000000 y");
  redis("SETBIT k 0 1");
  redis("APPEND k z");
  const auto rows = engine_test::export_rows(redis.engine, false);
  EXPECT_LT(bytes_of(rows), 3 * kSegment + 2000);
  EXPECT_GT(bytes_of(rows), 2 * kSegment);
  store.put(rows);
  EXPECT_EQ(engine_test::import_rows(store.rows()).digest(), redis.engine.digest());
}

TEST(LongText, ZerosTakeAByteASegmentInTheStore) {
  Driver redis;
  Store store;
  redis("SETBIT k 4294967295 1");
  EXPECT_EQ(redis("STRLEN k"), ":536870912\r\n");
  const auto rows = engine_test::export_rows(redis.engine, false);
  EXPECT_LT(bytes_of(rows), kSegment + 8192 + 2000);
  const engine::Engine loaded = engine_test::import_rows(rows);
  EXPECT_EQ(loaded.memory_bytes(), redis.engine.memory_bytes());
}

TEST(LongText, ACheckpointWritesItAsItWasWhenItBegan) {
  Driver redis;
  Store store;
  redis.call({"SET", "k", std::string(10 * kSegment, 'a')});
  const std::uint64_t digest = redis.engine.digest();
  redis.engine.begin_checkpoint(false);
  for (int i = 0; i < 10; ++i) {
    redis.call({"SETRANGE", "k", std::to_string(static_cast<std::size_t>(i) * kSegment), "b"});
    take_some(redis, store, kSegment);
  }
  redis.call({"APPEND", "k", std::string(2 * kSegment, 'c')});
  redis("SET k short");
  while (!take_some(redis, store, kSegment)) {
  }
  redis.engine.finish_checkpoint();
  EXPECT_EQ(engine_test::import_rows(store.rows()).value_digest(0, "k").size(), 40U);
  Driver twin;
  twin.call({"SET", "k", std::string(10 * kSegment, 'a')});
  EXPECT_EQ(engine_test::import_rows(store.rows()).dataset_digest(), twin.engine.dataset_digest());
  EXPECT_NE(redis.engine.digest(), digest);
  checkpoint(redis, store);
  EXPECT_EQ(engine_test::import_rows(store.rows()).digest(), redis.engine.digest());
  EXPECT_LE(store.rows().size(), 2U) << "the segments of the string that is gone are gone";
}

TEST(LongText, RefusesSegmentsThatAreNotItsOwn) {
  const auto head_of = [](std::uint64_t size) {
    std::string head;
    engine::LongText(std::string(size, 'x')).encode_head(head);
    return head;
  };
  const std::string full(kSegment, 'x');
  const auto loads = [&](std::uint64_t segment, std::string_view bytes) {
    engine::LongText text;
    return text.load_head(head_of(kSegment + 10)) && text.load_segment(0, full) &&
           text.load_segment(segment, bytes) && text.finish_load();
  };
  EXPECT_TRUE(loads(1, std::string(10, 'y')));
  EXPECT_TRUE(loads(1, std::string(1, '\0')));
  EXPECT_FALSE(loads(1, std::string(10, '\0'))) << "zeros have a shorter row";
  EXPECT_FALSE(loads(1, std::string(9, 'y')));
  EXPECT_FALSE(loads(1, std::string(11, 'y')));
  EXPECT_FALSE(loads(2, std::string(10, 'y')));
  EXPECT_FALSE(loads(~0ULL, std::string(10, 'y')));
  engine::LongText text;
  EXPECT_FALSE(text.load_head(""));
  EXPECT_TRUE(text.load_head(head_of(kSegment + 10)) && text.load_segment(0, full));
  EXPECT_FALSE(text.finish_load()) << "a segment is missing";
}

}  // namespace
