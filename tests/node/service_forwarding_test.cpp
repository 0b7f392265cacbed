// Clients at the plain door of a follower: what the leader proposes for them, and what they hear
// when it is lost (docs/decisions/forwarded-batches.md).
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

struct PlainFollower : World {
  PlainFollower() : World(Given{.settings = {"--cluster-enabled", "no"}}) {
    show_cluster();
    follow(1, kOther);
    commit_elsewhere(1);
    client = connect();
  }
  // Another's entry: the rules of forwarding are in force behind it.
  void commit_elsewhere(std::uint64_t term) {
    engine::BatchWriter writer;
    writer.drop_clients({});
    commit(term, writer.seal(clocks.wall_ms, 1));
  }
  void commit(std::uint64_t term, std::string payload) {
    commit_foreign(term, raft::EntryKind::kBatch, std::move(payload));
    settle();
  }
  // What was sent to the leader since the last call.
  std::vector<ForwardBatch> forwarded() {
    std::vector<ForwardBatch> all;
    for (ToConsensus& message : std::exchange(asked, {}))
      if (auto* batch = std::get_if<ForwardBatch>(&message)) all.push_back(std::move(*batch));
    return all;
  }
  base::ConnectionId client;
};

TEST(ServiceForwardingTest, AWriteIsAnsweredWhenItsEntryComes) {
  PlainFollower world;
  EXPECT_EQ(world.say(world.client, "INCR n\r\nINCR n\r\n"), "");
  const auto sent = world.forwarded();
  ASSERT_EQ(sent.size(), 1U);
  world.commit(1, sent[0].payload);
  EXPECT_EQ(world.received(world.client), ":1\r\n:2\r\n");
}

// The write may take effect before the read is evaluated: its client would see its own later write.
TEST(ServiceForwardingTest, AReadBeforeAWriteInDoubtIsRefused) {
  PlainFollower world;
  world.grants_reads = false;
  EXPECT_EQ(world.say(world.client, "GET n\r\nINCR n\r\n"), "");
  const auto sent = world.forwarded();
  ASSERT_EQ(sent.size(), 1U);
  world.follow(2, {});
  world.pass(base::milliseconds(2900));
  EXPECT_EQ(world.received(world.client), "");
  world.follow(3, kOther);  // which does not answer
  world.pass(base::milliseconds(2200));
  const std::string told = world.received(world.client);
  EXPECT_TRUE(told.starts_with("-TRYAGAIN")) << told;
  EXPECT_NE(told.find("\r\n-INDOUBT"), std::string::npos) << told;
  world.commit(1, sent[0].payload);
  EXPECT_EQ(world.received(world.client), "");
}

TEST(ServiceForwardingTest, WithoutALeaderAWriteWaitsForTheNextOne) {
  PlainFollower world;
  world.follow(2, {});
  EXPECT_EQ(world.say(world.client, "INCR n\r\n"), "");
  EXPECT_TRUE(world.forwarded().empty());
  world.follow(3, kOther);
  world.settle();
  ASSERT_EQ(world.forwarded().size(), 1U);
}

TEST(ServiceForwardingTest, AWaitOfAFollowersClientIsServedWhereItIs) {
  PlainFollower world;
  EXPECT_EQ(world.say(world.client, "BLPOP list 0\r\n"), "");
  const auto sent = world.forwarded();
  ASSERT_EQ(sent.size(), 1U);
  world.commit(1, sent[0].payload);
  EXPECT_EQ(world.received(world.client), "");
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"RPUSH", "list", "a"};
  writer.command(0, {}, false, argv);
  world.commit(1, writer.seal(world.clocks.wall_ms, 2));
  EXPECT_EQ(world.received(world.client), "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

// A leader that handed leadership over: its clients wait on, but for those that have to go to the
// next leader themselves.
struct HandedOver : World {
  explicit HandedOver(const std::string& cluster_enabled)
      : World(Given{.settings = {"--cluster-enabled", cluster_enabled}}) {
    show_cluster();
    lead(1, false);
    client = connect();
    EXPECT_EQ(say(client, "BLPOP list 0\r\n"), "");
    follow(2, kOther);
    engine::BatchWriter writer;
    writer.drop_clients({kSelf, kOther});
    commit(writer.seal(clocks.wall_ms, 1));
  }
  void commit(std::string payload) {
    commit_foreign(2, raft::EntryKind::kBatch, std::move(payload));
    settle();
  }
  void push() {
    engine::BatchWriter writer;
    const std::vector<std::string_view> argv{"RPUSH", "list", "a"};
    writer.command(0, {}, false, argv);
    commit(writer.seal(clocks.wall_ms, 2));
  }
  // What it sent to the leader.
  std::vector<std::string> forwarded() {
    std::vector<std::string> all;
    for (ToConsensus& message : std::exchange(asked, {}))
      if (auto* batch = std::get_if<ForwardBatch>(&message)) all.push_back(batch->payload);
    return all;
  }
  base::ConnectionId client;
};

TEST(ServiceForwardingTest, AClientOfAPlainDoorWaitsOnWhenItsLeaderHasHandedOver) {
  HandedOver world("no");
  EXPECT_TRUE(world.forwarded().empty());
  EXPECT_EQ(world.received(world.client), "");
  world.push();
  EXPECT_EQ(world.received(world.client), "*2\r\n$4\r\nlist\r\n$1\r\na\r\n");
}

TEST(ServiceForwardingTest, AClientOfTheClusterIsToldThatItsLeaderHasHandedOver) {
  HandedOver world("yes");
  const auto sent = world.forwarded();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(world.received(world.client), "") << "an element may still come to it";
  world.commit(sent[0]);
  EXPECT_TRUE(world.received(world.client).starts_with("-UNBLOCKED force unblock"));
  world.push();
  EXPECT_EQ(world.received(world.client), "");
}

// Whose clients the first entry of a new leader's term keeps.
std::vector<base::NodeId> kept_by_a_leader(bool was_handed_over) {
  PlainFollower world;
  world.answers_proposals = false;
  world.show_cluster({}, true);
  world.lead(2, false, was_handed_over);
  const ProposeBatch first = world.take_proposal();
  engine::BatchReader reader(first.payload);
  engine::Element element;
  while (reader.next(element))
    if (element.kind == engine::ElementKind::kDropClients) return element.kept_nodes;
  ADD_FAILURE() << "no such element";
  return {};
}

TEST(ServiceForwardingTest, ANewLeaderKeepsTheClientsOfWhoHandedOverAndOfNoLostLeader) {
  const auto keeps_other = [](const std::vector<base::NodeId>& kept) {
    return std::ranges::find(kept, kOther) != kept.end();
  };
  EXPECT_TRUE(keeps_other(kept_by_a_leader(true)));
  EXPECT_FALSE(keeps_other(kept_by_a_leader(false)));
}

// A member waits for a client of its own; then it is none any more.
TEST(ServiceForwardingTest, WhoIsNoMemberAnyMoreTakesNothing) {
  World world;
  world.show_cluster({}, true);
  world.lead(1, false);
  engine::BatchWriter writer;
  const engine::ClientRef elsewhere{
      .node = kOther, .epoch = 5, .connection = base::ConnectionId(1)};
  writer.blocking(elsewhere, 2, 0, {}, false, std::vector<std::string_view>{"BLPOP", "list", "0"});
  world.commit_foreign(1, raft::EntryKind::kBatch, writer.seal(world.clocks.wall_ms, 1));
  world.pass(base::milliseconds(300));
  ClusterView view;
  view.is_born = true;
  PeerView& self = view.peers.emplace_back();
  self.id = kSelf;
  self.is_self = true;
  world.service->receive(FromConsensus(std::move(view)));
  world.pass(base::milliseconds(300));
  EXPECT_EQ(world.say("RPUSH list a\r\nLLEN list\r\n"), ":1\r\n:1\r\n");
}

}  // namespace
}  // namespace node::testing
