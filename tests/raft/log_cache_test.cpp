// The log cache holds what somebody here still needs, and a tail.
#include <gtest/gtest.h>

#include "tests/raft/one_node.h"

namespace {

using raft::LogIndex;
using raft_test::OneNode;

raft::AppendReply has_up_to(std::uint64_t match) {
  return {.success = true,
          .match = LogIndex(match),
          .conflict_term = {},
          .rejected_previous = {},
          .round = 0};
}
void propose(OneNode& node, std::size_t bytes) {
  node.give(raft::Propose{1, raft::EntryKind::kBatch, std::string(bytes, 'x')});
}
bool has_cached(const OneNode& node, std::uint64_t index) {
  return !node.core().entries(LogIndex(index), LogIndex(index), 1).empty();
}

TEST(LogCache, LetsAnEntryGoThatIsAppliedAndOnEveryFollower) {
  OneNode node({.cache_tail_bytes = 0});
  node.lead();
  propose(node, 10);
  const std::uint64_t last = node.last();
  node.hear(2, node.term(), has_up_to(last));
  ASSERT_EQ(node.committed(), last);
  node.give(raft::Applied{LogIndex(last)});
  EXPECT_TRUE(has_cached(node, last)) << "node 3 does not have it";
  node.hear(3, node.term(), has_up_to(last));
  EXPECT_FALSE(has_cached(node, last));
}

TEST(LogCache, KeepsAnEntryThatIsNotApplied) {
  OneNode node({.cache_tail_bytes = 0});
  node.lead();
  propose(node, 10);
  const std::uint64_t last = node.last();
  node.hear(2, node.term(), has_up_to(last));
  node.hear(3, node.term(), has_up_to(last));
  EXPECT_TRUE(has_cached(node, last));
  node.give(raft::Applied{LogIndex(last)});
  EXPECT_FALSE(has_cached(node, last));
}

TEST(LogCache, KeepsAnEntryThatIsNotDurable) {
  OneNode node({.cache_tail_bytes = 0});
  node.lead();
  node.make_disk_slow();
  propose(node, 10);
  const std::uint64_t last = node.last();
  node.hear(2, node.term(), has_up_to(last));
  node.hear(3, node.term(), has_up_to(last));
  node.give(raft::Applied{LogIndex(last)});
  EXPECT_TRUE(has_cached(node, last));
  node.sync();
  EXPECT_FALSE(has_cached(node, last));
}

TEST(LogCache, KeepsATailOfWhatNobodyNeeds) {
  OneNode node({.voters = 1, .cache_tail_bytes = 1000});
  node.lead();
  for (int i = 0; i < 10; ++i) {
    propose(node, 300);
    node.give(raft::Applied{LogIndex(node.last())});
  }
  EXPECT_TRUE(has_cached(node, node.last()));
  EXPECT_TRUE(has_cached(node, node.last() - 1));
  EXPECT_FALSE(has_cached(node, node.last() - 3));
}

}  // namespace
