// Every call that the log, the directory and the posix file system make on files, failing once, one
// after the other: the error is told, names the object, and nothing that was acknowledged before it
// is lost (DESIGN decision 17).
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "persistence/directory.h"
#include "tests/persistence/failing_calls.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;
namespace fs = std::filesystem;

class Failing : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("quorate-failing-" + std::to_string(::getpid()));
    make_anew();
  }
  void TearDown() override { fs::remove_all(directory_); }
  void make_anew() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory_ / name).string();
  }
  [[nodiscard]] bool exists(const std::string& name) const { return fs::exists(directory_ / name); }

  const std::unique_ptr<persistence::FileSystem> files_ = persistence::posix_file_system();
  fs::path directory_;
};

// ---- the log ----

// What a log is used for, one action after the other; stops at the first that fails.
class Story {
 public:
  Story(persistence::FileSystem& files, const std::string& directory, bool has_ballast)
      : log_(files, directory,
             {.segment_bytes = 1024, .ballast_bytes = has_ballast ? 2048ULL : 0ULL}) {}

  // None: all of it was done.
  std::optional<base::Error> run() {
    if (const auto opened = log_.open(kGroup); !opened.ok()) return opened.error();
    if (!append(reset(0, 0)) || !append(hard_state(1, 1))) return error_;
    for (std::uint64_t i = 1; i <= 5; ++i) {
      if (!append(entries({entry(i, 1, std::string(150 * i, 'a'))}))) return error_;
      acknowledged = i;
    }
    if (!take(log_.mark_end())) return error_;
    const auto read = log_.read(kGroup, LogIndex(1), LogIndex(5), 10'000);
    if (!read.ok()) return read.error();
    if (!take(log_.discard(kGroup, LogIndex(3)))) return error_;
    if (!append(hard_state(4, 2))) return error_;
    term = 4;
    for (const char* said : {"promise 1", "promise 2"}) {
      if (!take(log_.remember(said))) return error_;
      remembered = said;
    }
    return {};
  }
  std::uint64_t acknowledged = 0, term = 0;
  std::string remembered;

 private:
  bool take(const base::Status& status) {
    if (!status.ok()) error_ = status.error();
    return status.ok();
  }
  bool append(const LogWrite& write) { return take(log_.append({write})); }
  SegmentLog log_;
  std::optional<base::Error> error_;
};

TEST_F(Failing, EveryCallOfTheLogIsTakenSeriouslyAndNothingAcknowledgedIsLost) {
  std::set<std::string> failed;
  for (const bool has_ballast : {false, true}) {
    std::uint64_t which = 1;
    for (bool is_through = false; !is_through; ++which) {
      SCOPED_TRACE("call " + std::to_string(which));
      make_anew();
      Story story(*files_, directory_.string(), has_ballast);
      {
        const FailingCalls failing(which, EIO);
        const auto error = story.run();
        is_through = !failing.has_failed();
        failed.insert(failing.failed_name());
        // Files that need not be there are the only ones whose loss is borne in silence.
        EXPECT_TRUE(is_through || error || has_ballast) << failing.failed_name();
        EXPECT_NE((error ? error->text() : directory_.string()).find(directory_.string()),
                  std::string::npos);
      }
      SegmentLog after(*files_, directory_.string(), kSmall);
      const auto found = after.open(kGroup);
      ASSERT_TRUE(found.ok()) << found.error().text();
      EXPECT_GE(found.value().last_index.value(), story.acknowledged);
      EXPECT_GE(found.value().hard_state.term.value(), story.term);
      EXPECT_GE(found.value().remembered, story.remembered);
    }
    EXPECT_GT(which, 60U);
  }
  for (const char* name : {"opendir", "open", "pwrite", "fdatasync", "fsync", "pread", "unlink",
                           "ftruncate", "posix_fallocate"})
    EXPECT_TRUE(failed.contains(name)) << name;
}

// Each call of the start on files that need repair: a segment that was being created, a torn batch.
TEST_F(Failing, EveryCallOfAStartThatRepairsIsTakenSeriously) {
  for (const bool has_unfinished_segment : {false, true}) {
    std::uint64_t which = 1;
    for (bool is_through = false; !is_through; ++which) {
      SCOPED_TRACE("call " + std::to_string(which));
      make_anew();
      ASSERT_FALSE(Story(*files_, directory_.string(), true).run());
      if (has_unfinished_segment) {
        ASSERT_TRUE(files_->open(path("0000000099.seg"), true).ok());
      }
      const std::string newest = has_unfinished_segment ? "" : "0000000005.seg";
      if (!newest.empty() && exists(newest)) {
        const auto file = files_->open(path(newest), false).value();
        ASSERT_TRUE(file->write(600, "what is left of a torn batch").ok());
      }
      const FailingCalls failing(which, EIO);
      SegmentLog log(*files_, directory_.string(), kSmall);
      const auto found = log.open(kGroup);
      is_through = !failing.has_failed();
      EXPECT_EQ(found.ok(), is_through) << failing.failed_name();
    }
    EXPECT_GT(which, 8U);
  }
}

TEST_F(Failing, ALargeEntryThatCannotBeReadWholeIsAnError) {
  SegmentLog log(*files_, directory_.string(), kSmall);
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, std::string(9000, 'x'))})}).ok());
  const FailingCalls failing(2, EIO, "pread");
  const auto read = log.read(kGroup, LogIndex(1), LogIndex(1), 1);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().operation, "read");
}

TEST_F(Failing, ALengthThatNoRecordHasIsNotReadAtAll) {
  SegmentLog log(*files_, directory_.string(), {.segment_bytes = 16384});
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, "x")})}).ok());
  const auto file = files_->open(path("0000000001.seg"), false).value();
  // Behind the header of the file and the carry, whose length is its first field.
  const std::string carry = file->read(persistence::segment::kFileHeaderBytes, 4096).value();
  const std::string head = file->read(0, persistence::segment::kFileHeaderBytes).value();
  const std::uint32_t salt = persistence::segment::parse_file_header(head, "").value().salt;
  const auto parsed = persistence::segment::parse_record(carry, 0, salt);
  const std::uint64_t at = persistence::segment::kFileHeaderBytes + parsed.value().end;
  ASSERT_TRUE(file->write(at + 3, "\x7f").ok());
  const FailingCalls failing(2, EIO, "pread");
  const auto read = log.read(kGroup, LogIndex(1), LogIndex(1), 1);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().cause, base::Cause::kCorrupt);
  EXPECT_NE(read.error().text().find("0000000001.seg at " + std::to_string(at)), std::string::npos);
  EXPECT_FALSE(failing.has_failed()) << "two gigabytes were asked for";
}

// Segments that were on their way out when the process died.
TEST_F(Failing, AStartThatCannotRemoveWhatWasLeftOverDoesNotGoOn) {
  const std::vector<std::string> leftovers = {"0000000001.seg", "0000000002.seg"};
  {
    SegmentLog log(*files_, directory_.string(), kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 9; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 1, std::string(1000, 'x'))})}).ok());
    ASSERT_TRUE(exists("0000000003.seg"));
    ASSERT_TRUE(log.discard(kGroup, LogIndex(8)).ok());
  }
  for (const std::string& name : leftovers) {
    ASSERT_FALSE(exists(name));
    ASSERT_TRUE(files_->open(path(name), true).ok());
  }
  {
    const FailingCalls failing(1, EIO, "unlink");
    EXPECT_FALSE(SegmentLog(*files_, directory_.string(), kSmall).open(kGroup).ok());
    EXPECT_TRUE(exists(leftovers[0]) && exists(leftovers[1]));
  }
  EXPECT_TRUE(SegmentLog(*files_, directory_.string(), kSmall).open(kGroup).ok());
  EXPECT_FALSE(exists(leftovers[0]) || exists(leftovers[1]));
}

// ---- files ----

TEST_F(Failing, ACallThatASignalInterruptedIsMadeAgain) {
  const auto file = files_->open(path("a"), true).value();
  {
    const FailingCalls failing(1, EINTR, "pwrite");
    EXPECT_TRUE(file->write(0, "hello").ok());
    EXPECT_TRUE(failing.has_failed());
  }
  const FailingCalls failing(1, EINTR, "pread");
  EXPECT_EQ(file->read(0, 5).value(), "hello");
  EXPECT_TRUE(failing.has_failed());
}

TEST_F(Failing, NoRoomAndNoQuotaAreTheSameAndAnythingElseIsNot) {
  const auto file = files_->open(path("a"), true).value();
  const auto cause = [&](int code) {
    const FailingCalls failing(1, code, "posix_fallocate");
    return file->allocate(100).error().cause;
  };
  EXPECT_EQ(cause(ENOSPC), base::Cause::kNoSpace);
  EXPECT_EQ(cause(EDQUOT), base::Cause::kNoSpace);
  EXPECT_EQ(cause(EIO), base::Cause::kSystem);
}

TEST_F(Failing, EveryOperationOnFilesSaysWhatFailedAndWhereItFailed) {
  const auto file = files_->open(path("a"), true).value();
  const auto expect = [&](const char* call, const char* operation, const auto& act) {
    const FailingCalls failing(1, EIO, call);
    const auto result = act();
    ASSERT_FALSE(result.ok()) << call;
    EXPECT_EQ(result.error().operation, operation);
    EXPECT_EQ(result.error().code, EIO);
    EXPECT_NE(result.error().object.find(directory_.string()), std::string::npos);
  };
  expect("pread", "read", [&] { return file->read(0, 1); });
  expect("pwrite", "write", [&] { return file->write(0, "x"); });
  expect("fdatasync", "sync", [&] { return file->sync(); });
  expect("posix_fallocate", "allocate", [&] { return file->allocate(10); });
  expect("ftruncate", "truncate", [&] { return file->truncate(1); });
  expect("fstat", "stat", [&] { return file->size(); });
  expect("open", "open", [&] { return files_->open(path("b"), true); });
  expect("opendir", "list", [&] { return files_->list(directory_.string()); });
  expect("readdir", "list", [&] { return files_->list(directory_.string()); });
  expect("mkdir", "make directory", [&] { return files_->make_directory(path("c")); });
  expect("unlink", "remove", [&] { return files_->remove(path("a")); });
  expect("rename", "rename", [&] { return files_->rename(path("a"), path("d")); });
  expect("open", "open", [&] { return files_->sync_directory(directory_.string()); });
  expect("fsync", "sync", [&] { return files_->sync_directory(directory_.string()); });
}

TEST_F(Failing, ADirectoryThatIsNotThereHoldsNothingAndOneThatIsThereIsMade) {
  EXPECT_TRUE(files_->list(path("nowhere")).value().empty());
  EXPECT_TRUE(files_->make_directory(path("here")).ok());
  EXPECT_TRUE(files_->make_directory(path("here")).ok());
  EXPECT_TRUE(exists("here"));
}

// ---- the directory ----

TEST_F(Failing, EveryCallThatOpensADirectoryOrReadsAndWritesItsIdentityIsTakenSeriously) {
  const persistence::Identity first{raft::NodeId(7), base::ClusterId(8)};
  const persistence::Identity second{raft::NodeId(9), base::ClusterId(8)};
  std::uint64_t which = 1;
  for (bool is_through = false; !is_through; ++which) {
    SCOPED_TRACE("call " + std::to_string(which));
    make_anew();
    ASSERT_TRUE(persistence::Directory::open(path("data")).value()->set_identity(first).ok());
    bool is_well = true, is_renamed = false;
    {
      const FailingCalls failing(which, EIO);
      auto directory = persistence::Directory::open(path("data"));
      is_well = directory.ok();
      is_well = is_well && directory.value()->identity().ok();
      is_well = is_well && directory.value()->set_identity(second).ok();
      is_through = !failing.has_failed();
      is_renamed = !exists("data/identity.new");
      EXPECT_EQ(is_well, is_through) << failing.failed_name();
    }
    const auto found = persistence::Directory::open(path("data")).value()->identity();
    ASSERT_TRUE(found.ok()) << found.error().text();
    EXPECT_TRUE(found.value().node == (is_well ? second.node : first.node) ||
                (is_renamed && found.value().node == second.node));
  }
  EXPECT_GT(which, 10U);
}

TEST_F(Failing, ADirectoryOfARelativeNameIsSyncedInTheOneWhereItIs) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_);
  EXPECT_TRUE(persistence::Directory::open("here").ok());
  fs::current_path(before);
  EXPECT_TRUE(exists("here/log"));
}

}  // namespace
