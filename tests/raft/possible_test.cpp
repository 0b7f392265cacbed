// What no core ever says (raft/possible.cpp): each number that a peer can send beyond all bounds,
// and each order of terms that no log has.
#include <gtest/gtest.h>

#include "raft/message.h"

namespace {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;

constexpr std::uint64_t kTooFar = 1ULL << 62;

bool may_be_said(raft::Body body, std::uint64_t from = 1) {
  return is_possible(raft::Message{.group = base::kFirstGroup,
                                   .from = NodeId(from),
                                   .to = NodeId(2),
                                   .term = Term(5),
                                   .body = std::move(body)});
}
raft::EntryPtr entry(std::uint64_t index, raft::EntryKind kind, std::string payload) {
  return std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(5), kind, std::move(payload)});
}
raft::Append append(std::uint64_t previous, std::vector<raft::EntryPtr> entries,
                    std::uint64_t commit = 1) {
  raft::Append body;
  body.previous_index = LogIndex(previous);
  body.commit = LogIndex(commit);
  body.entries = std::move(entries);
  return body;
}
raft::EntryPtr membership(bool has_voter) {
  raft::Membership members{base::ClusterId(7), {{NodeId(1), "a:1", has_voter}}};
  members.version = LogIndex(2);
  return entry(2, raft::EntryKind::kMembership, raft::encode_membership(members));
}

TEST(Possible, Elections) {
  EXPECT_TRUE(may_be_said(raft::PreVote{Term(6), LogIndex(1), Term(5)}));
  EXPECT_FALSE(may_be_said(raft::PreVote{Term(6), LogIndex(kTooFar), Term(5)}));
  EXPECT_TRUE(may_be_said(raft::Vote{LogIndex(1), Term(4)}));
  EXPECT_FALSE(may_be_said(raft::Vote{LogIndex(kTooFar), Term(4)}));
  EXPECT_FALSE(may_be_said(raft::Vote{LogIndex(1), Term(5)})) << "of the term that it asks for";
  EXPECT_FALSE(may_be_said(raft::Vote{LogIndex(1), Term(4)}, 0)) << "by nobody";
}

TEST(Possible, Appends) {
  const raft::EntryPtr batch = entry(2, raft::EntryKind::kBatch, "x");
  EXPECT_TRUE(may_be_said(append(1, {batch})));
  EXPECT_FALSE(may_be_said(append(kTooFar - 1, {batch}))) << "its last entry";
  EXPECT_FALSE(may_be_said(append(1, {batch}, kTooFar)));
  EXPECT_TRUE(may_be_said(append(1, {membership(true)})));
  EXPECT_FALSE(may_be_said(append(1, {membership(false)}))) << "nobody could ever commit";
}

TEST(Possible, AnswersToAppends) {
  raft::AppendReply reply;
  EXPECT_TRUE(may_be_said(reply));
  reply.rejected_previous = LogIndex(kTooFar);
  EXPECT_FALSE(may_be_said(reply));
  reply = {};
  reply.conflict_term = Term(kTooFar);
  EXPECT_FALSE(may_be_said(reply));
}

TEST(Possible, Snapshots) {
  raft::InstallSnapshot chunk;
  chunk.meta.membership = {base::ClusterId(7), {{NodeId(1), "a:1", true}}};
  EXPECT_TRUE(may_be_said(chunk));
  chunk.meta.index = LogIndex(kTooFar);
  EXPECT_FALSE(may_be_said(chunk));
}

}  // namespace
