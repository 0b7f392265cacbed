// Eviction at the service: the leader proposes, writes go on, and what has no victim is refused.
#include <gtest/gtest.h>

#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

constexpr std::string_view kOom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

World with(const std::string& policy, const std::string& limit = "100000") {
  return World(Given{.settings = {"--maxmemory", limit, "--maxmemory-policy", policy}});
}

std::string set_large(World& world, const std::string& key) {
  return world.say(request({"SET", key, std::string(5000, 'x')}));
}

std::uint64_t figure(World& world, const std::string& name) {
  const std::string info = world.say("INFO\r\n");
  const std::size_t at = info.find("\n" + name + ":");
  EXPECT_NE(at, std::string::npos) << name;
  return std::stoull(info.substr(at + name.size() + 2));
}

TEST(ServiceEvictionTest, MemoryStaysAtTheLimitAndEveryWriteIsAccepted) {
  for (const char* policy : {"allkeys-lru", "allkeys-lfu", "allkeys-random"}) {
    World world = with(policy);
    world.lead(1);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(set_large(world, "k" + std::to_string(i)), "+OK\r\n");
    EXPECT_LE(figure(world, "used_memory_dataset"), 100'000U) << policy;
    EXPECT_GE(figure(world, "evicted_keys"), 80U) << policy;
    EXPECT_EQ(figure(world, "current_eviction_exceeded_time"), 0U);
  }
}

TEST(ServiceEvictionTest, ALoweredLimitIsReachedWithoutAnyCommandAndThenNothingIsProposed) {
  World world = with("allkeys-random", "0");
  world.lead(1);
  for (int i = 0; i < 50; ++i) set_large(world, "k" + std::to_string(i));
  world.say("CONFIG SET maxmemory 50000\r\n");
  world.settle();
  EXPECT_LE(figure(world, "used_memory_dataset"), 50'000U);
  const std::size_t before = world.proposals;
  world.pass(base::milliseconds(5000));
  EXPECT_EQ(world.proposals, before);
}

TEST(ServiceEvictionTest, AVolatilePolicyRefusesWhenNothingExpires) {
  for (const char* policy : {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    World world = with(policy, "20000");
    world.lead(1);
    for (int i = 0; i < 4; ++i) set_large(world, "k" + std::to_string(i));
    EXPECT_EQ(set_large(world, "b"), kOom) << policy;
    EXPECT_EQ(world.say("DEL k0\r\n"), ":1\r\n");
    EXPECT_EQ(world.say(request({"SET", "t", std::string(9000, 'x'), "EX", "100"})), "+OK\r\n");
    EXPECT_EQ(world.say("EXISTS t k1 k2 k3\r\n"), ":3\r\n") << policy << ": t is the only victim";
  }
}

TEST(ServiceEvictionTest, ALeaderOfAClusterTellsWhatWasReadButNotMoreOftenThanTenTimesASecond) {
  World world = with("allkeys-lru", "100mb");
  world.lead(1, false);
  world.say("SET a 1\r\nGET a\r\n");
  world.pass(base::milliseconds(200));
  std::size_t told = 0;
  for (const ToConsensus& message : world.asked) told += std::holds_alternative<TellUses>(message);
  EXPECT_GE(told, 1U);
  world.pass(base::milliseconds(5000));
  std::size_t later = 0;
  for (const ToConsensus& message : world.asked) later += std::holds_alternative<TellUses>(message);
  EXPECT_EQ(later, told) << "nothing was used since";
}

TEST(ServiceEvictionTest, AFollowerTakesTheHintsAndEvictsNothingByItself) {
  World world = with("allkeys-lru", "1000");
  world.lead(1);
  set_large(world, "a");
  EXPECT_EQ(world.say("EXISTS a\r\n"), ":0\r\n") << "the leader did";
  world.follow(2, kOther);
  const std::size_t before = world.proposals;
  world.service->receive(FromConsensus(UsesTold{base::kFirstGroup, "junk"}));
  world.settle();
  EXPECT_EQ(world.proposals, before);
}

TEST(ServiceEvictionTest, ThePolicyDecidesBetweenIdletimeAndFreq) {
  World world = with("noeviction", "0");
  world.lead(1);
  world.say("SET a 1\r\n");
  EXPECT_EQ(world.say("OBJECT FREQ a\r\n").substr(0, 8), "-ERR An ");
  EXPECT_EQ(world.say("CONFIG SET maxmemory-policy volatile-lfu\r\nSET b 1\r\nOBJECT FREQ b\r\n"),
            "+OK\r\n+OK\r\n:5\r\n");
  EXPECT_EQ(world.say("OBJECT IDLETIME b\r\n").substr(0, 8), "-ERR An ");
}

}  // namespace
}  // namespace node::testing
