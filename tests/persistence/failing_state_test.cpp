// Every call that SQLite makes on files for the state store, and every piece of memory it asks for,
// failing once, one after the other: the error is told, and what a start finds afterwards is a
// whole checkpoint, no older than the last one that was said to be done (DESIGN decision 18).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>

#include "base/limits.h"
#include "persistence/sqlite_store.h"
#include "tests/persistence/failing_calls.h"

namespace {

using persistence::Row;
using persistence::SqliteStore;
using persistence_test::FailingCalls;
using persistence_test::FailingMemory;
namespace fs = std::filesystem;

raft::SnapshotMeta meta(std::uint64_t index) {
  return {.index = raft::LogIndex(index),
          .term = raft::Term(2),
          .membership = {base::ClusterId(5), {{raft::NodeId(1), "a:1", true}}}};
}
std::vector<Row> rows_of(std::uint64_t index) {
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < 6; ++i)
    rows.push_back({{1, i, 0, 0}, std::to_string(index) + std::string(i * 900, 'x')});
  return rows;
}
std::vector<Row> read_all(SqliteStore& store, std::uint64_t generation) {
  std::vector<Row> rows;
  persistence::RowWalk walk{.generation = generation};
  for (bool is_last = false; !is_last;) {
    auto page = store.read_page(walk, 1000);
    EXPECT_TRUE(page.ok()) << page.error().text();
    if (!page.ok()) break;
    is_last = page.value().is_last;
    for (Row& row : page.value().rows) rows.push_back(std::move(row));
  }
  return rows;
}

// What the store is used for; a step that fails ends it.
class Use {
 public:
  explicit Use(SqliteStore& store) : store_(store) {}
  std::uint64_t done = 0;  // position of the last checkpoint that was said to be finished
  std::optional<base::Error> error;

  bool open() { return take(store_.open()); }
  bool checkpoint(std::uint64_t index) {
    return take(store_.begin_checkpoint()) && take(store_.put_rows(rows_of(index))) &&
           finish(store_.finish_checkpoint(meta(index)), index);
  }
  // More than one transaction.
  bool large(std::uint64_t index) {
    std::vector<Row> rows = rows_of(index);
    rows.push_back({{2, 0, 0, 0}, std::string(base::limits::kCheckpointTransactionBytesMax, 'y')});
    rows.push_back({{2, 1, 0, 0}, "behind it"});
    return take(store_.begin_checkpoint()) && take(store_.put_rows(rows)) &&
           finish(store_.finish_checkpoint(meta(index)), index);
  }
  bool install(std::uint64_t index) {
    return take(store_.begin_install()) && take(store_.install_rows(rows_of(index))) &&
           finish(store_.finish_install(meta(index)), index);
  }
  bool read() {
    const auto pinned = store_.pin();
    if (!take(pinned)) return false;
    const std::uint64_t generation = pinned.value()->generation;
    persistence::RowWalk walk{.generation = generation};
    const bool is_read = take(store_.read_page(walk, 1000));
    store_.unpin(generation);
    return is_read;
  }
  bool purge() {
    for (int i = 0; i < 10; ++i) {
      const auto is_done = store_.purge_slice();
      if (!take(is_done)) return false;
      if (is_done.value()) return true;
    }
    return false;
  }

 private:
  bool take(const auto& result) {
    if (!result.ok()) error = result.error();
    return result.ok();
  }
  bool finish(const base::Result<raft::SnapshotMeta>& result, std::uint64_t index) {
    // What is finished stays finished, though the WAL could not be folded behind it.
    done = result.ok() ? index : done;
    return take(result);
  }
  SqliteStore& store_;
};

class FailingState : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("quorate-failing-state-" + std::to_string(getpid()));
  }
  void TearDown() override { fs::remove_all(directory_); }
  void make_anew() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  [[nodiscard]] std::string path() const { return (directory_ / "state.db").string(); }

  void expect_whole(std::uint64_t done) {
    SqliteStore store(path());
    const auto found = store.open();
    ASSERT_TRUE(found.ok()) << found.error().text();
    if (!found.value()) {
      EXPECT_EQ(done, 0U);
      return;
    }
    const std::uint64_t index = found.value()->index.value();
    EXPECT_GE(index, done);
    std::vector<Row> rows = read_all(store, found.value()->generation);
    std::erase_if(rows, [](const Row& row) { return row.key.keyspace == 2; });
    const std::vector<Row> wanted = rows_of(index);
    ASSERT_EQ(rows.size(), wanted.size());
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].body, wanted[i].body);
  }
  // `fail` makes what lets number so-and-so fail; at least `least` failures are told.
  template <class Fail>
  void fail_each(const std::function<bool(Use&)>& use, const Fail& fail, std::uint64_t least) {
    std::uint64_t which = 1, told = 0;
    for (bool is_through = false; !is_through; ++which) {
      SCOPED_TRACE("number " + std::to_string(which));
      make_anew();
      std::uint64_t done = 0;
      {
        SqliteStore store(path());
        Use whole(store);
        const auto failing = fail(which);
        const bool is_well = use(whole);
        is_through = !failing.has_failed();
        EXPECT_TRUE(is_well || !is_through) << whole.error->text();
        EXPECT_NE((is_well ? path() : whole.error->text()).find("state.db"), std::string::npos);
        told += is_well ? 0 : 1;
        done = whole.done;
      }
      expect_whole(done);
    }
    EXPECT_GT(told, least);
  }

  fs::path directory_;
};

bool use_all(Use& use) {
  return use.open() && use.checkpoint(10) && use.checkpoint(20) && use.read() && use.purge() &&
         use.install(30) && use.purge();
}

TEST_F(FailingState, EveryCallOnFilesMayFail) {
  fail_each(
      use_all, [](std::uint64_t which) { return FailingCalls(which, EIO); }, 40);
}

TEST_F(FailingState, EveryCallOnFilesMayFindNoRoom) {
  fail_each(
      use_all, [](std::uint64_t which) { return FailingCalls(which, ENOSPC); }, 20);
}

TEST_F(FailingState, ACheckpointOfSeveralTransactionsMayFailAtEachWrite) {
  // Of its thousands of writes every few hundredth, and all syncs.
  const auto use = [](Use& whole) {
    return whole.open() && whole.checkpoint(10) && whole.large(20);
  };
  fail_each(
      use, [](std::uint64_t which) { return FailingCalls(which * 397, EIO, "pwrite"); }, 2);
  fail_each(
      use, [](std::uint64_t which) { return FailingCalls(which, EIO, "fdatasync"); }, 3);
}

TEST_F(FailingState, EveryPieceOfMemoryMayBeRefused) {
  fail_each(
      use_all, [](std::uint64_t which) { return FailingMemory(which); }, 100);
}

// SQLite says only that a write has failed: whether for want of room is tried out beside its file.
TEST_F(FailingState, AQuotaThatIsUsedUpIsWantOfRoomAndAnErrorOfTheDiskIsNot) {
  const auto cause = [&](const std::string& then, int code) {
    make_anew();
    SqliteStore store(path());
    Use use(store);
    EXPECT_TRUE(use.open());
    FailingCalls failing(1, EDQUOT, "pwrite");
    if (!then.empty()) failing.and_then(then, code);
    EXPECT_FALSE(use.checkpoint(10));
    EXPECT_TRUE(failing.has_failed());
    return use.error->cause;
  };
  EXPECT_EQ(cause("posix_fallocate", EDQUOT), base::Cause::kNoSpace);
  EXPECT_EQ(cause("posix_fallocate", ENOSPC), base::Cause::kNoSpace);
  EXPECT_EQ(cause("posix_fallocate", EIO), base::Cause::kSystem);
  EXPECT_EQ(cause("open", EDQUOT), base::Cause::kNoSpace);
  EXPECT_EQ(cause("", 0), base::Cause::kSystem) << "there is room";
  EXPECT_FALSE(fs::exists(path() + "-space"));
}

TEST_F(FailingState, WithoutACheckpointThereIsNothingToPinAndNothingInIt) {
  make_anew();
  SqliteStore store(path());
  ASSERT_TRUE(store.open().ok());
  EXPECT_FALSE(store.pin().value().has_value());
  EXPECT_EQ(store.size_bytes(), 0U);
  store.unpin(5);  // of a stream that has found no checkpoint
  EXPECT_TRUE(store.purge_slice().ok());
}

}  // namespace
