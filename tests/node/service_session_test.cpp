// Sessions: connection commands, authentication, reply modes, limits, pauses, protocol errors.
// Texts of Redis 7.0.
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace node::testing {
namespace {

const std::string kNoAuth = "-NOAUTH Authentication required.\r\n";

World leader(std::vector<std::string> settings = {}) {
  World world(Given{.settings = std::move(settings)});
  world.lead(1);
  return world;
}

TEST(ServiceSessionTest, ConnectionCommandsAnswerAsRedisDoes) {
  World world = leader();
  EXPECT_EQ(world.say("PING\r\nPING a\r\nECHO b\r\n"), "+PONG\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(world.say("PING a b\r\n"), "-ERR wrong number of arguments for 'ping' command\r\n");
  EXPECT_EQ(world.say("SELECT 16\r\nSELECT -1\r\nSELECT a\r\nSELECT 99999999999\r\n"),
            "-ERR DB index is out of range\r\n-ERR DB index is out of range\r\n-ERR value is not "
            "an integer or out of range\r\n"
            "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
  EXPECT_EQ(world.say("READONLY\r\n"), "-ERR This instance has cluster support disabled\r\n");
  EXPECT_EQ(world.say("AUTH x\r\n"),
            "-ERR AUTH <password> called without any password configured for the default user. Are "
            "you sure your configuration is "
            "correct?\r\n");
  EXPECT_EQ(world.say("AUTH default x\r\nAUTH a b\r\nAUTH a b c\r\n"),
            "+OK\r\n-WRONGPASS invalid username-password pair or user is disabled.\r\n-ERR syntax "
            "error\r\n");
}

TEST(ServiceSessionTest, DatabaseAndVersionAreCapturedWhenParsed) {
  World world = leader();
  EXPECT_EQ(
      world.say(
          "SET a zero\r\nSELECT 1\r\nSET a one\r\nSELECT 0\r\nGET a\r\nSELECT 1\r\nGET a\r\n"),
      "+OK\r\n+OK\r\n+OK\r\n+OK\r\n$4\r\nzero\r\n+OK\r\n$3\r\none\r\n");
  world.commits = false;
  world.say("SET a x\r\nGET none\r\nHELLO 3\r\nGET none\r\n");
  world.commits = true;
  world.settle();
  const std::string replies = world.say("");
  EXPECT_EQ(replies.substr(0, 10), "+OK\r\n$-1\r\n");
  EXPECT_EQ(replies.substr(10, 2), "%7");
  EXPECT_EQ(replies.substr(replies.size() - 3), "_\r\n");
}

TEST(ServiceSessionTest, HelloErrors) {
  World world = leader();
  EXPECT_EQ(
      world.say("HELLO 4\r\nHELLO x\r\nHELLO 2 FOO\r\nHELLO 2 SETNAME\r\n"),
      "-NOPROTO unsupported protocol version\r\n-ERR Protocol version is not an integer or out of "
      "range\r\n"
      "-ERR Syntax error in HELLO option 'FOO'\r\n-ERR Syntax error in HELLO option 'SETNAME'\r\n");
  EXPECT_EQ(world.say(request({"HELLO", "2", "SETNAME", "a b"})),
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(world.say("HELLO 2 SETNAME x\r\nCLIENT GETNAME\r\n").substr(0, 4), "*14\r");
}

TEST(ServiceSessionTest, WithoutThePasswordNothingIsAnswered) {
  World world = leader({"--requirepass", "pw"});
  EXPECT_EQ(world.say("PING\r\nGET a\r\nMULTI\r\nEXEC\r\n"),
            kNoAuth + kNoAuth + kNoAuth +
                "-EXECABORT Transaction discarded because of: " + kNoAuth.substr(1));
  EXPECT_EQ(world.say("NOSUCH\r\n").substr(0, 20), "-ERR unknown command");
  EXPECT_EQ(world.say("AUTH no\r\n"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(world.say("HELLO 3\r\n").substr(0, 20), "-NOAUTH HELLO must b");
  EXPECT_EQ(world.say("AUTH pw\r\nSET a 1\r\n"), "+OK\r\n+OK\r\n");
  EXPECT_EQ(world.say("AUTH bad\r\nGET a\r\n").substr(0, 11), "-WRONGPASS ");
  EXPECT_EQ(world.say("RESET\r\nPING\r\n"), "+RESET\r\n" + kNoAuth);
  EXPECT_EQ(world.say("HELLO 3 AUTH default pw\r\n").substr(0, 2), "%7");
  EXPECT_EQ(world.say("PING\r\n"), "+PONG\r\n");
}

TEST(ServiceSessionTest, BeforeAuthenticationRequestsAreSmall) {
  World world = leader({"--requirepass", "pw"});
  const auto many = world.connect();
  EXPECT_EQ(world.say(many, "*11\r\n"),
            "-ERR Protocol error: unauthenticated multibulk length\r\n");
  const auto large = world.connect();
  EXPECT_EQ(world.say(large, "*1\r\n$20000\r\n"),
            "-ERR Protocol error: unauthenticated bulk length\r\n");
  EXPECT_EQ(world.closed, (std::vector{many, large}));
  const auto flood = world.connect();
  world.say(flood, std::string(1024 * 1024 + 1, '*'));
  EXPECT_EQ(world.killed, std::vector{flood});
}

TEST(ServiceSessionTest, ClientReplyOffAndSkip) {
  World world = leader();
  EXPECT_EQ(world.say("CLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\n"),
            "+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(world.say("CLIENT REPLY OFF\r\nSET a 2\r\nNOSUCH\r\nGET a\r\nCLIENT REPLY "
                      "SKIP\r\nPING\r\nCLIENT REPLY X\r\n"),
            "");
  EXPECT_EQ(world.say("CLIENT REPLY ON\r\nGET a\r\n"), "+OK\r\n$1\r\n2\r\n");
  EXPECT_EQ(world.say("CLIENT REPLY OFF\r\nRESET\r\nPING\r\n"), "+RESET\r\n+PONG\r\n");
  EXPECT_EQ(world.say("CLIENT REPLY SKIP\r\nRESET\r\nPING\r\n"), "+PONG\r\n");
}

TEST(ServiceSessionTest, AProtocolErrorIsAnsweredInOrderThenTheConnectionCloses) {
  World world = leader();
  world.commits = false;
  EXPECT_EQ(world.say("SET a 1\r\nPING\r\n*1\r\n+x\r\nSET a 2\r\n"), "");
  EXPECT_TRUE(world.closed.empty());
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "+OK\r\n+PONG\r\n-ERR Protocol error: expected '$', got '+'\r\n");
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST(ServiceSessionTest, LineEndsWithinAProtocolErrorAreBlanks) {
  World world = leader();
  EXPECT_EQ(world.say("*1\r\n\r\n\r\n"), "-ERR Protocol error: expected '$', got ' '\r\n");
  EXPECT_EQ(world.say(world.connect(), "*1\r\n\nx\r\n"),
            "-ERR Protocol error: expected '$', got ' '\r\n");
}

TEST(ServiceSessionTest, ABrowserThatIsMisusedReachesNothing) {
  World world = leader({"--requirepass", "pw"});
  world.say("AUTH pw\r\n");
  for (const std::string_view head :
       {"POST / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nhOsT: x\r\n", "*1\r\n$4\r\npOsT\r\n",
        "AUTH pw\r\nMULTI\r\nhost:\r\n"}) {
    world.killed.clear();
    world.lines.clear();
    world.pass(base::milliseconds(20'000));
    const auto browser = world.connect();
    EXPECT_EQ(world.say(browser, std::string(head) + "AUTH pw\r\nSET pwned 1\r\nEXEC\r\n"), "");
    EXPECT_EQ(world.killed, std::vector{browser});
    ASSERT_EQ(world.lines.size(), 1U);
    EXPECT_TRUE(world.lines[0].text.starts_with("possible attack: 127.0.0.1:50000 sent POST"));
  }
  EXPECT_EQ(world.say("GET pwned\r\nPOSTS\r\n").substr(0, 26), "$-1\r\n-ERR unknown command ");
}

TEST(ServiceSessionTest, QuitAnswersBehindEverythingBeforeIt) {
  World world = leader();
  world.commits = false;
  EXPECT_EQ(world.say("INCR a\r\nQUIT\r\nINCR a\r\n"), "");
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), ":1\r\n+OK\r\n");
  EXPECT_EQ(world.closed.size(), 1U);
  EXPECT_EQ(world.say(world.connect(), "GET a\r\n"), "$1\r\n1\r\n");
}

TEST(ServiceSessionTest, ALongPipelinePausesTheSocketInsteadOfFillingMemory) {
  World world = leader();
  world.commits = false;
  const auto client = world.connect();
  std::string chunk;
  for (int i = 0; i < 10'000; ++i) chunk += "INCR n\r\n";
  int sent = 0;
  for (; sent < 20 && world.paused.empty(); ++sent) world.say(client, chunk);
  ASSERT_EQ(world.paused, std::vector{client});
  EXPECT_LT(sent, 10);
  EXPECT_TRUE(world.resumed.empty());
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.resumed, std::vector{client});
  for (; sent < 20; ++sent) world.say(client, chunk);
  const std::string last = world.say(client, "GET n\r\n");
  EXPECT_EQ(last.substr(last.size() - 12), "$6\r\n200000\r\n");
}

TEST(ServiceSessionTest, AStalledSessionIsPausedAndGoesOnWithACommandThatIsNotAllThereYet) {
  World world;
  const auto client = world.connect();
  const std::string big = request({"SET", "a", std::string(1'000'000, 'x')});
  world.say(client, "SET b 1\r\n" + big.substr(0, 600'000));
  EXPECT_EQ(world.paused, std::vector{client});
  world.lead(1);
  EXPECT_EQ(world.resumed, std::vector{client});
  EXPECT_EQ(world.say(client, big.substr(600'000) + "STRLEN a\r\n"), "+OK\r\n+OK\r\n:1000000\r\n");
}

TEST(ServiceSessionTest, ALargeValueIsNeverPausedHalfWay) {
  World world = leader();
  const std::string big = request({"SET", "a", std::string(3'000'000, 'x')});
  std::string reply;
  for (std::size_t at = 0; at < big.size(); at += 65'536)
    reply += world.say(big.substr(at, 65'536));
  EXPECT_EQ(reply, "+OK\r\n");
  EXPECT_TRUE(world.paused.empty());
}

TEST(ServiceSessionTest, TheQueryBufferLimitClosesTheConnection) {
  World world = leader({"--client-query-buffer-limit", "1mb"});
  world.say(request({"SET", "a", std::string(2'000'000, 'x')}).substr(0, 1'500'000));
  EXPECT_EQ(world.killed.size(), 1U);
}

TEST(ServiceSessionTest, TooManyClientsAreTurnedAway) {
  World world = leader({"--maxclients", "1"});
  EXPECT_EQ(world.say("PING\r\n"), "+PONG\r\n");
  const auto second = world.connect();
  EXPECT_EQ(world.service->unsent(second), "-ERR max number of clients reached\r\n");
  world.service->on_disconnect(second);
}

TEST(ServiceSessionTest, ProtectedModeTurnsRemoteClientsAwayWithoutAPassword) {
  World open(Given{.settings = {}, .is_loopback = false});
  EXPECT_EQ(open.service->unsent(open.connect()).substr(0, 8), "-DENIED ");
  World guarded(Given{.settings = {"--requirepass", "pw"}, .is_loopback = false});
  EXPECT_EQ(guarded.service->unsent(guarded.connect()), "");
  World told(Given{.settings = {"--protected-mode", "no"}, .is_loopback = false});
  EXPECT_EQ(told.service->unsent(told.connect()), "");
}

TEST(ServiceSessionTest, DebugIsRefusedUnlessEnabled) {
  World world = leader();
  EXPECT_EQ(world.say("DEBUG SLEEP 0\r\n"),
            "-ERR DEBUG command not allowed. If the enable-debug-command option is set to "
            "\"local\", you can run it from a local "
            "connection, otherwise you need to set this option in the configuration file, and then "
            "restart the server.\r\n");
  World local = leader({"--enable-debug-command", "local"});
  EXPECT_EQ(local.say("DEBUG SLEEP 0\r\n"), "+OK\r\n");
  World remote(Given{.settings = {"--enable-debug-command", "local", "--protected-mode", "no"},
                     .is_loopback = false});
  remote.lead(1);
  EXPECT_EQ(remote.say("DEBUG SLEEP 0\r\n").substr(0, 10), "-ERR DEBUG");
}

TEST(ServiceSessionTest, DebugSleepAnswersWhenItIsOverAndHoldsUpEveryoneBehindIt) {
  World world = leader({"--enable-debug-command", "yes"});
  const auto sleeper = world.connect();
  const auto other = world.connect();
  world.send(sleeper, "DEBUG SLEEP 1.5\r\nPING\r\n");
  world.send(other, "GET a\r\n");
  world.turn();
  EXPECT_EQ(world.slept, base::milliseconds(1500));
  EXPECT_EQ(world.received(sleeper) + world.received(other), "");
  world.settle();
  EXPECT_EQ(world.received(sleeper), "+OK\r\n+PONG\r\n");
  EXPECT_EQ(world.received(other), "$-1\r\n");
}

TEST(ServiceSessionTest, DebugErrors) {
  World world = leader({"--enable-debug-command", "yes"});
  EXPECT_EQ(world.say("DEBUG FOO\r\n"),
            "-ERR unknown subcommand or wrong number of arguments for 'FOO'. Try DEBUG HELP.\r\n");
  EXPECT_EQ(
      world.say("DEBUG SLEEP\r\n"),
      "-ERR unknown subcommand or wrong number of arguments for 'SLEEP'. Try DEBUG HELP.\r\n");
  EXPECT_EQ(world.say("DEBUG RELOAD x\r\n"),
            "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.\r\n");
  EXPECT_EQ(world.say("DEBUG SET-ACTIVE-EXPIRE 0\r\nSET a 1 PX 1\r\n"), "+OK\r\n+OK\r\n");
  const std::size_t before = world.proposals;
  world.pass(base::milliseconds(2000));
  EXPECT_EQ(world.proposals, before) << "nothing is swept";
}

TEST(ServiceSessionTest, WaitCountsTheFollowersThatHaveTheWrite) {
  World world = leader();
  world.show_cluster(base::LogIndex{1});
  EXPECT_EQ(world.say("WAIT 0 0\r\n"), ":1\r\n");
  world.say("SET a 1\r\n");
  EXPECT_EQ(world.say("WAIT 1 100\r\nPING\r\n"), "");
  world.pass(base::milliseconds(100));
  EXPECT_EQ(world.say(""), ":0\r\n+PONG\r\n");
  EXPECT_EQ(world.say("WAIT 1 0\r\n"), "");
  world.show_cluster(world.last_index);
  EXPECT_EQ(world.say(""), ":1\r\n");
  EXPECT_EQ(world.say("WAIT a 0\r\nWAIT 0 b\r\nWAIT 0 -1\r\n"),
            "-ERR value is not an integer or out of range\r\n-ERR timeout is not an integer or out "
            "of range\r\n"
            "-ERR timeout is negative\r\n");
}

// What the service knows of its followers by itself may be a second old.
TEST(ServiceSessionTest, WaitAnswersAtOnceWithTheTrueNumber) {
  World world = leader();
  world.show_cluster(base::LogIndex{1});
  world.say("SET a 1\r\n");
  world.progress_of_other = world.last_index;
  EXPECT_EQ(world.say("WAIT 1 300\r\n"), ":1\r\n");
  world.say("SET a 2\r\n");
  world.progress_of_other = world.last_index;
  EXPECT_EQ(world.say("WAIT 0 0\r\nWAITAOF 1 1 0\r\n"), ":1\r\n*2\r\n:1\r\n:1\r\n");
}

TEST(ServiceSessionTest, WaitForAgesDoesNotOverflow) {
  World world = leader();
  world.show_cluster(base::LogIndex{1});
  world.say("SET a 1\r\n");
  EXPECT_EQ(world.say("WAIT 1 9223372036854775807\r\n"), "");
  world.pass(base::milliseconds(100'000));
  EXPECT_EQ(world.say(""), "");
  world.show_cluster(world.last_index);
  EXPECT_EQ(world.say(""), ":1\r\n");
}

TEST(ServiceSessionTest, ClientPauseHoldsWritesUntilItsTime) {
  World world = leader();
  const auto one = world.connect();
  const auto other = world.connect();
  EXPECT_EQ(world.say(one, "CLIENT PAUSE 500 WRITE\r\n"), "+OK\r\n");
  EXPECT_EQ(world.say(other, "GET a\r\nSET a 1\r\nGET a\r\n"), "$-1\r\n");
  world.pass(base::milliseconds(499));
  EXPECT_EQ(world.received(other), "");
  world.pass(base::milliseconds(1));
  EXPECT_EQ(world.received(other), "+OK\r\n$1\r\n1\r\n");
}

TEST(ServiceSessionTest, ClientUnpauseLetsThemGoOn) {
  World world = leader();
  const auto one = world.connect();
  const auto other = world.connect();
  EXPECT_EQ(world.say(one, "CLIENT PAUSE 5000 WRITE\r\n"), "+OK\r\n");
  EXPECT_EQ(world.say(other, "SET a 1\r\n"), "");
  EXPECT_EQ(world.say(one, "CLIENT UNPAUSE\r\n"), "+OK\r\n");
  EXPECT_EQ(world.received(other), "+OK\r\n");
}

TEST(ServiceSessionTest, ClientKillClosesAnotherConnection) {
  World world = leader();
  const auto killer = world.connect();
  const auto victim = world.connect();
  const std::string id = world.say(victim, "CLIENT ID\r\n");
  EXPECT_EQ(world.say(killer, "CLIENT KILL ID " + id.substr(1, id.size() - 3) + "\r\n"), ":1\r\n");
  EXPECT_EQ(world.killed, std::vector{victim});
}

TEST(ServiceSessionTest, APauseOfWritesHoldsATransactionThatEndsWithOne) {
  World world = leader();
  const auto one = world.connect();
  const auto other = world.connect();
  EXPECT_EQ(world.say(one, "CLIENT PAUSE 500 WRITE\r\n"), "+OK\r\n");
  EXPECT_EQ(world.say(other, "MULTI\r\nINCR a\r\nEXEC\r\n"), "+OK\r\n") << "as Redis 7.0";
  world.pass(base::milliseconds(500));
  EXPECT_EQ(world.received(other), "+QUEUED\r\n*1\r\n:1\r\n");
  EXPECT_EQ(world.say(other, "MULTI\r\nINCR a\r\n"), "+OK\r\n+QUEUED\r\n");
  world.say(one, "CLIENT PAUSE 500 WRITE\r\n");
  EXPECT_EQ(world.say(other, "EXEC\r\n"), "");
  world.pass(base::milliseconds(500));
  EXPECT_EQ(world.received(other), "*1\r\n:2\r\n");
}

TEST(ServiceSessionTest, WhomAPauseHoldsIsBlocked) {
  World world = leader();
  const auto one = world.connect();
  world.say(one, "CLIENT PAUSE 500 WRITE\r\n");
  world.say(world.connect(), "SET a 1\r\n");
  world.say(world.connect(), "GET a\r\n");
  EXPECT_NE(world.say(one, "INFO clients\r\n").find("\r\nblocked_clients:1\r\n"),
            std::string::npos);
  EXPECT_NE(world.say(one, "CLIENT LIST\r\n").find(" flags=b "), std::string::npos);
  world.pass(base::milliseconds(500));
  EXPECT_NE(world.say(one, "INFO clients\r\n").find("\r\nblocked_clients:0\r\n"),
            std::string::npos);
}

TEST(ServiceSessionTest, ClientKillOfItselfIsAnsweredFirst) {
  World world = leader();
  const auto client = world.connect();
  const std::string id = world.say(client, "CLIENT ID\r\n");
  EXPECT_EQ(
      world.say(client, "CLIENT KILL ID " + id.substr(1, id.size() - 3) + " SKIPME no\r\nPING\r\n"),
      ":1\r\n");
  EXPECT_EQ(world.closed, std::vector{client});
}

TEST(ServiceSessionTest, IdleClientsAreClosedAfterTimeout) {
  World world = leader({"--timeout", "5"});
  const auto idle = world.connect();
  const auto busy = world.connect();
  world.say(idle, "PING\r\n");
  for (int i = 0; i < 7; ++i) {
    world.pass(base::milliseconds(1000));
    world.say(busy, "PING\r\n");
  }
  EXPECT_EQ(world.killed, std::vector{idle});
}

TEST(ServiceSessionTest, ConfigRewriteIsAnsweredWhenTheDriverHasDoneIt) {
  World world = leader();
  EXPECT_EQ(world.say("CONFIG REWRITE\r\n").substr(0, 5), "-ERR ") << "started without a file";
}

TEST(ServiceSessionTest, ConfigSetOfSeveralIsAllOrNothing) {
  World world = leader();
  const auto refusal = [&world](std::string_view pairs) {
    const std::string reply = world.say("CONFIG SET " + std::string(pairs) + "\r\n");
    EXPECT_EQ(world.say("CONFIG GET maxmemory\r\n"), "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
    const std::size_t words = reply.find("(possibly related to argument ");
    return words == std::string::npos ? reply : reply.substr(words + 30);
  };
  EXPECT_EQ(refusal("maxmemory 1mb MAXMEMORY 2mb"), "'MAXMEMORY') - duplicate parameter\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb daemonize yes"),
            "'daemonize') - can't set immutable config\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb io-threads 2"),
            "'io-threads') - can't set immutable config\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb dir /"), "'dir') - can't set protected config\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb dbfilename x"),
            "'dbfilename') - can't set protected config\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb hz abc"),
            "'hz') - argument couldn't be parsed into an integer\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb maxclients 0"),
            "'maxclients') - argument must be between 1 and 4294967295 inclusive\r\n");
  // Names before values.
  EXPECT_EQ(refusal("hz abc nope 1"),
            "-ERR Unknown option or number of arguments for CONFIG SET - 'nope'\r\n");
  EXPECT_EQ(refusal("maxmemory 1mb tls-port 6380").substr(0, 27), "'tls-port') - not supported");
}

TEST(ServiceSessionTest, AReplicatedSettingIsAnsweredWhenItIsApplied) {
  World world = leader();
  world.commits = false;
  EXPECT_EQ(world.say("CONFIG SET proto-max-bulk-len 2mb\r\nPING\r\n"), "");
  world.commits = true;
  world.settle();
  EXPECT_EQ(world.say(""), "+OK\r\n+PONG\r\n");
  world.follow(2, kOther);
  EXPECT_EQ(world.say("CONFIG SET proto-max-bulk-len 3mb\r\n").substr(0, 5), "-ERR ");
}

TEST(ServiceSessionTest, ShutdownHasNoReply) {
  World world = leader();
  EXPECT_EQ(world.say("SHUTDOWN x\r\n"), "-ERR syntax error\r\n");
  EXPECT_EQ(world.say("SHUTDOWN ABORT\r\n"), "-ERR No shutdown in progress.\r\n");
  EXPECT_FALSE(world.wants_shutdown);
  EXPECT_EQ(world.say("SHUTDOWN NOSAVE\r\n"), "");
  EXPECT_TRUE(world.wants_shutdown);
}

}  // namespace
}  // namespace node::testing
