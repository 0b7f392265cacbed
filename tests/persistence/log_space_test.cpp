// The segment log where room is short: what must fit, and files that were begun and not filled.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

constexpr std::uint64_t kMiB = 1 << 20;

// As in production, where files are sixteen times as large as the ballast.
const persistence::SegmentLogOptions kLargeFiles{.segment_bytes = kMiB, .ballast_bytes = kMiB / 8};

TEST(LogSpace, TermAndVoteFitThoughAUsualFileWouldNot) {
  SimulatedFileSystem files(1);
  std::uint64_t term = 2;
  {
    SegmentLog log(files, "log", kLargeFiles);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, std::string(kMiB - 1000, 'x'))})}).ok());
    files.set_space_left(0);
    EXPECT_FALSE(log.append({entries({entry(2, 1, std::string(900, 'y'))})}).ok());
    for (; term < 100; ++term) ASSERT_TRUE(log.append({hard_state(term, 3)}).ok()) << term;
  }
  SegmentLog log(files, "log", kLargeFiles);
  const auto contents = log.open(kGroup);  // the disk is full all the same
  ASSERT_TRUE(contents.ok()) << contents.error().text();
  EXPECT_EQ(contents.value().hard_state, (raft::HardState{Term(99), raft::NodeId(3)}));
  ASSERT_TRUE(log.append({hard_state(term, 2)}).ok());
  files.set_space_left(8 * kMiB);
  ASSERT_TRUE(log.append({entries({entry(2, 100, std::string(kMiB / 2, 'y'))})}).ok());
  EXPECT_EQ(payload(log, 2), std::string(kMiB / 2, 'y'));
  EXPECT_EQ(files.file_size("log/ballast"), kMiB / 8);
}

// Empty between two others it became the oldest, stood for those that were gone, and said nothing.
TEST(LogSpace, AFileWithoutABatchGrowsForALargerOneInsteadOfStayingEmpty) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(
        log.append({hard_state(7, 3), entries({entry(1, 7, std::string(3000, 'x'))})}).ok());
    files.fail_writes_after(2, ENOSPC);  // the header and the note fit, the batch does not
    ASSERT_FALSE(log.append({entries({entry(2, 7, std::string(3000, 'y'))})}).ok());
    files.fail_writes_after(2, ENOSPC);
    static_cast<void>(log.append({entries({entry(2, 7, std::string(9000, 'y'))})}));
    ASSERT_TRUE(log.discard(kGroup, LogIndex(1)).ok());
  }
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_TRUE(contents.ok()) << contents.error().text();
  EXPECT_EQ(contents.value().hard_state, (raft::HardState{Term(7), raft::NodeId(3)}));
}

// ---- what clients put into values ----

std::string bytes_of(SimulatedFileSystem& files, const std::string& path) {
  const auto file = files.open(path, false);
  return file.value()->read(0, files.file_size(path)).value();
}

// Somebody keeps backups of logs in the database, and the power fails while one is written.
TEST(LogSpace, AValueThatIsASegmentItselfIsNotTakenForWhatWasDurable) {
  SimulatedFileSystem files(1);
  {
    SegmentLog other(files, "other", {.segment_bytes = 4096, .salt = 11});
    ASSERT_TRUE(other.open(kGroup).ok());
    for (std::uint64_t i = 1; i < 20; ++i) ASSERT_TRUE(other.append({hard_state(i, 1)}).ok());
  }
  const std::string segment = bytes_of(files, "other/0000000001.seg");
  const persistence::SegmentLogOptions options{.segment_bytes = 65536, .salt = 22};
  std::uint64_t torn_at = 0;
  {
    SegmentLog log(files, "log", options);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
    torn_at = log.size_bytes();
    ASSERT_TRUE(log.append({entries({entry(2, 1, segment)})}).ok());
  }
  files.flip_bit("log/0000000001.seg", torn_at + 40, 3);  // its first sector did not get there
  SegmentLog log(files, "log", options);
  const auto contents = log.open(kGroup);
  ASSERT_TRUE(contents.ok()) << contents.error().text();
  EXPECT_EQ(contents.value().last_index, LogIndex(1));
}

// A file was begun and the disk failed before its first batch; behind the next start a larger batch
// comes, and there is no room to make the file larger.
TEST(LogSpace, AFileWithoutABatchGrowsWhenThereIsRoomAndIsKeptWhenThereIsNot) {
  std::size_t begun = 0;
  for (unsigned writes = 0; writes < 8; ++writes) {
    SimulatedFileSystem files(writes + 1);
    {
      SegmentLog log(files, "log", kSmall);
      ASSERT_TRUE(log.open(kGroup).ok());
      ASSERT_TRUE(log.append({entries({entry(1, 1, std::string(3900, 'x'))})}).ok());
      files.fail_writes_after(writes, EIO);
      if (log.append({entries({entry(2, 1, std::string(900, 'y'))})}).ok()) break;
    }
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    const std::uint64_t before = log.size_bytes();
    begun += before > 4096 ? 1 : 0;
    const auto large = entries({entry(2, 1, std::string(9000, 'z'))});
    files.set_space_left(100);
    const base::Status refused = log.append({large});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().cause, base::Cause::kNoSpace);
    EXPECT_EQ(log.size_bytes(), before);
    files.set_space_left(UINT64_MAX);
    ASSERT_TRUE(log.append({large}).ok());
    SegmentLog again(files, "log", kSmall);
    const auto contents = again.open(kGroup);
    ASSERT_TRUE(contents.ok()) << contents.error().text();
    EXPECT_EQ(contents.value().last_index, LogIndex(2));
  }
  EXPECT_GT(begun, 0U);
}

}  // namespace
