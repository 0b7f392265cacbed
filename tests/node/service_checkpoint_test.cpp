// Checkpoints, loading and the orderly stop.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

const std::string kLoading = "-LOADING Redis is loading the dataset in memory\r\n";

TEST(ServiceCheckpointTest, SaveAnswersWhenTheCheckpointIsDurable) {
  World world;
  world.lead(1);
  world.say("SET a 1\r\n");
  world.writes_checkpoints = false;
  EXPECT_EQ(world.say("SAVE\r\nPING\r\n"), "");
  EXPECT_EQ(
      world.say(world.connect(), "SAVE\r\nBGSAVE\r\nBGSAVE SCHEDULE\r\n"),
      "-ERR Background save already in progress\r\n-ERR Background save already in progress\r\n"
      "+Background saving scheduled\r\n");
  world.writes_checkpoints = true;
  world.settle();
  EXPECT_EQ(world.say(""), "+OK\r\n+PONG\r\n");
  EXPECT_EQ(world.stored_meta.index, world.last_index);
  EXPECT_EQ(world.stored_meta.term, base::Term(1));
}

TEST(ServiceCheckpointTest, AFailedSaveSaysSo) {
  World world;
  world.lead(1);
  world.writes_checkpoints = false;
  EXPECT_EQ(world.say("SAVE\r\n"), "");
  world.service->receive(
      FromState(CheckpointFailed{.group = base::kFirstGroup, .detail = "no space"}));
  world.settle();
  EXPECT_EQ(world.say("").substr(0, 5), "-ERR ");
}

TEST(ServiceCheckpointTest, OneStartsWhenTheLogHasGrownEnough) {
  World world;
  world.lead(1);
  const std::string big = request({"SET", "a", std::string(8 * 1024 * 1024, 'x')});
  for (int i = 0; i < 7; ++i) world.say(big);
  EXPECT_TRUE(world.stored.empty());
  world.say(big);
  world.say(big);
  EXPECT_FALSE(world.stored.empty());
  const auto first = world.stored_meta.index;
  world.say(big);
  EXPECT_EQ(world.stored_meta.index, first) << "counted anew";
}

// A checkpoint that says who the members are now, and not who they were where it stands, would hide
// a change from whoever installs it (docs/testing.md, known bugs).
TEST(ServiceCheckpointTest, ItSaysWhoTheMembersWereAtItsPosition) {
  const auto with = [](bool is_voter) {
    return raft::Membership{base::ClusterId(7),
                            {{kSelf, "a:17001", true}, {kOther, "b:17001", is_voter}}};
  };
  World world;
  world.lead(1);
  world.say("SET a 1\r\n");
  world.commit_foreign(1, raft::EntryKind::kMembership, raft::encode_membership(with(false)));
  world.writes_checkpoints = false;
  world.say("BGSAVE\r\n");
  const auto at = world.service->applied();
  world.commit_foreign(1, raft::EntryKind::kMembership, raft::encode_membership(with(true)));
  world.settle();
  EXPECT_GT(world.service->applied(), at);
  world.writes_checkpoints = true;
  world.settle();
  EXPECT_EQ(world.stored_meta.index, at);
  EXPECT_EQ(world.stored_meta.membership, with(false));
}

TEST(ServiceCheckpointTest, RowsInFlightAreBounded) {
  World world;
  world.lead(1);
  for (int i = 0; i < 40; ++i)
    world.say(request({"SET", "k" + std::to_string(i), std::string(1024 * 1024, 'x')}));
  world.writes_checkpoints = false;
  EXPECT_EQ(world.say("BGSAVE\r\n"), "+Background saving started\r\n");
  std::size_t bytes = 0;
  for (const ToState& message : world.to_state) {
    if (const auto* rows = std::get_if<CheckpointRows>(&message)) {
      for (const base::Row& row : rows->rows) bytes += row.body.size();
    }
  }
  EXPECT_GT(bytes, 4U * 1024 * 1024);
  EXPECT_LT(bytes, 12U * 1024 * 1024);
  world.writes_checkpoints = true;
  world.settle();
  EXPECT_EQ(world.stored_meta.index, world.last_index);
}

// Keys of 15 KB are changed behind a checkpoint that nobody writes until more than may wait in
// memory waits, and the first write was put off.
void fall_behind(World& world) {
  constexpr int kKeys = 7000;
  const auto set = [&world](int i, char byte) {
    return world.say(request({"SET", "k" + std::to_string(i), std::string(15'000, byte)}));
  };
  world.writes_checkpoints = false;
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(set(i, 'a'), "+OK\r\n");
  world.say("BGSAVE\r\n");
  int i = 0;
  while (i < kKeys && set(i, 'b') == "+OK\r\n") ++i;
  ASSERT_LT(i, kKeys) << "as fast as ever";
  world.pass(base::milliseconds(1000));
  EXPECT_EQ(world.say(""), "+OK\r\n");
}

TEST(ServiceCheckpointTest, FarBehindACheckpointReadsGoOnAndWritesGoOnMoreSlowly) {
  World world;
  world.lead(1, false);
  fall_behind(world);
  const auto writer = world.connect(), reader = world.connect();
  std::string answers = world.say(writer, "SET a 1\r\n") + world.say(writer, "SET b 1\r\n");
  EXPECT_LT(answers.size(), 10U) << "they wait";
  EXPECT_EQ(world.say(reader, "GET k1\r\n").substr(0, 8), "$15000\r\n");
  for (int i = 0; i < 3; ++i) world.pass(base::milliseconds(1000));
  answers += world.received(writer);
  EXPECT_EQ(answers, "+OK\r\n+OK\r\n");
  world.writes_checkpoints = true;
  world.settle();
  EXPECT_EQ(world.say(writer, "SET a 1\r\n"), "+OK\r\n") << "at once";
}

TEST(ServiceCheckpointTest, NothingIsKeptForOneThatFailed) {
  World world;
  world.lead(1, false);
  fall_behind(world);
  const auto writer = world.connect();
  EXPECT_EQ(world.say(writer, "SET a 1\r\nSET b 1\r\n").find("OK"), std::string::npos);
  world.service->receive(
      FromState(CheckpointFailed{.group = base::kFirstGroup, .detail = "no space"}));
  world.settle();
  EXPECT_EQ(world.received(writer), "+OK\r\n+OK\r\n");
  EXPECT_EQ(world.say(writer, "SET a 1\r\n"), "+OK\r\n");
}

TEST(ServiceCheckpointTest, WhatWasStoredIsLoadedAndTheLogGoesOnBehindIt) {
  World first;
  first.lead(1);
  for (int i = 0; i < 20; ++i) first.say(command("SET k" + std::to_string(i) + " v"));
  first.say("SELECT 3\r\nSET other 1\r\nSAVE\r\n");

  World second(Given{.checkpoint = first.stored_meta});
  second.writes_checkpoints = false;
  second.stored = first.stored;
  second.last_index = first.stored_meta.index;
  EXPECT_EQ(second.say("GET k1\r\nPING\r\nSET a 1\r\n"), kLoading + "+PONG\r\n" + kLoading);
  EXPECT_FALSE(second.last_output.is_serving);
  second.writes_checkpoints = true;
  second.settle();
  EXPECT_TRUE(second.last_output.is_serving);
  EXPECT_EQ(second.service->applied(), first.stored_meta.index);
  EXPECT_EQ(second.service->state_digest(), first.service->state_digest());
  second.lead(2);
  EXPECT_EQ(second.say("GET k1\r\nDBSIZE\r\nSELECT 3\r\nGET other\r\n"),
            "$1\r\nv\r\n:20\r\n+OK\r\n$1\r\n1\r\n");
}

TEST(ServiceCheckpointTest, EntriesThatComeWhileLoadingAreAppliedAfterwards) {
  World first;
  first.lead(1);
  first.say("SET n 5\r\nSAVE\r\n");
  World second(Given{.checkpoint = first.stored_meta});
  second.writes_checkpoints = false;
  second.stored = first.stored;
  second.last_index = first.stored_meta.index;
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"INCR", "n"};
  writer.command(0, {}, false, argv);
  second.commit_foreign(1, raft::EntryKind::kBatch, writer.seal(second.clocks.wall_ms, 1));
  second.settle();
  second.writes_checkpoints = true;
  second.settle();
  second.lead(2);
  EXPECT_EQ(second.say("GET n\r\n"), "$1\r\n6\r\n");
}

TEST(ServiceCheckpointTest, ADamagedCheckpointStopsTheNode) {
  World world(Given{.checkpoint = raft::SnapshotMeta{
                        .index = base::LogIndex(9), .term = base::Term(1), .membership = {}}});
  world.stored[{0, 0, 0, 0}] = "garbage";
  world.stored[{1, 0, 0, 0}] = "more";
  world.settle();
  ASSERT_TRUE(world.fatal.has_value());
  EXPECT_NE(world.fatal->find("cannot be loaded"), std::string::npos);
}

TEST(ServiceCheckpointTest, AnInstalledSnapshotReplacesTheEngine) {
  World leader;
  leader.lead(1);
  leader.say("SET a new\r\nSET b 1\r\nSAVE\r\n");
  World follower(Given{.settings = {"--cluster-enabled", "yes"}});
  follower.show_cluster();
  follower.follow(1, kOther);
  follower.stored = leader.stored;
  follower.last_index = leader.stored_meta.index;
  follower.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = leader.stored_meta}));
  follower.settle();
  EXPECT_EQ(follower.service->applied(), leader.stored_meta.index);
  EXPECT_EQ(follower.say("READONLY\r\nGET a\r\nDBSIZE\r\n"), "+OK\r\n$3\r\nnew\r\n:2\r\n");
  const std::string installed = "raft_snapshots_installed:1\r\n";
  EXPECT_NE(follower.say("INFO raft\r\n").find(installed), std::string::npos);
  follower.show_cluster();  // a view made before the install
  EXPECT_NE(follower.say("INFO raft\r\n").find(installed), std::string::npos);
}

// What waits to be freed, as INFO tells it.
std::uint64_t buried_bytes(World& world) {
  const std::string text = world.say("INFO memory\r\n");
  const std::string name = "used_memory_overhead:";
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
}

void fill(World& world, int keys) {
  for (int first = 0; first < keys; first += 1000) {
    std::vector<std::string> words{"MSET"};
    for (int i = first; i < first + 1000; ++i) {
      words.push_back("key:" + std::to_string(i));
      words.push_back("value");
    }
    world.say(request(words));
  }
}

void install(World& follower, const World& leader) {
  follower.stored = leader.stored;
  follower.last_index = leader.stored_meta.index;
  follower.service->receive(
      FromConsensus(StateReplaced{.group = base::kFirstGroup, .meta = leader.stored_meta}));
}

TEST(ServiceCheckpointTest, TheEngineThatASnapshotReplacedIsFreedInSlicesAlsoWhenIdle) {
  World leader;
  leader.lead(1);
  leader.say("SET a new\r\nSAVE\r\n");
  World follower;
  follower.lead(1);
  constexpr int kKeys = 100'000;
  fill(follower, kKeys);
  follower.follow(2, kOther);
  install(follower, leader);
  follower.settle();
  std::uint64_t left = buried_bytes(follower);
  EXPECT_GT(left, std::uint64_t{kKeys} / 2 * 40) << "it counts as memory until it is freed";
  while (left > 0) {
    // The turn that told what is left has freed some of it, and maybe all.
    const auto deadline = follower.last_output.next_deadline;
    const bool is_last = deadline != follower.clocks.now + base::milliseconds(1);
    follower.pass(base::milliseconds(1));
    const std::uint64_t now = buried_bytes(follower);
    ASSERT_LT(now, is_last ? 1 : left);
    ASSERT_LE(left - now, 20'000U * 64) << "more than a few turns may free";
    left = now;
  }
}

// Half of the rows in one page; the next one is asked for. What a load before has asked for is
// answered too.
void load_half(World& world) {
  world.turn();
  auto asked = std::erase_if(world.to_state, [](const ToState& message) {
    return std::holds_alternative<LoadPage>(message);
  });
  for (; asked > 1; --asked) world.service->receive(FromState(LoadedPage{}));
  LoadedPage page;
  for (const auto& [key, body] : world.stored) {
    if (page.page.rows.size() < world.stored.size() / 2) page.page.rows.push_back({key, body});
  }
  world.service->receive(FromState(std::move(page)));
  world.turn();
  EXPECT_FALSE(world.last_output.is_serving);
}

TEST(ServiceCheckpointTest, SnapshotsThatInterruptOneAnotherDoNotPileUp) {
  World leader;
  leader.lead(1);
  constexpr int kKeys = 100'000;
  fill(leader, kKeys);
  leader.say("SAVE\r\n");
  World follower;
  follower.lead(1);
  fill(follower, kKeys);
  follower.follow(2, kOther);
  follower.writes_checkpoints = false;
  std::uint64_t most = 0;
  for (int i = 0; i < 20; ++i) {
    install(follower, leader);
    most = std::max(most, buried_bytes(follower));
    load_half(follower);
    most = std::max(most, buried_bytes(follower));
  }
  EXPECT_GT(most, std::uint64_t{kKeys} / 4 * 40);
  EXPECT_LT(most, std::uint64_t{kKeys} / 2 * 100) << "one that was half loaded";
  follower.writes_checkpoints = true;
  follower.settle();
  EXPECT_TRUE(follower.last_output.is_serving);
  EXPECT_EQ(follower.service->state_digest(), leader.service->state_digest());
}

TEST(ServiceCheckpointTest, DebugReloadGoesThroughTheStoreAndBack) {
  World world(Given{.settings = {"--enable-debug-command", "yes"}});
  world.lead(1);
  for (int i = 0; i < 10; ++i) world.say(command("SET k" + std::to_string(i) + " v EX 100"));
  world.say("DEL k3\r\n");
  const std::uint64_t digest = world.service->state_digest();
  EXPECT_EQ(world.say("DEBUG RELOAD\r\nDBSIZE\r\n"), "+OK\r\n:9\r\n");
  EXPECT_EQ(world.service->state_digest(), digest);
  EXPECT_EQ(world.say("DEL k1 k2\r\nDEBUG RELOAD\r\nDBSIZE\r\nSET k1 w\r\nSAVE\r\n"),
            ":2\r\n+OK\r\n:7\r\n+OK\r\n+OK\r\n");
  World second(Given{.checkpoint = world.stored_meta});
  second.stored = world.stored;
  second.settle();
  EXPECT_EQ(second.service->state_digest(), world.service->state_digest());
}

TEST(ServiceCheckpointTest, AWriteDuringDebugReloadWaitsForItsEnd) {
  World world(Given{.settings = {"--enable-debug-command", "yes"}});
  world.lead(1);
  world.writes_checkpoints = false;
  EXPECT_EQ(world.say("DEBUG RELOAD\r\n"), "");
  const auto other = world.connect();
  EXPECT_EQ(world.say(other, "GET a\r\nSET a 1\r\n"), "$-1\r\n");
  world.writes_checkpoints = true;
  world.settle();
  EXPECT_EQ(world.say(""), "+OK\r\n");
  EXPECT_EQ(world.received(other), "+OK\r\n");
}

TEST(ServiceStopTest, ASoleNodeAnswersWhatIsUnderWayAndIsDrained) {
  World world;
  world.lead(1);
  world.commits = false;
  EXPECT_EQ(world.say("SET a 1\r\n"), "");
  world.service->begin_stop();
  world.settle();
  EXPECT_EQ(world.say("SET a 2\r\n"), "") << "no new commands";
  EXPECT_FALSE(world.service->is_drained());
  world.commits = true;
  world.settle();
  world.pass(base::milliseconds(20));
  EXPECT_EQ(world.say(""), "+OK\r\n");
  EXPECT_TRUE(world.service->is_drained());
}

TEST(ServiceStopTest, ALeaderOfSeveralHandsOverAndSendsTheOthersThere) {
  World world(Given{.settings = {"--cluster-enabled", "yes"}});
  world.show_cluster();
  world.lead(1, false);
  const auto client = world.connect();
  world.service->begin_stop();
  world.settle();
  world.pass(base::milliseconds(20));
  ASSERT_FALSE(world.asked.empty());
  EXPECT_TRUE(std::holds_alternative<BeginTransfer>(world.asked.back()));
  EXPECT_EQ(world.say(client, "SET a 1\r\n"), "");
  world.service->receive(
      FromConsensus(TransferDone{.group = base::kFirstGroup, .is_done = true, .detail = ""}));
  world.follow(2, kOther);
  world.pass(base::milliseconds(20));
  EXPECT_EQ(world.received(client), "-MOVED 15495 10.0.0.2:7002\r\n");
  world.pass(base::milliseconds(20));
  EXPECT_FALSE(world.service->is_drained()) << "it may be saying something right now";
  world.pass(base::milliseconds(100));
  EXPECT_TRUE(world.service->is_drained());
}

TEST(ServiceStopTest, AFollowerIsDrainedAtOnce) {
  World world(Given{.settings = {"--cluster-enabled", "yes"}});
  world.follow(1, kOther);
  world.service->begin_stop();
  world.pass(base::milliseconds(20));
  EXPECT_TRUE(world.service->is_drained());
}

TEST(ServiceStopTest, AStopIsNotHeldUpForEver) {
  World world;
  world.lead(1);
  world.commits = false;
  world.say("SET a 1\r\n");
  world.service->begin_stop();
  world.settle();
  for (int i = 0; i < 10; ++i) world.pass(base::milliseconds(1000));
  EXPECT_TRUE(world.service->is_drained());
}

}  // namespace
}  // namespace node::testing
