// Users at the service (docs/decisions/users.md): a command is judged when it arrives and again at
// its place in the log, connections end with their user, a configuration's users seed a cluster
// that has none.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

constexpr const char* kNoSet = "-NOPERM this user has no permissions to run the 'set' command\r\n";

constexpr const char* kNoSetInExec =
    "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
    "call. This command is no longer allowed for the following reason: no permission to execute "
    "the command or subcommand\r\n";

class ServiceUsersTest : public ::testing::Test {
 protected:
  void begin(std::vector<std::string> settings = {}) {
    settings.insert(settings.begin(), {"--cluster-enabled", "yes"});
    world_ = std::make_unique<World>(Given{.settings = std::move(settings)});
    world_->show_cluster();
    world_->service->receive(FromConsensus(BaseMembership{
        .group = base::kFirstGroup, .membership = {base::ClusterId(7), {{kSelf, "a:1", true}}}}));
  }
  void lead(std::vector<std::string> settings = {}) {
    begin(std::move(settings));
    world_->lead(1);
  }
  std::string say(std::string_view bytes) { return world_->say(bytes); }
  // Another connection, logged in.
  base::ConnectionId as(const std::string& user) {
    const base::ConnectionId client = world_->connect();
    EXPECT_EQ(world_->say(client, "AUTH " + user + " pw\r\n"), "+OK\r\n");
    return client;
  }
  std::string rights_of(const std::string& user) {
    const std::string list = say("ACL LIST\r\n");
    const std::size_t at = list.find("user " + user + " ");
    return at == std::string::npos ? "" : list.substr(at, list.find('\r', at) - at);
  }
  std::unique_ptr<World> world_;
};

TEST_F(ServiceUsersTest, WhatAUserMayNotDoIsRefusedAndNoted) {
  lead();
  EXPECT_EQ(say("ACL SETUSER ann on >pw ~a* +get +set -set\r\n"), "+OK\r\n");
  const base::ConnectionId ann = as("ann");
  EXPECT_EQ(world_->say(ann, "SET a 1\r\nGET a\r\nGET b\r\n"),
            std::string(kNoSet) +
                "$-1\r\n-NOPERM this user has no permissions to access one of the keys used as "
                "arguments\r\n");
  const std::string log = say("ACL LOG\r\n");
  EXPECT_EQ(log.substr(0, 2), "*2");
  EXPECT_LT(log.find("$3\r\nkey\r\n"), log.find("$7\r\ncommand\r\n")) << "the newest first";
  EXPECT_NE(log.find("user=ann"), std::string::npos);
}

TEST_F(ServiceUsersTest, WhatCountsIsThePlaceInTheLog) {
  lead();
  EXPECT_EQ(say("ACL SETUSER ann on >pw ~* +@all\r\n"), "+OK\r\n");
  const base::ConnectionId ann = as("ann");
  world_->commits = false;
  // Both are in the log before either is applied: when it came, ann was still allowed to.
  EXPECT_EQ(say("ACL SETUSER ann -set\r\n"), "");
  EXPECT_EQ(world_->say(ann, "SET a 1\r\nMULTI\r\nSET a 2\r\nPING\r\nEXEC\r\n"), "");
  world_->commits = true;
  world_->settle();
  EXPECT_EQ(say(""), "+OK\r\n");
  EXPECT_EQ(world_->say(ann, ""), std::string(kNoSet) + "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n" +
                                      kNoSetInExec + "+PONG\r\n");
  EXPECT_EQ(say("GET a\r\n"), "$-1\r\n");
  EXPECT_NE(say("ACL LOG\r\n").find("$5\r\nmulti\r\n"), std::string::npos);
}

TEST_F(ServiceUsersTest, WhatAnExecIsRefusedIsNotedInItsOrder) {
  lead();
  EXPECT_EQ(say("ACL SETUSER ann on >pw ~* +@all\r\n"), "+OK\r\n");
  const base::ConnectionId ann = as("ann");
  world_->say(ann, "MULTI\r\nUNWATCH\r\nSET a 1\r\nCONFIG GET maxmemory\r\n");
  EXPECT_EQ(say("ACL SETUSER ann nocommands +exec\r\n"), "+OK\r\n");
  world_->say(ann, "EXEC\r\n");
  const std::string log = say("ACL LOG\r\n");
  const std::size_t unwatch = log.find("unwatch"), set = log.find("$3\r\nset\r\n");
  const std::size_t config = log.find("config|get");
  EXPECT_LT(config, set);
  EXPECT_LT(set, unwatch) << "the newest first";
  EXPECT_NE(unwatch, std::string::npos);
}

TEST_F(ServiceUsersTest, AChangeOfUsersHoldsUpItsOwnConnection) {
  lead();
  EXPECT_EQ(say("ACL SETUSER ann on >pw ~* +@all\r\n"), "+OK\r\n");
  EXPECT_EQ(say("AUTH ann pw\r\nACL SETUSER ann -set\r\nSET a 1\r\nGET a\r\n"),
            std::string("+OK\r\n+OK\r\n") + kNoSet + "$-1\r\n");
}

TEST_F(ServiceUsersTest, ConnectionsEndWithTheirUser) {
  lead();
  EXPECT_EQ(say("ACL SETUSER ann on >pw ~* +@all\r\nACL SETUSER bob on >pw +@all\r\n"),
            "+OK\r\n+OK\r\n");
  const base::ConnectionId ann = as("ann"), bob = as("bob");
  EXPECT_EQ(say("ACL DELUSER ann\r\n"), ":1\r\n");
  EXPECT_EQ(world_->closed, std::vector{ann});
  EXPECT_EQ(world_->say(bob, "ACL DELUSER bob\r\nPING\r\n"), ":1\r\n");
  EXPECT_EQ(world_->closed, (std::vector{ann, bob}));
}

TEST_F(ServiceUsersTest, ThoseOfTheConfigurationSeedAClusterThatHasNone) {
  begin({"--user", "ann on >pw ~a* +get", "--requirepass", "secret"});
  EXPECT_EQ(say("GET a\r\n"), "-NOAUTH Authentication required.\r\n") << "before any leader";
  world_->lead(1);
  EXPECT_EQ(say("AUTH wrong\r\nAUTH secret\r\nACL USERS\r\n"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n*2\r\n"
            "$3\r\nann\r\n$7\r\ndefault\r\n");
  EXPECT_EQ(rights_of("ann").find("user ann on #"), 0U);
}

TEST_F(ServiceUsersTest, ThoseOfTheLogCountWhateverAConfigurationSays) {
  begin({"--requirepass", "mine"});
  world_->follow(1, kOther);
  engine::BatchWriter writer;
  writer.command(0, {}, false,
                 std::vector<std::string_view>{"ACL", "SETUSER", "default", ">theirs"});
  world_->commit_foreign(1, raft::EntryKind::kBatch, writer.seal(world_->clocks.wall_ms, 1));
  world_->settle();
  EXPECT_EQ(say("AUTH mine\r\nAUTH theirs\r\n"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n+OK\r\n");
  bool is_said = false;
  for (const LogLine& line : world_->lines)
    is_said |= line.text.find("the users of the configuration are not those") != std::string::npos;
  EXPECT_TRUE(is_said);
}

TEST_F(ServiceUsersTest, RequirepassIsTheDefaultUsersPassword) {
  lead();
  EXPECT_EQ(say("CONFIG SET requirepass new\r\n"), "+OK\r\n");
  const base::ConnectionId other = world_->connect();
  EXPECT_EQ(world_->say(other, "PING\r\nAUTH default new\r\nPING\r\n"),
            "-NOAUTH Authentication required.\r\n+OK\r\n+PONG\r\n");
  EXPECT_EQ(say("CONFIG SET requirepass \"\"\r\n"), "+OK\r\n");
  EXPECT_EQ(rights_of("default"), "user default on nopass ~* &* +@all");
}

TEST_F(ServiceUsersTest, AFileIsWrittenAndReadByTheDriver) {
  lead({"--aclfile", "users.acl"});
  EXPECT_EQ(say("ACL SETUSER ann on nopass ~a* +get\r\nACL SAVE\r\nPING\r\n"), "+OK\r\n");
  EXPECT_EQ(
      world_->users_to_save,
      "user ann on nopass ~a* resetchannels -@all +get\nuser default on nopass ~* &* +@all\n");
  world_->service->on_users_saved("");
  world_->settle();
  EXPECT_EQ(say(""), "+OK\r\n+PONG\r\n");

  EXPECT_EQ(say("ACL LOAD\r\nACL USERS\r\n"), "");
  EXPECT_TRUE(world_->wants_users_file);
  world_->service->on_users_file("user default on nopass ~* &* +@all\nuser eve on +ping\n", "");
  world_->settle();
  EXPECT_EQ(say(""), "+OK\r\n*2\r\n$7\r\ndefault\r\n$3\r\neve\r\n");

  EXPECT_EQ(say("ACL LOAD\r\n"), "");
  world_->service->on_users_file("user eve on +nosuch\n", "");
  world_->settle();
  EXPECT_EQ(say("").substr(0, 18), "-ERR users.acl:1: ");
  EXPECT_EQ(rights_of("eve"), "user eve on resetchannels -@all +ping");
}

TEST_F(ServiceUsersTest, AFollowerLoadsNoFile) {
  begin({"--aclfile", "users.acl"});
  world_->follow(1, kOther);
  EXPECT_EQ(say("ACL LOAD\r\nPING\r\n"), "");
  world_->service->on_users_file("user eve on +ping\n", "");
  world_->settle();
  EXPECT_EQ(say(""), "-ERR replicated settings are set on the leader: 10.0.0.2:7002\r\n+PONG\r\n");
}

}  // namespace
}  // namespace node::testing
