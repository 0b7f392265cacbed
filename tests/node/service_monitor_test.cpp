// SLOWLOG, LATENCY, MONITOR, and what tools ask of a node without scripts.
#include <gtest/gtest.h>

#include <sstream>

#include "base/stopwatch.h"
#include "node/clients/latency_monitor.h"
#include "node/clients/slow_log.h"
#include "node/clients/statistics.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

TEST(SlowLogTest, LongCommandsAreShortenedAndTheOldestGo) {
  SlowLog log;
  const std::string word(200, 'x');
  const std::vector<std::string_view> words(40, word);
  for (int i = 0; i < 5; ++i) log.add(SlowLog::entry_of(words, i, 7, "address", "name"), 3);
  ASSERT_EQ(log.entries().size(), 3U);
  const SlowLog::Entry& newest = log.entries().front();
  EXPECT_EQ(newest.id, 4U);
  ASSERT_EQ(newest.words.size(), 32U);
  EXPECT_EQ(newest.words[0], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(newest.words[31], "... (9 more arguments)");
}

TEST(LatencyMonitorTest, OneSampleASecondTheWorst) {
  LatencyMonitor monitor;
  for (std::int64_t second = 0; second < 200; ++second) {
    monitor.add("command", second, 5);
    monitor.add("command", second, second == 100 ? 90 : 4);
  }
  const auto* event = monitor.find("command");
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->samples.size(), 160U);
  EXPECT_EQ(event->samples.back().duration_ms, 5);
  EXPECT_EQ(event->max_ms, 90);
  EXPECT_TRUE(monitor.reset("command"));
  EXPECT_FALSE(monitor.reset("command"));
}

TEST(CommandCallsTest, PercentilesAreBoundsThatDouble) {
  CommandCalls calls;
  for (int i = 0; i < 99; ++i) calls.add_duration(3);
  calls.add_duration(1000);
  EXPECT_EQ(calls.percentile_us(50), 4U);
  EXPECT_EQ(calls.percentile_us(100), 1024U);
}

TEST(ServiceMonitorTest, SlowCommandsAreKeptAndResetForgetsThem) {
  World world;
  world.lead(1);
  world.say("CONFIG SET slowlog-log-slower-than 0\r\nSLOWLOG RESET\r\n");
  EXPECT_EQ(world.say("SET a 1\r\nGET a\r\nSLOWLOG LEN\r\n"), "+OK\r\n$1\r\n1\r\n:3\r\n")
      << "RESET is one of them";
  EXPECT_NE(world.say("SLOWLOG GET 2\r\n").find("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
            std::string::npos);
  world.say("CONFIG SET slowlog-log-slower-than -1\r\n");
  EXPECT_EQ(world.say("SLOWLOG RESET\r\nSLOWLOG LEN\r\n"), "+OK\r\n:0\r\n");
  EXPECT_EQ(world.say("SLOWLOG GET x\r\n"), "-ERR count should be greater than or equal to -1\r\n");
  EXPECT_EQ(world.say("LATENCY LATEST\r\nLATENCY RESET\r\n"), "*0\r\n:0\r\n");
  EXPECT_EQ(world.say("LATENCY GRAPH x\r\n"), "-ERR No samples available for event 'x'\r\n");
}

TEST(ServiceMonitorTest, AMonitorSeesCommandsButNoSecrets) {
  World world;
  world.lead(1);
  const base::ConnectionId talker = world.connect();
  const base::ConnectionId watcher = world.connect();
  EXPECT_EQ(world.say(watcher, "MONITOR\r\n"), "+OK\r\n");
  world.say(talker, "SET a \"x\\n\\x01\"\r\nGET a\r\n");
  const std::string seen = world.received(watcher);
  EXPECT_NE(seen.find("] \"SET\" \"a\" \"x\\n\\x01\"\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("] \"GET\" \"a\"\r\n"), std::string::npos);
  world.say(talker, "AUTH user secret\r\nCONFIG SET requirepass hidden\r\n");
  const std::string later = world.received(watcher);
  EXPECT_NE(later.find("\"AUTH\" \"(redacted)\" \"(redacted)\""), std::string::npos) << later;
  EXPECT_EQ(later.find("hidden"), std::string::npos);
}

TEST(ServiceMonitorTest, AMonitorSeesATransactionAsItWasTyped) {
  World world;
  world.lead(1);
  const base::ConnectionId talker = world.connect();
  const base::ConnectionId watcher = world.connect();
  const auto shown = [&](std::string_view words) {
    world.say(talker, words);
    std::string seen = world.received(watcher), found;
    for (std::size_t at = 0; (at = seen.find("] ", at)) != std::string::npos;) {
      const std::size_t end = seen.find("\r\n", at);
      found += seen.substr(at + 2, end - at - 2) + "\n";
      at = end;
    }
    return found;
  };
  world.say(watcher, "MONITOR\r\n");
  EXPECT_EQ(shown("multi\r\nSET a 1\r\nget a\r\nEXEc\r\n"),
            "\"multi\"\n\"SET\" \"a\" \"1\"\n\"get\" \"a\"\n\"EXEc\"\n");
  EXPECT_EQ(shown("Multi\r\nGET a\r\nexec\r\n"), "\"Multi\"\n\"GET\" \"a\"\n\"exec\"\n");
  EXPECT_EQ(
      shown("MULTI\r\nclient getname\r\nAUTH x y\r\nEXEC\r\n"),
      "\"MULTI\"\n\"client\" \"getname\"\n\"AUTH\" \"(redacted)\" \"(redacted)\"\n\"EXEC\"\n");
  EXPECT_EQ(shown("MULTI\r\nSET a 1\r\nDISCARD\r\nWATCH a\r\nUNWATCH\r\nNOSUCH\r\nGET\r\nEXEC\r\n"),
            "\"MULTI\"\n\"DISCARD\"\n\"WATCH\" \"a\"\n\"UNWATCH\"\n\"EXEC\"\n");
  EXPECT_EQ(shown("MULTI\r\nNOSUCH\r\nEXEC\r\n"), "\"MULTI\"\n\"EXEC\"\n");
  EXPECT_EQ(shown("BLPOP l 0\r\n"), "\"BLPOP\" \"l\" \"0\"\n");
  world.say(world.connect(), "RPUSH l x\r\n");
  world.received(watcher);
  EXPECT_EQ(shown("RESET\r\nCLIENT REPLY OFF\r\nQUIT\r\n"),
            "\"RESET\"\n\"CLIENT\" \"REPLY\" \"OFF\"\n\"QUIT\"\n");
}

// The commands that SLOWLOG has, the oldest first; threshold 0.
std::string slow_words(World& world) {
  world.say("CONFIG SET slowlog-log-slower-than -1\r\n");
  const std::string text = world.say("SLOWLOG GET -1\r\n");
  world.say("SLOWLOG RESET\r\nCONFIG SET slowlog-log-slower-than 0\r\n");
  std::string found;
  for (std::size_t at = 0; (at = text.find("*6\r\n:", at)) != std::string::npos; ++at) {
    std::istringstream entry(text.substr(at + 4));
    std::string line, words;
    for (int i = 0; i < 3; ++i) std::getline(entry, line);
    std::getline(entry, line);
    for (int count = std::stoi(line.substr(1)); count > 0; --count) {
      std::getline(entry, line);
      std::getline(entry, line);
      words += line.substr(0, line.size() - 1) + (count > 1 ? " " : "");
    }
    if (!words.starts_with("CONFIG")) found = words + "\n" + found;
  }
  return found;
}

TEST(ServiceMonitorTest, TheSlowLogHasTheCommandsOfATransactionInsteadOfIt) {
  World world;
  world.lead(1);
  slow_words(world);
  world.say("MULTI\r\nSET a 1\r\nGET a\r\nPING\r\nEXEC\r\n");
  EXPECT_EQ(slow_words(world), "MULTI\nSET a 1\nGET a\nPING\n");
  world.say("MULTI\r\nGET a\r\nEXEC\r\nMULTI\r\nPING\r\nEXEC\r\n");
  EXPECT_EQ(slow_words(world), "MULTI\nGET a\nMULTI\nPING\n");
}

TEST(ServiceMonitorTest, TheSlowLogHasACommandThatWaitsWhenItIsServed) {
  World world;
  world.lead(1);
  world.say("PING\r\n");
  const auto waiter = world.connect();
  slow_words(world);
  world.say(waiter, "BLPOP l 0\r\n");
  EXPECT_EQ(slow_words(world), "");
  world.say("RPUSH l 1\r\n");
  EXPECT_EQ(slow_words(world), "RPUSH l 1\nBLPOP l 0\n");
  world.say(waiter, "BLPOP l 1\r\n");
  world.pass(base::milliseconds(1100));
  EXPECT_EQ(slow_words(world), "") << "one that waited in vain was not slow";
  world.say(waiter, "XREAD BLOCK 0 STREAMS s 0\r\n");
  world.say("XADD s 1-1 a b\r\n");
  EXPECT_EQ(slow_words(world), "XADD s 1-1 a b\nXREAD BLOCK 0 STREAMS s 0\n");
}

TEST(ServiceMonitorTest, WaitaofAnswersTheOwnLogAndTheOthers) {
  World world;
  world.lead(1);
  EXPECT_EQ(world.say("SET a 1\r\nWAITAOF 1 0 0\r\n"), "+OK\r\n*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(world.say("WAITAOF 2 0 0\r\n"),
            "-ERR value is out of range, value must between 0 and 1\r\n");
  EXPECT_EQ(world.say("WAITAOF 1 0 -1\r\n"), "-ERR timeout is negative\r\n");
  EXPECT_EQ(world.say("WAITAOF x 0 0\r\n"), "-ERR value is not an integer or out of range\r\n");
}

TEST(ServiceMonitorTest, ToolsFindNoScriptsAndNoFunctions) {
  World world;
  world.lead(1);
  EXPECT_EQ(world.say("SCRIPT EXISTS a b\r\nSCRIPT FLUSH\r\n"), "*2\r\n:0\r\n:0\r\n+OK\r\n");
  EXPECT_EQ(world.say("FUNCTION LIST\r\nFUNCTION FLUSH\r\n"), "*0\r\n+OK\r\n");
  EXPECT_EQ(world.say("FUNCTION LIST nope\r\n"), "-ERR Unknown argument nope\r\n");
  EXPECT_EQ(world.say("FUNCTION FLUSH nope\r\n"),
            "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option\r\n");
  EXPECT_EQ(world.say("SCRIPT FLUSH nope\r\n"),
            "-ERR SCRIPT FLUSH only support SYNC|ASYNC option\r\n");
  EXPECT_EQ(world.say("MEMORY USAGE none\r\nMEMORY PURGE\r\n"), "$-1\r\n+OK\r\n");
  EXPECT_EQ(world.say("MEMORY USAGE k SAMPLES -1\r\n"), "-ERR syntax error\r\n");
}

}  // namespace
}  // namespace node::testing
