// Starts of the segment log after a process or a machine died at a bad moment.
#include <gtest/gtest.h>

#include <cerrno>

#include "base/codec.h"
#include "base/crc.h"
#include "persistence/segment_record.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

// What a start has found, the node acts on: it must be durable from then on.
TEST(LogRecovery, WhatAStartHasFoundIsThereAfterThePowerIsLost) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedFileSystem files(seed);
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_TRUE(log.open(kGroup).ok());
      ASSERT_TRUE(log.append({hard_state(1, 1), entries({entry(1, 1, "one")})}).ok());
      files.fail_next_sync();  // the process dies with this batch written and not synced
      ASSERT_FALSE(log.append({hard_state(2, 2), entries({entry(2, 2, "two")})}).ok());
    }
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_EQ(log.open(kGroup).value().last_index, LogIndex(2));
    }
    files.lose_power();
    SegmentLog log(files, "log", kSmall);
    const LogContents contents = log.open(kGroup).value();
    EXPECT_EQ(contents.last_index, LogIndex(2)) << "seed " << seed;
    EXPECT_EQ(contents.hard_state, (raft::HardState{Term(2), raft::NodeId(2)}));
  }
}

TEST(LogRecovery, ASegmentWhoseNameWasNotSyncedIsNotLostWithWhatIsWrittenToItLater) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedFileSystem files(seed);
    {  // a process that died between creating its first segment and syncing the directory
      SegmentLog fresh(files, "log", kSmall);
      ASSERT_TRUE(fresh.open(kGroup).ok());
      const auto file = files.open("log/0000000001.seg", true);
      ASSERT_TRUE(file.value()->allocate(4096).ok());
      ASSERT_TRUE(file.value()->write(0, persistence::segment::file_header(1)).ok());
    }
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_TRUE(log.open(kGroup).ok());
      ASSERT_TRUE(log.append({hard_state(3, 1)}).ok());
    }
    files.lose_power();
    SegmentLog log(files, "log", kSmall);
    EXPECT_EQ(log.open(kGroup).value().hard_state.term, Term(3)) << "seed " << seed;
  }
}

TEST(LogRecovery, ATruncationOfEntriesInDeletedSegmentsIsNoDamage) {
  SimulatedFileSystem files(1);
  const std::string big(700, 'x');
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 5; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 1, big)})}).ok());
    // The next batch does not fit: it begins the second segment.
    ASSERT_TRUE(log.append({cut(4, {entry(4, 2, big), entry(5, 2, big), entry(6, 2, big)})}).ok());
    ASSERT_TRUE(log.append({entries({entry(7, 2, "last")})}).ok());
    ASSERT_TRUE(log.discard(kGroup, LogIndex(6)).ok());
    ASSERT_EQ(files.paths(), (std::vector<std::string>{"log/0000000002.seg", "log/note"}));
  }
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_TRUE(contents.ok()) << contents.error().text();
  EXPECT_EQ(contents.value().last_index, LogIndex(7));
  EXPECT_LE(contents.value().first_index, LogIndex(7));
  EXPECT_EQ(payload(log, 7), "last");
}

TEST(LogRecovery, APowerLossWhileSegmentsAreDeletedLeavesNoGap) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimulatedFileSystem files(seed);
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_TRUE(log.open(kGroup).ok());
      ASSERT_TRUE(log.append({hard_state(2, 5)}).ok());
      for (std::uint64_t i = 1; i <= 30; ++i)
        ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(900, 'x'))})}).ok());
      files.fail_sync_of_directory(
          static_cast<unsigned>(1 + seed % 5));  // the power goes at one of the deletions
      static_cast<void>(log.discard(kGroup, LogIndex(25)));
    }
    files.lose_power();
    SegmentLog log(files, "log", kSmall);
    const auto contents = log.open(kGroup);
    ASSERT_TRUE(contents.ok()) << "seed " << seed << ": " << contents.error().text();
    EXPECT_EQ(contents.value().last_index, LogIndex(30));
    EXPECT_EQ(contents.value().hard_state.vote, raft::NodeId(5));
  }
}

// The second segment is there, but the disk had no room for the batch it was made for.
TEST(LogRecovery, ASegmentWithoutABatchDoesNotReplaceThoseBeforeIt) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(
        log.append({hard_state(7, 3), entries({entry(1, 7, std::string(3000, 'x'))})}).ok());
    files.fail_writes_after(1, ENOSPC);  // the new segment's header fits, the batch does not
    const auto full = log.append({entries({entry(2, 7, std::string(3000, 'y'))})});
    ASSERT_FALSE(full.ok());
    ASSERT_EQ(full.error().cause, base::Cause::kNoSpace);
    ASSERT_TRUE(log.discard(kGroup, LogIndex(1)).ok());
  }
  SegmentLog log(files, "log", kSmall);
  EXPECT_EQ(log.open(kGroup).value().hard_state, (raft::HardState{Term(7), raft::NodeId(3)}));
}

TEST(LogRecovery, TheOnlyBatchOfTheOnlySegmentLeftIsNotTakenForTorn) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(
        log.append({hard_state(7, 3), entries({entry(1, 7, std::string(3000, 'x'))})}).ok());
    ASSERT_TRUE(log.append({entries({entry(2, 7, std::string(3000, 'y'))})}).ok());
    ASSERT_TRUE(log.discard(kGroup, LogIndex(1)).ok());
    ASSERT_EQ(files.paths().size(), 2U);
  }
  files.flip_bit(files.paths()[0], 3000, 2);
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_FALSE(contents.ok());
  EXPECT_EQ(contents.error().cause, base::Cause::kCorrupt);
}

// A process dies within the creation of a segment, behind one whose last batch is torn.
TEST(LogRecovery, AnUnfinishedSegmentIsRemovedAndTheOneBeforeItTakenUp) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
    ASSERT_TRUE(files.open("log/0000000002.seg", true).ok());
  }
  SegmentLog log(files, "log", kSmall);
  ASSERT_EQ(log.open(kGroup).value().last_index, LogIndex(1));
  EXPECT_EQ(files.paths().size(), 2U);
  ASSERT_TRUE(log.append({entries({entry(2, 1, "two")})}).ok());
  EXPECT_EQ(payload(log, 2), "two");
}

TEST(LogRecovery, ASegmentMissingAtEitherEndIsNamed) {
  for (const std::string missing : {"log/0000000001.seg", "log/0000000003.seg"}) {
    SimulatedFileSystem files(1);
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_TRUE(log.open(kGroup).ok());
      for (std::uint64_t i = 1; i <= 10; ++i)
        ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(900, 'x'))})}).ok());
    }
    ASSERT_TRUE(files.remove(missing).ok());
    SegmentLog log(files, "log", kSmall);
    const auto contents = log.open(kGroup);
    ASSERT_FALSE(contents.ok());
    EXPECT_EQ(contents.error().text(), "read log " + missing + " at 0: the file is missing");
  }
}

TEST(LogRecovery, ANoteMissingIsNamed) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({hard_state(1, 1)}).ok());
  }
  ASSERT_TRUE(files.remove("log/note").ok());
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_FALSE(contents.ok());
  EXPECT_EQ(contents.error().text(), "read log log/note at 0: it is missing");
}

TEST(LogRecovery, AnEmptiedLogOfADirectoryInUseIsNotAFreshOne) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", {.segment_bytes = 4096, .is_expected = true});
  EXPECT_FALSE(log.open(kGroup).ok());
}

TEST(LogRecovery, AnOldNoteIsNamed) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 10; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(900, 'x'))})}).ok());
  }
  ASSERT_TRUE(persistence::write_note(files, "log", {.oldest = 1, .newest = 1}).ok());
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_FALSE(contents.ok());
  EXPECT_EQ(contents.error().text(), "read log log/note at 0: it is older than the log");
}

TEST(LogRecovery, WhatTheNoteDoesNotNameAnyMoreIsRemoved) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 10; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(900, 'x'))})}).ok());
  }
  ASSERT_TRUE(persistence::write_note(files, "log", {.oldest = 3, .newest = 3}).ok());
  SegmentLog log(files, "log", kSmall);
  EXPECT_EQ(log.open(kGroup).value().last_index, LogIndex(10));
  EXPECT_EQ(files.paths(), (std::vector<std::string>{"log/0000000003.seg", "log/note"}));
}

std::string header_of_version(char version) {
  std::string header = persistence::segment::file_header(1);
  header[7] = version == 2 ? '2' : '3';
  header[8] = version;
  std::string sum;
  base::Encoder(sum).u32(base::crc32c(std::string_view(header).substr(0, 24)));
  return header.replace(24, 4, sum);
}

// It had no salt, and what is written to it goes on without one.
TEST(LogRecovery, ALogOfTheVersionBeforeIsRead) {
  namespace segment = persistence::segment;
  SimulatedFileSystem files(1);
  ASSERT_TRUE(persistence::write_note(files, "log", {.oldest = 1, .newest = 1}).ok());
  std::string bytes = header_of_version(2), vote;
  base::Encoder(vote).u64(3);
  segment::Header header;
  header.kind = segment::Kind::kHardState;
  header.flags = segment::kLastOfBatch;
  header.group = kGroup;
  header.batch = 1;
  header.term = Term(7);
  segment::append_record(bytes, header, 0, vote);
  ASSERT_TRUE(files.open("log/0000000001.seg", true).value()->write(0, bytes).ok());
  for (std::uint64_t term = 8; term < 12; ++term) {
    SegmentLog log(files, "log", kSmall);
    const auto opened = log.open(kGroup);
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    EXPECT_EQ(opened.value().hard_state, (raft::HardState{Term(term - 1), raft::NodeId(3)}));
    ASSERT_TRUE(log.append({hard_state(term, 3)}).ok());
  }
}

TEST(LogRecovery, ALogOfAnotherVersionIsNotRead) {
  SimulatedFileSystem files(1);
  ASSERT_TRUE(persistence::write_note(files, "log", {.oldest = 1, .newest = 1}).ok());
  const std::string header = header_of_version(4);
  ASSERT_TRUE(
      files.open("log/0000000001.seg", true).value()->write(0, header + std::string(64, 'x')).ok());
  const auto parsed = persistence::segment::parse_file_header(header, "log/1");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().cause, base::Cause::kUnsupported);
  SegmentLog log(files, "log", kSmall);
  const auto opened = log.open(kGroup);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().cause, base::Cause::kUnsupported);
  EXPECT_EQ(files.paths().size(), 2U) << "and not removed";
}

}  // namespace
