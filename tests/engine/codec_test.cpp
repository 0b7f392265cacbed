// Rows: what is written is what is read, and what was not written is refused.
#include "engine/checkpoint/codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/codec.h"
#include "base/prng.h"
#include "engine/types/listpack.h"
#include "tests/engine/model.h"

namespace {

using engine::Entry;
using engine::kNoExpiry;
using engine::Value;

std::vector<Entry> samples() {
  std::vector<Entry> entries;
  for (const std::int64_t number :
       {0LL, -1LL, 127LL, 128LL, -129LL, 40000LL, -2147483649LL, 9223372036854775807LL}) {
    entries.emplace_back("number", Value::from_integer(number), kNoExpiry);
  }
  entries.emplace_back("copied", Value::from_integer(7, true), 5);
  for (const std::size_t size : {0U, 1U, 44U, 45U, 63U, 64U, 1024U, 1025U, 16384U}) {
    entries.emplace_back("text", Value::from_text(std::string(size, 'x'), false),
                         1'700'000'000'000);
  }
  entries.emplace_back(std::string("\0\xFF", 2), Value::from_text("12", true), kNoExpiry);
  entries.emplace_back("", Value::from_text("12", false), 0);
  return entries;
}

TEST(Rows, GiveBackKeyValueEncodingAndExpiry) {
  for (const Entry& entry : samples()) {
    auto decoded = engine::decode_row(engine::encode_row(entry), engine::kNoSecret);
    ASSERT_TRUE(decoded);
    const Entry again(decoded->key, std::move(decoded->value), decoded->expiry_ms);
    EXPECT_EQ(again.key(), entry.key());
    EXPECT_EQ(again.value().string(), entry.value().string());
    EXPECT_EQ(again.value().encoding(), entry.value().encoding());
    EXPECT_EQ(again.value().is_raw(), entry.value().is_raw());
    EXPECT_EQ(again.expiry_ms(), entry.expiry_ms());
  }
}

TEST(Rows, EveryTruncationAndATrailingByteAreRefused) {
  for (const Entry& entry : samples()) {
    const std::string row = engine::encode_row(entry);
    const std::size_t first = row.size() > 200 ? row.size() - 200 : 0;
    for (std::size_t size = first; size < row.size(); ++size)
      EXPECT_FALSE(engine::decode_row(row.substr(0, size), engine::kNoSecret)) << size;
    EXPECT_FALSE(engine::decode_row(row + "x", engine::kNoSecret));
  }
}

TEST(Rows, GarbageIsRefusedOrGivesAnEntryButNeverHarm) {
  base::Prng prng(1);
  const auto entries = samples();
  for (int i = 0; i < 20000; ++i) {
    std::string row = engine::encode_row(entries[prng.below(entries.size())]).substr(0, 100);
    for (std::uint64_t changes = 1 + prng.below(4); changes > 0; --changes)
      row[prng.below(row.size())] = static_cast<char>(prng.next());
    const auto decoded = engine::decode_row(row, engine::kNoSecret);
    EXPECT_TRUE(!decoded || decoded->key.size() <= row.size());
  }
}

TEST(Rows, OfUnknownVersionOrTypeAreRefused) {
  std::string row = engine::encode_row(Entry("k", Value::from_string("v"), kNoExpiry));
  for (const char version : {'\0', '\6'}) {
    row[0] = version;
    EXPECT_FALSE(engine::decode_row(row, engine::kNoSecret));
  }
  for (const char version : {'\1', '\2', '\3', '\4', '\5'}) {
    row[0] = version;
    ASSERT_TRUE(engine::decode_row(row, engine::kNoSecret));
  }
  row[row.size() - 3] = 1;  // the RDB type
  EXPECT_FALSE(engine::decode_row(row, engine::kNoSecret));
}

// ---- loading ----

std::string load_error(const std::vector<base::Row>& rows) {
  engine::Engine engine;
  for (const base::Row& row : rows) {
    const base::Status status = engine.load_row(row);
    if (!status.ok()) return status.error().text();
  }
  const base::Status status = engine.finish_load();
  return status.ok() ? "" : status.error().text();
}

class Loading : public testing::Test {
 protected:
  void SetUp() override {
    redis("SET a 1");
    redis.call({"SET", "b", std::string(150000, 'b')});
    redis.call({"SET", std::string(20000, 'K'), "c"});
    rows = engine_test::export_rows(redis.engine, true);
    std::sort(rows.begin(), rows.end(), [](const auto& x, const auto& y) { return x.key < y.key; });
    ASSERT_EQ(rows.size(), 1U + 1 + 1 + 3) << "system, keys, block of a key, segments of a value";
  }
  engine_test::Driver redis;
  std::vector<base::Row> rows;
};

TEST_F(Loading, AllRowsGiveTheSameState) {
  EXPECT_EQ(load_error(rows), "");
  EXPECT_EQ(engine_test::import_rows(rows).digest(), redis.engine.digest());
}

// As version 2 wrote it: size in the row, bytes in blocks behind it.
TEST_F(Loading, ALongStringOfVersion2IsReadAndGoesIntoSegments) {
  const std::string value(150'000, 'v');
  std::vector<base::Row> old(rows.begin(), rows.begin() + 1);
  const std::uint64_t keyspace = rows[1].key.keyspace;
  std::string row("\x02\x0A\x01k", 4);
  base::Encoder(row).varint(value.size());
  old.push_back({{keyspace, 0, 0, 0}, row});
  for (std::uint64_t block = 0; block * engine::kBlockBytes < value.size(); ++block)
    old.push_back(
        {{keyspace, 0, 1, block}, value.substr(block * engine::kBlockBytes, engine::kBlockBytes)});
  engine::Engine loaded = engine_test::import_rows(old);
  engine_test::Driver twin;
  twin.call({"SET", "k", value});
  EXPECT_EQ(loaded.dataset_digest(), twin.engine.dataset_digest());
  const auto again = engine_test::export_rows(loaded, true);
  const auto is_deletion = [](const base::Row& r) { return r.key.value == 1 && r.body.empty(); };
  EXPECT_EQ(std::count_if(again.begin(), again.end(), is_deletion), 3);
  EXPECT_EQ(engine_test::import_rows(again).dataset_digest(), twin.engine.dataset_digest());
}

// As version 4 wrote it.
TEST_F(Loading, ALargePackedCollectionInBlocksIsReadAndGoesIntoSegments) {
  std::string packed = engine::Listpack::empty();
  for (const std::string& word : {std::string("field"), std::string(150'000, 'v')})
    engine::Listpack::append(packed, word);
  std::vector<base::Row> old(rows.begin(), rows.begin() + 1);
  const std::uint64_t keyspace = rows[1].key.keyspace;
  std::string row("\x04\x28\x01k\x04\x00", 6);
  base::Encoder(row).varint(packed.size());
  std::string keys("\x81");
  base::Encoder(keys).bytes(row);
  old.push_back({{keyspace, 0, 0, 0}, keys});
  for (std::uint64_t block = 0; block * engine::kBlockBytes < packed.size(); ++block)
    old.push_back(
        {{keyspace, 0, 1, block}, packed.substr(block * engine::kBlockBytes, engine::kBlockBytes)});
  engine_test::Driver loaded;
  loaded.engine = engine_test::import_rows(old);
  EXPECT_EQ(loaded("HSTRLEN k field"), ":150000\r\n");
  EXPECT_EQ(loaded.engine.object_facts(0, "k", loaded.time_ms)->encoding, "listpack");
  const auto again = engine_test::export_rows(loaded.engine, true);
  const auto is_deletion = [](const base::Row& r) { return r.key.value == 1 && r.body.empty(); };
  EXPECT_EQ(std::count_if(again.begin(), again.end(), is_deletion), 3);
  EXPECT_EQ(std::count_if(again.begin(), again.end(),
                          [](const base::Row& r) { return r.key.value == 1; }),
            3)
      << "none is written";
  engine::Engine from_segments = engine_test::import_rows(again);
  EXPECT_EQ(from_segments.dataset_digest(), loaded.engine.dataset_digest());
  EXPECT_EQ(from_segments.digest(), loaded.engine.digest());
  EXPECT_EQ(from_segments.content_bytes(), loaded.engine.content_bytes());
}

TEST_F(Loading, AnyMissingRowIsNamedUnlessItIsTheLastOfItsDatabase) {
  for (std::size_t missing = 0; missing < rows.size(); ++missing) {
    auto without = rows;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_NE(load_error(without), "") << missing;
  }
}

TEST_F(Loading, RowsTwiceOrOutOfOrderOrOfNoDatabaseAreNamed) {
  auto twice = rows;
  twice.push_back(rows[1]);
  EXPECT_NE(load_error(twice), "");
  auto swapped = rows;
  std::swap(swapped[1], swapped[2]);
  EXPECT_NE(load_error(swapped), "");
  auto strange = rows;
  strange.push_back({{999, 0, 0, 0}, rows[1].body});
  EXPECT_EQ(load_error(strange), "load row keyspace 999 position 0: no database has this keyspace");
}

TEST_F(Loading, AShortBlockIsNamed) {
  for (base::Row& row : rows) {
    if (row.key.value != 0) row.body.pop_back();
  }
  EXPECT_NE(load_error(rows), "");
}

TEST_F(Loading, EveryTruncationOfTheSystemRowIsNamed) {
  const std::string whole = rows[0].body;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    rows[0].body = whole.substr(0, size);
    EXPECT_NE(load_error(rows), "") << size;
  }
}

}  // namespace
