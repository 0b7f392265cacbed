// The sentinel door as clients see it: what Redis Sentinel 7.0 answers, told of this cluster.
#include <gtest/gtest.h>

#include "node/messages/node_name.h"
#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

const std::string kUnknownMaster = "-ERR No such master with that name\r\n";

std::string event(const std::string& channel, const std::string& text) {
  return request({"message", channel, text});
}

class ServiceSentinelTest : public ::testing::Test {
 protected:
  explicit ServiceSentinelTest(std::vector<std::string> settings = {"--sentinel-port", "26379"})
      : world_({.settings = std::move(settings)}),
        asking_(world_.connect(Door::kSentinelPort)),
        client_(world_.connect()) {}

  // Two nodes at 10.0.0.1 and 10.0.0.2, this one the first; both with a sentinel door.
  void show(bool is_other_connected = true) {
    ClusterView view;
    view.is_born = true;
    for (const NodeId id : {kSelf, kOther}) {
      PeerView peer;
      peer.id = id;
      peer.is_self = id == kSelf;
      peer.host = peer.is_self ? "10.0.0.1" : "10.0.0.2";
      peer.client_port = peer.is_self ? 7001 : 7002;
      peer.sentinel_port = peer.is_self ? 26001 : 26002;
      peer.is_connected = is_other_connected;
      peer.heard_ms_ago = 7;
      peer.match = base::LogIndex(41);
      view.peers.push_back(std::move(peer));
    }
    world_.service->receive(FromConsensus(std::move(view)));
    world_.settle();
  }
  std::string ask(const std::string& words) { return world_.say(asking_, command(words)); }
  std::string master_address() { return ask("SENTINEL GET-MASTER-ADDR-BY-NAME mymaster"); }

  World world_;
  base::ConnectionId asking_, client_;
};

// Of the other node, heard 7 ms ago, without the head of the array or map.
std::string fields_of_master() {
  const std::string whole = command(
      "name mymaster ip 10.0.0.2 port 7002 runid " + node_name(kOther) +
      " flags master link-pending-commands 0 link-refcount 1 last-ping-sent 0 last-ok-ping-reply 7 "
      "last-ping-reply 7 down-after-milliseconds 250 info-refresh 7 role-reported master "
      "role-reported-time 7 config-epoch 3 num-slaves 1 num-other-sentinels 1 quorum 2 "
      "failover-timeout 250 parallel-syncs 1");
  return whole.substr(whole.find('$'));
}

TEST_F(ServiceSentinelTest, TheMasterIsWhoLeads) {
  world_.follow(3, kOther);
  show();
  EXPECT_EQ(master_address(), command("10.0.0.2 7002"));
  const std::string fields = fields_of_master();
  EXPECT_EQ(ask("SENTINEL MASTER mymaster"), "*40\r\n" + fields);
  EXPECT_EQ(ask("SENTINEL MASTERS"), "*1\r\n*40\r\n" + fields);
  world_.lead(4);
  EXPECT_EQ(master_address(), command("10.0.0.1 7001"));
}

TEST_F(ServiceSentinelTest, InResp3AnInstanceIsAMap) {
  world_.follow(3, kOther);
  show();
  ask("HELLO 3");
  const std::string fields = fields_of_master();
  EXPECT_EQ(ask("SENTINEL MASTER mymaster"), "%20\r\n" + fields);
  EXPECT_EQ(ask("SENTINEL MASTERS"), "*1\r\n%20\r\n" + fields);
  EXPECT_TRUE(ask("SENTINEL REPLICAS mymaster").starts_with("*1\r\n%21\r\n"));
  EXPECT_TRUE(ask("SENTINEL SENTINELS mymaster").starts_with("*1\r\n%14\r\n"));
  EXPECT_EQ(master_address(), command("10.0.0.2 7002"));
  EXPECT_EQ(ask("SENTINEL GET-MASTER-ADDR-BY-NAME other"), "_\r\n");
}

TEST_F(ServiceSentinelTest, ReplicasAndSentinelsAreTheOtherMembers) {
  world_.lead(3);
  show(false);
  EXPECT_EQ(
      ask("SENTINEL REPLICAS mymaster"),
      "*1\r\n" +
          command("name 10.0.0.2:7002 ip 10.0.0.2 port 7002 runid " + node_name(kOther) +
                  " flags s_down,slave,disconnected link-pending-commands 0 link-refcount 1 "
                  "last-ping-sent 0 last-ok-ping-reply 7 last-ping-reply 7 s-down-time 7 "
                  "down-after-milliseconds 250 info-refresh 7 role-reported slave "
                  "role-reported-time 7 master-link-down-time 0 master-link-status err "
                  "master-host 10.0.0.1 master-port 7001 slave-priority 100 slave-repl-offset 41 "
                  "replica-announced 1"));
  EXPECT_EQ(ask("SENTINEL SLAVES mymaster"), ask("SENTINEL REPLICAS mymaster"));
  show(true);
  EXPECT_EQ(
      ask("SENTINEL SENTINELS mymaster"),
      "*1\r\n" + command("name " + node_name(kOther) + " ip 10.0.0.2 port 26002 runid " +
                         node_name(kOther) +
                         " flags sentinel link-pending-commands 0 link-refcount 1 last-ping-sent 0 "
                         "last-ok-ping-reply 7 last-ping-reply 7 down-after-milliseconds 250 "
                         "last-hello-message 7 voted-leader ? voted-leader-epoch 0"));
}

TEST_F(ServiceSentinelTest, AWrongNameIsNoMaster) {
  world_.lead(3);
  show();
  for (const char* word : {"MASTER", "REPLICAS", "SLAVES", "SENTINELS", "CKQUORUM"})
    EXPECT_EQ(ask(std::string("SENTINEL ") + word + " other"), kUnknownMaster) << word;
  EXPECT_EQ(ask("SENTINEL GET-MASTER-ADDR-BY-NAME other"), "*-1\r\n");
}

TEST_F(ServiceSentinelTest, BeforeAnybodyHasLedThereIsNoMaster) {
  show();
  EXPECT_EQ(master_address(), "*-1\r\n");
  EXPECT_EQ(ask("SENTINEL MASTERS"), "*0\r\n");
  EXPECT_EQ(ask("SENTINEL MASTER mymaster"), kUnknownMaster);
}

TEST_F(ServiceSentinelTest, WhileNobodyLeadsTheLastMasterIsDownAndAfterAWhileNotNamed) {
  world_.follow(3, kOther);
  show();
  world_.follow(4, {});
  EXPECT_EQ(master_address(), command("10.0.0.2 7002"));
  const std::string master = ask("SENTINEL MASTER mymaster");
  EXPECT_NE(master.find("s_down,o_down,master,disconnected"), std::string::npos) << master;
  EXPECT_NE(ask("INFO sentinel").find("master0:name=mymaster,status=odown,address=10.0.0.2:7002"),
            std::string::npos);
  world_.pass(base::milliseconds(10'001));
  EXPECT_EQ(master_address(), "*-1\r\n");
  EXPECT_EQ(ask("SENTINEL MASTERS"), "*0\r\n");
  world_.follow(5, kSelf);
  EXPECT_EQ(master_address(), command("10.0.0.1 7001"));
}

TEST_F(ServiceSentinelTest, TheQuorumIsThatOfTheNodes) {
  world_.lead(3);
  show();
  EXPECT_EQ(ask("SENTINEL CKQUORUM mymaster"),
            "+OK 2 usable Sentinels. Quorum and failover authorization can be reached\r\n");
  show(false);
  EXPECT_EQ(ask("SENTINEL CKQUORUM mymaster"),
            "-NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified "
            "quorum for this master. Not enough available Sentinels to reach the majority and "
            "authorize a failover\r\n");
}

TEST_F(ServiceSentinelTest, ANodeCallsItselfASentinelHere) {
  world_.lead(3);
  show();
  EXPECT_EQ(ask("SENTINEL MYID"), "$40\r\n" + node_name(kSelf) + "\r\n");
  EXPECT_EQ(ask("PING"), "+PONG\r\n");
  EXPECT_EQ(ask("ROLE"), "*2\r\n$8\r\nsentinel\r\n*1\r\n$8\r\nmymaster\r\n");
  const std::string hello = ask("HELLO");
  EXPECT_TRUE(hello.starts_with("*12\r\n")) << hello;
  EXPECT_NE(hello.find("$4\r\nmode\r\n$8\r\nsentinel\r\n$7\r\nmodules\r\n"), std::string::npos);
  const std::string info = ask("INFO");
  for (const char* line :
       {"redis_mode:sentinel\r\n", "tcp_port:26379\r\n", "# Sentinel\r\nsentinel_masters:1\r\n",
        "master0:name=mymaster,status=ok,address=10.0.0.1:7001,slaves=1,sentinels=2\r\n"})
    EXPECT_NE(info.find(line), std::string::npos) << line;
  EXPECT_EQ(info.find("# Keyspace"), std::string::npos);
  EXPECT_EQ(ask("INFO replication"), "$0\r\n\r\n");
}

TEST_F(ServiceSentinelTest, WhatASentinelDoesNotKnowIsUnknown) {
  world_.lead(3);
  show();
  EXPECT_EQ(ask("GET x"), "-ERR unknown command 'GET', with args beginning with: 'x' \r\n");
  for (const char* word : {"SELECT 1", "MULTI", "CONFIG GET *", "CLUSTER INFO", "EVAL x 0", "TIME"})
    EXPECT_TRUE(ask(word).starts_with("-ERR unknown command '")) << word;
  EXPECT_EQ(ask("SENTINEL whatever"), "-ERR unknown subcommand 'whatever'. Try SENTINEL HELP.\r\n");
  EXPECT_EQ(ask("SENTINEL MASTER"),
            "-ERR wrong number of arguments for 'sentinel|master' command\r\n");
  EXPECT_TRUE(ask("SENTINEL FAILOVER mymaster").starts_with("-ERR not supported: a node watches"));
  EXPECT_TRUE(ask("SENTINEL HELP").starts_with("*"));
  EXPECT_EQ(ask("COMMAND COUNT"), ":17\r\n");
  EXPECT_EQ(ask("COMMAND INFO get"), "*1\r\n$-1\r\n");
  EXPECT_EQ(ask("QUIT"), "+OK\r\n");
}

TEST_F(ServiceSentinelTest, SentinelIsUnknownAtADataPort) {
  world_.lead(3);
  for (const Door door : {Door::kPort, Door::kPlainPort, Door::kUnixSocket}) {
    const base::ConnectionId client = world_.connect(door);
    EXPECT_EQ(world_.say(client, "SENTINEL MASTERS\r\n"),
              "-ERR unknown command 'SENTINEL', with args beginning with: 'MASTERS' \r\n");
    EXPECT_EQ(world_.say(client, "INFO sentinel\r\n"), "$0\r\n\r\n");
    EXPECT_EQ(world_.say(client, "COMMAND INFO sentinel\r\n"), "*1\r\n$-1\r\n");
    EXPECT_NE(world_.say(client, "HELLO\r\n").find("$4\r\nrole\r\n$6\r\nmaster\r\n"),
              std::string::npos);
  }
}

TEST_F(ServiceSentinelTest, ACommandOfTwoDoorsIsCountedUnderOneName) {
  world_.lead(3);
  ask("PING");
  world_.say(client_, "PING\r\n");
  const std::string calls = world_.say(client_, "INFO commandstats\r\n");
  EXPECT_NE(calls.find("cmdstat_ping:calls=2,"), std::string::npos) << calls;
}

// -- events

TEST_F(ServiceSentinelTest, ASwitchIsToldToWhoListensHere) {
  world_.follow(3, kOther);
  show();
  ask("SUBSCRIBE +switch-master +slave");
  world_.lead(4);
  EXPECT_EQ(world_.received(asking_),
            event("+switch-master", "mymaster 10.0.0.2 7002 10.0.0.1 7001") +
                event("+slave", "slave 10.0.0.2:7002 10.0.0.2 7002 @ mymaster 10.0.0.1 7001"));
}

TEST_F(ServiceSentinelTest, InResp3AnEventIsAPush) {
  world_.follow(3, kOther);
  show();
  ask("HELLO 3");
  ask("PSUBSCRIBE *switch*");
  world_.lead(4);
  EXPECT_EQ(world_.received(asking_),
            ">4\r\n$8\r\npmessage\r\n$8\r\n*switch*\r\n$14\r\n+switch-master\r\n$36\r\n"
            "mymaster 10.0.0.2 7002 10.0.0.1 7001\r\n");
}

TEST_F(ServiceSentinelTest, ANodeThatIsNotLinkedIsDown) {
  world_.lead(3);
  show();
  ask("PSUBSCRIBE ?sdown");
  show(false);
  EXPECT_NE(world_.received(asking_).find("slave 10.0.0.2:7002"), std::string::npos);
  show(true);
  EXPECT_NE(world_.received(asking_).find("$6\r\n-sdown\r\n"), std::string::npos);
}

TEST_F(ServiceSentinelTest, EventsAndMessagesOfClientsDoNotMeet) {
  world_.follow(3, kOther);
  show();
  ask("PSUBSCRIBE *");
  world_.say(client_, "PSUBSCRIBE *\r\n");
  const base::ConnectionId speaker = world_.connect();
  EXPECT_EQ(world_.say(speaker, "PUBLISH +switch-master fake\r\n"), ":1\r\n");
  EXPECT_EQ(world_.received(asking_), "");
  EXPECT_NE(world_.received(client_).find("fake"), std::string::npos);
  EXPECT_EQ(world_.say(speaker, "PUBSUB NUMPAT\r\n"), ":1\r\n");
  world_.lead(4);
  EXPECT_NE(world_.received(asking_).find("+switch-master"), std::string::npos);
  EXPECT_EQ(world_.received(client_), "");
}

TEST_F(ServiceSentinelTest, NothingIsPublishedHere) {
  EXPECT_EQ(ask("PUBLISH a b"), "-ERR Only HELLO messages are accepted by Sentinel instances.\r\n");
}

TEST_F(ServiceSentinelTest, WhoUnsubscribesResetsOrGoesHearsNothingMore) {
  world_.follow(3, kOther);
  show();
  ask("SUBSCRIBE +switch-master");
  EXPECT_EQ(ask("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$14\r\n+switch-master\r\n:0\r\n");
  const base::ConnectionId resetting = world_.connect(Door::kSentinelPort);
  world_.say(resetting, "SUBSCRIBE +switch-master\r\n");
  EXPECT_EQ(world_.say(resetting, "RESET\r\n"), "+RESET\r\n");
  const base::ConnectionId going = world_.connect(Door::kSentinelPort);
  world_.say(going, "SUBSCRIBE +switch-master\r\n");
  world_.service->on_disconnect(going);
  world_.lead(4);
  EXPECT_EQ(world_.received(asking_), "");
  EXPECT_EQ(world_.received(resetting), "");
}

TEST_F(ServiceSentinelTest, NobodyElseIsToldWhoListensHere) {
  world_.lead(3);
  show();
  world_.asked.clear();
  ask("SUBSCRIBE +switch-master");
  for (const ToConsensus& message : world_.asked)
    EXPECT_FALSE(std::holds_alternative<TellPubsub>(message));
}

// -- who may ask

class ServiceSentinelUsersTest : public ServiceSentinelTest {
 protected:
  ServiceSentinelUsersTest()
      : ServiceSentinelTest({"--sentinel-port", "26379", "--requirepass", "secret", "--user",
                             "app on >word ~* +@all -@dangerous -@admin"}) {}
};

TEST_F(ServiceSentinelUsersTest, WhoHasNotLoggedInIsRefused) {
  world_.lead(3);
  show();
  EXPECT_EQ(master_address(), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(ask("AUTH secret"), "+OK\r\n");
  EXPECT_EQ(master_address(), command("10.0.0.1 7001"));
}

TEST_F(ServiceSentinelUsersTest, WhoMayLogInMayAskButDoesNotGetOtherRights) {
  world_.lead(3);
  show();
  EXPECT_EQ(ask("AUTH app word"), "+OK\r\n");
  EXPECT_EQ(master_address(), command("10.0.0.1 7001"));
  EXPECT_EQ(ask("SHUTDOWN"),
            "-NOPERM this user has no permissions to run the 'shutdown' command\r\n");
}

}  // namespace
}  // namespace node::testing
