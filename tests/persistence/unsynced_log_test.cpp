// appendfsync everysec and no (DESIGN decision 20): batches that count before they are synced.
// After a power failure every synced batch is there, and the log knows that others may be missing.
#include <gtest/gtest.h>

#include "base/prng.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

persistence::SegmentLogOptions run_of(const std::string& boot_id) {
  return {.segment_bytes = 4096, .ballast_bytes = 0, .boot_id = boot_id};
}

class UnsyncedLog : public testing::Test {
 protected:
  void start(const std::string& boot_id) {
    log_.emplace(files_, "log", run_of(boot_id));
    const auto contents = log_->open(kGroup);
    ASSERT_TRUE(contents.ok()) << contents.error().text();
    contents_ = contents.value();
  }
  void write(std::uint64_t index, bool is_synced, std::size_t bytes = 600) {
    const LogWrite batch = entries({entry(index, 1, std::string(bytes, 'x'))});
    ASSERT_TRUE((is_synced ? log_->append({batch}) : log_->append_unsynced({batch})).ok());
  }
  [[nodiscard]] std::uint64_t last() const { return contents_.last_index.value(); }

  SimulatedFileSystem files_{1};
  std::optional<SegmentLog> log_;
  LogContents contents_;
};

TEST_F(UnsyncedLog, CostsNoSyncUntilItIsAskedFor) {
  start("a");
  write(1, true, 10);
  write(2, false, 10);  // the note that says so is synced
  const std::uint64_t before = files_.syncs();
  for (std::uint64_t i = 3; i < 20; ++i) write(i, false, 10);
  EXPECT_EQ(files_.syncs(), before);
  EXPECT_TRUE(log_->is_unsynced());
  ASSERT_TRUE(log_->sync().ok());
  EXPECT_EQ(files_.syncs(), before + 1);
  EXPECT_FALSE(log_->is_unsynced());
  ASSERT_TRUE(log_->sync().ok());
  EXPECT_EQ(files_.syncs(), before + 1);
}

// It is asked before each write by a thread that must not wait (docs/decisions/visits.md).
TEST_F(UnsyncedLog, SaysWhetherAWriteCostsNoSyncAndNoFile) {
  log_.emplace(files_, "log", persistence::SegmentLogOptions{.segment_bytes = 64 << 10});
  ASSERT_TRUE(log_->open(kGroup).ok());
  EXPECT_FALSE(log_->takes_at_once(10)) << "there is no file";
  write(1, true, 10);
  EXPECT_FALSE(log_->takes_at_once(10)) << "the note is to say first that something is not synced";
  write(2, false, 10);
  EXPECT_TRUE(log_->takes_at_once(10));
  EXPECT_FALSE(log_->takes_at_once(64 << 10)) << "another file";
  for (std::uint64_t index = 3; log_->takes_at_once(5000); ++index) {
    const std::uint64_t before = files_.syncs();
    write(index, false, 5000);
    EXPECT_EQ(files_.syncs(), before);
  }
  ASSERT_TRUE(log_->mark_clean().ok());
  EXPECT_FALSE(log_->takes_at_once(10));
}

TEST_F(UnsyncedLog, TakesNothingAtOnceIfTheNoteFoundRoomAndTheFirstFileDidNot) {
  start("a");
  files_.set_space_left(2000);
  EXPECT_FALSE(log_->append_unsynced({entries({entry(1, 1, "x")})}).ok());
  EXPECT_FALSE(log_->takes_at_once(10));
  files_.set_space_left(UINT64_MAX);
  write(1, false, 10);
}

// Found by the simulator (seed 83 of 7b493e7): "the first batch is damaged".
TEST_F(UnsyncedLog, SegmentsGoOnlyWhenWhatStandsForThemIsDurable) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    files_ = SimulatedFileSystem(seed);
    start("a");
    for (std::uint64_t i = 1; i < 20; ++i) write(i, false);
    ASSERT_TRUE(log_->discard(kGroup, LogIndex(19)).ok());
    files_.lose_power();
    start("b");
    EXPECT_EQ(last(), 19U);
  }
}

TEST_F(UnsyncedLog, KeepsEverythingWhenOnlyTheProcessDies) {
  start("a");
  for (std::uint64_t i = 1; i < 20; ++i) write(i, false);
  start("a");
  EXPECT_EQ(last(), 19U);
  EXPECT_FALSE(contents_.has_amnesia);
  files_.lose_power();  // what a start has found is durable, though it was not before
  start("a");
  EXPECT_EQ(last(), 19U);
}

TEST_F(UnsyncedLog, HasAmnesiaAfterAPowerFailureUntilItIsTrusted) {
  start("a");
  write(1, true);
  write(2, false);
  files_.lose_power();
  start("b");
  EXPECT_GE(last(), 1U);
  EXPECT_TRUE(contents_.has_amnesia);
  start("b");
  EXPECT_TRUE(contents_.has_amnesia) << "a start changes nothing";
  files_.lose_power();
  start("c");
  EXPECT_TRUE(contents_.has_amnesia) << "nor does a power failure";
  ASSERT_TRUE(log_->trust().ok());
  start("c");
  EXPECT_FALSE(contents_.has_amnesia);
}

TEST_F(UnsyncedLog, WithoutABootIdEveryStartIsOneAfterAPowerFailure) {
  start("");
  write(1, false);
  start("");
  EXPECT_TRUE(contents_.has_amnesia);
}

TEST_F(UnsyncedLog, AStopInGoodOrderLeavesNothingToForget) {
  start("a");
  write(1, false);
  ASSERT_TRUE(log_->mark_clean().ok());
  files_.lose_power();
  start("b");
  EXPECT_EQ(last(), 1U);
  EXPECT_FALSE(contents_.has_amnesia);
}

TEST_F(UnsyncedLog, ALogThatWasAlwaysSyncedHasNoAmnesia) {
  start("a");
  write(1, true);
  files_.lose_power();
  start("b");
  EXPECT_FALSE(contents_.has_amnesia);
}

// A torn batch with whole ones behind it, none of which says that it was durable.
TEST_F(UnsyncedLog, ATornBatchGoesWithAllBehindItAndTheLogKnows) {
  start("a");
  write(1, true, 100);
  for (std::uint64_t i = 2; i < 6; ++i) write(i, false, 100);
  const std::uint64_t third = log_->size_bytes() * 3 / 5;
  files_.flip_bit("log/0000000001.seg", third, 1);
  start("a");  // no power failure is needed for it
  EXPECT_GE(last(), 1U);
  EXPECT_LT(last(), 5U);
  EXPECT_TRUE(contents_.has_amnesia);
  const std::uint64_t found = last();
  for (std::uint64_t i = found + 1; i < 9; ++i) write(i, true, 100);
  start("a");
  EXPECT_EQ(last(), 8U) << "nothing of the old end is taken for a part of the new one";
  EXPECT_TRUE(contents_.has_amnesia);
}

TEST_F(UnsyncedLog, DamageBeforeTheSyncedEndIsNamedAllTheSame) {
  for (const bool is_marked : {false, true}) {
    files_ = SimulatedFileSystem(1);
    start("a");
    for (std::uint64_t i = 1; i < 4; ++i) write(i, false, 100);
    const std::uint64_t synced_end = log_->size_bytes();
    ASSERT_TRUE((is_marked ? log_->mark_end() : log_->sync()).ok());
    if (!is_marked) write(4, false, 100);  // its record says how far the sync went
    files_.flip_bit("log/0000000001.seg", synced_end - 20, 1);
    SegmentLog again(files_, "log", run_of("b"));
    const auto contents = again.open(kGroup);
    ASSERT_FALSE(contents.ok());
    EXPECT_NE(contents.error().text().find("before the durable end"), std::string::npos);
  }
}

TEST_F(UnsyncedLog, DamageInAFileWithAnotherBehindItIsNamed) {
  start("a");
  for (std::uint64_t i = 1; i < 12; ++i) write(i, false, 900);  // three files, never synced by hand
  ASSERT_GE(files_.paths().size(), 4U);
  for (const std::uint64_t at : {200U, 3500U}) {
    files_.flip_bit("log/0000000001.seg", at, 1);
    SegmentLog again(files_, "log", run_of("a"));
    const auto contents = again.open(kGroup);
    ASSERT_FALSE(contents.ok()) << "at " << at;
    EXPECT_NE(contents.error().text().find("0000000001.seg at "), std::string::npos);
    files_.flip_bit("log/0000000001.seg", at, 1);
  }
}

// Any mixture of synced and unsynced batches, several files, power failures: all that was synced is
// there, a prefix of the rest, and amnesia whenever something that had been acknowledged is not.
TEST(UnsyncedLogs, AfterAPowerFailureHoldAPrefixAtLeastToTheLastSync) {
  std::uint64_t losses = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    base::Prng prng(seed);
    SimulatedFileSystem files(seed);
    std::uint64_t written = 0, synced = 0;
    bool is_amnesia_due = false;
    for (int life = 0; life < 5; ++life) {
      SegmentLog log(files, "log", run_of("life " + std::to_string(life)));
      const auto contents = log.open(kGroup);
      ASSERT_TRUE(contents.ok()) << "seed " << seed << ": " << contents.error().text();
      const std::uint64_t found = contents.value().last_index.value();
      ASSERT_GE(found, synced) << "seed " << seed;
      ASSERT_LE(found, written) << "seed " << seed;
      is_amnesia_due |= found < written;
      losses += found < written;
      ASSERT_TRUE(contents.value().has_amnesia || !is_amnesia_due) << "seed " << seed;
      for (std::uint64_t i = 1; i <= found; ++i)
        ASSERT_EQ(payload(log, i).substr(0, 4), std::to_string(1000 + i)) << "seed " << seed;
      written = synced = found;
      for (std::uint64_t batch = prng.below(20); batch > 0; --batch) {
        std::vector<raft::EntryPtr> list;
        for (std::uint64_t i = 1 + prng.below(3); i > 0; --i) {
          const std::uint64_t index = ++written;
          list.push_back(
              entry(index, 1, std::to_string(1000 + index) + std::string(prng.below(900), 'x')));
        }
        const bool is_synced = prng.chance(1, 5);
        ASSERT_TRUE(
            (is_synced ? log.append({entries(list)}) : log.append_unsynced({entries(list)})).ok());
        const bool is_sync_due = prng.chance(1, 8);
        ASSERT_TRUE(!is_sync_due || log.sync().ok());
        if (is_synced || is_sync_due) synced = written;
      }
      files.lose_power();
    }
  }
  EXPECT_GT(losses, 300U);
}

}  // namespace
