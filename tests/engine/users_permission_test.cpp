// What a user may do: judged at its place in the log, alone, in EXEC and in scripts, with Redis
// 7.0's errors.
#include <gtest/gtest.h>

#include "base/sha1.h"
#include "tests/engine/model.h"

namespace {

using engine::users::Denied;
using engine_test::Driver;

// Commands of a user as elements of the log.
class Permissions : public ::testing::Test {
 protected:
  std::string as(std::string_view user, const std::vector<std::string_view>& argv) {
    engine::BatchWriter batch;
    batch.command(0, user, false, argv);
    return run(batch);
  }
  std::string exec_as(std::string_view user,
                      const std::vector<std::vector<std::string_view>>& commands) {
    std::vector<engine::QueuedCommand> queued;
    for (const auto& argv : commands) queued.push_back({0, false, argv});
    engine::BatchWriter batch;
    batch.exec({}, false, user, false, queued);
    return run(batch);
  }
  std::string run(engine::BatchWriter& batch) {
    const std::string payload = batch.seal(driver_.time_ms, ++seed_);
    engine::BatchReader reader(payload);
    driver_.engine.begin_entry({.index = base::LogIndex(++driver_.index),
                                .time_ms = reader.time_ms(),
                                .seed = reader.seed(),
                                .rules = reader.rules()});
    std::string out;
    resp::ReplyWriter reply(out, 2);
    engine::Element element;
    effects_ = {};
    while (reader.next(element)) driver_.engine.apply(element, reply, effects_);
    driver_.engine.end_entry();
    return out;
  }
  std::string read_as(std::string_view user, const std::vector<std::string_view>& argv) {
    const engine::Resolved resolved = engine_test::commands_for_scripts().resolve(argv);
    std::string out;
    resp::ReplyWriter reply(out, 2);
    effects_ = {};
    EXPECT_EQ(driver_.engine.query({.spec = resolved.spec,
                                    .argv = argv,
                                    .now_ms = driver_.time_ms,
                                    .user = user,
                                    .denials = &effects_.denials},
                                   reply),
              engine::QueryOutcome::kAnswered);
    return out;
  }
  std::string denied_object() const {
    return effects_.denials.size() == 1 ? effects_.denials[0].object : "(none, or several)";
  }
  static std::string in_script(const std::string& text, const std::string& script) {
    return "-" + text + " script: " + base::sha1_hex(script) + ", on @user_script:1.\r\n";
  }

  Driver driver_;
  engine::Effects effects_;
  std::uint64_t seed_ = 0;
};

constexpr char kNoKey[] =
    "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";

TEST_F(Permissions, OfCommandsAndKeys) {
  driver_("ACL SETUSER u +set +mget +get ~a* %R~r");
  EXPECT_EQ(as("u", {"SET", "a1", "x"}), "+OK\r\n");
  EXPECT_EQ(as("u", {"SET", "b", "x"}), kNoKey);
  EXPECT_EQ(denied_object(), "b");
  EXPECT_EQ(as("u", {"SET", "r", "x"}), kNoKey);
  EXPECT_EQ(read_as("u", {"GET", "r"}), "$-1\r\n");
  EXPECT_EQ(read_as("u", {"MGET", "a1", "r", "c"}), kNoKey);
  EXPECT_EQ(denied_object(), "c");
  EXPECT_EQ(as("u", {"DEL", "a1"}),
            "-NOPERM this user has no permissions to run the 'del' command\r\n");
  EXPECT_EQ(effects_.denials[0].what, Denied::kCommand);
  EXPECT_EQ(as("u", {"DEL"}), "-ERR wrong number of arguments for 'del' command\r\n")
      << "what is no call is not judged";
  EXPECT_EQ(as("", {"DEL", "a1"}), ":1\r\n") << "the default user";
}

TEST_F(Permissions, OfAUserWhoIsGone) {
  driver_("ACL SETUSER u +@all ~*");
  driver_("ACL DELUSER u");
  EXPECT_EQ(as("u", {"SET", "a", "x"}),
            "-NOPERM this user has no permissions to run the 'set' command\r\n");
}

// SET only writes, unless it is asked for the old value.
TEST_F(Permissions, OfWhatACallDoesWithItsKeys) {
  driver_("ACL SETUSER w +@all %W~k");
  EXPECT_EQ(as("w", {"SET", "k", "x"}), "+OK\r\n");
  EXPECT_EQ(as("w", {"SET", "k", "x", "GET"}), kNoKey);
  EXPECT_EQ(as("w", {"SORT", "k", "STORE", "z"}), kNoKey);
}

TEST_F(Permissions, ASelectorCountsAsAWhole) {
  driver_("ACL SETUSER u +get ~a (+set ~b)");
  EXPECT_EQ(as("u", {"SET", "b", "x"}), "+OK\r\n");
  EXPECT_EQ(as("u", {"SET", "a", "x"}), kNoKey);
  EXPECT_EQ(read_as("u", {"GET", "b"}), kNoKey);
  EXPECT_EQ(read_as("u", {"GET", "a"}), "$-1\r\n");
}

TEST_F(Permissions, InATransactionRightsMayHaveChanged) {
  driver_("ACL SETUSER u +get +set ~a");
  EXPECT_EQ(exec_as("u", {{"SET", "a", "1"}, {"SET", "b", "1"}, {"DEL", "a"}}),
            "*3\r\n+OK\r\n"
            "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
            "EXEC call. This command is no longer allowed for the following reason: no permission "
            "to touch the specified keys\r\n"
            "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
            "EXEC call. This command is no longer allowed for the following reason: no permission "
            "to execute the command or subcommand\r\n");
  EXPECT_EQ(effects_.denials.size(), 2U);
}

TEST_F(Permissions, AScriptHasThoseOfItsUser) {
  driver_("ACL SETUSER u +eval +eval_ro +get ~a");
  const std::string get = "return redis.call('get','b')", set = "return redis.call('set','a','b')";
  EXPECT_EQ(as("u", {"EVAL", get, "0"}),
            in_script("ERR The user executing the script can't access at least one of the keys "
                      "mentioned in the command arguments",
                      get));
  EXPECT_EQ(effects_.denials[0].where, engine::users::Where::kScript);
  EXPECT_EQ(
      as("u", {"EVAL", set, "0"}),
      in_script("ERR The user executing the script can't run this command or subcommand", set));
  EXPECT_EQ(as("", {"EVAL", set, "0"}), "+OK\r\n") << "nothing is left of the user before";
  EXPECT_EQ(read_as("u", {"EVAL_RO", get, "0"}).substr(0, 5), "-ERR ");
  EXPECT_EQ(as("u", {"EVAL",
                     "return {redis.acl_check_cmd('get','a'), redis.acl_check_cmd('get','b'), "
                     "redis.acl_check_cmd('set','a','x')}",
                     "0"}),
            "*3\r\n:1\r\n$-1\r\n$-1\r\n");
}

TEST_F(Permissions, OnlyWhoMayReadAllKeysSortsByOthers) {
  driver_("RPUSH a 1 2");
  driver_("ACL SETUSER u +@all ~a");
  driver_("ACL SETUSER v +@all ~a %R~*");
  EXPECT_EQ(read_as("u", {"SORT_RO", "a", "GET", "x_*"}),
            "-ERR GET option of SORT denied due to insufficient ACL permissions.\r\n");
  EXPECT_EQ(as("u", {"SORT", "a", "BY", "x_*"}),
            "-ERR BY option of SORT denied due to insufficient ACL permissions.\r\n");
  EXPECT_EQ(as("u", {"SORT", "a", "BY", "nosort"}).substr(0, 4), "*2\r\n");
  EXPECT_EQ(as("v", {"SORT", "a", "GET", "x_*"}).substr(0, 4), "*2\r\n");
}

TEST_F(Permissions, AreTriedWithoutBeingUsed) {
  driver_("ACL SETUSER u +get +select|0 +config|get ~a");
  EXPECT_EQ(driver_("ACL DRYRUN u get a"), "+OK\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u get b"),
            "$50\r\nThis user has no permissions to access the 'b' key\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u set a 1"),
            "$53\r\nThis user has no permissions to run the 'set' command\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u select 0"), "+OK\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u select 1").substr(0, 3), "$56");
  EXPECT_EQ(driver_("ACL DRYRUN nobody get a"), "-ERR User 'nobody' not found\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u nosuch"), "-ERR Command 'nosuch' not found\r\n");
  EXPECT_EQ(driver_("ACL DRYRUN u get"), "-ERR wrong number of arguments for 'get' command\r\n");
}

// Before all members of a cluster know users there are none.
TEST_F(Permissions, OlderRulesKnowNoUsers) {
  engine::BatchWriter change, use;
  const std::vector<std::string_view> words = {"ACL", "SETUSER", "u", "on"};
  const std::vector<std::string_view> set = {"SET", "k", "v"};
  change.command(0, {}, false, words);
  EXPECT_EQ(driver_.apply(change.seal(driver_.time_ms, 1, 0, engine::kRulesWithUsers - 1)),
            "-ERR users are changed when all members of the cluster run this version\r\n");
  use.command(0, "u", false, set);
  EXPECT_EQ(driver_.apply(use.seal(driver_.time_ms, 1, 0, engine::kRulesWithUsers - 1)), "+OK\r\n");
  EXPECT_TRUE(driver_.engine.users().is_untouched());
}

}  // namespace
