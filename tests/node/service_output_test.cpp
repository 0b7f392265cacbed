// What a client is owed and does not read: limits, and sessions that wait for their clients.
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace node::testing {
namespace {

World leader(std::vector<std::string> settings = {}) {
  World world(Given{.settings = std::move(settings)});
  world.lead(1);
  return world;
}

TEST(ServiceOutputTest, TheHardOutputLimitClosesTheConnectionOfAClientThatDoesNotRead) {
  World world = leader({"--client-output-buffer-limit", "normal 100000 0 0"});
  world.say(request({"SET", "a", std::string(60'000, 'x')}));
  world.reads_slowly = true;
  world.say("GET a\r\n");
  EXPECT_TRUE(world.killed.empty());
  world.say("GET a\r\n");
  EXPECT_EQ(world.killed.size(), 1U);
}

TEST(ServiceOutputTest, TheSoftOutputLimitHasItsSeconds) {
  World world = leader({"--client-output-buffer-limit", "normal 0 50000 10"});
  world.say(request({"SET", "a", std::string(60'000, 'x')}));
  world.reads_slowly = true;
  world.say("GET a\r\n");
  world.pass(base::milliseconds(10'000));
  world.say("PING\r\n");
  EXPECT_TRUE(world.killed.empty());
  world.pass(base::milliseconds(1));
  world.say("PING\r\n");
  EXPECT_EQ(world.killed.size(), 1U);
}

// 400 replies of 100,000 bytes asked for in one write, which nobody reads.
std::string many(std::string_view words, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += command(words);
  return bytes;
}

TEST(ServiceOutputTest, TheHardOutputLimitIsLookedAtAfterEachReplyOfAPipeline) {
  World world = leader({"--client-output-buffer-limit", "normal 2mb 0 0"});
  world.say(request({"SET", "a", std::string(100'000, 'x')}));
  world.reads_slowly = true;
  const auto greedy = world.connect();
  world.send(greedy, many("GET a", 400));
  world.turn();
  EXPECT_EQ(world.killed, std::vector{greedy});
  EXPECT_EQ(world.service->unsent(greedy).size(), 0U) << "nothing is kept for it";
}

TEST(ServiceOutputTest, WithoutALimitASessionWaitsForItsClientToRead) {
  constexpr std::size_t kBound = 1'200'000;
  World world = leader();
  world.say(request({"SET", "a", std::string(100'000, 'x')}));
  const auto slow = world.connect();
  const auto other = world.connect();
  world.reads_slowly = true;
  world.say(slow, many("GET a", 400) + "PING\r\n");
  EXPECT_LT(world.service->unsent(slow).size(), kBound);
  EXPECT_TRUE(world.killed.empty());
  world.say(other, "PING\r\n");
  EXPECT_EQ(world.service->unsent(other), "+PONG\r\n") << "others are served";
  // It reads in the end, and gets everything in order.
  world.reads_slowly = false;
  world.settle();
  const std::string replies = world.received(slow);
  EXPECT_EQ(replies.size(), 400 * (100'000 + 11) + 7U);
  EXPECT_EQ(replies.substr(replies.size() - 9), "\r\n+PONG\r\n");
}

// As client libraries send a pipeline: all of it, then they read. A server that stopped reading
// would wait for them as they wait for it.
TEST(ServiceOutputTest, AClientThatSendsAllBeforeItReadsIsReadOn) {
  World world = leader();
  world.say(request({"SET", "a", std::string(1000, 'x')}));
  const auto client = world.connect();
  world.reads_slowly = true;
  const std::string part = many("GET a", 1000) + many("INCR n", 10);
  for (int i = 0; i < 50; ++i) world.say(client, part);
  EXPECT_TRUE(world.paused.empty() || world.resumed.size() == world.paused.size());
  EXPECT_LT(world.service->unsent(client).size(), 50 * part.size() + 300'000);
  world.reads_slowly = false;
  world.settle();
  const std::string replies = world.received(client);
  EXPECT_EQ(replies.substr(replies.size() - 8), "\r\n:500\r\n");
}

TEST(ServiceOutputTest, AClientMayBeOwedAsMuchAsItHasSent) {
  World world = leader();
  const auto client = world.connect();
  world.reads_slowly = true;
  const std::string part = many("PING", 10'000);
  for (int i = 0; i < 40; ++i) world.say(client, part);
  EXPECT_EQ(world.service->unsent(client).size(), 400'000 * 7U);
}

// In a cluster reads wait for evidence, so that all 2,000 may be due at once.
TEST(ServiceOutputTest, ReadsWhoseEvidenceCameTogetherAreAnsweredAsTheirClientReads) {
  World world;
  world.lead(1, false);
  world.say(request({"SET", "a", std::string(100'000, 'x')}));
  const auto slow = world.connect();
  world.reads_slowly = true;
  world.say(slow, many("GET a", 400));
  EXPECT_LT(world.service->unsent(slow).size(), 1'200'000U);
  world.reads_slowly = false;
  world.settle();
  EXPECT_EQ(world.received(slow).size(), 400 * (100'000 + 11U));
}

// A read is evaluated before the write behind it takes effect, read or not; so few may stand so.
TEST(ServiceOutputTest, ReadsBeforeWritesArePutBehindEachOtherOnlySoFar) {
  World world;
  world.lead(1, false);
  world.say(request({"SET", "a", std::string(10'000, 'x')}));
  const auto slow = world.connect();
  world.reads_slowly = true;
  std::string pipeline;
  for (int i = 0; i < 2000; ++i) pipeline += command("GET a") + command("INCR n");
  world.say(slow, pipeline);
  EXPECT_LT(world.service->unsent(slow).size(), 4'000'000U);
  world.reads_slowly = false;
  world.settle();
  const std::string replies = world.received(slow);
  EXPECT_EQ(replies.substr(replies.size() - 9), "\r\n:2000\r\n");
}

TEST(ServiceOutputTest, WritesThatAnswerMuchAreTakenOnlySoFar) {
  World world = leader();
  world.say(request({"SET", "a", std::string(10'000, 'x')}));
  const auto slow = world.connect();
  world.reads_slowly = true;
  world.say(slow, many("GETEX a PERSIST", 2000));
  EXPECT_LT(world.service->unsent(slow).size(), 4'000'000U);
  world.reads_slowly = false;
  world.settle();
  EXPECT_EQ(world.received(slow).size(), 2000 * (10'000 + 10U));
}

TEST(ServiceOutputTest, TheSoftLimitEndsAClientThatIsOwedMuchAndSaysNothing) {
  World world = leader({"--client-output-buffer-limit", "normal 0 50000 10"});
  world.say(request({"SET", "a", std::string(60'000, 'x')}));
  world.reads_slowly = true;
  world.say("GET a\r\n");
  for (int i = 0; i < 12 && world.killed.empty(); ++i) world.pass(base::milliseconds(1000));
  EXPECT_EQ(world.killed.size(), 1U);
}

TEST(ServiceOutputTest, BeforeAuthenticationLittleIsOwed) {
  World world = leader({"--requirepass", "pw"});
  world.reads_slowly = true;
  const auto stranger = world.connect();
  std::string pings;
  for (int i = 0; i < 3000; ++i) pings += "PING\r\n";
  for (int i = 0; i < 10; ++i) world.say(stranger, pings);
  EXPECT_LT(world.service->unsent(stranger).size(), 20'000U);
  world.reads_slowly = false;
  world.settle();
  EXPECT_EQ(world.received(stranger).size(),
            30'000 * std::string_view("-NOAUTH Authentication required.\r\n").size());
}

TEST(ServiceOutputTest, AMonitorThatDoesNotReadIsClosed) {
  World world = leader({"--client-output-buffer-limit", "pubsub 1mb 0 0"});
  const auto monitor = world.connect();
  world.say(monitor, "MONITOR\r\n");
  world.reads_slowly = true;
  const auto busy = world.connect();
  for (int i = 0; i < 20; ++i) world.say(busy, request({"GET", std::string(100'000, 'k')}));
  EXPECT_EQ(world.killed, std::vector{monitor});
  EXPECT_EQ(world.service->unsent(monitor).size(), 0U);
}

TEST(ServiceOutputTest, TheTimeoutAlsoEndsAClientThatOnlyAsks) {
  World world = leader({"--timeout", "5"});
  world.say(request({"SET", "a", std::string(100'000, 'x')}));
  const auto deaf = world.connect();
  world.reads_slowly = true;
  world.say(deaf, many("GET a", 100));
  for (int i = 0; i < 7; ++i) world.pass(base::milliseconds(1000));
  EXPECT_EQ(world.killed, (std::vector{base::ConnectionId(1), deaf}));
}

TEST(ServiceOutputTest, AStopDoesNotWaitForAClientThatDoesNotRead) {
  World world;
  world.lead(1, false);
  world.say(request({"SET", "a", std::string(100'000, 'x')}));
  world.reads_slowly = true;
  world.say(world.connect(), many("GET a", 100));
  world.service->begin_stop();
  world.settle();
  bool is_handing_over = false;
  for (const ToConsensus& message : world.asked)
    is_handing_over = is_handing_over || std::holds_alternative<BeginTransfer>(message);
  EXPECT_TRUE(is_handing_over);
}

}  // namespace
}  // namespace node::testing
