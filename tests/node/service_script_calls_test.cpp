// What a node shows of the commands that a script calls: MONITOR, SLOWLOG, INFO's commandstats and
// errorstats. Each expectation is what redis-server 7.0 said when it was asked the same.
#include <gtest/gtest.h>

#include <sstream>

#include "counted_commands.h"
#include "engine/elements/batch.h"
#include "node/clients/commands/registry.h"
#include "node/clients/script_calls.h"

namespace node::testing {
namespace {

std::string eval(const std::string& script, const std::string& name = "EVAL") {
  return request({name, script, "0"});
}

// Its only member knows the rules that scripts need.
void lead(World& world, bool is_sole_voter = true) {
  world.service->receive(FromConsensus(BaseMembership{
      .group = base::kFirstGroup, .membership = {base::ClusterId(7), {{kSelf, "a:1", true}}}}));
  world.lead(1, is_sole_voter);
}

// What a monitor gets, each line without its time.
class Watched {
 public:
  explicit Watched(bool is_sole_voter = true)
      : world(Given{.settings = {"--enable-debug-command", "yes"}}) {
    lead(world, is_sole_voter);
    world.say("PING\r\n");
    watcher = world.connect();
    world.say(watcher, "MONITOR\r\n");
  }
  std::string shown_after(std::string_view words) {
    world.say(words);
    return shown();
  }
  std::string shown() {
    std::istringstream seen(world.received(watcher));
    std::string found;
    for (std::string line; std::getline(seen, line);) {
      const std::size_t origin = line.find('[');
      if (origin != std::string::npos)
        found += line.substr(origin, line.size() - origin - 1) + "\n";
    }
    return found;
  }

  World world;
  base::ConnectionId watcher;
};

TEST(ServiceScriptCallsTest, AMonitorSeesTheScriptAndBehindItWhatItCalls) {
  for (const bool is_sole_voter : {true, false}) {  // reads at once, and behind evidence
    Watched node(is_sole_voter);
    EXPECT_EQ(node.shown_after(eval("redis.call('set','k','v'); return redis.call('Get','k')")),
              "[0 127.0.0.1:50000] \"EVAL\" \"redis.call('set','k','v'); return "
              "redis.call('Get','k')\" \"0\"\n"
              "[0 lua] \"set\" \"k\" \"v\"\n[0 lua] \"Get\" \"k\"\n");
    EXPECT_EQ(node.shown_after(eval("return redis.call('get','k')", "EVAL_RO")),
              "[0 127.0.0.1:50000] \"EVAL_RO\" \"return redis.call('get','k')\" \"0\"\n"
              "[0 lua] \"get\" \"k\"\n");
    EXPECT_EQ(node.shown_after(eval("return 1", "EVALSHA")),
              "[0 127.0.0.1:50000] \"EVALSHA\" \"return 1\" \"0\"\n");
  }
}

TEST(ServiceScriptCallsTest, AMonitorSeesOnlyWhatIsCarriedOutAndInWhichDatabase) {
  Watched node;
  const std::string script =
      "redis.pcall('nosuch'); redis.pcall('get'); redis.pcall('config','get','x'); "
      "redis.pcall('select','3'); redis.pcall('xread','BLOCK','1','STREAMS','s','0'); "
      "return redis.call('ping')";
  const std::string shown = node.shown_after(eval(script));
  EXPECT_EQ(shown.substr(shown.find('\n') + 1),
            "[3 lua] \"select\" \"3\"\n"
            "[3 lua] \"xread\" \"BLOCK\" \"1\" \"STREAMS\" \"s\" \"0\"\n[3 lua] \"ping\"\n");
}

TEST(ServiceScriptCallsTest, WhatTheScriptsOfATransactionCallStandsBehindEach) {
  const auto first_words = [](const std::string& shown) {
    std::istringstream lines(shown);
    std::string found;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t word = line.find('"');
      found += line.substr(word + 1, line.find('"', word + 1) - word - 1) + " ";
    }
    return found;
  };
  Watched node;
  EXPECT_EQ(first_words(node.shown_after("MULTI\r\nSET a 1\r\n" +
                                         eval("return redis.call('incr','a')") + "GET a\r\n" +
                                         eval("return redis.call('decr','a')") + "EXEC\r\n")),
            "MULTI SET EVAL incr GET EVAL decr EXEC ");
  EXPECT_EQ(first_words(node.shown_after(
                "MULTI\r\n" + eval("return redis.call('ttl','a')", "EVAL_RO") +
                eval("return redis.call('ttl','b')", "EVAL_RO") + "GET a\r\nEXEC\r\n")),
            "MULTI EVAL_RO ttl EVAL_RO ttl GET EXEC ");
  const std::string first = eval("return redis.call('strlen','a')", "EVAL_RO");
  node.shown_after(first);  // it is cached: from now on it is a read
  EXPECT_EQ(first_words(node.shown_after("MULTI\r\n" + first + "GET a\r\n" + first + "EXEC\r\n")),
            "MULTI EVAL_RO strlen GET EVAL_RO strlen EXEC ");
}

TEST(ServiceScriptCallsTest, FunctionsAreShownAsScriptsAre) {
  Watched node;
  node.shown_after(request({"FUNCTION", "LOAD",
                            "#!lua name=lib\nredis.register_function('f', function(keys) return "
                            "redis.call('incr', keys[1]) end)"}));
  EXPECT_EQ(node.shown_after("FCALL f 1 n\r\n"),
            "[0 127.0.0.1:50000] \"FCALL\" \"f\" \"1\" \"n\"\n[0 lua] \"incr\" \"n\"\n");
}

// A read that meets an expired key is asked again behind an entry that deletes it.
TEST(ServiceScriptCallsTest, AReadThatIsAskedAgainIsShownAndCountedOnce) {
  Watched node;
  const std::string read = eval("return redis.call('get','k')", "EVAL_RO");
  node.shown_after(read + "DEBUG SET-ACTIVE-EXPIRE 0\r\nSET k v PX 50\r\nCONFIG RESETSTAT\r\n");
  node.world.pass(base::milliseconds(60));
  const std::uint64_t before = node.world.proposals;
  const std::string shown = node.shown_after(read);
  EXPECT_GT(node.world.proposals, before);
  EXPECT_EQ(shown.substr(shown.find('\n') + 1), "[0 lua] \"get\" \"k\"\n");
  EXPECT_NE(node.world.say("INFO commandstats\r\n").find("cmdstat_get:calls=1,"),
            std::string::npos);
}

// A follower that applies the log, and a node whose client has gone.
TEST(ServiceScriptCallsTest, OnlyTheNodeWhoseClientSentTheScriptShowsIt) {
  Watched node;
  const auto client = node.world.connect();
  node.world.commits = false;
  node.world.say(client, eval("redis.call('set','k','v')"));
  node.world.service->on_disconnect(client);
  node.world.commits = true;
  node.world.settle();
  EXPECT_EQ(node.shown(), "");
  EXPECT_EQ(node.shown_after("CONFIG RESETSTAT\r\nGET k\r\n"),
            "[0 127.0.0.1:50000] \"GET\" \"k\"\n");
  node.world.follow(2, kOther);
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"EVAL", "redis.call('set','k','w')", "0"};
  writer.command(0, {}, false, argv);
  node.world.commit_foreign(2, raft::EntryKind::kBatch, writer.seal(node.world.clocks.wall_ms, 1));
  node.world.settle();
  EXPECT_EQ(node.shown(), "");
  EXPECT_EQ(node.world.say("INFO commandstats\r\n").find("cmdstat_set"), std::string::npos);
}

// A script can call with more bytes than any monitor may be owed.
TEST(ServiceScriptCallsTest, WhatATurnGathersForMonitorsIsBounded) {
  ScriptWatch watch(nullptr);
  const std::string value(1 << 20, '\0');  // four bytes each where it is shown
  const std::vector<std::string_view> argv{"set", "k", value};
  const engine::CommandSpec* spec = commands().resolve(argv).spec;
  ASSERT_NE(spec, nullptr);
  std::size_t shown = 0;
  const auto call_often = [&] {
    for (int i = 0; i < 10; ++i) {
      watch.on_calling();
      watch.on_called({.spec = spec, .argv = argv, .reply = "+OK\r\n"});
    }
    const ScriptCalls calls = watch.take();
    EXPECT_EQ(calls.commands.at(0).calls.calls, 10U);
    shown += calls.shown.size();
  };
  watch.follow({.is_shown = true});
  for (int scripts = 0; scripts < 5; ++scripts) call_often();
  EXPECT_GE(shown, ScriptWatch::kShownBytesMax);
  EXPECT_LE(shown, ScriptWatch::kShownBytesMax + 5 * value.size());
  shown = 0;
  watch.follow({.is_shown = true});
  call_often();
  EXPECT_GE(shown, 10 * 4 * value.size()) << "another turn";
}

// ---- SLOWLOG ----

TEST(ServiceScriptCallsTest, TheSlowLogHasThemBeforeTheScriptAndFromNowhere) {
  World world;
  lead(world);
  world.say("CONFIG SET slowlog-log-slower-than 0\r\nSLOWLOG RESET\r\n");
  world.say(eval("redis.call('set','k','v'); redis.pcall('get'); return redis.call('get','k')"));
  const std::string log = world.say("SLOWLOG GET 4\r\n");
  const std::size_t script = log.find("EVAL"), get = log.find("$3\r\nget"),
                    set = log.find("$3\r\nset");
  ASSERT_NE(set, std::string::npos) << log;
  EXPECT_LT(script, get) << "the newest first";
  EXPECT_LT(get, set);
  EXPECT_NE(log.find("$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n$3\r\n?:0\r\n$0\r\n\r\n"),
            std::string::npos)
      << log;
  world.say("CONFIG SET slowlog-max-len 3\r\nSLOWLOG RESET\r\n");
  world.say(eval("for i = 1, 100 do redis.call('set','k',i) end"));
  const std::string last = world.say("SLOWLOG GET -1\r\n");
  EXPECT_NE(last.find("$3\r\n100\r\n"), std::string::npos) << last;
  EXPECT_EQ(last.find("$2\r\n98\r\n"), std::string::npos) << "the script and two more";
}

// ---- commandstats and errorstats ----

std::string counted_after(World& world, std::string_view words) {
  world.say("SET k v\r\nCONFIG RESETSTAT\r\n");
  world.say(words);
  return counted_commands(world, {"config|resetstat", "eval"});
}

TEST(ServiceScriptCallsTest, CommandsOfAScriptAreCountedAsThoseOfClientsAre) {
  World world;
  lead(world);
  EXPECT_EQ(counted_after(world, eval("redis.pcall('lpush','k','v'); redis.pcall('nosuch'); "
                                      "redis.pcall('get'); redis.pcall('auth','x'); "
                                      "redis.pcall('ping'); redis.pcall('time'); return 1")),
            "auth 0 1 0\nget 0 1 0\nlpush 1 0 1\nping 1 0 0\ntime 1 0 0\nERR 3\nWRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval("return redis.pcall('set','K','v')", "EVAL_RO")),
            "eval_ro 1 0 1\nset 0 1 0\nERR 1\n");
  EXPECT_EQ(counted_after(world, eval("return redis.pcall('xread','block','1','streams','k','0')")),
            "xread 1 0 1\nERR 1\n");
  world.say("ACL SETUSER u on nopass ~* +@all -get\r\n");
  EXPECT_EQ(counted_after(world, "AUTH u x\r\n" + eval("return redis.pcall('get','k')")),
            "auth 1 0 0\nget 0 1 0\nERR 1\n");
}

TEST(ServiceScriptCallsTest, AnErrorThatTheScriptHandsOnCountsOnce) {
  World world;
  lead(world);
  const std::string failing = "local e = redis.pcall('lpush','k','v'); ";
  const std::string counted = "lpush 1 0 1\n";
  EXPECT_EQ(counted_after(world, eval("redis.call('lpush','k','v')")), counted + "WRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval(failing + "return e")), counted + "WRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval(failing + "redis.pcall('nosuch'); error(e)")),
            counted + "ERR 1\nWRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval(failing + "redis.pcall('nosuch'); return e")),
            counted + "ERR 1\nWRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval(failing + "return {err = e.err}")),
            counted + "WRONGTYPE 2\n");
  EXPECT_EQ(counted_after(world, eval(failing + "return redis.error_reply('MY own')")),
            counted + "MY 1\nWRONGTYPE 1\n");
  EXPECT_EQ(counted_after(world, eval("return redis.pcall()")), "ERR 1\n");
}

}  // namespace
}  // namespace node::testing
