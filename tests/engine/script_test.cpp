// EVAL, EVALSHA, SCRIPT: what scripts answer, in Redis 7.0's words, and what stays of them.
#include <gtest/gtest.h>

#include "base/sha1.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

std::string eval(Driver& driver, const std::string& script,
                 const std::vector<std::string>& words = {"0"}) {
  std::vector<std::string> argv = {"EVAL", script};
  argv.insert(argv.end(), words.begin(), words.end());
  return driver.call(argv);
}

std::string failed(const std::string& text, const std::string& script,
                   const std::string& place = "@user_script:1") {
  return "-" + text + " script: " + base::sha1_hex(script) + ", on " + place + ".\r\n";
}

TEST(Scripts, AnswerWhatLuaReturnsAsRedisConvertsIt) {
  Driver driver;
  EXPECT_EQ(eval(driver, "return 1"), ":1\r\n");
  EXPECT_EQ(eval(driver, "return 'x'"), "$1\r\nx\r\n");
  EXPECT_EQ(eval(driver, "return {1,2,nil,3}"), "*2\r\n:1\r\n:2\r\n");
  EXPECT_EQ(eval(driver, "return {1.99,-1.99}"), "*2\r\n:1\r\n:-1\r\n");
  EXPECT_EQ(eval(driver, "return 1e20"), ":-9223372036854775808\r\n");
  EXPECT_EQ(eval(driver, "return false"), "$-1\r\n");
  EXPECT_EQ(eval(driver, "return true"), ":1\r\n");
  EXPECT_EQ(eval(driver, "return {ok='fine'}"), "+fine\r\n");
  EXPECT_EQ(eval(driver, "return {err='MY oops'}"), "-MY oops\r\n");
  EXPECT_EQ(eval(driver, "return {double=1.5}"), "$3\r\n1.5\r\n");
  EXPECT_EQ(eval(driver, "return {KEYS[1],ARGV[1]}", {"1", "a", "b"}),
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(eval(driver, ""), "$-1\r\n");
  driver.resp = 3;
  EXPECT_EQ(eval(driver, "return {map={a=1}}"), "%1\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(eval(driver, "redis.setresp(3) return true"), "#t\r\n");
  EXPECT_EQ(eval(driver, "return {double=1.5}"), ",1.5\r\n");
}

TEST(Scripts, RunCommandsAndSeeTheirReplies) {
  Driver driver;
  EXPECT_EQ(eval(driver, "return redis.call('set',KEYS[1],ARGV[1])", {"1", "k", "v"}), "+OK\r\n");
  EXPECT_EQ(driver("GET k"), "$1\r\nv\r\n");
  EXPECT_EQ(eval(driver, "return redis.call('get','k')..'!'"), "$2\r\nv!\r\n");
  EXPECT_EQ(eval(driver, "return type(redis.call('get','none'))"), "$7\r\nboolean\r\n");
  EXPECT_EQ(eval(driver, "return redis.call('incrby','n',7)"), ":7\r\n");
  EXPECT_EQ(eval(driver, "return redis.call('echo',0.1)"), "$19\r\n0.10000000000000001\r\n");
  driver("HSET h f v");
  EXPECT_EQ(eval(driver, "return cjson.encode(redis.call('hgetall','h'))"),
            "$9\r\n[\"f\",\"v\"]\r\n");
  EXPECT_EQ(eval(driver, "redis.setresp(3) return cjson.encode(redis.call('hgetall','h'))"),
            "$17\r\n{\"map\":{\"f\":\"v\"}}\r\n");
  EXPECT_EQ(eval(driver, "redis.call('select',3) return redis.call('set','only','here')"),
            "+OK\r\n");
  EXPECT_EQ(driver("EXISTS only"), ":0\r\n");
  driver.database = 3;
  EXPECT_EQ(driver("EXISTS only"), ":1\r\n");
}

TEST(Scripts, ErrorsAreRedis70s) {
  Driver driver;
  const auto expect = [&](const std::string& script, const std::string& text) {
    EXPECT_EQ(eval(driver, script), failed(text, script)) << script;
  };
  expect("return redis.call('nosuch')", "ERR Unknown Redis command called from script");
  expect("return redis.call('get')", "ERR Wrong number of args calling Redis command from script");
  expect("return redis.call('multi')", "ERR This Redis command is not allowed from script");
  expect("return redis.call('get',{})",
         "ERR Lua redis lib command arguments must be strings or integers");
  expect("error('boo')", "ERR user_script:1: boo");
  expect("error({err='MY oops'})", "MY oops");
  expect("return x",
         "ERR user_script:1: Script attempted to access nonexistent global variable 'x'");
  expect("x=1", "ERR user_script:1: Attempt to modify a readonly table");
  expect("string.x=1", "ERR user_script:1: Attempt to modify a readonly table");
  expect("rawset(string,'x',1)", "ERR Attempt to modify a readonly table");
  expect("table.insert(redis,1)", "ERR Attempt to modify a readonly table");
  expect("getmetatable('').x=1", "ERR user_script:1: Attempt to modify a readonly table");
  expect("setmetatable(_G,{})", "ERR Attempt to modify a readonly table");
  expect("local a = nil; a.b=1", "ERR user_script:1: attempt to index local 'a' (a nil value)");
  EXPECT_EQ(eval(driver, "x y"),
            "-ERR Error compiling script (new function): user_script:1: '=' expected near 'y'\r\n");
  EXPECT_EQ(eval(driver, "return 1", {"2", "a"}),
            "-ERR Number of keys can't be greater than number of args\r\n");
  EXPECT_EQ(eval(driver, "return 1", {"-1"}), "-ERR Number of keys can't be negative\r\n");
}

TEST(Scripts, PcallCatchesWhatACommandAnswersAndCallRaisesIt) {
  Driver driver;
  driver("SET k v");
  EXPECT_EQ(eval(driver, "return redis.pcall('lpush','k',1).err"),
            "$65\r\nWRONGTYPE Operation against a key holding the wrong kind of value\r\n");
  EXPECT_EQ(eval(driver, "local ok, e = pcall(redis.call,'lpush','k',1) return type(e)"),
            "$6\r\nstring\r\n");
  EXPECT_EQ(eval(driver, "local ok, e = pcall(error,{x=1}) return type(e)"), "$5\r\ntable\r\n");
}

TEST(Scripts, AreCachedWhereverTheyRanAndAcrossAnExport) {
  Driver driver;
  const std::string sha = base::sha1_hex("return 'kept'");
  EXPECT_EQ(driver.call({"EVALSHA", sha, "0"}),
            "-NOSCRIPT No matching script. Please use EVAL.\r\n");
  EXPECT_EQ(driver.call({"SCRIPT", "LOAD", "return 'kept'"}), "$40\r\n" + sha + "\r\n");
  EXPECT_EQ(driver.call({"EVALSHA", sha, "0"}), "$4\r\nkept\r\n");
  EXPECT_EQ(driver.call({"SCRIPT", "EXISTS", sha, "x"}), "*2\r\n:1\r\n:0\r\n");
  const std::uint64_t digest = driver.engine.digest();
  Driver other;
  other.engine = engine_test::import_rows(engine_test::export_rows(driver.engine, true));
  EXPECT_EQ(other.engine.digest(), digest);
  EXPECT_EQ(other.call({"EVALSHA", sha, "0"}), "$4\r\nkept\r\n");
  EXPECT_EQ(driver.call({"SCRIPT", "FLUSH"}), "+OK\r\n");
  EXPECT_NE(driver.engine.digest(), digest);
  EXPECT_EQ(driver.call({"SCRIPT", "EXISTS", sha}), "*1\r\n:0\r\n");
}

TEST(Scripts, ThatOnlyReadAreAskedAndMayNotWrite) {
  Driver driver;
  driver("SET k v");
  const std::size_t entries = driver.log.size();
  const std::string script = "return redis.call('get','k')";
  EXPECT_EQ(driver.call({"EVAL_RO", script, "0"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.log.size(), entries + 1) << "it is cached, once";
  EXPECT_EQ(driver.call({"EVAL_RO", script, "0"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.call({"EVALSHA_RO", base::sha1_hex(script), "0"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.log.size(), entries + 1);
  const std::string writes = "return redis.call('set','k','w')";
  const std::string refused =
      failed("ERR Write commands are not allowed from read-only scripts.", writes);
  EXPECT_EQ(driver.call({"EVAL_RO", writes, "0"}), refused);
  EXPECT_EQ(driver.call({"EVAL_RO", writes, "0"}), refused) << "as a read";
  EXPECT_EQ(eval(driver, "#!lua flags=no-writes\nreturn redis.pcall('set','k','w').err"),
            "$58\r\nERR Write commands are not allowed from read-only scripts.\r\n");
  EXPECT_EQ(eval(driver, "#!lua flags=foo\nreturn 1"),
            "-ERR Unexpected flag in script shebang: foo\r\n");
  EXPECT_EQ(driver("GET k"), "$1\r\nv\r\n");
}

TEST(Scripts, RunInsideExecAsOneStep) {
  Driver driver;
  const std::string script = "return redis.call('incr',KEYS[1])";
  engine::BatchWriter batch;
  batch.exec({}, false, {}, false, {{.argv = {"EVAL", script, "1", "n"}}, {.argv = {"INCR", "n"}}});
  EXPECT_EQ(driver.apply(batch.seal(driver.time_ms, 1)), "*2\r\n:1\r\n:2\r\n");
}

TEST(Scripts, OfAClusterThatIsBeingUpdatedAreRefused) {
  Driver driver;
  engine::BatchWriter batch;
  const std::vector<std::string_view> argv = {"EVAL", "return 1", "0"};
  batch.command(0, {}, false, argv);
  const std::string reply =
      driver.apply(batch.seal(driver.time_ms, 1, 0, engine::kRulesWithDigest));
  EXPECT_TRUE(reply.starts_with("-ERR scripts are answered when")) << reply;
  EXPECT_EQ(driver.call({"SCRIPT", "EXISTS", base::sha1_hex("return 1")}), "*1\r\n:0\r\n");
}

}  // namespace
