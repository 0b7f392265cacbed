// The segment log on a file system that loses power, fills up and flips bits.
#include <gtest/gtest.h>

#include "base/prng.h"
#include "persistence/segment_log.h"
#include "persistence/simulated_file_system.h"

namespace {

using persistence::LogContents;
using persistence::LogWrite;
using persistence::SegmentLog;
using persistence::SimulatedFileSystem;
using raft::LogIndex;
using raft::Term;

const persistence::SegmentLogOptions kSmall{.segment_bytes = 4096, .ballast_bytes = 0};
const base::GroupId kGroup = base::kFirstGroup;

raft::EntryPtr entry(std::uint64_t index, std::uint64_t term, std::string payload) {
  return std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(term), raft::EntryKind::kBatch, std::move(payload)});
}

LogWrite entries(std::vector<raft::EntryPtr> list) {
  return {.group = kGroup,
          .reset_to = {},
          .truncate_from = {},
          .entries = std::move(list),
          .hard_state = {}};
}
LogWrite hard_state(std::uint64_t term, std::uint64_t vote) {
  return {.group = kGroup,
          .reset_to = {},
          .truncate_from = {},
          .entries = {},
          .hard_state = raft::HardState{Term(term), raft::NodeId(vote)}};
}

std::string payload(SegmentLog& log, std::uint64_t index) {
  const auto read = log.read(kGroup, LogIndex(index), LogIndex(index), 1);
  return read.ok() && read.value().size() == 1 ? read.value()[0]->payload : "?";
}

TEST(SegmentLog, FindsAgainWhatWasAcknowledged) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    EXPECT_EQ(log.open(kGroup).value().last_index, LogIndex(0));
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one"), entry(2, 1, "two")})}).ok());
    ASSERT_TRUE(log.append({hard_state(3, 7)}).ok());
    LogWrite conflict = entries({entry(2, 3, "TWO"), entry(3, 3, std::string(3'000'000, 'x'))});
    conflict.truncate_from = LogIndex(2);
    ASSERT_TRUE(log.append({conflict}).ok());
  }
  files.lose_power();
  SegmentLog log(files, "log", kSmall);
  const LogContents contents = log.open(kGroup).value();
  EXPECT_EQ(contents.last_index, LogIndex(3));
  EXPECT_EQ(contents.hard_state, (raft::HardState{Term(3), raft::NodeId(7)}));
  EXPECT_EQ(contents.term_runs,
            (std::vector<raft::TermRun>{{LogIndex(1), Term(1)}, {LogIndex(2), Term(3)}}));
  EXPECT_EQ(payload(log, 2), "TWO");
  EXPECT_EQ(payload(log, 3), std::string(3'000'000, 'x'));
}

TEST(SegmentLog, DiscardRemovesWholeSegmentsAndKeepsTermAndVote) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({hard_state(2, 5)}).ok());
    for (std::uint64_t i = 1; i <= 50; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(500, 'x'))})}).ok());
    ASSERT_TRUE(log.discard(kGroup, LogIndex(40)).ok());
    EXPECT_LE(files.paths().size(), 5U);
  }
  files.lose_power();
  SegmentLog log(files, "log", kSmall);
  const LogContents contents = log.open(kGroup).value();
  EXPECT_EQ(contents.hard_state.vote, raft::NodeId(5));
  EXPECT_LE(contents.first_index, LogIndex(41));
  EXPECT_EQ(contents.previous_term, Term(2));
  EXPECT_EQ(contents.last_index, LogIndex(50));
  EXPECT_EQ(payload(log, 45), std::string(500, 'x'));
}

TEST(SegmentLog, ATruncationOfEntriesWhoseSegmentIsGoneIsReplayed) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(
        log.append({entries({entry(1, 1, std::string(3900, 'a')), entry(2, 1, "old")})}).ok());
    // In a new segment, whose carry says that the log ends at 2.
    LogWrite conflict = entries({entry(2, 2, std::string(1000, 'b')), entry(3, 2, "c")});
    conflict.truncate_from = LogIndex(2);
    ASSERT_TRUE(log.append({conflict}).ok());
    ASSERT_EQ(files.paths().size(), 3U);
    ASSERT_TRUE(log.discard(kGroup, LogIndex(2)).ok());
    ASSERT_EQ(files.paths().size(), 2U);
  }
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_TRUE(contents.ok()) << contents.error().text();
  EXPECT_EQ(contents.value().last_index, LogIndex(3));
  EXPECT_EQ(payload(log, 3), "c");
}

TEST(SegmentLog, WhatAKilledProcessHadNotSyncedIsSyncedBeforeItCounts) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "one")})}).ok());
    files.fail_next_sync();
    ASSERT_FALSE(log.append({entries({entry(2, 1, "two")})}).ok());
  }
  // kill -9: the page cache still has it.
  for (int run = 0; run < 20; ++run) {
    SegmentLog log(files, "log", kSmall);
    ASSERT_EQ(log.open(kGroup).value().last_index, LogIndex(2));
    ASSERT_EQ(payload(log, 2), "two") << "was found, may have been acknowledged, and is gone";
    files.lose_power();
  }
}

TEST(SegmentLog, AfterPowerLossEveryAcknowledgedBatchIsThereAndAtMostTheLastOneBesides) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    base::Prng prng(seed);
    SimulatedFileSystem files(seed);
    std::vector<std::string> acknowledged;
    std::uint64_t term = 0;
    for (int life = 0; life < 4; ++life) {
      SegmentLog log(files, "log", kSmall);
      const auto contents = log.open(kGroup);
      ASSERT_TRUE(contents.ok()) << "seed " << seed << ": " << contents.error().text();
      ASSERT_GE(contents.value().last_index.value(), acknowledged.size()) << "seed " << seed;
      ASSERT_GE(contents.value().hard_state.term.value(), term) << "seed " << seed;
      for (std::size_t i = 0; i < acknowledged.size(); ++i)
        ASSERT_EQ(payload(log, i + 1), acknowledged[i]) << "seed " << seed;
      for (std::uint64_t i = acknowledged.size() + 1; i <= contents.value().last_index.value(); ++i)
        acknowledged.push_back(payload(log, i));
      for (std::uint64_t batch = prng.below(12); batch > 0; --batch) {
        LogWrite write = entries({});
        std::vector<std::string> texts;
        for (std::uint64_t i = 1 + prng.below(5); i > 0; --i) {
          texts.push_back(std::string(prng.below(900), static_cast<char>('a' + prng.below(26))));
          write.entries.push_back(entry(acknowledged.size() + texts.size(), 1, texts.back()));
        }
        write.hard_state = raft::HardState{Term(++term), raft::NodeId(1)};
        if (batch == 1 && prng.chance(1, 2)) {
          files.fail_next_sync();  // the process dies with the batch unacknowledged
          ASSERT_FALSE(log.append({write}).ok());
          --term;
          break;
        }
        ASSERT_TRUE(log.append({write}).ok());
        acknowledged.insert(acknowledged.end(), texts.begin(), texts.end());
        const bool falls_idle = prng.chance(1, 4);
        ASSERT_TRUE(!falls_idle || log.mark_end().ok());
      }
      files.lose_power();
    }
  }
}

TEST(SegmentLog, AFlippedBitAnywhereBeforeTheEndMarkIsNamedOrHarmless) {
  const auto write_all = [](SimulatedFileSystem& files) {
    SegmentLog log(files, "log", kSmall);
    EXPECT_TRUE(log.open(kGroup).ok());
    EXPECT_TRUE(log.append({hard_state(4, 9), entries({entry(1, 4, "one")})}).ok());
    EXPECT_TRUE(log.append({entries({entry(2, 4, "two"), entry(3, 4, "three")})}).ok());
    EXPECT_TRUE(log.append({hard_state(5, 8)}).ok());
    EXPECT_TRUE(log.mark_end().ok());
    return log.size_bytes();
  };
  SimulatedFileSystem sound(1);
  const std::uint64_t end = write_all(sound);
  std::size_t named = 0;
  for (std::uint64_t byte = 0; byte < end + 100; ++byte) {
    for (const unsigned bit : {0U, 3U, 7U}) {
      SimulatedFileSystem files(1);
      write_all(files);
      files.flip_bit(files.paths()[0], byte, bit);
      SegmentLog log(files, "log", kSmall);
      const auto contents = log.open(kGroup);
      if (!contents.ok()) {
        ++named;
        EXPECT_EQ(contents.error().cause, base::Cause::kCorrupt) << contents.error().text();
        EXPECT_NE(contents.error().object.find(".seg at "), std::string::npos);
        continue;
      }
      ASSERT_EQ(contents.value().last_index, LogIndex(3)) << "byte " << byte;
      ASSERT_EQ(contents.value().hard_state, (raft::HardState{Term(5), raft::NodeId(8)}))
          << "byte " << byte;
      ASSERT_EQ(payload(log, 3), "three") << "byte " << byte;
    }
  }
  EXPECT_GT(named, 3 * (end - 56 - 56 - 32 - 40));  // everything but the end mark and padding
}

TEST(SegmentLog, AMissingSegmentIsNamed) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 30; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 2, std::string(500, 'x'))})}).ok());
  }
  ASSERT_TRUE(files.remove("log/0000000002.seg").ok());
  SegmentLog log(files, "log", kSmall);
  const auto contents = log.open(kGroup);
  ASSERT_FALSE(contents.ok());
  EXPECT_NE(contents.error().text().find("segment 2 before it is missing"), std::string::npos);
}

TEST(SegmentLog, AFullDiskUndoesTheBatchAndTermAndVoteStillFit) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", {.segment_bytes = 4096, .ballast_bytes = 16384});
  ASSERT_TRUE(log.open(kGroup).ok());
  ASSERT_TRUE(log.append({entries({entry(1, 1, "x")})}).ok());
  files.set_space_left(0);
  const auto full = log.append({entries({entry(2, 1, std::string(5000, 'y'))})});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().cause, base::Cause::kNoSpace);
  for (std::uint64_t term = 2; term < 60; ++term)
    ASSERT_TRUE(log.append({hard_state(term, 1)}).ok()) << term;
  files.set_space_left(1 << 20);
  EXPECT_TRUE(log.append({entries({entry(2, 1, "y")})}).ok());
  EXPECT_EQ(payload(log, 2), "y");
}

TEST(SegmentLog, AResetEmptiesTheLogAndKeepsItsBase) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({entries({entry(1, 1, "x")})}).ok());
    LogWrite reset = entries({entry(8, 2, "y")});
    reset.reset_to =
        raft::SnapshotMeta{.index = LogIndex(7),
                           .term = Term(2),
                           .membership = {base::ClusterId(3), {{raft::NodeId(1), "a:1", true}}}};
    ASSERT_TRUE(log.append({reset}).ok());
  }
  SegmentLog log(files, "log", kSmall);
  const LogContents contents = log.open(kGroup).value();
  EXPECT_EQ(contents.base.index, LogIndex(7));
  EXPECT_EQ(contents.base.membership.cluster, base::ClusterId(3));
  EXPECT_EQ(contents.first_index, LogIndex(8));
  EXPECT_EQ(contents.last_index, LogIndex(8));
}

}  // namespace
