// Smaller things that clients of Redis 7.0 see. Each expectation is what redis-server 7.0.15 said
// when it was asked the same.
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace node::testing {
namespace {

class ServicePeculiaritiesTest : public ::testing::Test {
 protected:
  ServicePeculiaritiesTest() { world_.lead(1); }
  std::string say(std::string_view line) { return world_.say(std::string(line) + "\r\n"); }
  std::string field(const std::string& name) {
    const std::string text = say("INFO everything");
    const std::size_t at = text.find("\n" + name + ":") + name.size() + 2;
    return text.substr(at, text.find('\r', at) - at);
  }
  World world_{Given{.settings = {"--enable-debug-command", "yes"}}};
};

TEST_F(ServicePeculiaritiesTest, LooksThatLeaveTheAccessTimeAlone) {
  say("SET a 1");
  world_.pass(base::milliseconds(30'000));
  for (const std::string_view look : {"TTL a", "PTTL a", "TYPE a", "EXISTS a"}) say(look);
  EXPECT_EQ(say("OBJECT IDLETIME a"), ":30\r\n");
  say("GET a");
  EXPECT_EQ(say("OBJECT IDLETIME a"), ":0\r\n");
}

TEST_F(ServicePeculiaritiesTest, AReadThatMeetsExpiredKeysHasThemSwept) {
  say("MSET a 1 b 2 c 3 d 4");
  for (const std::string key : {"a", "b", "c"}) say("PEXPIRE " + key + " 10");
  world_.pass(base::milliseconds(20));
  EXPECT_EQ(say("MGET a b c d"), "*4\r\n$-1\r\n$-1\r\n$-1\r\n$1\r\n4\r\n");
  EXPECT_EQ(say("DBSIZE"), ":1\r\n");
}

TEST_F(ServicePeculiaritiesTest, BitsThatAreSetToWhatTheyAreAreNoChange) {
  say("SET bits x");
  const std::string before = field("rdb_changes_since_last_save");
  EXPECT_EQ(say("SETBIT bits 1 1"), ":1\r\n");
  EXPECT_EQ(say("BITFIELD bits SET u8 0 120"), "*1\r\n:120\r\n");
  EXPECT_EQ(field("rdb_changes_since_last_save"), before);
  say("SETBIT bits 1 0");
  EXPECT_NE(field("rdb_changes_since_last_save"), before);
}

TEST_F(ServicePeculiaritiesTest, ALargeScoreIsScannedWithSeventeenDigits) {
  say("ZADD z 123456789012345678 m");
  EXPECT_EQ(say("ZSCAN z 0"), "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nm\r\n$18\r\n123456789012345680\r\n");
}

TEST_F(ServicePeculiaritiesTest, KeysOfACommandThatNamesNoneAreAnError) {
  EXPECT_EQ(say("COMMAND GETKEYS ZINTERCARD 0 a"),
            "-ERR Invalid arguments specified for command\r\n");
}

TEST_F(ServicePeculiaritiesTest, OneElementThatIsStoredIsAListpackHoweverFewMayBeOne) {
  say("CONFIG SET zset-max-listpack-entries 1");
  say("ZADD two 1 a 2 b");
  EXPECT_EQ(say("OBJECT ENCODING two"), "$8\r\nskiplist\r\n");
  EXPECT_EQ(say("ZRANGESTORE one two 0 0"), ":1\r\n");
  EXPECT_EQ(say("OBJECT ENCODING one"), "$8\r\nlistpack\r\n");
}

TEST_F(ServicePeculiaritiesTest, AParameterWithoutAValueIsASyntaxErrorBehindOthers) {
  EXPECT_EQ(say("CONFIG SET maxmemory"),
            "-ERR wrong number of arguments for 'config|set' command\r\n");
  EXPECT_EQ(say("CONFIG SET maxmemory 1 maxmemory"), "-ERR syntax error\r\n");
}

TEST_F(ServicePeculiaritiesTest, SubcommandsAreListedByTheirWholeNames) {
  EXPECT_EQ(
      say("COMMAND LIST FILTERBY PATTERN client|li*").find("client|list") != std::string::npos,
      true);
}

TEST_F(ServicePeculiaritiesTest, WhatIsFreedBesideTheCommandIsCounted) {
  std::string add = "SADD s";
  for (int i = 0; i < 200; ++i) add += " " + std::to_string(i) + std::string(100, 'v');
  say(add);
  say("CONFIG RESETSTAT");
  EXPECT_EQ(field("lazyfreed_objects"), "0");
  EXPECT_EQ(say("UNLINK s"), ":1\r\n");
  world_.pass(base::milliseconds(1000));
  EXPECT_EQ(field("lazyfreed_objects"), "1");
}

TEST_F(ServicePeculiaritiesTest, TheAppendOnlyFileIsWrittenAnewByACheckpoint) {
  say("SET a 1");
  EXPECT_EQ(say("BGREWRITEAOF"), "+Background append only file rewriting started\r\n");
}

TEST_F(ServicePeculiaritiesTest, AReaderOfAGroupThatIsDestroyedHasFailed) {
  say("XGROUP CREATE s g $ MKSTREAM");
  const auto reader = world_.connect();
  EXPECT_EQ(world_.say(reader, "XREADGROUP GROUP g c BLOCK 0 STREAMS s >\r\n"), "");
  say("CONFIG RESETSTAT");
  EXPECT_EQ(say("XGROUP DESTROY s g"), ":1\r\n");
  EXPECT_TRUE(world_.received(reader).starts_with("-NOGROUP"));
  const std::string text = say("INFO commandstats");
  const std::size_t at = text.find("cmdstat_xreadgroup:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_NE(text.substr(at, 200).find("failed_calls=1"), std::string::npos) << text.substr(at, 200);
}

struct Kind {
  std::string_view name, resp2, resp3;
};
constexpr Kind kKinds[] = {
    {"STRING", "$11\r\nHello World\r\n", "$11\r\nHello World\r\n"},
    {"INTEGER", ":12345\r\n", ":12345\r\n"},
    {"DOUBLE", "$5\r\n3.141\r\n", ",3.141\r\n"},
    {"NULL", "$-1\r\n", "_\r\n"},
    {"ARRAY", "*3\r\n:0\r\n:1\r\n:2\r\n", "*3\r\n:0\r\n:1\r\n:2\r\n"},
    {"SET", "*3\r\n:0\r\n:1\r\n:2\r\n", "~3\r\n:0\r\n:1\r\n:2\r\n"},
    {"MAP", "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
     "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"},
    {"ATTRIB", "$39\r\nSome real reply following the attribute\r\n",
     "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
     "$39\r\nSome real reply following the attribute\r\n"},
    {"PUSH", "-ERR RESP2 is not supported by this command\r\n",
     ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"
     "$40\r\nSome real reply following the push reply\r\n"},
    {"VERBATIM", "$25\r\nThis is a verbatim\nstring\r\n",
     "=29\r\ntxt:This is a verbatim\nstring\r\n"},
    {"TRUE", ":1\r\n", "#t\r\n"},
    {"FALSE", ":0\r\n", "#f\r\n"},
    {"BIGNUM", "$37\r\n1234567999999999999999999999999999999\r\n",
     "(1234567999999999999999999999999999999\r\n"},
};

TEST_F(ServicePeculiaritiesTest, DebugProtocolShowsEveryKindOfReply) {
  for (const Kind& kind : kKinds)
    EXPECT_EQ(say("DEBUG PROTOCOL " + std::string(kind.name)), kind.resp2);
  say("HELLO 3");
  for (const Kind& kind : kKinds)
    EXPECT_EQ(say("DEBUG PROTOCOL " + std::string(kind.name)), kind.resp3);
  EXPECT_EQ(say("DEBUG PROTOCOL NOPE"),
            "-ERR Wrong protocol type name. Please use one of the following: "
            "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false\r\n");
}

}  // namespace
}  // namespace node::testing
