// One consensus machine and a peer made by hand: what a link may say, and what closes it.
#include "node/consensus/consensus.h"
#include "node/peers/links.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "node/consensus/cluster_orders.h"
#include "raft/message.h"

namespace {

using base::ClusterId;
using base::NodeId;
using node::LinkId;
using node::WireKind;

constexpr NodeId kSelf{0x1111111100000000ULL};
constexpr NodeId kPeer{0x2222222200000000ULL};
constexpr NodeId kThird{0x3333333300000000ULL};
constexpr ClusterId kCluster{0xC000000000000000ULL};
constexpr LinkId kAccepted{node::kAcceptedLinkBit | 1};
constexpr std::uint64_t kEpoch = 5;

class PeerLink : public testing::Test {
 protected:
  void SetUp() override {
    node::ConsensusOptions options;
    options.self = kSelf;
    options.epoch = kEpoch;
    options.seed = 3;
    options.announcement = {.host = {}, .client_port = 6379, .raft_port = 16379, .hostname = {}};
    options.restored.hard_state = {base::Term(4), {}};
    options.restored.snapshot.membership = {
        kCluster, {{kSelf, "self:1", true}, {kPeer, "peer:1", true}, {kThird, "third:1", true}}};
    machine = std::make_unique<node::Consensus>(std::move(options));
    turn();
  }

  // One turn; what it says is kept.
  void turn(std::int64_t ms = 0) {
    now_ms += ms;
    node::ConsensusOutput out =
        machine->turn({.now = base::Instant(base::milliseconds(now_ms)), .wall_ms = now_ms});
    for (const auto& line : out.lines) lines.push_back(line.text);
    for (const auto& dial : out.dials) dials.push_back(dial);
    for (const LinkId link : out.closes) closed.push_back(link);
    for (const auto& send : out.sends) {
      ASSERT_TRUE(readers[send.link].read(send.bytes, said[send.link]).ok());
      machine->on_link_sent(send.link, 0);
    }
    deadline = out.next_deadline;
  }
  void run(std::int64_t ms) {
    for (const std::int64_t end = now_ms + ms; now_ms < end;) turn(10);
  }
  void say(LinkId link, WireKind kind, std::string_view body, ClusterId cluster = kCluster) {
    std::string bytes;
    node::append_frame(bytes, {.kind = kind, .part_size_bytes = body.size(), .cluster = cluster},
                       body);
    machine->on_link_bytes(link, bytes);
    turn();
  }
  static node::Hello hello(NodeId id = kPeer, std::uint64_t epoch = 77,
                           ClusterId cluster = kCluster) {
    node::Hello hello;
    hello.id = id;
    hello.epoch = epoch;
    hello.cluster = cluster;
    return hello;
  }
  void accept(LinkId link) {  // from another port each time, as a kernel does it
    machine->on_link_up(link, "10.0.0.2:" + std::to_string(next_port++));
    turn();
  }
  int next_port = 40000;
  void greet(LinkId link, const node::Hello& words) {
    say(link, WireKind::kHello, node::encode_hello(words), words.cluster);
  }
  void establish(LinkId link = kAccepted) {
    accept(link);
    greet(link, hello());
    ASSERT_FALSE(is_closed(link));
  }
  void establish_or_not(LinkId link) {
    accept(link);
    if (!is_closed(link)) greet(link, hello());
  }
  static std::string heartbeat(NodeId from, base::GroupId group = base::kFirstGroup) {
    return raft::encode_message({group, from, kSelf, base::Term(4), raft::Heartbeat{{}, 1}});
  }
  bool is_closed(LinkId link) const {
    return std::find(closed.begin(), closed.end(), link) != closed.end();
  }
  bool has_line(std::string_view part) const {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }
  std::size_t count(LinkId link, WireKind kind) {
    const auto& all = said[link];
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& message) { return message.kind == kind; }));
  }
  std::string refusal(LinkId link) {
    for (const auto& message : said[link]) {
      if (message.kind == WireKind::kRefuse) return message.body;
    }
    return {};
  }

  std::unique_ptr<node::Consensus> machine;
  std::int64_t now_ms = 1000;
  base::Instant deadline{};
  std::vector<std::string> lines;
  std::vector<node::Dial> dials;
  std::vector<LinkId> closed;
  std::map<LinkId, node::FrameReader> readers;
  std::map<LinkId, std::vector<node::WireMessage>> said;
};

TEST_F(PeerLink, DialsAllOtherMembersAndSpeaksFirst) {
  ASSERT_EQ(dials.size(), 2U);
  EXPECT_EQ(dials[0].address, "peer:1");
  machine->on_link_up(dials[0].link, "peer:1");
  turn();
  ASSERT_EQ(said[dials[0].link].size(), 1U);
  const auto words = node::decode_hello(said[dials[0].link][0].body);
  ASSERT_TRUE(words.has_value());
  EXPECT_EQ(words->id, kSelf);
  EXPECT_EQ(words->epoch, kEpoch);
  EXPECT_EQ(words->cluster, kCluster);
  EXPECT_EQ(words->announcement.client_port, 6379);
}

TEST_F(PeerLink, AnAcceptedLinkIsGreetedBack) {
  establish();
  EXPECT_EQ(count(kAccepted, WireKind::kHello), 1U);
  EXPECT_TRUE(has_line("peer n22222222 (10.0.0.2:40000) is connected"));
}

TEST_F(PeerLink, AnswersRaftOnTheLinkThePeerDialled) {
  establish();
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer));
  EXPECT_EQ(count(kAccepted, WireKind::kRaft), 1U);
}

TEST_F(PeerLink, PrefersTheLinkItDialledItself) {
  establish();
  machine->on_link_up(dials[0].link, "peer:1");
  turn();
  greet(dials[0].link, hello());
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer));
  EXPECT_EQ(count(kAccepted, WireKind::kRaft), 0U);
  EXPECT_EQ(count(dials[0].link, WireKind::kRaft), 1U);
}

TEST_F(PeerLink, RubbishClosesItWithALineThatNamesThePeer) {
  establish();
  machine->on_link_bytes(kAccepted, "GET / HTTP/1.1\r\n\r\n and so on");
  turn();
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_TRUE(
      has_line("peer link with n22222222 (10.0.0.2:40000) closed: it sent something that is no "
               "frame of a peer"));
  machine->on_link_bytes(kAccepted, "more");  // what the driver still had
  turn();
}

TEST_F(PeerLink, AnotherProtocolVersionIsNamed) {
  accept(kAccepted);
  std::string bytes;
  node::append_frame(bytes, {.kind = WireKind::kAlive, .cluster = kCluster}, "");
  bytes[8] = 9;
  machine->on_link_bytes(kAccepted, bytes);
  turn();
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_TRUE(has_line("protocol version 9, this node speaks 7"));
}

TEST_F(PeerLink, ThatSpeaksBeforeItsHelloIsClosed) {
  accept(kAccepted);
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer));
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_TRUE(has_line("it spoke before its hello"));
}

TEST_F(PeerLink, ThatSaysHelloTwiceIsClosed) {
  establish();
  greet(kAccepted, hello());
  EXPECT_TRUE(has_line("it said hello twice"));
}

TEST_F(PeerLink, WithAMalformedHelloIsClosed) {
  accept(kAccepted);
  say(kAccepted, WireKind::kHello, "hi");
  EXPECT_TRUE(has_line("it sent a malformed hello"));
}

TEST_F(PeerLink, WithAMalformedMessageOfAnyKindIsClosed) {
  std::uint64_t number = 1;
  for (const WireKind kind :
       {WireKind::kRaft, WireKind::kBirthStatus, WireKind::kFound, WireKind::kFounded}) {
    const LinkId link(node::kAcceptedLinkBit | number++);
    establish(link);
    say(link, kind, "?");
    EXPECT_TRUE(is_closed(link)) << static_cast<int>(kind);
  }
  EXPECT_TRUE(has_line("malformed raft message"));
}

TEST_F(PeerLink, ThatSpeaksInTheNameOfAnotherIsClosed) {
  establish();
  say(kAccepted, WireKind::kRaft, heartbeat(kThird));
  EXPECT_TRUE(has_line("it spoke in the name of n33333333"));
}

TEST_F(PeerLink, AMessageForAGroupOrANodeItDoesNotKnowIsLeftAlone) {
  establish();
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer, base::GroupId(9)));
  say(kAccepted, WireKind::kRaft,
      raft::encode_message({base::kFirstGroup, kPeer, kThird, base::Term(4), raft::Heartbeat{}}));
  EXPECT_FALSE(is_closed(kAccepted));
  EXPECT_EQ(count(kAccepted, WireKind::kRaft), 0U);
}

TEST_F(PeerLink, AStrangerOfAnotherClusterIsRefusedWithTheReason) {
  accept(kAccepted);
  greet(kAccepted, hello(kPeer, 77, ClusterId(0xD000000000000000ULL)));
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_EQ(refusal(kAccepted), "this is no node of cluster cd0000000");
  EXPECT_TRUE(has_line("refused: a node of cluster cd0000000"));
}

TEST_F(PeerLink, FramesOfAnotherClusterOnAnEstablishedLinkAreRefused) {
  establish();
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer), ClusterId(0xD000000000000000ULL));
  EXPECT_TRUE(is_closed(kAccepted));
}

TEST_F(PeerLink, RaftFromANodeOfNoClusterIsNotHeeded) {
  establish();
  say(kAccepted, WireKind::kRaft, heartbeat(kPeer), ClusterId());
  EXPECT_EQ(count(kAccepted, WireKind::kRaft), 0U);
}

TEST_F(PeerLink, AnotherProcessWithThisNodesIdIsRefused) {
  accept(kAccepted);
  greet(kAccepted, hello(kSelf, kEpoch + 1));
  EXPECT_NE(
      refusal(kAccepted).find("it claims the id of this node, n11111111, from another process"),
      std::string::npos);
}

TEST_F(PeerLink, ASecondLiveProcessUnderAPeersIdIsRefusedAndTheFirstStays) {
  establish();
  const LinkId second(node::kAcceptedLinkBit | 2);
  accept(second);
  greet(second, hello(kPeer, 78));
  EXPECT_TRUE(is_closed(second));
  EXPECT_NE(refusal(second).find("another live process speaks as n22222222 already"),
            std::string::npos);
  EXPECT_FALSE(is_closed(kAccepted));
}

TEST_F(PeerLink, ARestartedPeerTakesThePlaceOfItsSilentLink) {
  establish();
  run(1600);
  const LinkId second(node::kAcceptedLinkBit | 2);
  accept(second);
  greet(second, hello(kPeer, 78));
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_FALSE(is_closed(second));
  EXPECT_TRUE(has_line("its node has been started again"));
}

TEST_F(PeerLink, AnUnexpectedNodeAtAMembersAddressIsRefused) {
  machine->on_link_up(dials[0].link, "peer:1");
  turn();
  greet(dials[0].link, hello(kThird));
  EXPECT_TRUE(is_closed(dials[0].link));
  EXPECT_TRUE(has_line("n33333333 answers where n22222222 is expected"));
}

TEST_F(PeerLink, ARefusalIsLoggedAndTheAddressDialledAgainLater) {
  machine->on_link_up(dials[0].link, "peer:1");
  turn();
  say(dials[0].link, WireKind::kRefuse, "you are nobody");
  EXPECT_TRUE(is_closed(dials[0].link));
  EXPECT_TRUE(has_line("it refuses this node: you are nobody"));
  const std::size_t before = dials.size();
  run(200);
  EXPECT_GT(dials.size(), before);
}

TEST_F(PeerLink, AStrangerThatRedialsAgainAndAgainFillsNoLog) {
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const LinkId link(node::kAcceptedLinkBit | i);
    accept(link);
    greet(link, hello(NodeId(99), 1, ClusterId(55)));
    turn(20);
  }
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) {
                            return line.find("is no peer of cluster") != std::string::npos;
                          }),
            1);
}

TEST_F(PeerLink, ThatIsSilentIsClosedAndOneThatSaysAliveIsNot) {
  establish();
  for (int i = 0; i < 20; ++i) {
    run(400);
    say(kAccepted, WireKind::kAlive, "");
  }
  EXPECT_FALSE(is_closed(kAccepted));
  EXPECT_GE(count(kAccepted, WireKind::kAlive), 1U);
  run(3100);
  EXPECT_TRUE(is_closed(kAccepted));
  EXPECT_TRUE(has_line("nothing has been heard for 3 seconds"));
  EXPECT_TRUE(has_line("peer n22222222 (10.0.0.2:40000) is disconnected"));
}

TEST_F(PeerLink, APauseOfThisProcessIsNoSilenceOfItsPeers) {
  establish();
  turn(30'000);  // stopped and continued: nobody was listened to
  EXPECT_FALSE(is_closed(kAccepted));
}

TEST_F(PeerLink, WithoutAHelloInTimeIsClosed) {
  accept(kAccepted);
  run(3100);
  EXPECT_TRUE(is_closed(kAccepted));
}

TEST_F(PeerLink, ADialThatHangsIsGivenUpAndTriedAgain) {
  const LinkId first = dials[0].link;
  run(2500);
  EXPECT_TRUE(is_closed(first));
  EXPECT_GE(dials.size(), 4U);
  machine->on_link_up(first, "peer:1");  // the driver had it after all
  turn();
  EXPECT_EQ(std::count(closed.begin(), closed.end(), first), 2);
}

TEST_F(PeerLink, RedialsBackOffToASecondAndAHalf) {
  for (int i = 0; i < 3000; ++i) {
    turn(10);
    if (!dials.empty()) {
      for (const node::Dial& dial : dials) machine->on_link_down(dial.link, "connection refused");
      if (i < 2900) dials.clear();
    }
  }
  // The last second: two addresses, each dialled at least once in 1.5 s and not every 50 ms.
  EXPECT_LE(dials.size(), 6U);
  run(1600);
  EXPECT_GE(dials.size(), 2U);
}

TEST_F(PeerLink, TooManyLinksAreRefused) {
  for (std::uint64_t i = 1; i <= 300; ++i) establish_or_not(LinkId(node::kAcceptedLinkBit | i));
  EXPECT_GE(closed.size(), 40U);
  EXPECT_TRUE(has_line("too many peer links"));
}

// ---- whoever may be anybody ----

TEST_F(PeerLink, OfStrangersTheOldestGivesWayAndAMemberGetsThrough) {
  for (std::uint64_t i = 1; i <= 100; ++i) accept(LinkId(node::kAcceptedLinkBit | i));
  EXPECT_EQ(closed.size(), 84U);
  EXPECT_TRUE(is_closed(LinkId(node::kAcceptedLinkBit | 1)));
  const LinkId member(node::kAcceptedLinkBit | 200);
  establish(member);
  for (std::uint64_t i = 201; i <= 300; ++i) accept(LinkId(node::kAcceptedLinkBit | i));
  EXPECT_FALSE(is_closed(member));
}

TEST_F(PeerLink, AStrangerMayNotBringMuch) {
  accept(kAccepted);
  std::string bytes;
  for (int i = 0; i < 70; ++i)
    node::append_frame(bytes, {.kind = WireKind::kAlive, .part_size_bytes = 1000, .cluster = {}},
                       std::string(1000, 'x'));
  machine->on_link_bytes(kAccepted, bytes);
  turn();
  EXPECT_TRUE(has_line("it sent more than a stranger may"));
}

TEST_F(PeerLink, AStrangerCannotAnnounceALargeMessage) {
  const std::uint64_t large = node::kStrangerMessageBytesMax + 1;
  for (const auto stream : {node::FrameStream::kControl, node::FrameStream::kBulk}) {
    const LinkId link(node::kAcceptedLinkBit | (7 + static_cast<std::uint64_t>(stream)));
    accept(link);
    std::string bytes;
    node::append_frame(bytes,
                       {.stream = stream,
                        .kind = WireKind::kHello,
                        .is_last = false,
                        .part_size_bytes = large,
                        .cluster = {}},
                       "x");
    machine->on_link_bytes(link, bytes);
    turn();
    EXPECT_TRUE(is_closed(link)) << "stream " << static_cast<int>(stream);
  }
}

// Neither in what is said nor in the frames that carry it.
TEST_F(PeerLink, AStrangerLearnsNothingOfTheCluster) {
  node::Hello visitor = hello(NodeId(99), 1, ClusterId());
  visitor.is_visit = true;
  const node::Hello strangers[] = {
      hello(NodeId(99), 1, ClusterId()), hello(NodeId(99), 1, kCluster),
      hello(NodeId(99), 1, ClusterId(55)), hello(kPeer, 1, ClusterId()), visitor};
  std::uint64_t number = 1;
  for (const node::Hello& words : strangers) {
    const LinkId link(node::kAcceptedLinkBit | number++);
    accept(link);
    greet(link, words);
    EXPECT_EQ(is_closed(link), !words.is_visit);
    for (const auto& message : said[link]) {
      EXPECT_TRUE(message.cluster.is_none());
      EXPECT_EQ(message.body.find(node::cluster_name(kCluster)), std::string::npos);
      if (message.kind != WireKind::kHello) continue;
      const auto answer = node::decode_hello(message.body);
      ASSERT_TRUE(answer.has_value());
      EXPECT_TRUE(answer->cluster.is_none());
      EXPECT_FALSE(answer->version.has_value());
      EXPECT_EQ(answer->holding.last_index, base::LogIndex());
    }
    EXPECT_FALSE(said[link].empty());
  }
}

TEST_F(PeerLink, AMemberOnAVisitIsToldThatThisIsOneToo) {
  accept(kAccepted);
  node::Hello visitor = hello();
  visitor.is_visit = true;
  greet(kAccepted, visitor);
  ASSERT_EQ(count(kAccepted, WireKind::kHello), 1U);
  EXPECT_EQ(node::decode_hello(said[kAccepted].front().body)->cluster, kCluster);
}

TEST_F(PeerLink, WithoutTheClusterOnlyBirthIsSpokenOf) {
  establish();
  const std::string order = node::encode_order({.number = 1, .order = raft::RemoveMember{kThird}});
  say(kAccepted, WireKind::kOrder, order, ClusterId());
  EXPECT_EQ(count(kAccepted, WireKind::kOrderAnswer), 0U);
  say(kAccepted, WireKind::kOrder, order);
  EXPECT_EQ(count(kAccepted, WireKind::kOrderAnswer), 1U);
}

TEST_F(PeerLink, NamesThatClientsMayNotSeeAreNoHello) {
  const std::vector<std::string> names = {"a\r\n+OK", "a b", "a,b", "a@b", std::string(300, 'a')};
  std::uint64_t number = 1;
  for (const std::string& name : names) {
    const LinkId link(node::kAcceptedLinkBit | number++), other(node::kAcceptedLinkBit | number++);
    accept(link);
    node::Hello words = hello();
    (number % 4 == 1 ? words.announcement.host : words.announcement.hostname) = name;
    greet(link, words);
    EXPECT_TRUE(is_closed(link)) << name;
    establish(other);
    say(other, WireKind::kAnnounced, node::encode_announcement(words.announcement));
    EXPECT_TRUE(is_closed(other)) << name;
  }
}

TEST_F(PeerLink, EarlierTurnsAreAskedForWhenALinkTookEverythingAtOnce) {
  EXPECT_FALSE(machine->has_more_to_send());
  establish();
  EXPECT_FALSE(machine->has_more_to_send());
}

}  // namespace
