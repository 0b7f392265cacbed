// Pub/sub as clients see it, on one node and on three that tell each other.
#include <gtest/gtest.h>

#include <array>

#include "node/clients/pubsub/wire.h"
#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

std::string message(const std::string& channel, const std::string& text) {
  return request({"message", channel, text});
}

class ServicePubsubTest : public ::testing::Test {
 protected:
  ServicePubsubTest() : listener_(world_.connect()), speaker_(world_.connect()) {
    // Scripts are run when all members are known to know how: it has no others.
    world_.service->receive(FromConsensus(BaseMembership{
        .group = base::kFirstGroup, .membership = {base::ClusterId(7), {{kSelf, "a:1", true}}}}));
    world_.lead(1);
    EXPECT_EQ(world_.say(listener_, "SUBSCRIBE a\r\n"),
              "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  }
  World world_;
  base::ConnectionId listener_, speaker_;
};

TEST_F(ServicePubsubTest, AMessageReachesWhoHasSubscribedAndNoProposalIsMade) {
  const std::size_t before = world_.proposals;
  EXPECT_EQ(world_.say(speaker_, "PUBLISH a hello\r\nPUBLISH b nobody\r\n"), ":1\r\n:0\r\n");
  EXPECT_EQ(world_.received(listener_), message("a", "hello"));
  EXPECT_EQ(world_.proposals, before);
}

TEST_F(ServicePubsubTest, InResp2ASubscriberMaySayLittleElse) {
  EXPECT_EQ(world_.say(listener_, "GET a\r\n"),
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
            "RESET are allowed in this context\r\n");
  EXPECT_EQ(world_.say(listener_, "PING\r\n"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(world_.say(listener_, "RESET\r\nGET a\r\n"), "+RESET\r\n$-1\r\n");
  EXPECT_EQ(world_.say(speaker_, "PUBLISH a hello\r\n"), ":0\r\n");
}

TEST_F(ServicePubsubTest, WhatAnExecPublishesIsDeliveredOnceWhenItIsApplied) {
  world_.commits = false;
  EXPECT_EQ(world_.say(speaker_, "MULTI\r\nPUBLISH a 1\r\nSET k v\r\nPUBLISH a 2\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
  EXPECT_EQ(world_.received(listener_), "");
  world_.commit_all();
  world_.settle();
  EXPECT_EQ(world_.received(speaker_), "*3\r\n:1\r\n+OK\r\n:1\r\n");
  EXPECT_EQ(world_.received(listener_), message("a", "1") + message("a", "2"));
}

TEST_F(ServicePubsubTest, AScriptIsToldThatNobodyListens) {
  EXPECT_EQ(world_.say(speaker_, "EVAL \"return redis.call('publish','a','m')\" 0\r\n"), ":0\r\n");
  EXPECT_EQ(world_.received(listener_), message("a", "m"));
}

TEST_F(ServicePubsubTest, APushNeverStandsWithinAReply) {
  world_.say(speaker_, "HELLO 3\r\nSUBSCRIBE a\r\n");
  EXPECT_EQ(world_.say(speaker_, "MULTI\r\nGET k\r\nPUBLISH a 1\r\nSET k v\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n_\r\n:2\r\n+OK\r\n"
            ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n");
}

TEST_F(ServicePubsubTest, WhatMayHaveBeenAppliedBeforeTheStartIsNotToldAgain) {
  world_.say(speaker_, "MULTI\r\nSET k v\r\nPUBLISH a old\r\nEXEC\r\n");
  const auto history = world_.history;
  World second;
  const base::ConnectionId listener = second.connect();
  second.service->receive(FromConsensus(
      BaseMembership{.group = base::kFirstGroup, .membership = {}, .is_catching_up = true}));
  second.say(listener, "SUBSCRIBE a\r\n");
  second.service->receive(
      FromConsensus(Committed{base::kFirstGroup, history, history.back()->index}));
  second.service->receive(FromConsensus(CaughtUp{base::kFirstGroup, history.back()->index}));
  second.settle();
  EXPECT_EQ(second.received(listener), "");
  EXPECT_EQ(second.service->state_digest(), world_.service->state_digest());
}

TEST_F(ServicePubsubTest, WhoDoesNotReadIsClosedAtTheLimitOfItsClass) {
  world_.say(speaker_, "CONFIG SET client-output-buffer-limit \"pubsub 20000 0 0\"\r\n");
  world_.reads_slowly = true;
  const std::string large(5000, 'x');
  for (int i = 0; i < 3; ++i) world_.say(speaker_, request({"PUBLISH", "a", large}));
  EXPECT_TRUE(world_.killed.empty());
  for (int i = 0; i < 3; ++i) world_.say(speaker_, request({"PUBLISH", "a", large}));
  EXPECT_EQ(world_.killed, std::vector<base::ConnectionId>{listener_});
}

TEST_F(ServicePubsubTest, AClientThatGoesIsForgotten) {
  world_.service->on_disconnect(listener_);
  EXPECT_EQ(world_.say(speaker_, "PUBLISH a m\r\nPUBSUB CHANNELS\r\n"), ":0\r\n*0\r\n");
}

// -- three nodes: the first leads, all apply what it proposes

class Trio : public ::testing::Test {
 protected:
  static constexpr std::size_t kNodes = 3;
  Trio() {
    for (std::size_t i = 0; i < kNodes; ++i) {
      worlds_[i].show_cluster();
      listeners_[i] = worlds_[i].connect();
      i == 0 ? worlds_[i].lead(1, false) : worlds_[i].follow(1, id(0));
    }
    exchange();
    for (std::size_t i = 0; i < kNodes; ++i) worlds_[i].say(listeners_[i], "SUBSCRIBE a\r\n");
    exchange();
  }
  static base::NodeId id(std::size_t node) { return base::NodeId(100 + node); }
  // What was told goes to the others, and what was committed.
  void exchange() {
    for (std::size_t from = 0; from < kNodes; ++from) {
      std::vector<ToConsensus> kept;
      for (ToConsensus& asked : std::exchange(worlds_[from].asked, {})) {
        auto* told = std::get_if<TellPubsub>(&asked);
        if (told == nullptr) {
          kept.push_back(std::move(asked));
          continue;
        }
        for (std::size_t to = 0; to < kNodes; ++to) {
          if (to != from && !is_cut_)
            worlds_[to].service->receive(
                FromConsensus(PubsubTold{base::kFirstGroup, id(from), told->body}));
        }
      }
      worlds_[from].asked = std::move(kept);
    }
    settle();
  }
  void replicate() {
    for (; replicated_ < worlds_[0].history.size(); ++replicated_) {
      const raft::EntryPtr& entry = worlds_[0].history[replicated_];
      for (std::size_t to = 1; to < kNodes; ++to)
        worlds_[to].service->receive(FromConsensus(
            Committed{.group = base::kFirstGroup, .entries = {entry}, .commit = entry->index}));
    }
    settle();
  }
  void settle() {
    for (World& world : worlds_) world.settle();
  }
  void expect_all(const std::string& text) {
    for (std::size_t i = 0; i < kNodes; ++i)
      EXPECT_EQ(worlds_[i].received(listeners_[i]), text) << "node " << i;
  }
  std::array<World, kNodes> worlds_;
  std::array<base::ConnectionId, kNodes> listeners_;
  std::size_t replicated_ = 0;
  bool is_cut_ = false;
};

TEST_F(Trio, AMessageReachesAllOnceInItsPublishersOrderFromAnyNode) {
  for (std::size_t from = 0; from < kNodes; ++from) {
    const base::ConnectionId speaker = worlds_[from].connect();
    EXPECT_EQ(worlds_[from].say(speaker, "PUBLISH a 1\r\nPUBLISH a 2\r\n"), ":3\r\n:3\r\n");
    worlds_[from].say(speaker, "PUBLISH a 3\r\n");
    exchange();
    expect_all(message("a", "1") + message("a", "2") + message("a", "3"));
  }
}

TEST_F(Trio, AnExecsMessageComesToEachNodeByTheLogAndKeepsThePublishersOrder) {
  const base::ConnectionId speaker = worlds_[0].connect();
  EXPECT_EQ(worlds_[0].say(speaker, "MULTI\r\nSET k v\r\nPUBLISH a 1\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:3\r\n");
  worlds_[0].say(speaker, "PUBLISH a 2\r\n");
  exchange();
  EXPECT_EQ(worlds_[1].received(listeners_[1]), "") << "the second waits for the log";
  replicate();
  expect_all(message("a", "1") + message("a", "2"));
}

TEST_F(Trio, WhatWasPublishedBeforeAnEntryIsToldBeforeItIsProposed) {
  const base::ConnectionId speaker = worlds_[0].connect();
  worlds_[0].answers_proposals = false;
  worlds_[0].asked.clear();
  worlds_[0].say(speaker, "PUBLISH a 1\r\nMULTI\r\nSET k v\r\nPUBLISH a 2\r\nEXEC\r\n");
  std::size_t told = 0, proposed = 0, place = 0;
  for (const ToConsensus& asked : worlds_[0].asked) {
    ++place;
    if (std::holds_alternative<TellPubsub>(asked)) told = place;
    if (std::holds_alternative<ProposeBatch>(asked)) proposed = place;
  }
  EXPECT_GT(told, 0U);
  EXPECT_GT(proposed, told);
}

TEST_F(Trio, WhatALinkLosesIsLostAndCounted) {
  const base::ConnectionId speaker = worlds_[0].connect();
  worlds_[0].say(speaker, "PUBLISH a 1\r\n");
  exchange();
  expect_all(message("a", "1"));
  is_cut_ = true;
  worlds_[0].say(speaker, "PUBLISH a 2\r\n");
  exchange();
  is_cut_ = false;
  worlds_[0].say(speaker, "PUBLISH a 3\r\n");
  exchange();
  EXPECT_EQ(worlds_[1].received(listeners_[1]), message("a", "3"));
  const base::ConnectionId asking = worlds_[1].connect();
  EXPECT_NE(worlds_[1].say(asking, "INFO stats\r\n").find("pubsub_missed_messages:1\r\n"),
            std::string::npos);
}

TEST_F(Trio, WhatDidNotLeaveIsCountedAndSaidInTheLog) {
  worlds_[0].service->receive(FromConsensus(
      PubsubLost{.group = base::kFirstGroup, .peer = id(1), .messages = 7, .is_connected = true}));
  worlds_[0].settle();
  EXPECT_NE(worlds_[0].lines.back().text.find("7 published messages did not go to"),
            std::string::npos);
  const base::ConnectionId asking = worlds_[0].connect();
  EXPECT_NE(worlds_[0].say(asking, "INFO stats\r\n").find("pubsub_unsent_messages:7\r\n"),
            std::string::npos);
}

TEST_F(Trio, PubsubTellsOfAllNodesOrOfThisOneAsTheDialectHasIt) {
  const base::ConnectionId asking = worlds_[1].connect();
  EXPECT_EQ(worlds_[1].say(asking, "PUBSUB NUMSUB a b\r\n"),
            "*4\r\n$1\r\na\r\n:3\r\n$1\r\nb\r\n:0\r\n");
}

}  // namespace
}  // namespace node::testing
