// FUNCTION and FCALL: what they answer, in Redis 7.0's words, and what stays of them.
#include <gtest/gtest.h>

#include "engine/rdb/payload.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

std::string load(Driver& driver, const std::string& body, const std::string& name = "lib") {
  return driver.call({"FUNCTION", "LOAD", "REPLACE", "#!lua name=" + name + "\n" + body});
}

std::string fcall(Driver& driver, const std::string& name, std::vector<std::string> words = {"0"}) {
  words.insert(words.begin(), {"FCALL", name});
  return driver.call(words);
}

std::string refused(const std::string& text) {
  return "-ERR Error registering functions: " + text + "\r\n";
}

TEST(Functions, AreCalledByTheirNameInAnyCaseWithKeysAndArguments) {
  Driver driver;
  EXPECT_EQ(load(driver,
                 "redis.register_function('Put', function(keys, args) "
                 "return redis.call('set', keys[1], args[1]) end)"),
            "$3\r\nlib\r\n");
  EXPECT_EQ(fcall(driver, "pUT", {"1", "k", "v"}), "+OK\r\n");
  EXPECT_EQ(driver("GET k"), "$1\r\nv\r\n");
  EXPECT_EQ(fcall(driver, "none"), "-ERR Function not found\r\n");
  EXPECT_EQ(fcall(driver, "none", {"-1"}), "-ERR Function not found\r\n");
  EXPECT_EQ(fcall(driver, "put", {"x"}), "-ERR Bad number of keys provided\r\n");
  EXPECT_EQ(fcall(driver, "put", {"-1"}), "-ERR Number of keys can't be negative\r\n");
  EXPECT_EQ(fcall(driver, "put", {"2", "a"}),
            "-ERR Number of keys can't be greater than number of args\r\n");
  EXPECT_EQ(driver.call({"FCALL_RO", "put", "1", "k", "v"}),
            "-ERR Can not execute a script with write flag using *_ro command.\r\n");
}

TEST(Functions, KeepNothingBetweenCalls) {
  Driver driver;
  load(driver,
       "local count = 0 redis.register_function{function_name='count', "
       "callback=function() count = count + 1 return count end, flags={'no-writes'}}");
  EXPECT_EQ(fcall(driver, "count"), ":1\r\n");
  EXPECT_EQ(fcall(driver, "count"), ":1\r\n");
}

TEST(Functions, ThatSayTheyOnlyReadAreAnsweredWithoutAnEntry) {
  Driver driver;
  driver("SET k v");
  load(driver,
       "redis.register_function{function_name='look', callback=function(keys) return "
       "redis.call('get', keys[1]) end, flags={'no-writes'}} "
       "redis.register_function{function_name='lie', callback=function(keys) return "
       "redis.call('del', keys[1]) end, flags={'no-writes'}} "
       "redis.register_function('change', function(keys) return redis.call('get', keys[1]) end)");
  const std::size_t entries = driver.log.size();
  EXPECT_EQ(fcall(driver, "look", {"1", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.call({"FCALL_RO", "look", "1", "k"}), "$1\r\nv\r\n");
  EXPECT_TRUE(fcall(driver, "lie", {"1", "k"})
                  .starts_with("-ERR Write commands are not allowed from read-only scripts."));
  EXPECT_EQ(driver.log.size(), entries);
  EXPECT_EQ(fcall(driver, "change", {"1", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.log.size(), entries + 1);
}

TEST(Functions, AScriptWithTheFlagNoWritesIsAReadOnceItIsCached) {
  Driver driver;
  driver("SET k v");
  const std::string script = "#!lua flags=no-writes\nreturn redis.call('get', KEYS[1])";
  const std::size_t entries = driver.log.size();
  EXPECT_EQ(driver.call({"EVAL", script, "1", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.log.size(), entries + 1);
  EXPECT_EQ(driver.call({"EVAL", script, "1", "k"}), "$1\r\nv\r\n");
  EXPECT_EQ(driver.log.size(), entries + 1);
}

TEST(Functions, WhatIsNoLibraryIsRefusedInRedissWords) {
  Driver driver;
  const auto header = [&](const std::string& source) {
    return driver.call({"FUNCTION", "LOAD", source});
  };
  EXPECT_EQ(header(""), "-ERR Missing library metadata\r\n");
  EXPECT_EQ(header("#!lua name=x"), "-ERR Invalid library metadata\r\n");
  EXPECT_EQ(header(std::string("#!lua name=x\0y\n", 15)), "-ERR Invalid library metadata\r\n");
  EXPECT_EQ(header("#!lua name=\"x\n"), "-ERR Invalid library metadata\r\n");
  EXPECT_EQ(header("#!lua\n"), "-ERR Library name was not given\r\n");
  EXPECT_EQ(header("#!js name=x\n"), "-ERR Engine 'js' not found\r\n");
  EXPECT_EQ(header("#!js name=!\n").substr(0, 18), "-ERR Library names");
  EXPECT_EQ(header("#! lua name=x\n"), "-ERR Invalid metadata value given: lua\r\n");
  EXPECT_EQ(header("#!lua name=x name=y\n"),
            "-ERR Invalid metadata value, name argument was given multiple times\r\n");
  EXPECT_EQ(
      header("#!lua name=x-y\n"),
      "-ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
      "least one character long\r\n");
  EXPECT_EQ(header("#!lua name=x\nreturn 1"), "-ERR No functions registered\r\n");
  EXPECT_EQ(header("#!lua name=x\nreturn 1 +"),
            "-ERR Error compiling function: user_function:2: unexpected symbol near '<eof>'\r\n");
  EXPECT_EQ(header("#!LUA Name='x1'\r\nredis.register_function('f', function() end)"),
            "$2\r\nx1\r\n");
  EXPECT_EQ(header("#!lua name=x1\n"), "-ERR Library 'x1' already exists\r\n");
  EXPECT_EQ(header("#!lua name=y\nredis.register_function('F', function() end)"),
            "-ERR Function F already exists\r\n");
}

TEST(Functions, FindOnlyWhatRedisOffersWhileTheyAreLoaded) {
  Driver driver;
  EXPECT_EQ(load(driver, "redis.call('ping')"),
            refused("ERR user_function:2: Script attempted to access nonexistent global variable "
                    "'call'"));
  EXPECT_EQ(load(driver, "error('x')"),
            refused("ERR user_function:2: Script attempted to access nonexistent global variable "
                    "'error'"));
  EXPECT_EQ(load(driver, "x = 1"),
            refused("ERR user_function:2: Attempt to modify a readonly table"));
  EXPECT_EQ(load(driver, "local x = nil + 1"),
            refused("ERR user_function:2: attempt to perform arithmetic on a nil value"));
  EXPECT_EQ(load(driver, "while true do end"), refused("ERR FUNCTION LOAD timeout"));
  EXPECT_EQ(load(driver, "local s = 'x' while true do s = s .. s end"),
            refused("ERR the library needs more memory than scripts may have"));
  EXPECT_EQ(load(driver, "redis.register_function{}"),
            refused("ERR redis.register_function must get a function name argument"))
      << "Redis 7.0.15 dies of it";
  EXPECT_EQ(load(driver,
                 "redis.register_function('a', function() end) "
                 "redis.register_function('A', function() end)"),
            refused("ERR Function already exists in the library"))
      << "Redis 7.0.15 does not end when that library is replaced";
  EXPECT_EQ(driver("FUNCTION LIST"), "*0\r\n");
  EXPECT_EQ(load(driver,
                 "local register = redis.register_function register('late', function() "
                 "return register('x', function() end) end)"),
            "$3\r\nlib\r\n");
  EXPECT_EQ(fcall(driver, "late"),
            "-ERR redis.register_function can only be called on FUNCTION LOAD command script: "
            "late, on @user_function:2.\r\n");
}

TEST(Functions, AreStateAcrossAnExport) {
  Driver driver;
  driver("SET k v");
  const std::uint64_t before = driver.engine.digest();
  load(driver,
       "redis.register_function{function_name='f', callback=function() return 'kept' end, "
       "description='what', flags={'allow-oom'}}");
  EXPECT_NE(driver.engine.digest(), before);
  Driver other;
  other.engine = engine_test::import_rows(engine_test::export_rows(driver.engine, true));
  EXPECT_EQ(other.engine.digest(), driver.engine.digest());
  EXPECT_EQ(other("FUNCTION LIST WITHCODE"), driver("FUNCTION LIST WITHCODE"));
  EXPECT_EQ(fcall(other, "f"), "$4\r\nkept\r\n");
  EXPECT_EQ(driver("FUNCTION DELETE LIB"), "-ERR Library not found\r\n");
  EXPECT_EQ(driver("FUNCTION DELETE lib"), "+OK\r\n");
  EXPECT_EQ(driver.engine.digest(), before);
}

TEST(Functions, ADumpIsRestoredByEachPolicyOrNothingIs) {
  Driver driver;
  load(driver, "redis.register_function('f', function() return 1 end)", "a");
  load(driver, "redis.register_function('g', function() return 2 end)", "b");
  const std::string reply = driver("FUNCTION DUMP");
  const std::size_t begin = reply.find("\r\n") + 2;
  const std::string dump = reply.substr(begin, reply.size() - 2 - begin);
  const auto restore = [&](const std::string& policy) {
    return driver.call({"FUNCTION", "RESTORE", dump, policy});
  };
  EXPECT_EQ(restore("APPEND"), "-ERR Library a already exists\r\n");
  EXPECT_EQ(restore("REPLACE"), "+OK\r\n");
  EXPECT_EQ(restore("FLUSH"), "+OK\r\n");
  EXPECT_EQ(
      restore("KEEP"),
      "-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.\r\n");
  driver("FUNCTION DELETE a");
  load(driver, "redis.register_function('F', function() return 3 end)", "c");
  const std::uint64_t digest = driver.engine.digest();
  EXPECT_EQ(restore("REPLACE"), "-ERR Function f already exists\r\n");
  EXPECT_EQ(driver.engine.digest(), digest);
  EXPECT_EQ(restore("FLUSH"), "+OK\r\n");
  EXPECT_EQ(fcall(driver, "f"), ":1\r\n");
}

std::string sealed(std::string payload) {
  engine::rdb::seal(payload);
  return payload;
}

TEST(Functions, APayloadThatIsNoneIsRefusedInRedissWords) {
  Driver driver;
  const auto restore = [&](const std::string& payload) {
    return driver.call({"FUNCTION", "RESTORE", payload, "FLUSH"});
  };
  EXPECT_EQ(restore("x"), "-ERR DUMP payload version or checksum are wrong\r\n");
  EXPECT_EQ(restore(sealed("")), "+OK\r\n");
  EXPECT_EQ(restore(sealed(std::string("\0\1a", 3))), "-ERR given type is not a function\r\n");
  EXPECT_EQ(restore(sealed("\xf5")), "-ERR Failed loading library payload\r\n");
  EXPECT_EQ(restore(sealed("\xf5\x50")), "-ERR Failed loading library payload\r\n");
  EXPECT_EQ(restore(sealed("\xf5\x02no")), "-ERR Missing library metadata\r\n");
}

TEST(Functions, OfAClusterThatIsBeingUpdatedAreRefused) {
  Driver driver;
  engine::BatchWriter batch;
  const std::vector<std::string_view> argv = {
      "FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('f', function() end)"};
  batch.command(0, {}, false, argv);
  const std::string reply =
      driver.apply(batch.seal(driver.time_ms, 1, 0, engine::kRulesWithScripts));
  EXPECT_TRUE(reply.starts_with("-ERR functions are answered when")) << reply;
  EXPECT_EQ(driver("FUNCTION LIST"), "*0\r\n");
}

}  // namespace
