// One contract for the segment log on a real file system and on the simulated one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/limits.h"
#include "base/prng.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;

class LogContract : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      directory_ = std::filesystem::temp_directory_path() /
                   ("quorate-log-" + std::to_string(getpid()) + "-" +
                    testing::UnitTest::GetInstance()->current_test_info()->name());
      std::filesystem::remove_all(directory_);
      std::filesystem::create_directories(directory_);
      files_ = persistence::posix_file_system();
    } else {
      directory_ = "log";
      files_ = std::make_unique<SimulatedFileSystem>(1);
    }
    reopen();
  }
  void TearDown() override {
    log_.reset();
    if (GetParam()) std::filesystem::remove_all(directory_);
  }
  void reopen(base::GroupId group = kGroup) {
    log_.reset();
    log_ = std::make_unique<SegmentLog>(*files_, directory_.string(), kSmall);
    const auto opened = log_->open(group);
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    contents_ = opened.value();
  }
  void write(const std::vector<LogWrite>& batch) {
    const base::Status status = log_->append(batch);
    ASSERT_TRUE(status.ok()) << status.error().text();
  }

  std::filesystem::path directory_;
  std::unique_ptr<persistence::FileSystem> files_;
  std::unique_ptr<SegmentLog> log_;
  LogContents contents_;
};

INSTANTIATE_TEST_SUITE_P(Both, LogContract, testing::Bool(),
                         [](const auto& test) { return test.param ? "Posix" : "Simulated"; });

TEST_P(LogContract, WhatItIsGivenToRememberIsFoundAgainInPlaceOfWhatWasBefore) {
  EXPECT_EQ(contents_.remembered, "");
  ASSERT_TRUE(log_->remember("first").ok());
  ASSERT_TRUE(log_->remember(std::string("sec\0nd", 6)).ok());
  reopen();
  EXPECT_EQ(contents_.remembered, std::string("sec\0nd", 6));
  ASSERT_TRUE(log_->remember(std::string(persistence::kRememberedBytesMax, 'x')).ok());
  reopen();
  EXPECT_EQ(contents_.remembered.size(), persistence::kRememberedBytesMax);
  ASSERT_TRUE(log_->remember("").ok());
  reopen();
  EXPECT_EQ(contents_.remembered, "");
}

TEST_P(LogContract, AFreshLogIsEmpty) {
  EXPECT_EQ(contents_.first_index, LogIndex(1));
  EXPECT_EQ(contents_.last_index, LogIndex(0));
  EXPECT_EQ(contents_.hard_state, raft::HardState{});
  EXPECT_TRUE(contents_.base.membership.members.empty());
}

TEST_P(LogContract, EntriesTermVoteAndBaseAreFoundAgain) {
  write({reset(0, 0), hard_state(1, 1)});
  write({entries({entry(1, 1, "one"), entry(2, 1, "")}), hard_state(2, 3)});
  reopen();
  EXPECT_EQ(contents_.last_index, LogIndex(2));
  EXPECT_EQ(contents_.hard_state, (raft::HardState{Term(2), raft::NodeId(3)}));
  EXPECT_EQ(contents_.base.membership.cluster, base::ClusterId(3));
  EXPECT_EQ(contents_.term_runs, (std::vector<raft::TermRun>{{LogIndex(1), Term(1)}}));
  EXPECT_EQ(payload(*log_, 1), "one");
  EXPECT_EQ(payload(*log_, 2), "");
}

TEST_P(LogContract, ABatchIsAppliedInOrderResetCutAppendHardState) {
  write({entries({entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "c")})});
  LogWrite all = reset(7, 2);
  all.entries = {entry(8, 3, "d")};
  all.hard_state = raft::HardState{Term(3), raft::NodeId(1)};
  write({all, cut(8, {entry(8, 4, "e")})});
  for (const bool is_again : {false, true}) {
    if (is_again) reopen();
    EXPECT_EQ(payload(*log_, 8), "e");
  }
  EXPECT_EQ(contents_.first_index, LogIndex(8));
  EXPECT_EQ(contents_.previous_term, Term(2));
  EXPECT_EQ(contents_.hard_state.term, Term(3));
}

TEST_P(LogContract, AnEntryLargerThanARecordAndThanASegmentComesBackWhole) {
  const std::string large(2 * base::limits::kRecordBytesMax + 5, 'L');
  write({entries({entry(1, 1, "small"), entry(2, 1, large), entry(3, 1, "small again")})});
  for (const bool is_again : {false, true}) {
    if (is_again) reopen();
    EXPECT_EQ(payload(*log_, 2), large);
    EXPECT_EQ(payload(*log_, 3), "small again");
  }
}

TEST_P(LogContract, AReadGivesAtLeastOneEntryAndNoMoreThanAsked) {
  write({entries({entry(1, 1, std::string(100, 'a')), entry(2, 1, std::string(100, 'b')),
                  entry(3, 1, std::string(100, 'c'))})});
  const auto count = [&](std::uint64_t first, std::uint64_t last, std::size_t bytes_max) {
    return log_->read(kGroup, LogIndex(first), LogIndex(last), bytes_max).value().size();
  };
  EXPECT_EQ(count(1, 3, 1), 1U);
  EXPECT_EQ(count(1, 3, 150), 2U);
  EXPECT_EQ(count(1, 2, 100000), 2U);
  EXPECT_EQ(count(2, 9, 100000), 2U) << "no further than the log";
  EXPECT_EQ(count(4, 9, 100000), 0U);
}

TEST_P(LogContract, WhatIsDiscardedIsNotReadAndTheRestIs) {
  write({hard_state(2, 5)});
  for (std::uint64_t i = 1; i <= 40; ++i)
    write({entries({entry(i, 2, std::string(500, static_cast<char>('a' + i % 26)))})});
  ASSERT_TRUE(log_->discard(kGroup, LogIndex(30)).ok());
  EXPECT_EQ(payload(*log_, 30), "?");
  EXPECT_EQ(payload(*log_, 31), std::string(500, 'a' + 31 % 26));
  reopen();
  EXPECT_LE(contents_.first_index, LogIndex(31));
  EXPECT_EQ(contents_.last_index, LogIndex(40));
  EXPECT_EQ(contents_.previous_term, contents_.first_index > LogIndex(1) ? Term(2) : Term(0));
  EXPECT_EQ(contents_.hard_state, (raft::HardState{Term(2), raft::NodeId(5)}));
  EXPECT_LT(log_->size_bytes(), 20 * 600U);
}

TEST_P(LogContract, GroupsAreKeptApart) {
  const base::GroupId other{9};
  LogWrite of_other = entries({entry(1, 4, "other")});
  of_other.group = other;
  of_other.hard_state = raft::HardState{Term(4), raft::NodeId(2)};
  write({entries({entry(1, 1, "mine")}), of_other, hard_state(1, 1)});
  reopen();
  EXPECT_EQ(contents_.hard_state.term, Term(1));
  EXPECT_EQ(log_->open(other).value().hard_state.term, Term(4));
  EXPECT_EQ(payload(*log_, 1), "mine");
  EXPECT_EQ(log_->read(other, LogIndex(1), LogIndex(1), 1).value()[0]->payload, "other");
  ASSERT_TRUE(log_->discard(kGroup, LogIndex(1)).ok());
  EXPECT_EQ(log_->read(other, LogIndex(1), LogIndex(1), 1).value().size(), 1U);
}

TEST_P(LogContract, MembershipsAreFoundAgainAndUndoneWithTheirEntries) {
  auto members = std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(2), Term(1), raft::EntryKind::kMembership, "members"});
  write({entries({entry(1, 1, "a"), members, entry(3, 1, "b")})});
  reopen();
  ASSERT_EQ(contents_.memberships.size(), 1U);
  EXPECT_EQ(contents_.memberships[0]->payload, "members");
  write({cut(2, {entry(2, 2, "c")})});
  reopen();
  EXPECT_TRUE(contents_.memberships.empty());
  EXPECT_EQ(payload(*log_, 2), "c");
}

TEST_P(LogContract, EndMarksChangeNothing) {
  write({entries({entry(1, 1, "a")})});
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(log_->mark_end().ok());
  write({entries({entry(2, 1, "b")})});
  reopen();
  EXPECT_EQ(contents_.last_index, LogIndex(2));
}

// Against a list of entries: any order of appends, cuts, resets, discards and starts.
TEST_P(LogContract, RandomWritesReadBackAsAModelSays) {
  base::Prng prng(23);
  std::vector<std::pair<std::uint64_t, std::string>> model;  // entry base + 1 + i: term, payload
  std::uint64_t base = 0, first = 1, term = 1;
  for (int round = 0; round < 400; ++round) {
    LogWrite batch = entries({});
    const std::uint64_t last = base + model.size();
    if (prng.chance(1, 40)) {
      base = last + prng.below(3);
      batch = reset(base, term);
      model.clear();
      first = base + 1;
    } else if (last >= first && prng.chance(1, 6)) {
      const std::uint64_t from = first + prng.below(last - first + 1);
      batch = cut(from, {});
      model.resize(from - base - 1);
      ++term;
    }
    for (std::uint64_t i = prng.below(4); i > 0; --i) {
      model.emplace_back(term, std::string(prng.below(400), static_cast<char>('a' + round % 26)));
      batch.entries.push_back(entry(base + model.size(), term, model.back().second));
    }
    batch.hard_state = raft::HardState{Term(term), raft::NodeId(1 + prng.below(3))};
    write({batch});
    if (!model.empty() && prng.chance(1, 8)) {
      first = std::max(first, base + prng.below(model.size()));
      ASSERT_TRUE(log_->discard(kGroup, LogIndex(first - 1)).ok());
    }
    if (!prng.chance(1, 5)) continue;
    reopen();
    ASSERT_EQ(contents_.last_index, LogIndex(base + model.size())) << "round " << round;
    ASSERT_LE(contents_.first_index, LogIndex(first)) << "round " << round;
    ASSERT_EQ(contents_.hard_state, *batch.hard_state);
    for (std::uint64_t index = first; index <= base + model.size(); ++index)
      ASSERT_EQ(payload(*log_, index), model[index - base - 1].second) << "round " << round;
    first = std::max(contents_.first_index.value(), base + 1);
  }
}

}  // namespace
