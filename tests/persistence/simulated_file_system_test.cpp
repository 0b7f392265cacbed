// The simulated file system against what is said of real ones: the contract of the log on both is
// in log_contract_test.cpp.
#include "persistence/simulated_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace {

using persistence::SimulatedFileSystem;

TEST(SimulatedFileSystem, WhatIsNotThereCannotBeOpenedRenamedOrRemoved) {
  SimulatedFileSystem files(1);
  EXPECT_EQ(files.open("d/a", false).error().code, ENOENT);
  EXPECT_EQ(files.remove("d/a").error().code, ENOENT);
  EXPECT_EQ(files.rename("d/a", "d/b").error().code, ENOENT);
}

TEST(SimulatedFileSystem, ADirectoryHoldsItsOwnFilesOnlyAndIsSyncedByItself) {
  SimulatedFileSystem files(1);
  ASSERT_TRUE(files.open("d/a", true).ok());
  ASSERT_TRUE(files.open("e/b", true).ok());
  EXPECT_EQ(files.list("d").value(), std::vector<std::string>{"a"});
  ASSERT_TRUE(files.rename("d/a", "d/c").ok());
  ASSERT_TRUE(files.sync_directory("d").ok());
  files.lose_power();
  EXPECT_EQ(files.list("d").value(), std::vector<std::string>{"c"});
}

// Names, sizes and sectors that were not synced are there or not, whatever the seed says.
TEST(SimulatedFileSystem, ALossOfPowerMayKeepOrLoseWhatWasNotSynced) {
  std::set<bool> is_name_kept, is_removal_kept;
  std::set<std::string> contents;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SimulatedFileSystem files(seed);
    const auto kept = files.open("d/kept", true).value();
    ASSERT_TRUE(files.open("d/removed", true).ok());
    ASSERT_TRUE(kept->write(0, "old").ok());
    ASSERT_TRUE(kept->sync().ok());
    ASSERT_TRUE(files.sync_directory("d").ok());
    ASSERT_TRUE(kept->write(0, "new and longer").ok());
    ASSERT_TRUE(files.remove("d/removed").ok());
    ASSERT_TRUE(files.open("d/added", true).ok());
    files.lose_power();
    is_name_kept.insert(files.open("d/added", false).ok());
    is_removal_kept.insert(!files.open("d/removed", false).ok());
    contents.insert(files.open("d/kept", false).value()->read(0, 3).value());
  }
  EXPECT_EQ(is_name_kept.size(), 2U);
  EXPECT_EQ(is_removal_kept.size(), 2U);
  EXPECT_EQ(contents, (std::set<std::string>{"old", "new"}));
}

TEST(SimulatedFileSystem, AFileThatWasCutShortLosesWhatWasWrittenBehindItsEnd) {
  SimulatedFileSystem files(1);
  const auto file = files.open("d/a", true).value();
  ASSERT_TRUE(file->write(0, std::string(2000, 'x')).ok());
  ASSERT_TRUE(file->truncate(100).ok());
  ASSERT_TRUE(file->sync().ok());
  ASSERT_TRUE(files.sync_directory("d").ok());
  files.lose_power();
  EXPECT_EQ(files.file_size("d/a"), 100U);
}

TEST(SimulatedFileSystem, SectorsBehindTheEndOfAFileThatWasCutAreNotWrittenWhenThePowerGoes) {
  SimulatedFileSystem files(1);
  const auto file = files.open("d/a", true).value();
  ASSERT_TRUE(files.sync_directory("d").ok());
  ASSERT_TRUE(file->write(0, std::string(2000, 'x')).ok());
  ASSERT_TRUE(file->truncate(100).ok());
  files.lose_power();
  EXPECT_LE(files.file_size("d/a"), 100U);
}

TEST(SimulatedFileSystem, WithoutRoomNothingIsWritten) {
  SimulatedFileSystem files(1);
  const auto file = files.open("d/a", true).value();
  files.set_space_left(10);
  EXPECT_EQ(file->write(0, std::string(11, 'x')).error().cause, base::Cause::kNoSpace);
  EXPECT_EQ(files.file_size("d/a"), 0U);
  EXPECT_TRUE(file->write(0, std::string(10, 'x')).ok());
}

TEST(SimulatedFileSystem, BehindTheEndOfAFileThereIsNothingToRead) {
  SimulatedFileSystem files(1);
  auto file = std::move(files.open("d/file", true)).value();
  ASSERT_TRUE(file->write(0, "abc").ok());
  EXPECT_EQ(file->read(2, 5).value(), "c");
  EXPECT_EQ(file->read(3, 5).value(), "");
  EXPECT_EQ(file->read(100, 5).value(), "");
}

}  // namespace
