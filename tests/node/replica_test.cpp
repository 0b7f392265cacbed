// A node of two groups, keys by slot: two replicas under one turn, and clients that are no more
// than a list of replies. Nothing here has a session or a connection.
#include "node/replica/replica.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/crc.h"
#include "tests/node/quiet_listener.h"

namespace node {
namespace {

constexpr base::NodeId kSelf{11};
constexpr base::NodeId kOther{22};
constexpr std::string_view kOfOne = "{b}", kOfTwo = "{a}";  // slots 3300 and 15495

struct ListClient : Addressee {
  std::map<std::uint64_t, std::string> replies;  // by operation
  std::map<std::uint64_t, WriteFate> fates;
};

class ListClients : public node_test::QuietListener {
 public:
  ReplyPlace on_applying(const Waiter& waiter) override {
    return {.out = &client(waiter).replies[waiter.operation]};
  }
  void on_applied(const Waiter&, const AppliedElement&) override { ++applied; }
  void on_fate(std::span<const Waiter> waiters, WriteFate fate) override {
    for (const Waiter& waiter : waiters) {
      if (waiter.client != nullptr) client(waiter).fates[waiter.operation] = fate;
    }
  }
  void on_evidence(base::ConnectionId reader) override { evidence.push_back(reader); }
  void on_reads_lost(bool) override { ++reads_lost; }

  std::size_t applied = 0, reads_lost = 0;
  std::vector<base::ConnectionId> evidence;

 private:
  static ListClient& client(const Waiter& waiter) {
    return static_cast<ListClient&>(*waiter.client);
  }
};

class TwoGroupsTest : public ::testing::Test {
 protected:
  TwoGroupsTest() {
    turn.clocks = {.now = base::Instant(base::milliseconds(1000)), .wall_ms = 1'700'000'000'000};
    for (Replica* replica : groups) replica->start();
    end_turn();
  }

  static ReplicaOptions options(std::uint32_t group) {
    return {.commands = engine::engine_commands(),
            .group = GroupId(group),
            .self = kSelf,
            .epoch = 1,
            .seed = group};
  }
  Replica& replica_of(std::string_view key) { return base::key_slot(key) < 8192 ? one : two; }

  void lead(Replica& replica, std::uint64_t term) {
    tell(replica, Leadership{.group = replica.group(),
                             .term = base::Term(term),
                             .role = raft::Role::kLeader,
                             .leader = kSelf});
    end_turn();
  }
  void depose(Replica& replica, std::uint64_t term) {
    tell(replica, Leadership{.group = replica.group(), .term = base::Term(term), .leader = kOther});
  }
  static void tell(Replica& replica, FromConsensus message) { replica.receive(message); }

  void set(ListClient& client, std::uint64_t operation, std::string_view key,
           std::string_view value) {
    const std::vector<std::string_view> argv{"set", key, value};
    Proposals& proposals = replica_of(key).proposals();
    proposals.writer().command(0, {}, false, argv);
    proposals.add_waiter(client, operation);
  }
  static std::string get(Replica& replica, std::string_view key) {
    const std::vector<std::string_view> argv{"get", key};
    std::string out;
    resp::ReplyWriter reply(out, 2);
    const engine::Resolved command = engine::engine_commands().resolve(argv);
    EXPECT_TRUE(replica.reads().answer({.spec = *command.spec, .argv = argv}, reply));
    return out;
  }

  // Batches leave; with `commits` each is the next entry of its own group's log.
  void end_turn(bool commits = true) {
    for (int round = 0; round < 4; ++round) {
      for (Replica* replica : groups) {
        replica->begin_turn();
        replica->apply();
        replica->settle_doubtful();
        replica->tidy(false);
        replica->make_room(false);
        replica->close_turn();
      }
      for (ToConsensus& message : std::exchange(turn.to_consensus, {})) {
        auto* batch = std::get_if<ProposeBatch>(&message);
        if (batch == nullptr) {
          asked.push_back(std::move(message));
        } else {
          proposed.push_back(batch->group);
          place(*batch, commits);
        }
      }
    }
  }
  void place(const ProposeBatch& batch, bool commits) {
    Replica& replica = batch.group == one.group() ? one : two;
    const base::Term term = replica.terms().leadership().term;
    const base::LogIndex index(++last[replica.group()]);
    tell(replica, BatchProposed{batch.group, batch.id, index, term});
    if (!commits) return;
    const auto entry = std::make_shared<const raft::Entry>(
        raft::Entry{index, term, raft::EntryKind::kBatch, batch.payload});
    tell(replica, Committed{batch.group, {entry}, index});
  }

  Config config;
  Turn turn;
  ListClients clients;
  Replica one{options(1), config, turn, clients, clients},
      two{options(2), config, turn, clients, clients};
  std::array<Replica*, 2> groups{&one, &two};
  std::map<GroupId, std::uint64_t> last;  // of each group's log
  std::vector<GroupId> proposed;
  std::vector<ToConsensus> asked;
};

TEST_F(TwoGroupsTest, AKeyIsWrittenToAndReadFromTheGroupOfItsSlot) {
  lead(one, 1);
  lead(two, 7);
  ListClient client;
  set(client, 1, kOfOne, "first");
  set(client, 2, kOfTwo, "second");
  set(client, 3, kOfTwo, "third");
  end_turn();
  const std::map<std::uint64_t, std::string> all_ok{{1, "+OK\r\n"}, {2, "+OK\r\n"}, {3, "+OK\r\n"}};
  EXPECT_EQ(client.replies, all_ok);
  EXPECT_EQ(get(one, kOfOne), "$5\r\nfirst\r\n");
  EXPECT_EQ(get(two, kOfTwo), "$5\r\nthird\r\n");
  EXPECT_EQ(get(one, kOfTwo), "$-1\r\n");
  EXPECT_EQ(get(two, kOfOne), "$-1\r\n");
  EXPECT_EQ(one.applied(), base::LogIndex(2));  // the entry that opened the term, and the write
  EXPECT_EQ(two.applied(), base::LogIndex(2));
}

TEST_F(TwoGroupsTest, WhatAGroupSendsNamesIt) {
  lead(one, 1);
  lead(two, 1);
  asked.clear();
  one.proposals().evidence().tickets().enlist(one.proposals().evidence().tickets().open(),
                                              base::ConnectionId(5));
  two.proposals().evidence().tickets().enlist(two.proposals().evidence().tickets().open(),
                                              base::ConnectionId(6));
  end_turn();
  std::vector<GroupId> reads;
  for (const ToConsensus& message : asked) {
    if (const auto* read = std::get_if<AskRead>(&message)) reads.push_back(read->group);
  }
  EXPECT_EQ(reads, (std::vector<GroupId>{GroupId(1), GroupId(2)}));
  EXPECT_EQ(proposed, (std::vector<GroupId>{GroupId(1), GroupId(2)}));
  tell(two, ReadReady{.group = GroupId(2), .id = 1, .index = two.applied()});
  EXPECT_EQ(clients.evidence, std::vector<base::ConnectionId>{base::ConnectionId(6)});
}

TEST_F(TwoGroupsTest, OneGroupLosesItsLeaderAndTheOtherServesOn) {
  lead(one, 1);
  lead(two, 1);
  ListClient client;
  set(client, 1, kOfOne, "unproposed");
  set(client, 2, kOfTwo, "kept");
  depose(one, 2);
  EXPECT_FALSE(one.terms().is_serving());
  EXPECT_TRUE(two.terms().is_serving());
  EXPECT_EQ(client.fates, (std::map<std::uint64_t, WriteFate>{{1, WriteFate::kNever}}));
  EXPECT_EQ(clients.reads_lost, 1U);
  end_turn();
  EXPECT_EQ(client.replies, (std::map<std::uint64_t, std::string>{{2, "+OK\r\n"}}));
  EXPECT_EQ(get(one, kOfOne), "$-1\r\n");
}

TEST_F(TwoGroupsTest, AWriteUnderWayIsInDoubtInItsGroupAlone) {
  lead(one, 1);
  lead(two, 1);
  ListClient client;
  set(client, 1, kOfOne, "lost");
  set(client, 2, kOfTwo, "lost");
  end_turn(false);
  depose(one, 2);
  end_turn();
  EXPECT_TRUE(client.fates.empty());  // it may be applied yet
  turn.clocks.now += base::milliseconds(5001);
  end_turn();
  EXPECT_EQ(client.fates, (std::map<std::uint64_t, WriteFate>{{1, WriteFate::kInDoubt}}));
  EXPECT_EQ(two.proposals().batcher().in_flight(), 1U);
}

}  // namespace
}  // namespace node
