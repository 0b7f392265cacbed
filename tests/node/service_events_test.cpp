// Keyspace events as clients see them: fired when the log is applied, on each node for its own.
#include <gtest/gtest.h>

#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

std::string event(const std::string& channel, const std::string& text) {
  return request({"pmessage", "__key*", channel, text});
}
// Both forms of one in database 0.
std::string both(const std::string& name, const std::string& key) {
  return event("__keyspace@0__:" + key, name) + event("__keyevent@0__:" + name, key);
}

class ServiceEventsTest : public ::testing::Test {
 protected:
  ServiceEventsTest() : listener_(world_.connect()), actor_(world_.connect()) {
    world_.lead(1);
    world_.say(listener_, "PSUBSCRIBE __key*\r\n");
  }
  void ask_for(const std::string& classes) {
    EXPECT_EQ(world_.say(actor_, "CONFIG SET notify-keyspace-events " + classes + "\r\n"),
              "+OK\r\n");
  }
  World world_;
  base::ConnectionId listener_, actor_;
};

TEST_F(ServiceEventsTest, AreToldInTheOrderInWhichTheyHappenAndOnlyIfAskedFor) {
  world_.say(actor_, "SET k v\r\n");
  EXPECT_EQ(world_.received(listener_), "");
  ask_for("KEA");
  world_.say(actor_, "SET k v EX 100\r\nMULTI\r\nLPUSH l x\r\nDEL k\r\nEXEC\r\n");
  EXPECT_EQ(world_.received(listener_),
            both("set", "k") + both("expire", "k") + both("lpush", "l") + both("del", "k"));
  ask_for("El");
  world_.say(actor_, "SET k v\r\nRPUSH l y\r\n");
  EXPECT_EQ(world_.received(listener_), event("__keyevent@0__:rpush", "l"));
}

TEST_F(ServiceEventsTest, RoomForABitfieldThatFailedIsNoEvent) {
  ask_for("KEA");
  world_.say(actor_, "BITFIELD k OVERFLOW FAIL INCRBY u8 100 500\r\n");
  EXPECT_EQ(world_.say(actor_, "STRLEN k\r\n"), ":14\r\n");
  EXPECT_EQ(world_.received(listener_), "");
  world_.say(actor_, "BITFIELD k OVERFLOW FAIL INCRBY u8 100 500 SET u8 200 0\r\n");
  EXPECT_EQ(world_.received(listener_), both("setbit", "k")) << "it wrote what grew";
}

TEST_F(ServiceEventsTest, AMissIsToldByAReadAndByAWriteThatReads) {
  ask_for("KEm");
  EXPECT_EQ(world_.say(actor_, "GET k\r\n"), "$-1\r\n");
  EXPECT_EQ(world_.received(listener_), both("keymiss", "k"));
  world_.say(actor_, "MULTI\r\nSET other v\r\nGET k\r\nEXEC\r\n");
  EXPECT_EQ(world_.received(listener_), both("keymiss", "k"));
}

TEST_F(ServiceEventsTest, ExpiryIsToldWhenTheLogSaysSo) {
  ask_for("KEx");
  world_.say(actor_, "SET k v PX 100\r\n");
  EXPECT_EQ(world_.received(listener_), "");
  world_.pass(base::milliseconds(2000));
  EXPECT_EQ(world_.received(listener_), both("expired", "k"));
}

TEST_F(ServiceEventsTest, EvictionIsToldWhenTheLogSaysSo) {
  ask_for("KEe");
  world_.say(actor_, request({"SET", "k", std::string(5000, 'x')}));
  world_.say(actor_, "CONFIG SET maxmemory-policy allkeys-random maxmemory 1000\r\n");
  world_.settle();
  EXPECT_EQ(world_.received(listener_), both("evicted", "k"));
}

TEST_F(ServiceEventsTest, EachNodeTellsItsOwnSubscribersOfWhatItAppliesNow) {
  ask_for("KEA");
  world_.say(actor_, "SET k v\r\n");
  World follower;
  const base::ConnectionId listener = follower.connect();
  follower.say(listener, "PSUBSCRIBE __key*\r\n");
  follower.follow(1, kOther);
  for (const raft::EntryPtr& entry : world_.history)
    follower.service->receive(FromConsensus(
        Committed{.group = base::kFirstGroup, .entries = {entry}, .commit = entry->index}));
  follower.settle();
  EXPECT_EQ(follower.received(listener), both("set", "k"));
  EXPECT_EQ(follower.service->state_digest(), world_.service->state_digest());
}

TEST_F(ServiceEventsTest, WhatMayHaveBeenAppliedBeforeTheStartIsNotToldAgain) {
  ask_for("KEA");
  world_.say(actor_, "SET k v\r\n");
  World second;
  const base::ConnectionId listener = second.connect();
  second.say(listener, "PSUBSCRIBE __key*\r\n");
  second.follow(1, kOther);
  second.service->receive(FromConsensus(
      BaseMembership{.group = base::kFirstGroup, .membership = {}, .is_catching_up = true}));
  const auto commit = [&](const raft::EntryPtr& entry) {
    second.service->receive(FromConsensus(
        Committed{.group = base::kFirstGroup, .entries = {entry}, .commit = entry->index}));
  };
  for (const raft::EntryPtr& entry : world_.history) commit(entry);
  second.service->receive(
      FromConsensus(CaughtUp{.group = base::kFirstGroup, .index = world_.history.back()->index}));
  second.settle();
  EXPECT_EQ(second.received(listener), "");
  world_.say(actor_, "DEL k\r\n");
  commit(world_.history.back());
  second.settle();
  EXPECT_EQ(second.received(listener), both("del", "k"));
}

TEST_F(ServiceEventsTest, WhoSubscribesWithinAnExecHearsTheRestOfIt) {
  ask_for("KEA");
  const base::ConnectionId late = world_.connect();
  world_.service->on_disconnect(listener_);
  world_.say(late, "HELLO 3\r\n");
  const std::string heard =
      world_.say(late, "MULTI\r\nSET a 1\r\nSUBSCRIBE __keyevent@0__:set\r\nSET b 1\r\nEXEC\r\n");
  const std::string message = "$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nb\r\n";
  EXPECT_TRUE(heard.ends_with(message)) << heard;
  EXPECT_EQ(heard.find("$1\r\na\r\n"), std::string::npos) << heard;
}

TEST_F(ServiceEventsTest, TheSettingIsShownAsRedisShowsIt) {
  const auto shown = [&](const std::string& classes) {
    ask_for(classes);
    const std::string answer = world_.say(actor_, "CONFIG GET notify-keyspace-events\r\n");
    const std::string text = answer.substr(0, answer.size() - 2);
    return text.substr(text.rfind('\n') + 1);
  };
  EXPECT_EQ(shown("KEA"), "AKE");
  EXPECT_EQ(shown("g$lshzxetdKE"), "AKE");
  EXPECT_EQ(shown("mnEx"), "xnEm");
  EXPECT_EQ(shown("\"\""), "");
  EXPECT_EQ(world_.say(actor_, "CONFIG SET notify-keyspace-events KQ\r\n"),
            "-ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - "
            "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.\r\n");
}

}  // namespace
}  // namespace node::testing
