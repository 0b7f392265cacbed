// The measure of the log that late followers need, compared with one that knows every entry.
#include <gtest/gtest.h>

#include <map>

#include "base/prng.h"
#include "raft/log.h"
#include "raft/log_sizes.h"

namespace {

constexpr std::uint64_t kGrain = 1000;
constexpr std::uint64_t kOverhead = 32;

// Whatever was appended, cut off and compacted.
class Model {
 public:
  void append(std::size_t bytes) {
    last_ = last_.next();
    sizes_.append(last_, bytes);
    entries_[last_.value()] = bytes + kOverhead;
  }
  void truncate_from(std::uint64_t index) {
    for (auto entry = entries_.lower_bound(index); entry != entries_.end();) {
      truncated_ += entry->second;
      entry = entries_.erase(entry);
    }
    last_ = raft::LogIndex(index - 1);
    sizes_.truncate_from(raft::LogIndex(index));
  }
  void compact(std::uint64_t through) {
    entries_.erase(entries_.begin(), entries_.upper_bound(through));
    sizes_.compact(raft::LogIndex(through));
  }
  void expect_agreement(std::uint64_t index, std::uint64_t entry_bytes_max) const {
    std::uint64_t exact = 0;
    for (auto entry = entries_.upper_bound(index); entry != entries_.end(); ++entry)
      exact += entry->second;
    const std::uint64_t told = sizes_.bytes_after(raft::LogIndex(index));
    EXPECT_GE(told, exact);
    EXPECT_LE(told, exact + kGrain + entry_bytes_max + kOverhead + truncated_);
  }
  [[nodiscard]] std::uint64_t first() const {
    return entries_.empty() ? last_.value() + 1 : entries_.begin()->first;
  }
  [[nodiscard]] std::uint64_t last() const { return last_.value(); }

 private:
  raft::LogSizes sizes_{kGrain};
  raft::LogIndex last_;
  std::map<std::uint64_t, std::uint64_t> entries_;
  std::uint64_t truncated_ = 0;
};

TEST(LogSizes, SayWhatIsBehindAnyPositionToAGrain) {
  base::Prng chance(1);
  Model model;
  for (int i = 0; i < 20'000; ++i) {
    model.append(chance.below(300));
    const std::uint64_t some = model.first() + chance.below(model.last() - model.first() + 1);
    if (chance.below(200) == 0) model.compact(some);
    if (chance.below(4000) == 0) model.truncate_from(some);
    model.expect_agreement(some, 300);
  }
}

TEST(LogSizes, ALogThatBeginsAnewHoldsNothing) {
  raft::LogSizes sizes(kGrain);
  for (std::uint64_t i = 1; i <= 100; ++i) sizes.append(raft::LogIndex(i), 500);
  sizes.reset();
  EXPECT_EQ(sizes.bytes_after(raft::LogIndex(0)), 0);
  sizes.append(raft::LogIndex(1001), 500);
  EXPECT_EQ(sizes.bytes_after(raft::LogIndex(1000)), 500 + kOverhead);
}

// What one who has the log up to a position still lacks.
TEST(LogSizes, ALagIsExactInTheCacheAndNeverTooSmallBehindIt) {
  constexpr std::uint64_t kEntry = 500 + kOverhead;
  raft::Log log({}, {}, {}, {}, 2000, 0, kGrain);
  const auto append = [&log](std::uint64_t index) {
    log.append(std::make_shared<raft::Entry>(raft::Entry{
        raft::LogIndex(index), raft::Term(1), raft::EntryKind::kBatch, std::string(500, 'x')}));
  };
  for (std::uint64_t index = 1; index <= 10; ++index) append(index);
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(10)), 0U);
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(0)), 10 * kEntry);
  log.shrink_cache(raft::LogIndex(10), raft::LogIndex(0));
  ASSERT_FALSE(log.is_cached(raft::LogIndex(5)));
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(8)), 2 * kEntry);
  EXPECT_GE(log.lag_bytes(raft::LogIndex(3)), 7 * kEntry);
  EXPECT_LE(log.lag_bytes(raft::LogIndex(3)), 7 * kEntry + kGrain + kEntry);
  log.truncate_from(raft::LogIndex(10));
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(8)), kEntry);
  append(10);
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(8)), 2 * kEntry);
  log.reset(raft::LogIndex(20), raft::Term(2));
  EXPECT_EQ(log.lag_bytes(raft::LogIndex(3)), 0U);
}

}  // namespace
