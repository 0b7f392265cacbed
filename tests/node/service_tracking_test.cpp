// Client-side caching as clients see it: who is told of which key, when.
#include <gtest/gtest.h>

#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

const std::string kAllInvalid = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

std::string invalid(const std::vector<std::string>& keys) {
  return ">2\r\n$10\r\ninvalidate\r\n" + request(keys);
}

class ServiceTrackingTest : public ::testing::Test {
 protected:
  ServiceTrackingTest() : reader_(world_.connect()), writer_(world_.connect()) {
    // Scripts are run when all members are known to know how: it has no others.
    world_.service->receive(FromConsensus(BaseMembership{
        .group = base::kFirstGroup, .membership = {base::ClusterId(7), {{kSelf, "a:1", true}}}}));
    world_.lead(1);
    world_.say(reader_, "HELLO 3\r\n");
  }
  void track(const std::string& options = {}) {
    EXPECT_EQ(world_.say(reader_, "CLIENT TRACKING ON " + options + "\r\n"), "+OK\r\n");
  }
  World world_;
  base::ConnectionId reader_, writer_;
};

TEST_F(ServiceTrackingTest, AKeyThatWasReadIsToldOnceWhenItChanges) {
  world_.say(reader_, "GET before\r\n");
  track();
  EXPECT_EQ(world_.say(reader_, "GET k\r\n"), "_\r\n");
  EXPECT_EQ(world_.say(writer_, "MSET other 1 before 1\r\n"), "+OK\r\n");
  EXPECT_EQ(world_.received(reader_), "");
  world_.say(writer_, "SET k 1\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"k"}));
  world_.say(writer_, "SET k 2\r\n");
  EXPECT_EQ(world_.received(reader_), "") << "it has not read it since";
}

TEST_F(ServiceTrackingTest, WhatAClientChangesItselfIsToldBehindTheReplyOrNotIfItSaysNoLoop) {
  track();
  EXPECT_EQ(world_.say(reader_, "GET k\r\nSET k 1\r\n"), "_\r\n+OK\r\n" + invalid({"k"}));
  track("NOLOOP");
  EXPECT_EQ(world_.say(reader_, "GET k\r\nSET k 2\r\n"), "$1\r\n1\r\n+OK\r\n");
  world_.say(writer_, "SET k 3\r\n");
  EXPECT_EQ(world_.received(reader_), "") << "its own change has ended what it kept";
}

TEST_F(ServiceTrackingTest, ABroadcastTellsAllKeysOfAPrefixThatChangedInATurnAtOnce) {
  track("BCAST PREFIX user: PREFIX item:");
  world_.say(writer_, "SET user:2 v\r\nSET user:1 v\r\nSET user:2 w\r\nSET other v\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"user:1", "user:2"}));
  world_.say(writer_, "SET item:1 v\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"item:1"}));
}

// For Redis the commands of a script come from nobody who tracks.
TEST_F(ServiceTrackingTest, ABroadcastTellsWhatAScriptOfItsOwnChangedInSpiteOfNoLoop) {
  track("BCAST NOLOOP");
  EXPECT_EQ(world_.say(reader_, "SET k 1\r\n"), "+OK\r\n");
  const std::string script = request({"EVAL", "return redis.call('set', KEYS[1], 'v')", "1", "k"});
  EXPECT_EQ(world_.say(reader_, script), "+OK\r\n" + invalid({"k"}));
}

TEST_F(ServiceTrackingTest, AKeyThatExpiresOrIsSweptIsTold) {
  track();
  world_.say(writer_, "SET k v PX 100\r\n");
  world_.say(reader_, "GET k\r\n");
  world_.pass(base::milliseconds(2000));
  EXPECT_EQ(world_.received(reader_), invalid({"k"}));
}

TEST_F(ServiceTrackingTest, AKeyThatIsEvictedIsTold) {
  track();
  world_.say(writer_, request({"SET", "k", std::string(5000, 'x')}));
  world_.say(reader_, "STRLEN k\r\n");
  world_.say(writer_, "CONFIG SET maxmemory-policy allkeys-random maxmemory 1000\r\n");
  world_.settle();
  EXPECT_EQ(world_.received(reader_), invalid({"k"}));
}

TEST_F(ServiceTrackingTest, FlushesAndSwappedDatabasesEndAll) {
  track();
  for (const char* line : {"FLUSHALL\r\n", "FLUSHDB\r\n", "SWAPDB 0 1\r\n"}) {
    world_.say(reader_, "GET k\r\n");
    EXPECT_EQ(world_.say(writer_, line), "+OK\r\n");
    EXPECT_EQ(world_.received(reader_), kAllInvalid) << line;
    world_.say(writer_, "SET k v\r\n");
    EXPECT_EQ(world_.received(reader_), "") << line;
  }
}

TEST_F(ServiceTrackingTest, ALostLeadershipAndAStateFromElsewhereEndAll) {
  track();
  world_.say(reader_, "GET k\r\n");
  world_.follow(2, kOther);
  EXPECT_EQ(world_.received(reader_), kAllInvalid);
  World leader;
  leader.lead(2);
  leader.say("SET k v\r\nSAVE\r\n");
  leader.settle();
  world_.stored = leader.stored;
  world_.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = leader.stored_meta}));
  world_.settle();
  EXPECT_EQ(world_.received(reader_), kAllInvalid);
}

TEST_F(ServiceTrackingTest, TheTableKeepsToItsBoundByForgettingAloud) {
  track();
  world_.say(writer_, "CONFIG SET tracking-table-max-keys 2\r\n");
  world_.say(reader_, "MGET a b c d e\r\n");
  const std::string stats = world_.say(writer_, "INFO stats\r\n");
  EXPECT_NE(stats.find("tracking_total_keys:2\r\n"), std::string::npos);
  EXPECT_NE(stats.find("tracking_total_items:2\r\n"), std::string::npos);
}

TEST_F(ServiceTrackingTest, WhatIsForgottenForWantOfRoomIsTold) {
  world_.say(writer_, "CONFIG SET tracking-table-max-keys 2\r\n");
  track();
  EXPECT_EQ(world_.say(reader_, "MGET a b c\r\n"), "*3\r\n_\r\n_\r\n_\r\n" + invalid({"a"}));
}

TEST_F(ServiceTrackingTest, AManyKeysReadAtOnceDoNotPassTheBound) {
  world_.say(writer_, "CONFIG SET tracking-table-max-keys 10\r\n");
  track();
  std::vector<std::string> words = {"MGET"};
  for (int i = 0; i < 5000; ++i) words.push_back("k" + std::to_string(i));
  world_.say(reader_, request(words));
  EXPECT_NE(world_.say(writer_, "INFO stats\r\n").find("tracking_total_keys:10\r\n"),
            std::string::npos);
}

TEST_F(ServiceTrackingTest, AKeyThatChangesIsForgottenAlsoWhenNobodyTracksAnyMore) {
  track();
  world_.say(reader_, "MGET a b\r\n");
  EXPECT_EQ(world_.say(reader_, "CLIENT TRACKING OFF\r\n"), "+OK\r\n");
  EXPECT_EQ(world_.say(writer_, "SET a 1\r\n"), "+OK\r\n");
  EXPECT_NE(world_.say(writer_, "INFO stats\r\n").find("tracking_total_keys:1\r\n"),
            std::string::npos);
}

TEST_F(ServiceTrackingTest, AnotherClientMayBeToldInstead) {
  const std::string id = world_.say(writer_, "CLIENT ID\r\n");
  world_.say(writer_, "SUBSCRIBE __redis__:invalidate\r\n");
  track("REDIRECT " + id.substr(1, id.size() - 3));
  EXPECT_EQ(world_.say(reader_, "GET k\r\nSET k v\r\n"), "_\r\n+OK\r\n");
  EXPECT_EQ(world_.received(writer_),
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n");
  world_.service->on_disconnect(writer_);
  EXPECT_EQ(world_.say(reader_, "GET k\r\nSET k w\r\n"),
            "$1\r\nv\r\n+OK\r\n>2\r\n$21\r\ntracking-redir-broken\r\n" + id);
}

// Found by redis-compat (tracking, seed 528001).
TEST_F(ServiceTrackingTest, WhatOthersHadReadIsToldBeforeWhatTheClientOfTheCommandHadRead) {
  const std::string id = world_.say(writer_, "CLIENT ID\r\n");
  world_.say(writer_, "HELLO 3\r\nCLIENT TRACKING ON\r\nGET a\r\n");
  track("REDIRECT " + id.substr(1, id.size() - 3));
  world_.say(reader_, "GET b\r\n");
  EXPECT_EQ(world_.say(writer_, "MSET a 1 b 2\r\n"), "+OK\r\n" + invalid({"b"}) + invalid({"a"}));
}

TEST_F(ServiceTrackingTest, AClientMayNameItselfAndListenThroughPubSub) {
  const std::string id = world_.say(writer_, "CLIENT ID\r\n");
  const std::string own = id.substr(1, id.size() - 3);
  EXPECT_EQ(world_.say(writer_, "CLIENT TRACKING ON BCAST REDIRECT " + own + "\r\n"), "+OK\r\n");
  world_.say(writer_, "SUBSCRIBE __redis__:invalidate\r\n");
  EXPECT_EQ(world_.say(reader_, "SET k v\r\n"), "+OK\r\n");
  EXPECT_EQ(world_.received(writer_),
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n");
}

TEST_F(ServiceTrackingTest, WhoOptsInKeepsOnlyWhatItSays) {
  track("OPTIN");
  world_.say(reader_, "GET a\r\nCLIENT CACHING YES\r\nGET b\r\nGET c\r\n");
  world_.say(reader_, "CLIENT CACHING YES\r\nMULTI\r\nGET d\r\nGET e\r\nEXEC\r\nGET f\r\n");
  world_.say(writer_, "DEL a b c d e f\r\nMSET a 1 b 1 c 1 d 1 e 1 f 1\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"b"}) + invalid({"d"}) + invalid({"e"}));
}

TEST_F(ServiceTrackingTest, WhatAnExecAsksForHoldsFromItsPlaceOn) {
  EXPECT_EQ(world_.say(reader_,
                       "MULTI\r\nGET a\r\nCLIENT TRACKING ON\r\nGET b\r\nSET b v\r\n"
                       "GET c\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
            "*5\r\n_\r\n+OK\r\n_\r\n+OK\r\n_\r\n" +
                invalid({"b"}));
  world_.say(writer_, "MSET a 1 b 1 c 1\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"c"}));
}

TEST_F(ServiceTrackingTest, AChangeBehindAnExecInTheSameEntryIsTold) {
  world_.send(reader_, "MULTI\r\nCLIENT TRACKING ON\r\nGET k\r\nEXEC\r\n");
  world_.send(writer_, "SET k v\r\n");
  world_.settle();
  EXPECT_EQ(world_.proposals, 2U) << "the leader's first, and one with both";
  EXPECT_EQ(world_.received(reader_),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n_\r\n" + invalid({"k"}));
}

TEST_F(ServiceTrackingTest, CachingThatAnExecAsksForEndsWithIt) {
  track("OPTIN");
  world_.say(reader_,
             "MULTI\r\nGET a\r\nCLIENT CACHING YES\r\nGET b\r\nSET x 1\r\nEXEC\r\nGET c\r\n");
  world_.say(writer_, "MSET a 1 b 1 c 1\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"b"}));
}

// Redis 7.0: a script that reads one has read all the keys that it declares.
TEST_F(ServiceTrackingTest, AScriptReadsForItsClient) {
  track();
  for (const std::string word : {"EVAL", "EVAL_RO"}) {
    world_.say(reader_, request({word, "return redis.call('get', KEYS[1])", "2", "a", "b"}));
    world_.say(reader_, request({word, "return 1", "1", "c"}));
    world_.say(writer_, "MSET a 1 b 1 c 1\r\n");
    EXPECT_EQ(world_.received(reader_), invalid({"a"}) + invalid({"b"})) << word;
  }
}

TEST_F(ServiceTrackingTest, AScriptThatReadsOftenNotesItsKeysOnce) {
  track();
  const std::string script =
      "for i = 1, 10 do redis.call('get', KEYS[1]) redis.call('set', KEYS[2], i) "
      "redis.call('get', KEYS[1]) end";
  EXPECT_EQ(world_.say(reader_, request({"EVAL", script, "2", "a", "b"})).substr(0, 3), "_\r\n");
  world_.say(writer_, "MSET a 1 b 1\r\n");
  EXPECT_EQ(world_.received(reader_), invalid({"a"}) + invalid({"b"}));
}

TEST_F(ServiceTrackingTest, InResp2NobodyIsToldAnythingUnasked) {
  world_.say(writer_, "CLIENT TRACKING ON\r\n");
  EXPECT_EQ(world_.say(writer_, "GET k\r\nSET k v\r\n"), "$-1\r\n+OK\r\n");
}

TEST_F(ServiceTrackingTest, AClientThatGoesOrResetsIsForgotten) {
  track("BCAST PREFIX a");
  world_.say(reader_, "RESET\r\n");
  const std::string info = world_.say(writer_, "INFO everything\r\n");
  EXPECT_NE(info.find("tracking_clients:0\r\n"), std::string::npos);
  EXPECT_NE(info.find("tracking_total_prefixes:0\r\n"), std::string::npos);
  world_.say(reader_, "HELLO 3\r\n");
  track("BCAST PREFIX a");
  world_.service->on_disconnect(reader_);
  EXPECT_NE(world_.say(writer_, "INFO everything\r\n").find("tracking_clients:0\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace node::testing
