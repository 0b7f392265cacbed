// Errors between the steps of one operation of the log: it stops there, and what the next start
// finds is what it would have found without the operation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

class LogErrors : public testing::Test {
 protected:
  void start(const std::string& boot_id, std::uint64_t ballast_bytes = 0) {
    log_.emplace(files_, "log",
                 persistence::SegmentLogOptions{
                     .segment_bytes = 4096, .ballast_bytes = ballast_bytes, .boot_id = boot_id});
    const auto contents = log_->open(kGroup);
    ASSERT_TRUE(contents.ok()) << contents.error().text();
    contents_ = contents.value();
  }
  [[nodiscard]] base::Status write(std::uint64_t index, bool is_synced, std::size_t bytes = 100) {
    const LogWrite batch = entries({entry(index, 1, std::string(bytes, 'x'))});
    return is_synced ? log_->append({batch}) : log_->append_unsynced({batch});
  }
  void write_all(std::uint64_t first, std::uint64_t last, bool is_synced, std::size_t bytes) {
    for (std::uint64_t i = first; i <= last; ++i) ASSERT_TRUE(write(i, is_synced, bytes).ok());
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    const auto paths = files_.paths();
    return std::find(paths.begin(), paths.end(), "log/" + name) != paths.end();
  }
  [[nodiscard]] std::uint64_t last() const { return contents_.last_index.value(); }

  SimulatedFileSystem files_{1};
  std::optional<SegmentLog> log_;
  LogContents contents_;
};

TEST_F(LogErrors, NothingUnsyncedIsWrittenWhenThatCannotBeNoted) {
  start("a");
  ASSERT_TRUE(write(1, true).ok());
  files_.fail_next_write();
  EXPECT_FALSE(write(2, false).ok());
  EXPECT_FALSE(log_->is_unsynced());
  start("b");
  EXPECT_EQ(last(), 1U);
  EXPECT_FALSE(contents_.has_amnesia);
}

TEST_F(LogErrors, ANoteForWhichThereIsNoRoomGetsThatOfTheBallast) {
  start("a", 2048);
  ASSERT_TRUE(write(1, true).ok());
  ASSERT_TRUE(exists("ballast"));
  files_.set_space_left(0);
  EXPECT_TRUE(write(2, false).ok());
  EXPECT_FALSE(exists("ballast"));
  EXPECT_TRUE(log_->is_unsynced());
}

TEST_F(LogErrors, NoSegmentIsBegunBehindOneThatCannotBeSynced) {
  start("a");
  write_all(1, 3, false, 1000);
  files_.fail_next_sync();
  EXPECT_FALSE(write(4, false, 1000).ok());
  EXPECT_TRUE(log_->is_unsynced());
  EXPECT_FALSE(exists("0000000002.seg"));
}

TEST_F(LogErrors, NeitherEndNorCleanStopIsMarkedBehindWhatCannotBeSynced) {
  start("a");
  ASSERT_TRUE(write(1, false).ok());
  const std::uint64_t before = log_->size_bytes();
  files_.fail_next_sync();
  EXPECT_FALSE(log_->mark_end().ok());
  files_.fail_next_sync();
  EXPECT_FALSE(log_->mark_clean().ok());
  EXPECT_EQ(log_->size_bytes(), before);
  start("b");
  EXPECT_TRUE(contents_.has_amnesia);
}

TEST_F(LogErrors, ACleanStopOfALogThatWasAlwaysSyncedIsAnEndMark) {
  start("a");
  ASSERT_TRUE(write(1, true).ok());
  const std::uint64_t before = files_.syncs();
  EXPECT_TRUE(log_->mark_clean().ok());
  EXPECT_EQ(files_.syncs(), before + 1) << "there is nothing to take back in the note";
}

TEST_F(LogErrors, WhatCannotBeSyncedIsNotTrusted) {
  start("a");
  ASSERT_TRUE(write(1, false).ok());
  start("b");
  ASSERT_TRUE(contents_.has_amnesia);
  ASSERT_TRUE(write(2, false).ok());
  files_.fail_next_sync();
  EXPECT_FALSE(log_->trust().ok());
  start("b");
  EXPECT_TRUE(contents_.has_amnesia);
  ASSERT_TRUE(log_->trust().ok());
  const std::uint64_t before = files_.syncs();
  EXPECT_TRUE(log_->trust().ok());
  EXPECT_EQ(files_.syncs(), before) << "it is trusted already";
}

// ---- discarding ----

TEST_F(LogErrors, ASegmentWithoutABatchDoesNotStandForTheOneBefore) {
  start("a");
  ASSERT_TRUE(log_->append({hard_state(7, 2)}).ok());
  write_all(1, 3, true, 1000);
  files_.fail_writes_after(2, ENOSPC);  // its header, the note; not the batch
  EXPECT_FALSE(write(4, true, 1000).ok());
  ASSERT_TRUE(exists("0000000002.seg"));
  EXPECT_TRUE(log_->discard(kGroup, LogIndex(3)).ok());
  EXPECT_TRUE(exists("0000000001.seg"));
  start("a");
  EXPECT_EQ(contents_.hard_state.term, Term(7));
  EXPECT_EQ(last(), 3U);
}

TEST_F(LogErrors, NoSegmentGoesWhenWhatStandsForItCannotBeSynced) {
  start("a");
  write_all(1, 4, false, 1000);
  files_.fail_next_sync();
  EXPECT_FALSE(log_->discard(kGroup, LogIndex(3)).ok());
  EXPECT_TRUE(exists("0000000001.seg"));
}

TEST_F(LogErrors, NoSegmentGoesWhenThatCannotBeNotedAndWithoutRoomItJustStays) {
  start("a");
  write_all(1, 4, true, 1000);
  files_.fail_writes_after(0, EIO);
  EXPECT_FALSE(log_->discard(kGroup, LogIndex(3)).ok());
  files_.fail_writes_after(0, ENOSPC);
  EXPECT_TRUE(log_->discard(kGroup, LogIndex(3)).ok());
  EXPECT_TRUE(exists("0000000001.seg"));
  EXPECT_TRUE(log_->discard(kGroup, LogIndex(3)).ok());
  EXPECT_FALSE(exists("0000000001.seg"));
}

}  // namespace
