// What must never be ends the process, in release builds too.
#include <gtest/gtest.h>

#include "raft/log.h"
#include "tests/raft/one_node.h"

namespace {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;
using raft_test::OneNode;

TEST(InvariantsDeathTest, AnEntryIsOfALaterTermThanItsLeader) {
  OneNode node;
  EXPECT_DEATH(node.hear(2, 1, OneNode::append(0, 0, {2})), "last_term.. <= hard_.term");
}

TEST(InvariantsDeathTest, TheClockGoesBack) {
  OneNode node;
  node.tick();
  node.pass_ms(-1);
  EXPECT_DEATH(node.tick(), "now >= now_");
}

TEST(InvariantsDeathTest, SomethingIsDurableThatWasNeverWritten) {
  OneNode node;
  EXPECT_DEATH(node.give(raft::Durable{99}), "sequence <= persist_sequence_");
}

TEST(InvariantsDeathTest, ACheckpointIsAheadOfTheLog) {
  OneNode node({.terms = {1}});
  EXPECT_DEATH(node.give(raft::Checkpointed{
                   {.index = LogIndex(2), .term = Term(1), .membership = {}, .generation = 1}}),
               "meta.index <= log_.last");
}

TEST(InvariantsDeathTest, MembersThatNobodyCanRead) {
  OneNode node;
  raft::Append append = OneNode::append(0, 0, {});
  append.entries.push_back(std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(1), Term(1), raft::EntryKind::kMembership, "rubbish"}));
  EXPECT_DEATH(node.hear(2, 1, append), "membership.has_value");
}

TEST(InvariantsDeathTest, ALogWhoseTermsDoNotCoverIt) {
  EXPECT_DEATH(raft::Log(LogIndex(0), Term(0), LogIndex(3), {}, 100, 100), "runs_.empty");
  EXPECT_DEATH(raft::Log(LogIndex(4), Term(1), LogIndex(3), {}, 100, 100), "base_ <= last_");
}

TEST(InvariantsDeathTest, AnEntryThatDoesNotFollowTheLast) {
  raft::Log log(LogIndex(0), Term(0), LogIndex(0), {}, 100, 100);
  EXPECT_DEATH(log.append(OneNode::entry(2, 1)), "index == last_.next");
  EXPECT_DEATH(log.truncate_from(LogIndex(0)), "index > base_");
  EXPECT_DEATH(log.compact(LogIndex(1)), "through <= last_");
}

}  // namespace
