// Planned hand-overs as clients hear of them that asked to be told (CLIENT MAINT_NOTIFICATIONS).
#include <gtest/gtest.h>

#include "node/clients/maintenance/destination.h"
#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

constexpr std::string_view kAsk = "HELLO 3\r\nCLIENT MAINT_NOTIFICATIONS ON\r\n";

PeerView peer_of(NodeId id, const std::string& host, bool is_connected = true) {
  PeerView peer;
  peer.id = id;
  peer.is_self = id == kSelf;
  peer.host = host;
  peer.client_port = 7000;
  peer.plain_port = 6400;
  peer.sentinel_port = 26000;
  peer.is_connected = is_connected;
  return peer;
}

// A push, with the number of its event cut out.
struct Push {
  std::string text;
  std::int64_t number = 0;
};

// The pushes at the end of what a client has received.
std::vector<Push> pushes(std::string text) {
  std::vector<Push> found;
  for (std::size_t at = text.find('>'); at != std::string::npos; at = text.find('>', at + 1)) {
    const std::string one = text.substr(at, text.find('>', at + 1) - at);
    const std::size_t colon = one.find("\r\n:"), end = one.find("\r\n", colon + 2);
    found.push_back({one.substr(0, colon + 3) + "N" + one.substr(end),
                     std::stoll(one.substr(colon + 3, end - colon - 3))});
  }
  return found;
}

const std::string kFailedOver = ">3\r\n$11\r\nFAILED_OVER\r\n:N\r\n$5\r\n[\"1\"]\r\n";

std::string failing_over(int seconds) {
  return ">4\r\n$12\r\nFAILING_OVER\r\n:N\r\n:" + std::to_string(seconds) + "\r\n$5\r\n[\"1\"]\r\n";
}

std::string moving(int seconds, const std::string& endpoint) {
  return ">4\r\n$6\r\nMOVING\r\n:N\r\n:" + std::to_string(seconds) + "\r\n$" +
         std::to_string(endpoint.size()) + "\r\n" + endpoint + "\r\n";
}

class ServiceMaintenanceTest : public ::testing::Test {
 protected:
  ServiceMaintenanceTest() { show(peer_of(kOther, "10.0.0.2")); }
  void show(PeerView other) {
    ClusterView view;
    view.is_born = true;
    view.peers = {peer_of(kSelf, "10.0.0.1"), std::move(other)};
    world_.service->receive(FromConsensus(std::move(view)));
    world_.settle();
  }
  base::ConnectionId ask(Door door = Door::kPlainPort, const std::string& type = {}) {
    const base::ConnectionId client = world_.connect(door);
    world_.say(client, "HELLO 3\r\n");
    const std::string option = type.empty() ? "" : " moving-endpoint-type " + type;
    EXPECT_EQ(world_.say(client, "CLIENT MAINT_NOTIFICATIONS ON" + option + "\r\n"), "+OK\r\n");
    return client;
  }
  void begin_transfer() {
    world_.service->receive(FromConsensus(
        TransferBegun{.group = base::kFirstGroup, .within = base::milliseconds(2200)}));
    world_.settle();
  }
  void end_transfer(bool is_done) {
    world_.service->receive(
        FromConsensus(TransferDone{.group = base::kFirstGroup, .is_done = is_done, .detail = ""}));
    world_.settle();
  }
  // The texts of the pushes that came since the last call.
  std::vector<std::string> told(base::ConnectionId client) {
    std::vector<std::string> texts;
    for (const Push& push : pushes(world_.received(client))) texts.push_back(push.text);
    return texts;
  }
  void stop() {
    world_.service->begin_stop();
    world_.pass(base::milliseconds(20));
  }
  bool is_drained() {
    world_.pass(base::milliseconds(20));
    return world_.service->is_drained();
  }
  World world_{Given{.settings = {"--cluster-enabled", "yes", "--sentinel-port", "26000"}}};
};

using Texts = std::vector<std::string>;

// ---- the command ----

TEST_F(ServiceMaintenanceTest, ItIsForResp3Alone) {
  const auto client = world_.connect();
  EXPECT_EQ(world_.say(client, "CLIENT MAINT_NOTIFICATIONS ON\r\n"),
            "-ERR Maintenance notifications can be enabled only in RESP3 mode (HELLO 3)\r\n");
  EXPECT_EQ(world_.say(client, "CLIENT MAINT_NOTIFICATIONS OFF\r\n"), "+OK\r\n");
}

TEST_F(ServiceMaintenanceTest, EachKindOfEndpointIsTakenAndOthersAreNamed) {
  for (const char* type :
       {"internal-ip", "internal-fqdn", "external-ip", "EXTERNAL-FQDN", "none", ""})
    ask(Door::kPort, type);
  const auto client = ask();
  const auto say = [&](const std::string& words) {
    return world_.say(client, "CLIENT MAINT_NOTIFICATIONS" + words + "\r\n");
  };
  EXPECT_EQ(say(" ON moving-endpoint-type public"),
            "-ERR Unknown moving-endpoint-type 'public'\r\n");
  EXPECT_EQ(say(" ON moving-endpoint-type"), "-ERR syntax error\r\n");
  EXPECT_EQ(say(" ON endpoint-type none"), "-ERR syntax error\r\n");
  EXPECT_EQ(say(" OFF moving-endpoint-type none"), "-ERR syntax error\r\n");
  EXPECT_EQ(say(" MAYBE"), "-ERR syntax error\r\n");
  EXPECT_EQ(say(""), "-ERR wrong number of arguments for 'client|maint_notifications' command\r\n");
}

// ---- a hand-over ----

TEST_F(ServiceMaintenanceTest, WhoAskedHearsOfAHandOverBeforeAndAfter) {
  world_.lead(1, false);
  const auto plain = ask(), cluster = ask(Door::kPort), sentinel = ask(Door::kSentinelPort);
  const auto silent = world_.connect(Door::kPlainPort);
  world_.say(silent, "HELLO 3\r\n");
  begin_transfer();
  const std::vector<Push> before = pushes(world_.received(plain));
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].text, failing_over(3));
  EXPECT_EQ(told(cluster), Texts{failing_over(3)});

  world_.follow(2, {});
  end_transfer(true);
  EXPECT_EQ(told(plain), Texts{}) << "nobody leads yet";
  world_.follow(2, kOther);
  const std::vector<Push> after = pushes(world_.received(plain));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].text, kFailedOver);
  EXPECT_GT(after[0].number, before[0].number);
  EXPECT_EQ(told(cluster), Texts{kFailedOver});
  EXPECT_EQ(world_.received(silent) + world_.received(sentinel), "");
}

TEST_F(ServiceMaintenanceTest, AHandOverThatCameToNothingIsOverAsWell) {
  world_.lead(1, false);
  const auto client = ask();
  begin_transfer();
  begin_transfer();  // asked for once more
  EXPECT_EQ(told(client), Texts{failing_over(3)});
  const auto late = ask();
  end_transfer(false);
  EXPECT_EQ(told(client), Texts{kFailedOver});
  EXPECT_EQ(told(late), Texts{}) << "it did not hear of the beginning";
  end_transfer(false);
  EXPECT_EQ(told(client), Texts{});
}

TEST_F(ServiceMaintenanceTest, WhoHasSwitchedItOffHearsNothing) {
  world_.lead(1, false);
  const auto off = ask(), reset = ask(), old = ask();
  world_.say(off, "CLIENT MAINT_NOTIFICATIONS OFF\r\n");
  world_.say(reset, "RESET\r\n");
  world_.say(old, "HELLO 2\r\n");
  begin_transfer();
  world_.say(old, "HELLO 3\r\n");
  EXPECT_EQ(told(off), Texts{});
  EXPECT_EQ(told(reset), Texts{});
  EXPECT_EQ(told(old), Texts{});
}

// ---- the end of a node ----

TEST_F(ServiceMaintenanceTest, ALeaderThatEndsSendsItsClientsToTheNextOneAndWaitsForThem) {
  world_.lead(1, false);
  const auto client = ask(), cluster = ask(Door::kPort);
  stop();
  EXPECT_EQ(told(client), Texts{}) << "it does not know yet who is next";
  begin_transfer();
  world_.follow(2, kOther);
  end_transfer(true);
  const std::vector<Push> all = pushes(world_.received(client));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].text, failing_over(3));
  EXPECT_EQ(all[1].text, kFailedOver);
  EXPECT_EQ(all[2].text, moving(3, "10.0.0.2:6400"));
  EXPECT_LT(all[0].number, all[1].number);
  EXPECT_LT(all[1].number, all[2].number);
  EXPECT_EQ(told(cluster), (Texts{failing_over(3), kFailedOver})) << "it asks for the slots";

  world_.pass(base::milliseconds(1500));
  EXPECT_FALSE(is_drained()) << "it is on its way";
  EXPECT_EQ(world_.say(client, "ECHO still\r\n"), "$5\r\nstill\r\n");
  world_.service->on_disconnect(client);
  EXPECT_TRUE(is_drained());
}

TEST_F(ServiceMaintenanceTest, AFollowerThatEndsSendsTheClientsOfEachDoorToItsLike) {
  PeerView other = peer_of(kOther, "10.0.0.2");
  other.hostname = "two.example";
  show(other);
  world_.follow(1, kOther);
  const auto address = ask(Door::kPlainPort, "external-ip");
  const auto name = ask(Door::kPlainPort, "internal-fqdn");
  const auto nothing = ask(Door::kPlainPort, "none");
  const auto sentinel = ask(Door::kSentinelPort);
  const auto cluster = ask(Door::kPort), local = ask(Door::kUnixSocket);
  stop();
  EXPECT_EQ(told(address), Texts{moving(3, "10.0.0.2:6400")});
  EXPECT_EQ(told(name), Texts{moving(3, "two.example:6400")});
  EXPECT_EQ(told(nothing), Texts{">4\r\n$6\r\nMOVING\r\n:N\r\n:3\r\n_\r\n"});
  EXPECT_EQ(told(sentinel), Texts{moving(3, "10.0.0.2:26000")});
  EXPECT_EQ(told(cluster), Texts{});
  EXPECT_EQ(told(local), Texts{});
}

TEST_F(ServiceMaintenanceTest, ClientsThatStayDoNotHoldAStopUpForEver) {
  world_.follow(1, kOther);
  const auto client = ask();
  stop();
  world_.pass(base::milliseconds(2900));
  EXPECT_FALSE(is_drained()) << "it was promised three seconds";
  world_.pass(base::milliseconds(1000));
  EXPECT_TRUE(is_drained());
  EXPECT_EQ(told(client).size(), 1U);
}

TEST_F(ServiceMaintenanceTest, WhoAsksWhileANodeEndsIsSentAwayToo) {
  world_.follow(1, kOther);
  const auto first = ask(), late = world_.connect(Door::kPlainPort);
  stop();
  const std::vector<Push> early = pushes(world_.received(first));
  ASSERT_EQ(early.size(), 1U);
  world_.pass(base::milliseconds(1500));
  world_.say(late, kAsk);
  world_.pass(base::milliseconds(20));
  const std::vector<Push> told = pushes(world_.received(late));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text, moving(2, "10.0.0.2:6400"));
  EXPECT_EQ(told[0].number, early[0].number) << "it is the same event";
}

TEST_F(ServiceMaintenanceTest, WithoutALeaderTheyAreSentToANodeThatIsConnected) {
  world_.follow(1, {});
  const auto client = ask();
  stop();
  EXPECT_EQ(told(client), Texts{}) << "one may be known soon";
  world_.pass(base::milliseconds(500));
  EXPECT_EQ(told(client), Texts{moving(3, "10.0.0.2:6400")});
}

TEST_F(ServiceMaintenanceTest, AnEndpointThatLibrariesMisreadIsNotTold) {
  show(peer_of(kOther, "fd00::2"));
  world_.follow(1, kOther);
  const auto client = ask(), nothing = ask(Door::kPlainPort, "none");
  stop();
  EXPECT_EQ(told(client), Texts{});
  EXPECT_EQ(told(nothing).size(), 1U);
}

TEST_F(ServiceMaintenanceTest, ANodeAloneHasNowhereToSendItsClients) {
  ClusterView view;
  view.is_born = true;
  view.peers = {peer_of(kSelf, "10.0.0.1")};
  world_.service->receive(FromConsensus(std::move(view)));
  world_.lead(1);
  const auto client = ask(), nothing = ask(Door::kPlainPort, "none");
  stop();
  EXPECT_TRUE(is_drained());
  EXPECT_EQ(world_.received(client) + world_.received(nothing), "");
}

// ---- where to ----

TEST(DestinationTest, TheLeaderComesFirstThenWhoIsConnectedAndHasMost) {
  const NodeId third(33), fourth(44);
  ClusterView view;
  view.peers = {peer_of(kSelf, "10.0.0.1"), peer_of(kOther, "10.0.0.2"), peer_of(third, "10.0.0.3"),
                peer_of(fourth, "10.0.0.4", false)};
  view.peers[0].match = base::LogIndex(9);
  view.peers[2].match = base::LogIndex(5);
  view.peers[3].match = base::LogIndex(7);
  EXPECT_EQ(destination(view, kOther, Door::kPlainPort)->id, kOther);
  EXPECT_EQ(destination(view, fourth, Door::kPlainPort)->id, fourth) << "it leads by its link";
  EXPECT_EQ(destination(view, {}, Door::kPlainPort)->id, third);
  EXPECT_EQ(destination(view, kOther, Door::kPort), nullptr);
  view.peers[1].plain_port = 0;
  EXPECT_EQ(destination(view, kOther, Door::kPlainPort)->id, third)
      << "the leader has no such door";
}

TEST(DestinationTest, AHostIsWrittenSoThatEveryLibraryReadsIt) {
  PeerView peer = peer_of(kOther, "10.0.0.2");
  const auto text = [&peer](MovingEndpoint kind) {
    return moving_endpoint(peer, Door::kPlainPort, kind);
  };
  EXPECT_EQ(text(MovingEndpoint::kName), "10.0.0.2:6400") << "it has no name";
  peer.hostname = "two.example";
  EXPECT_EQ(text(MovingEndpoint::kAddress), "10.0.0.2:6400");
  peer.host = "fd00::2";
  EXPECT_EQ(text(MovingEndpoint::kAddress), "two.example:6400");
  peer.hostname.clear();
  EXPECT_EQ(text(MovingEndpoint::kAddress), std::nullopt);
}

}  // namespace
}  // namespace node::testing
