#include "node/peers/promises.h"

#include <gtest/gtest.h>

namespace {

using base::LogIndex;
using base::NodeId;
using base::Term;
using node::Holding;
using node::keeps;
using node::Promise;
using node::promise_in;
using node::Promises;

constexpr std::uint64_t kRun = 11, kNextRun = 12;
const NodeId kPeer(7), kSelf(8), kOther(9);

Promise promise(std::uint64_t term, std::uint64_t acknowledged, NodeId vote = NodeId()) {
  return {Term(term), vote, LogIndex(acknowledged)};
}
Holding holding(std::uint64_t term, std::uint64_t last, NodeId vote = NodeId()) {
  return {Term(term), vote, LogIndex(last), false};
}
raft::Body appended(bool success, std::uint64_t match) {
  raft::AppendReply body;
  body.success = success;
  body.match = LogIndex(match);
  return body;
}
raft::Message reply(std::uint64_t term, raft::Body body) {
  return {base::kFirstGroup, kPeer, kSelf, Term(term), std::move(body)};
}

TEST(Promises, AnEarlierTermIsAnOldCopyWhateverTheLogIs) {
  EXPECT_FALSE(keeps(holding(4, 900), promise(5, 0)));
  EXPECT_TRUE(keeps(holding(5, 0), promise(5, 0)));
}

TEST(Promises, AShorterLogOfTheSameTermIsAnOldCopy) {
  EXPECT_FALSE(keeps(holding(5, 99), promise(5, 100)));
  EXPECT_TRUE(keeps(holding(5, 100), promise(5, 100)));
}

// Its leader may have cut what was acknowledged to an earlier one.
TEST(Promises, AShorterLogOfALaterTermIsNone) {
  EXPECT_TRUE(keeps(holding(6, 10), promise(5, 100)));
}

TEST(Promises, AVoteThatIsNotHeldAnyMoreIsAnOldCopy) {
  EXPECT_FALSE(keeps(holding(5, 0), promise(5, 0, kSelf)));
  EXPECT_FALSE(keeps(holding(5, 0, kOther), promise(5, 0, kSelf)));
  EXPECT_TRUE(keeps(holding(5, 0, kSelf), promise(5, 0, kSelf)));
  EXPECT_TRUE(keeps(holding(5, 0, kSelf), promise(5, 0)));
}

TEST(Promises, AmnesiaForgivesEntriesButNotTermAndVote) {
  Holding forgetful = holding(5, 10);
  forgetful.may_have_forgotten = true;
  EXPECT_TRUE(keeps(forgetful, promise(5, 100)));
  EXPECT_FALSE(keeps(forgetful, promise(6, 0)));
  EXPECT_FALSE(keeps(forgetful, promise(5, 0, kSelf)));
}

TEST(Promises, AddingKeepsTheMostOfTheNewestTerm) {
  Promise all = promise(5, 100);
  add(all, promise(4, 900, kOther));
  EXPECT_EQ(all, promise(5, 100));
  add(all, promise(5, 50, kSelf));
  EXPECT_EQ(all, promise(5, 100, kSelf));
  add(all, promise(5, 120));
  EXPECT_EQ(all, promise(5, 120, kSelf));
  add(all, promise(6, 0));
  EXPECT_EQ(all, promise(6, 0));
}

TEST(Promises, OnlyAnotherRunThanTheRememberedOneIsJudged) {
  Promises promises;
  EXPECT_FALSE(promises.broken(kPeer, kNextRun, holding(0, 0)));
  promises.remember(kPeer, kRun, promise(5, 100));
  EXPECT_FALSE(promises.broken(kPeer, kRun, holding(4, 0)));
  EXPECT_EQ(promises.broken(kPeer, kNextRun, holding(4, 0)), promise(5, 100));
  EXPECT_FALSE(promises.broken(kPeer, kNextRun, holding(5, 100)));
}

TEST(Promises, AcknowledgementsAndVotesPromiseAndRefusalsDoNot) {
  EXPECT_FALSE(promise_in(reply(5, appended(false, 70))));
  EXPECT_FALSE(promise_in(reply(6, raft::VoteReply{.granted = false})));
  EXPECT_FALSE(promise_in(reply(7, raft::PreVoteReply{.next_term = Term(9), .granted = true})));
  EXPECT_EQ(promise_in(reply(5, appended(true, 70))), promise(5, 70));
  EXPECT_EQ(promise_in(reply(6, raft::VoteReply{.granted = true})), promise(6, 0, kSelf));
}

TEST(Promises, NewsAreUrgentWhenTermOrVoteChange) {
  Promises promises;
  promises.remember(kPeer, kRun, promise(5, 100));
  EXPECT_TRUE(promises.is_urgent());
  (void)promises.encode();
  EXPECT_FALSE(promises.has_news());
  promises.remember(kPeer, kRun, promise(5, 100));
  EXPECT_FALSE(promises.has_news());
  promises.remember(kPeer, kRun, promise(5, 101));
  EXPECT_TRUE(promises.has_news());
  EXPECT_FALSE(promises.is_urgent());
  promises.remember(kPeer, kRun, promise(5, 0, kSelf));
  EXPECT_TRUE(promises.is_urgent());
}

TEST(Promises, AreReadBackAsTheyWereWritten) {
  Promises promises;
  promises.remember(kPeer, kRun, promise(5, 100, kSelf));
  promises.remember(kOther, kRun, promise(6, 0));
  Promises again;
  ASSERT_TRUE(again.decode(promises.encode()));
  EXPECT_EQ(again.broken(kPeer, kNextRun, holding(5, 0)), promise(5, 100, kSelf));
  EXPECT_FALSE(again.broken(kPeer, kRun, holding(5, 0)));
  EXPECT_EQ(again.broken(kOther, kNextRun, holding(5, 0)), promise(6, 0));
}

TEST(Promises, NothingMalformedIsTaken) {
  Promises promises;
  promises.remember(kPeer, kRun, promise(5, 100));
  const std::string bytes = promises.encode();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(promises.decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(promises.decode(bytes + "x"));
  EXPECT_FALSE(promises.decode("\xff\xff\xff\xff\x7f"));
  EXPECT_FALSE(node::decode_promise("short"));
  EXPECT_FALSE(node::decode_promise(node::encode_promise(promise(1, 2)) + "x"));
  EXPECT_EQ(node::decode_promise(node::encode_promise(promise(1, 2, kSelf))), promise(1, 2, kSelf));
  EXPECT_TRUE(promises.broken(kPeer, kNextRun, holding(4, 0)));  // as it was
}

TEST(Promises, WhoIsNoMemberAnyMoreIsForgotten) {
  Promises promises;
  promises.remember(kPeer, kRun, promise(5, 100));
  promises.remember(kOther, kRun, promise(5, 100));
  promises.keep([](NodeId id) { return id == kOther; });
  EXPECT_FALSE(promises.broken(kPeer, kNextRun, holding(0, 0)));
  EXPECT_TRUE(promises.broken(kOther, kNextRun, holding(0, 0)));
}

}  // namespace
