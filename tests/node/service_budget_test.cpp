// Budgets at the service: what a leader proposes is judged when it is applied, replies are bounded
// however they are asked for, and an entry that ends nodes can be left out.
#include <gtest/gtest.h>

#include "node/config/applying.h"
#include "tests/node/service_fixture.h"

namespace node::testing {
namespace {

constexpr std::string_view kOom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
constexpr std::string_view kTooLarge = "-ERR the reply would be larger than 'reply-bytes-max'\r\n";

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

std::string copies(int count) {
  std::string commands;
  for (int i = 0; i < count; ++i) commands += request({"COPY", "big", "copy" + std::to_string(i)});
  return commands;
}

TEST(ServiceBudgetTest, MaxmemoryHoldsWithinOneBatch) {
  World world(Given{.settings = {"--maxmemory", "500000", "--maxmemory-policy", "noeviction"}});
  world.lead(1);
  world.say(request({"SET", "big", std::string(20000, 'x')}));
  const std::size_t before = world.proposals;
  const std::string replies = world.say(copies(100));
  EXPECT_EQ(world.proposals, before + 1);
  EXPECT_NEAR(static_cast<double>(times(replies, ":1\r\n")), 24, 4);
  EXPECT_EQ(times(replies, ":1\r\n") + times(replies, kOom), 100U);
}

TEST(ServiceBudgetTest, WhatCanBeEvictedLetsAWriteThroughButNotFarAboveTheLimit) {
  World world(Given{.settings = {"--maxmemory", "500000", "--maxmemory-policy", "allkeys-random"}});
  world.lead(1);
  world.say(request({"SET", "big", std::string(20000, 'x')}));
  const std::string replies = world.say(copies(1000));
  EXPECT_GT(times(replies, ":1\r\n"), 24U);
  EXPECT_LT(times(replies, ":1\r\n"), 500U) << "eight megabytes above the limit";
  EXPECT_EQ(times(replies, ":1\r\n") + times(replies, kOom) + times(replies, ":0\r\n"), 1000U);
}

TEST(ServiceBudgetTest, AnEntryCarriesWhatIsLeftOfMaxmemory) {
  World world(Given{.settings = {"--maxmemory", "500000"}});
  world.lead(1);
  world.answers_proposals = false;
  world.send(world.connect(), request({"SET", "a", "1"}));
  world.settle();
  const ProposeBatch proposed = world.take_proposal();
  const engine::BatchReader reader(proposed.payload);
  EXPECT_GT(reader.content_limit(), 400'000U);
  EXPECT_LE(reader.content_limit(), 500'000U);
}

TEST(ServiceBudgetTest, ARandomPickOfWhatCannotBeIsRefusedAtOnceAlsoInATransaction) {
  World world;
  world.lead(1);
  world.say("SADD s a b\r\n");
  EXPECT_EQ(world.say("SRANDMEMBER s -9223372036854775807\r\n"), kTooLarge);
  EXPECT_EQ(world.say("MULTI\r\nSET a 1\r\nSRANDMEMBER s -9223372036854775807\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n" + std::string(kTooLarge));
}

TEST(ServiceBudgetTest, ATransactionOfReadsSharesOneBudget) {
  World world;
  world.lead(1);
  world.say("CONFIG SET reply-bytes-max 1mb\r\n");
  world.say(request({"SET", "v", std::string(400'000, 'v')}));
  const std::string replies = world.say("MULTI\r\nGET v\r\nGET v\r\nGET v\r\nEXEC\r\n");
  EXPECT_EQ(times(replies, "$400000\r\n"), 2U);
  EXPECT_EQ(times(replies, kTooLarge), 1U);
  EXPECT_EQ(times(world.say("GET v\r\nGET v\r\nGET v\r\n"), "$400000\r\n"), 3U)
      << "one after the other each has its own";
}

TEST(ServiceBudgetTest, ASkippedElementTakesNoEffectAndTheOthersOfItsEntryDo) {
  World world(Given{.settings = {"--raft-skip-entry", "3:1"}});
  world.lead(1);
  EXPECT_EQ(world.say("SET first 1\r\n"), "+OK\r\n");
  ASSERT_EQ(world.last_index.value(), 2U);
  const std::string replies = world.say("SET a 1\r\nSET b 2\r\nSET c 3\r\n");
  EXPECT_EQ(replies.substr(0, 16), "+OK\r\n-INDOUBT th");
  EXPECT_TRUE(replies.ends_with("\r\n+OK\r\n"));
  EXPECT_EQ(world.say("EXISTS a b c\r\n"), ":2\r\n");
  bool is_told = false;
  for (const LogLine& line : world.lines)
    is_told |= line.text == "left out of log entry 3, as raft-skip-entry says: SET of key 'b'";
  EXPECT_TRUE(is_told);
}

TEST(ServiceBudgetTest, TheSkippedEntryIsANumberOrTwo) {
  EXPECT_EQ(parse_skipped_entry("")->index, 0U);
  EXPECT_TRUE(parse_skipped_entry("17")->leaves_out(17, 5));
  EXPECT_TRUE(parse_skipped_entry("17:5")->leaves_out(17, 5));
  EXPECT_FALSE(parse_skipped_entry("17:5")->leaves_out(17, 4));
  EXPECT_FALSE(parse_skipped_entry("17:5")->leaves_out(16, 5));
  for (const char* wrong : {"0", "x", "17:", ":5", "17:x", "-1"})
    EXPECT_FALSE(parse_skipped_entry(wrong)) << wrong;
}

}  // namespace
}  // namespace node::testing
