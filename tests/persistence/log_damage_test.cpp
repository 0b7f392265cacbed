// What is wrong with a log's files, and what a disk says when it is asked to write: named with file
// and position, undone, or the end of the process (DESIGN decision 17). Never a wrong answer.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

struct Found {
  LogContents contents;
  std::vector<std::string> payloads;
};

Found read_all(SegmentLog& log, const LogContents& contents) {
  Found found{contents, {}};
  for (LogIndex index = contents.first_index; index <= contents.last_index; index = index.next())
    found.payloads.push_back(payload(log, index.value()));
  return found;
}

void expect_same(const Found& found, const Found& sound, const std::string& where) {
  EXPECT_EQ(found.contents.hard_state, sound.contents.hard_state) << where;
  EXPECT_EQ(found.contents.base, sound.contents.base) << where;
  EXPECT_EQ(found.contents.first_index, sound.contents.first_index) << where;
  EXPECT_EQ(found.contents.last_index, sound.contents.last_index) << where;
  EXPECT_EQ(found.contents.term_runs, sound.contents.term_runs) << where;
  EXPECT_EQ(found.contents.remembered, sound.contents.remembered) << where;
  EXPECT_EQ(found.payloads, sound.payloads) << where;
}

// Birth, term and vote again and again, entries, a cut, several segments, some of them deleted.
void write_story(SimulatedFileSystem& files) {
  const persistence::SegmentLogOptions kTiny{.segment_bytes = 1024, .ballast_bytes = 0};
  SegmentLog log(files, "log", kTiny);
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({reset(0, 0), hard_state(1, 1)}).ok());
  for (std::uint64_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(log.append({entries({entry(i, 1, std::string(90 * i, 'a'))})}).ok());
    ASSERT_TRUE(log.append({hard_state(1 + i, 7 - i)}).ok());
  }
  ASSERT_TRUE(log.append({cut(4, {entry(4, 5, "four"), entry(5, 5, "five")})}).ok());
  ASSERT_TRUE(log.discard(kGroup, LogIndex(2)).ok());
  ASSERT_TRUE(log.append({hard_state(9, 2)}).ok());
  ASSERT_TRUE(log.remember("what others have promised").ok());
  ASSERT_TRUE(log.mark_end().ok());
}

// Flips every bit of every file of the directory, one at a time.
void flip_every_bit(const std::function<void(SimulatedFileSystem&)>& write, std::size_t& named) {
  SimulatedFileSystem sound_files(1);
  write(sound_files);
  SegmentLog sound_log(sound_files, "log", kSmall);
  const Found sound = read_all(sound_log, sound_log.open(kGroup).value());
  SimulatedFileSystem untouched(1);  // a start may make a file longer
  write(untouched);
  for (const std::string& path : untouched.paths()) {
    for (std::uint64_t byte = 0; byte < untouched.file_size(path); ++byte) {
      // Space that was never written to is all the same: a few bytes of it will do.
      const bool is_sampled = byte % 64 < 2 || byte < 900;
      for (unsigned bit = 0; bit < 8 && is_sampled; ++bit) {
        SimulatedFileSystem files = untouched.copy();
        files.flip_bit(path, byte, bit);
        SegmentLog log(files, "log", kSmall);
        const auto contents = log.open(kGroup);
        const std::string where = path + " byte " + std::to_string(byte);
        if (contents.ok()) {
          expect_same(read_all(log, contents.value()), sound, where);
          continue;
        }
        ++named;
        ASSERT_TRUE(contents.error().cause == base::Cause::kCorrupt ||
                    contents.error().cause == base::Cause::kUnsupported);
        ASSERT_NE(contents.error().object.find(" at "), std::string::npos) << where;
      }
    }
  }
}

TEST(LogDamage, AFlippedBitAtEveryByteOfTheDirectoryIsNamedOrChangesNothing) {
  std::size_t named = 0;
  flip_every_bit(write_story, named);
  EXPECT_GT(named, 5000U);
}

TEST(LogDamage, AFlippedBitAtEveryByteOfATermAndVoteIsNamed) {
  std::size_t named = 0;
  flip_every_bit(
      [](SimulatedFileSystem& files) {
        SegmentLog log(files, "log", kSmall);
        ASSERT_TRUE(log.open(kGroup).ok());
        ASSERT_TRUE(log.append({hard_state(4, 9)}).ok());
        ASSERT_TRUE(log.mark_end().ok());
      },
      named);
  EXPECT_GE(named, 8 * (32 + 64U)) << "the file's header and the whole record";
}

TEST(LogDamage, DamageWithinARunningNodeIsNamedWhenTheEntryIsRead) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", kSmall);
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, "one"), entry(2, 1, "two")})}).ok());
  const std::string path = "log/0000000001.seg";
  const std::string bytes = files.open(path, false).value()->read(0, 4096).value();
  const std::size_t at = bytes.find("one");
  files.flip_bit(path, at, 0);
  const auto read = log.read(kGroup, LogIndex(1), LogIndex(2), 100);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().cause, base::Cause::kCorrupt);
  EXPECT_EQ(read.error().object, path + " at " + std::to_string(at - 56)) << "where its record is";
  EXPECT_EQ(payload(log, 2), "two");
}

// ---- what the disk says ----

TEST(LogDisk, WithoutSpaceOrQuotaABatchIsUndoneAndMayBeTriedAgain) {
  for (const int code : {ENOSPC, EDQUOT}) {
    SimulatedFileSystem files(1);
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
    const LogWrite batch = entries({entry(2, 1, "two")});
    for (int i = 0; i < 3; ++i) {
      files.fail_writes_after(0, code);
      const base::Status status = log.append({batch});
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().cause, base::Cause::kNoSpace);
      EXPECT_EQ(payload(log, 2), "?") << "it never happened";
    }
    ASSERT_TRUE(log.append({batch}).ok());
    SegmentLog again(files, "log", kSmall);
    EXPECT_EQ(again.open(kGroup).value().last_index, LogIndex(2));
  }
}

TEST(LogDisk, AFailedWriteOrSyncIsFatal) {
  for (const bool is_sync : {false, true}) {
    SimulatedFileSystem files(1);
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
    is_sync ? files.fail_next_sync() : files.fail_next_write();
    const base::Status status = log.append({entries({entry(2, 1, "two")})});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().cause, base::Cause::kSystem)
        << "what is not kNoSpace ends the process";
    EXPECT_EQ(status.error().code, EIO);
    EXPECT_NE(status.error().text().find("0000000001.seg"), std::string::npos);
  }
}

TEST(LogDisk, ASyncThatFindsNoSpaceIsFatalToo) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", kSmall);
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
  files.fail_next_sync(ENOSPC);
  const base::Status status = log.append({entries({entry(2, 1, "two")})});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().cause, base::Cause::kSystem);
}

TEST(LogDisk, ANewSegmentThatFindsNoSpaceIsTriedAgain) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", kSmall);
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, std::string(3900, 'x'))})}).ok());
  files.set_space_left(100);
  const LogWrite batch = entries({entry(2, 1, std::string(300, 'y'))});
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(log.append({batch}).ok());
    EXPECT_EQ(files.paths().size(), 2U) << "of it nothing is left behind";
  }
  files.set_space_left(1U << 20);
  ASSERT_TRUE(log.append({batch}).ok());
  EXPECT_EQ(payload(log, 2), std::string(300, 'y'));
}

TEST(LogDisk, TheBallastGivesRoomForTermVoteAndTruncationAndComesBack) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", {.segment_bytes = 1024, .ballast_bytes = 8192});
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, std::string(900, 'x')), entry(2, 1, "y")})}).ok());
  EXPECT_EQ(files.file_size("log/ballast"), 8192U);
  files.set_space_left(0);
  EXPECT_FALSE(log.append({entries({entry(3, 1, std::string(900, 'x'))})}).ok());
  EXPECT_EQ(files.file_size("log/ballast"), 8192U) << "not for entries";
  for (std::uint64_t term = 2; term < 30; ++term)
    ASSERT_TRUE(log.append({hard_state(term, 1)}).ok()) << term;
  ASSERT_TRUE(log.append({cut(2, {})}).ok());
  files.set_space_left(1U << 20);
  for (std::uint64_t i = 2; i < 6; ++i)
    ASSERT_TRUE(log.append({entries({entry(i, 30, std::string(900, 'z'))})}).ok());
  EXPECT_EQ(files.file_size("log/ballast"), 8192U);
}

}  // namespace
