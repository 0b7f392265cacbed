// Batches that another node proposes (node/replica/forwarder.h), and the other end, which proposes
// those of others (guests.h): in order, each at most once, whatever becomes of the leader.
#include "node/replica/forwarder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "node/replica/replica.h"
#include "tests/node/quiet_listener.h"

namespace node {
namespace {

constexpr base::NodeId kSelf{11}, kLeader{22}, kNext{33};

struct Client : Addressee {
  std::vector<std::string> replies;
  std::vector<WriteFate> fates;
};

class ListClients : public node_test::QuietListener {
 public:
  ReplyPlace on_applying(const Waiter& waiter) override {
    reply_.clear();
    client_ = static_cast<Client*>(waiter.client);
    return {.out = &reply_};
  }
  void on_applied(const Waiter&, const AppliedElement&) override {
    client_->replies.push_back(reply_);
  }
  void on_fate(std::span<const Waiter> waiters, WriteFate fate) override {
    for (const Waiter& waiter : waiters)
      if (waiter.client != nullptr) static_cast<Client*>(waiter.client)->fates.push_back(fate);
  }

 private:
  std::string reply_;
  Client* client_ = nullptr;
};

// A member with a plain door; what it would send is taken out of its turns.
class ForwardingTest : public ::testing::Test {
 protected:
  ForwardingTest() {
    EXPECT_TRUE(config.load_arguments({"--cluster-enabled", "yes", "--plain-port", "7"}).ok());
    turn.clocks = {.now = base::Instant(base::milliseconds(1000)), .wall_ms = 1'700'000'000'000};
    replica = std::make_unique<Replica>(
        ReplicaOptions{.commands = engine::engine_commands(), .self = kSelf, .epoch = 1, .seed = 5},
        config, turn, clients, clients);
    replica->start();
    follow(1, kLeader);
    commit(1, opening());
    EXPECT_TRUE(sent().empty());
  }

  static std::string opening() {
    engine::BatchWriter writer;
    writer.drop_clients({});
    return writer.seal(1'700'000'000'000, 1);
  }
  void follow(std::uint64_t term, base::NodeId leader) {
    tell(Leadership{.group = base::kFirstGroup,
                    .term = base::Term(term),
                    .role = leader == kSelf ? raft::Role::kLeader : raft::Role::kFollower,
                    .leader = leader});
  }
  void tell(FromConsensus message) { replica->receive(message); }
  // Another entry of the log, and a turn that applies it.
  void commit(std::uint64_t term, std::string payload) {
    auto entry = std::make_shared<raft::Entry>(raft::Entry{.index = last = last.next(),
                                                           .term = base::Term(term),
                                                           .kind = raft::EntryKind::kBatch,
                                                           .payload = std::move(payload)});
    tell(Committed{.group = base::kFirstGroup, .entries = {std::move(entry)}, .commit = last});
    pass();
  }
  void set(std::string_view value) {
    const std::vector<std::string_view> argv{"set", "k", value, "get"};
    replica->proposals().writer().command(0, {}, false, argv);
    replica->proposals().add_waiter(client, ++operations);
  }
  // Each in a batch of its own.
  void set_and_pass(std::string_view value) {
    set(value);
    set(value);  // as large as the one before it: it does not wait for that
    pass();
  }
  void pass(std::int64_t ms = 1) {
    turn.clocks.now += base::milliseconds(ms);
    replica->begin_turn();
    replica->apply();
    replica->settle_doubtful();
    replica->tidy(false);
    replica->make_room(false);
    replica->close_turn();
    for (ToConsensus& message : turn.to_consensus) {
      if (auto* batch = std::get_if<ForwardBatch>(&message)) sent_.push_back(std::move(*batch));
      if (auto* batch = std::get_if<ProposeBatch>(&message)) proposed.push_back(std::move(*batch));
      if (auto* answer = std::get_if<AnswerForward>(&message)) answers.push_back(*answer);
    }
    turn.to_consensus.clear();
  }
  [[nodiscard]] const std::vector<ForwardBatch>& sent() const { return sent_; }
  std::vector<ForwardBatch> take_sent() { return std::exchange(sent_, {}); }
  void answer(const ForwardBatch& batch, bool is_taken) {
    tell(ForwardAnswered{batch.group, batch.term, batch.id, is_taken});
  }
  [[nodiscard]] std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> all;
    for (const ForwardBatch& one : sent_) all.push_back(one.id);
    return all;
  }

  Config config;
  Turn turn;
  ListClients clients;
  Client client;
  std::unique_ptr<Replica> replica;
  base::LogIndex last;
  std::uint64_t operations = 0;
  std::vector<ProposeBatch> proposed;
  std::vector<AnswerForward> answers;

 private:
  std::vector<ForwardBatch> sent_;
};

using Ids = std::vector<std::uint64_t>;
using Replies = std::vector<std::string>;
using Fates = std::vector<WriteFate>;

TEST_F(ForwardingTest, TheReplyIsMadeWhereTheClientIs) {
  set("a");
  pass();
  ASSERT_EQ(sent().size(), 1U);
  commit(1, sent()[0].payload);
  EXPECT_EQ(client.replies, Replies{"$-1\r\n"});
  EXPECT_TRUE(replica->proposals().forwarder().is_idle());
}

TEST_F(ForwardingTest, WhatIsRefusedIsSentAgainWithWhatStandsBehindIt) {
  set_and_pass("a");
  set_and_pass("b");
  const auto first = take_sent();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].previous, 0U);
  EXPECT_EQ(first[1].previous, first[0].id);
  answer(first[0], false);
  pass();
  EXPECT_TRUE(sent().empty()) << "at once it would be refused again";
  pass(20);
  EXPECT_EQ(ids(), (Ids{first[0].id, first[1].id}));
}

TEST_F(ForwardingTest, WhatIsTakenIsNotSentAgainAndNamesNobodyBehindIt) {
  set_and_pass("a");
  const auto first = take_sent();
  answer(first[0], true);
  pass(2000);
  EXPECT_TRUE(sent().empty());
  set_and_pass("b");
  ASSERT_EQ(sent().size(), 1U);
  EXPECT_EQ(sent()[0].previous, 0U);
}

TEST_F(ForwardingTest, WhatNobodyAnswersForIsSentAgainToTheSameLeader) {
  set_and_pass("a");
  const auto first = take_sent();
  pass(500);
  EXPECT_TRUE(sent().empty());
  pass(600);
  EXPECT_EQ(ids(), Ids{first[0].id});
}

TEST_F(ForwardingTest, ALaterLeaderGetsItWhenTheLogShowsThatItIsLost) {
  set_and_pass("a");
  set_and_pass("b");
  const auto first = take_sent();
  answer(first[0], true);
  follow(2, kNext);
  set_and_pass("c");
  EXPECT_TRUE(sent().empty()) << "the first may be in the log";
  commit(1, first[0].payload);
  EXPECT_TRUE(sent().empty()) << "and so may the second";
  commit(2, opening());
  EXPECT_EQ(ids(), (Ids{first[1].id, first[1].id + 1}));
  EXPECT_EQ(sent()[0].term, base::Term(2));
  commit(2, sent()[0].payload);
  commit(2, sent()[1].payload);
  EXPECT_EQ(client.replies.size(), 6U);
  EXPECT_TRUE(client.fates.empty());
}

TEST_F(ForwardingTest, WithoutALeaderTheClientHearsWhatIsKnown) {
  set_and_pass("a");
  const auto first = take_sent();
  set("b");
  follow(2, {});
  pass(4000);
  EXPECT_TRUE(client.fates.empty());
  pass(1001);
  EXPECT_EQ(client.fates, (Fates{WriteFate::kInDoubt, WriteFate::kInDoubt, WriteFate::kInDoubt}));
  follow(3, kNext);
  commit(3, opening());
  for (const ForwardBatch& one : sent()) EXPECT_NE(one.id, first[0].id) << "its client was told";
}

TEST_F(ForwardingTest, ANewLeaderProposesWhatItHadForwarded) {
  set_and_pass("a");
  take_sent();
  follow(2, kSelf);
  pass();
  ASSERT_EQ(proposed.size(), 1U) << "its term is opened first";
  tell(BatchProposed{.group = base::kFirstGroup,
                     .id = proposed[0].id,
                     .index = last.next(),
                     .term = base::Term(2)});
  commit(2, proposed[0].payload);
  ASSERT_EQ(proposed.size(), 2U);
  tell(BatchProposed{.group = base::kFirstGroup,
                     .id = proposed[1].id,
                     .index = last.next(),
                     .term = base::Term(2)});
  commit(2, proposed[1].payload);
  EXPECT_EQ(client.replies.size(), 2U);
}

// A hand-over that came to nothing: consensus takes batches again before the service knows.
TEST_F(ForwardingTest, NothingOvertakesWhatWasRefusedWhileLeadershipWasHandedOver) {
  follow(2, kSelf);
  pass();
  tell(BatchProposed{.group = base::kFirstGroup,
                     .id = proposed.at(0).id,
                     .index = last.next(),
                     .term = base::Term(2)});
  commit(2, proposed[0].payload);
  proposed.clear();
  set_and_pass("a");
  ASSERT_EQ(proposed.size(), 1U);
  const std::uint64_t first = proposed[0].id;
  tell(BatchRefused{.group = base::kFirstGroup,
                    .id = first,
                    .reason = raft::RefusalReason::kTransferring,
                    .payload = std::move(proposed[0].payload),
                    .refusals = 1});
  proposed.clear();
  set_and_pass("b");
  EXPECT_TRUE(proposed.empty());
  tell(TransferDone{base::kFirstGroup, false, "in time"});
  pass();
  ASSERT_EQ(proposed.size(), 2U);
  EXPECT_EQ(proposed[0].id, first);
  EXPECT_EQ(proposed[0].refusals_heard, 1U);
  EXPECT_GT(proposed[1].id, first);
  EXPECT_TRUE(client.fates.empty());
}

// ---- the leader's end ----

class GuestsTest : public ForwardingTest {
 protected:
  GuestsTest() {
    follow(2, kSelf);
    pass();
    place(proposed.at(0));
    commit(2, proposed[0].payload);
    proposed.clear();
  }
  // Consensus has told the member that it is taken.
  void place(const ProposeBatch& batch) {
    if (batch.guest) {
      answers.push_back({.group = batch.group,
                         .to = batch.guest->member,
                         .epoch = batch.guest->epoch,
                         .term = batch.guest->term,
                         .id = batch.guest->id,
                         .is_taken = true});
    }
    tell(BatchProposed{
        .group = base::kFirstGroup, .id = batch.id, .index = last.next(), .term = base::Term(2)});
  }
  void forwarded(std::uint64_t id, std::uint64_t previous, std::uint64_t epoch = 7) {
    engine::BatchWriter writer;
    const std::vector<std::string_view> argv{"incr", "n"};
    writer.command(0, {}, false, argv);
    tell(BatchForwarded{.group = base::kFirstGroup,
                        .from = kNext,
                        .epoch = epoch,
                        .batch = {.group = base::kFirstGroup,
                                  .term = base::Term(2),
                                  .id = id,
                                  .previous = previous,
                                  .payload = writer.seal(5, 1000 + id)}});
    pass();
  }
  // "+3" taken, "-4" refused.
  std::string told() {
    std::string text;
    for (const AnswerForward& one : std::exchange(answers, {}))
      text += (one.is_taken ? "+" : "-") + std::to_string(one.id);
    return text;
  }
};

TEST_F(GuestsTest, ABatchKeepsItsSeedAndGetsTheLeadersTimeAndRules) {
  forwarded(3, 0);
  ASSERT_EQ(proposed.size(), 1U);
  const engine::BatchReader reader(proposed[0].payload);
  EXPECT_EQ(reader.seed(), 1003U);
  EXPECT_GT(reader.time_ms(), 1'000'000);
  EXPECT_EQ(reader.rules(), engine::kRulesKnown);
}

TEST_F(GuestsTest, TheyGoIntoTheLogInTheirOrderEachOnce) {
  forwarded(4, 3);
  EXPECT_EQ(told(), "-4") << "3 has not been seen";
  forwarded(3, 0);
  forwarded(4, 3);
  forwarded(3, 0);  // sent twice: it is on its way
  ASSERT_EQ(proposed.size(), 1U) << "one of a member at a time";
  place(proposed[0]);
  pass();
  EXPECT_EQ(told(), "+3");
  ASSERT_EQ(proposed.size(), 2U);
  place(proposed[1]);
  forwarded(4, 3);
  EXPECT_EQ(told(), "+4+4");
  EXPECT_EQ(proposed.size(), 2U);
}

TEST_F(GuestsTest, WhatConsensusRefusesTakesWhatStandsBehindItAlong) {
  forwarded(3, 0);
  forwarded(4, 3);
  tell(BatchRefused{.group = base::kFirstGroup,
                    .id = proposed.at(0).id,
                    .reason = raft::RefusalReason::kTooMuchUncommitted});
  EXPECT_EQ((pass(), told()), "-3-4");
  forwarded(3, 0);
  EXPECT_EQ(proposed.size(), 2U);
}

TEST_F(GuestsTest, AnotherRunOfTheMemberBeginsAnew) {
  forwarded(9, 0);
  place(proposed.at(0));
  pass();
  EXPECT_EQ(told(), "+9");
  forwarded(1, 0, 8);
  EXPECT_EQ(proposed.size(), 2U);
}

TEST_F(GuestsTest, OfATermThatIsOverItTakesNothing) {
  follow(3, kNext);
  forwarded(3, 0);
  EXPECT_EQ(told(), "-3");
  EXPECT_TRUE(proposed.empty());
}

}  // namespace
}  // namespace node
