// A small state.db with a flipped bit at every byte, and without room: the damage is named or the
// answer is what was written; never another one (DESIGN decision 18).
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "persistence/sqlite_store.h"

namespace {

using persistence::Row;
using persistence::RowKey;
using persistence::SqliteStore;
namespace fs = std::filesystem;

class StateDamage : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("quorate-state-" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  [[nodiscard]] std::string path() const { return (directory_ / "state.db").string(); }

  static raft::SnapshotMeta meta(std::uint64_t index) {
    return {.index = raft::LogIndex(index),
            .term = raft::Term(2),
            .membership = {base::ClusterId(5), {{raft::NodeId(1), "a:1", true}}}};
  }
  static void checkpoint(SqliteStore& store, std::uint64_t index, const std::vector<Row>& rows) {
    ASSERT_TRUE(store.begin_checkpoint().ok());
    ASSERT_TRUE(store.put_rows(rows).ok());
    ASSERT_TRUE(store.finish_checkpoint(meta(index)).ok());
  }
  // Two checkpoints: rows that were changed, removed and left as they were; one never finished.
  void write_story() {
    SqliteStore store(path());
    ASSERT_TRUE(store.open().ok());
    checkpoint(
        store, 10,
        {{{0, 0, 0, 0}, "system"}, {{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, std::string(300, 'b')}});
    checkpoint(store, 20, {{{1, 0, 0, 0}, "A"}, {{1, 1, 0, 0}, ""}, {{1, 2, 0, 0}, "c"}});
    ASSERT_TRUE(store.begin_checkpoint().ok());
    ASSERT_TRUE(store.put_rows({{{1, 0, 0, 0}, "unfinished"}}).ok());
  }
  [[nodiscard]] static std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write_bytes(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }

  struct Read {
    std::optional<raft::SnapshotMeta> meta;
    std::map<RowKey, std::string> rows;
    std::string error;
    base::Cause cause = base::Cause::kSystem;
    friend bool operator==(const Read&, const Read&) = default;
  };
  [[nodiscard]] Read read_all() const {
    Read read;
    SqliteStore store(path());
    const auto opened = store.open();
    if (!opened.ok()) return failed(opened.error());
    read.meta = opened.value();
    persistence::RowWalk walk{.generation = read.meta ? read.meta->generation : 0};
    for (bool is_last = !read.meta; !is_last;) {
      const auto page = store.read_page(walk, 100);
      if (!page.ok()) return failed(page.error());
      for (const Row& row : page.value().rows) read.rows[row.key] = row.body;
      is_last = page.value().is_last;
    }
    return read;
  }
  void execute(const std::string& sql) const {
    persistence::Database database;
    ASSERT_TRUE(database.open(path()).ok());
    ASSERT_TRUE(database.execute(sql.c_str()).ok());
  }
  static Read failed(const base::Error& error) {
    Read read;
    read.error = error.text();
    read.cause = error.cause;
    return read;
  }

  fs::path directory_;
};

TEST_F(StateDamage, AFlippedBitAtEveryByteIsNamedOrChangesNothing) {
  write_story();
  const Read sound = read_all();
  ASSERT_EQ(sound.error, "");
  ASSERT_EQ(sound.rows.size(), 3U);
  const std::string bytes = bytes_of(path());
  ASSERT_FALSE(fs::exists(path() + "-wal")) << "all is in the one file";
  std::size_t named = 0;
  std::vector<std::string> others;  // not taken for damage
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    const bool is_filler = byte > 0 && bytes[byte] == 0 && bytes[byte - 1] == 0;
    if (is_filler && byte % 61 != 0) continue;
    std::string damaged = bytes;
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << (byte % 8)));
    fs::remove(path() + "-wal");
    fs::remove(path() + "-shm");
    write_bytes(path(), damaged);
    const Read read = read_all();
    if (read.error.empty()) {
      EXPECT_TRUE(read == sound) << "byte " << byte;
      continue;
    }
    ++named;
    EXPECT_NE(read.error.find("state.db"), std::string::npos) << read.error;
    if (read.cause != base::Cause::kCorrupt) others.push_back(read.error);
  }
  EXPECT_GT(named, 300U);
  EXPECT_LE(others.size(), 6U) << "the format's version, and ours";
}

// The node was killed: the newest checkpoint is still in the write-ahead log. SQLite takes what
// checks there, up to the first frame that does not; an older checkpoint is an answer, a mixture is
// none.
TEST_F(StateDamage, AFlippedBitInTheWriteAheadLogGivesAWholeCheckpointOrIsNamed) {
  std::string database, wal;
  {
    SqliteStore store(path());
    ASSERT_TRUE(store.open().ok());
    checkpoint(store, 10, {{{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}});
    checkpoint(store, 20, {{{1, 0, 0, 0}, "A"}, {{1, 1, 0, 0}, ""}});
    database = bytes_of(path());
    wal = bytes_of(path() + "-wal");
  }
  ASSERT_FALSE(wal.empty());
  const std::map<RowKey, std::string> older = {{{1, 0, 0, 0}, "a"}, {{1, 1, 0, 0}, "b"}};
  const std::map<RowKey, std::string> newer = {{{1, 0, 0, 0}, "A"}};
  for (std::size_t byte = 0; byte < wal.size(); byte += 37) {
    std::string damaged = wal;
    damaged[byte] = static_cast<char>(damaged[byte] ^ 4);
    write_bytes(path(), database);
    write_bytes(path() + "-wal", damaged);
    fs::remove(path() + "-shm");
    const Read read = read_all();
    if (!read.error.empty()) continue;
    if (!read.meta) continue;  // nothing at all: node::recover compares it with the log
    EXPECT_TRUE(read.rows == (read.meta->index == raft::LogIndex(10) ? older : newer)) << byte;
  }
}

TEST_F(StateDamage, ATableThatIsGoneIsNamed) {
  write_story();
  for (const char* table : {"rows", "generations", "started"}) {
    SCOPED_TRACE(table);
    const std::string sound = bytes_of(path());
    execute(std::string("DROP TABLE ") + table);
    const Read read = read_all();
    EXPECT_NE(read.error, "");
    EXPECT_EQ(read.cause, base::Cause::kCorrupt);
    fs::remove(path() + "-wal");
    write_bytes(path(), sound);
  }
}

TEST_F(StateDamage, AFileThatIsNoDatabaseIsNamed) {
  write_bytes(path(), std::string(5000, 'x'));
  EXPECT_EQ(read_all().cause, base::Cause::kCorrupt);
  EXPECT_NE(read_all().error.find("state.db"), std::string::npos);
}

TEST_F(StateDamage, ATableMoreThanThereShouldBeIsNamed) {
  write_story();
  execute("CREATE TABLE zebra(a)");
  EXPECT_EQ(read_all().cause, base::Cause::kCorrupt);
  EXPECT_NE(read_all().error.find("zebra"), std::string::npos);
}

TEST_F(StateDamage, BytesBehindTheRecordOfACheckpointAreDamage) {
  write_story();
  execute("UPDATE generations SET record = CAST(record || x'00' AS BLOB)");
  EXPECT_EQ(read_all().cause, base::Cause::kCorrupt);
  EXPECT_NE(read_all().error.find("its record is damaged"), std::string::npos);
}

TEST_F(StateDamage, TheDatabaseOfAnotherProgramIsRefused) {
  execute("CREATE TABLE customers(name)");
  EXPECT_EQ(read_all().cause, base::Cause::kUnsupported);
}

TEST_F(StateDamage, AnEmptyDatabaseThatSaysAnotherVersionIsRefused) {
  execute("PRAGMA user_version=2");
  EXPECT_EQ(read_all().cause, base::Cause::kUnsupported);
}

TEST_F(StateDamage, AStoreOfAnotherVersionIsRefused) {
  write_story();
  execute("PRAGMA user_version=2");
  EXPECT_EQ(read_all().cause, base::Cause::kUnsupported);
}

// ---- no room ----

TEST_F(StateDamage, RowsThatFoundNoRoomMayBePutAgain) {
  SqliteStore store(path());
  ASSERT_TRUE(store.open().ok());
  checkpoint(store, 10, {{{1, 0, 0, 0}, "a"}});
  for (const bool is_install : {false, true}) {
    ASSERT_TRUE((is_install ? store.begin_install() : store.begin_checkpoint()).ok());
    std::vector<Row> rows;
    for (std::uint64_t i = 0; i < 50; ++i)
      rows.push_back({{1, i, 0, 0}, std::string(4000, static_cast<char>(is_install ? 'i' : 'c'))});
    const auto put = [&] { return is_install ? store.install_rows(rows) : store.put_rows(rows); };
    store.limit_pages(8);
    for (int i = 0; i < 2; ++i) {
      const base::Status status = put();
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().cause, base::Cause::kNoSpace);
    }
    store.limit_pages(1'000'000);
    ASSERT_TRUE(put().ok());
    const auto done =
        is_install ? store.finish_install(meta(30)) : store.finish_checkpoint(meta(20));
    ASSERT_TRUE(done.ok()) << done.error().text();
    persistence::RowWalk walk{.generation = done.value().generation};
    const auto page = store.read_page(walk, 1U << 30);
    ASSERT_TRUE(page.ok()) << page.error().text();
    EXPECT_EQ(page.value().rows.size(), 50U);
  }
}

TEST_F(StateDamage, ACheckpointThatFindsNoRoomAtItsEndLeavesTheOneBefore) {
  SqliteStore store(path());
  ASSERT_TRUE(store.open().ok());
  checkpoint(store, 10, {{{1, 0, 0, 0}, "a"}});
  ASSERT_TRUE(store.begin_checkpoint().ok());
  store.limit_pages(1);
  const base::Status put = store.put_rows({{{1, 1, 0, 0}, std::string(100'000, 'x')}});
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().cause, base::Cause::kNoSpace);
  store.limit_pages(1'000'000);
  checkpoint(store, 20, {{{1, 2, 0, 0}, "c"}});
  persistence::RowWalk walk{.generation = store.pin().value()->generation};
  const auto page = store.read_page(walk, 1000);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().rows.size(), 2U);
}

}  // namespace
