// One meaning on all members (DESIGN decision 26): rules that all know, and the end of a node whose
// state the majority contradicts.
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "service_fixture.h"

namespace node::testing {
namespace {

constexpr base::NodeId kThird{33};

void have_three_members(World& world) {
  world.service->receive(FromConsensus(BaseMembership{
      .group = base::kFirstGroup,
      .membership = {base::ClusterId(7),
                     {{kSelf, "a:1", true}, {kOther, "b:1", true}, {kThird, "c:1", true}}}}));
}

void hear(World& world, base::NodeId from, const AppliedReport& report) {
  world.service->receive(
      FromConsensus(AppliedTold{.group = base::kFirstGroup, .from = from, .report = report}));
  world.settle();
}

std::uint32_t rules_of(const ProposeBatch& batch) {
  return engine::BatchReader(batch.payload).rules();
}

// What it says of the newest position, once the members know the rules.
AppliedReport lead_and_report(World& world) {
  have_three_members(world);
  world.lead(1, false);
  for (const base::NodeId other : {kOther, kThird})
    hear(world, other, {.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  EXPECT_EQ(world.say("SET a 1\r\n"), "+OK\r\n");
  world.pass(base::milliseconds(1100));
  EXPECT_FALSE(world.told_reports.empty());
  return world.told_reports.empty() ? AppliedReport{} : world.told_reports.back();
}

TEST(ServiceAgreementTest, RulesAreProposedWhenAllMembersKnowThemAndStay) {
  World world;
  have_three_members(world);
  world.answers_proposals = false;
  world.lead(1, false);
  const auto next_rules = [&world] {
    const ProposeBatch batch = world.take_proposal();
    world.place(batch);
    world.commit_all();
    world.settle();
    return rules_of(batch);
  };
  world.pass(base::milliseconds(2000));
  EXPECT_EQ(next_rules(), 0U) << "none has been heard";
  hear(world, kOther, {.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  world.say("SET a 1\r\n");
  EXPECT_EQ(next_rules(), 0U) << "one has not been heard";
  hear(world, kThird, {.rules = 0, .index = {}, .since = {}, .digest = 0});
  world.say("SET a 1\r\n");
  EXPECT_EQ(next_rules(), 0U) << "one is older";
  hear(world, kThird, {.rules = engine::kRulesKnown + 5, .index = {}, .since = {}, .digest = 0});
  world.say("SET a 1\r\n");
  EXPECT_EQ(next_rules(), engine::kRulesKnown);
  hear(world, kThird, {.rules = 0, .index = {}, .since = {}, .digest = 0});
  world.say("SET a 1\r\n");
  EXPECT_EQ(next_rules(), engine::kRulesKnown) << "they never go back";
}

TEST(ServiceAgreementTest, AFreshClusterBeginsByTheRulesThatItsMembersKnow) {
  World world;
  have_three_members(world);
  world.answers_proposals = false;
  world.lead(1, false);
  EXPECT_EQ(world.say("SET a 1\r\n"), "") << "a client waits for the term to open";
  hear(world, kOther, {.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  EXPECT_EQ(world.proposals, 0U);
  hear(world, kThird, {.rules = engine::kRulesKnown, .index = {}, .since = {}, .digest = 0});
  ASSERT_EQ(world.proposals, 1U);
  EXPECT_EQ(rules_of(world.take_proposal()), engine::kRulesKnown);
}

TEST(ServiceAgreementTest, ABatchOfUnknownRulesIsNotAppliedAndEndsTheNode) {
  World world;
  world.follow(1, kOther);
  engine::BatchWriter writer;
  const std::vector<std::string_view> argv{"SET", "a", "1"};
  writer.command(0, {}, false, argv);
  world.commit_foreign(1, raft::EntryKind::kBatch,
                       writer.seal(world.clocks.wall_ms, 1, 0, engine::kRulesKnown + 1));
  world.turn();
  ASSERT_TRUE(world.fatal.has_value());
  const std::string known = std::to_string(engine::kRulesKnown);
  EXPECT_NE(world.fatal->find("this program knows those up to " + known), std::string::npos)
      << *world.fatal;
  EXPECT_EQ(world.service->applied(), base::LogIndex());
}

TEST(ServiceAgreementTest, AnOlderCheckpointIsLoadedAndTheDigestBeginsWithTheRules) {
  World first;
  first.lead(1);
  EXPECT_EQ(first.say("SET a 1\r\nSAVE\r\n"), "+OK\r\n+OK\r\n");
  World second(Given{.checkpoint = first.stored_meta});
  second.stored = first.stored;
  second.last_index = first.stored_meta.index;
  second.settle();
  const AppliedReport report = lead_and_report(second);
  EXPECT_GT(report.since, first.stored_meta.index);
}

TEST(ServiceAgreementTest, WhoIsContradictedByTheMajorityStopsAndSaysWhatToDo) {
  World world;
  AppliedReport other = lead_and_report(world);
  other.digest ^= 1;
  hear(world, kOther, other);
  EXPECT_FALSE(world.fatal.has_value());
  hear(world, kThird, other);
  ASSERT_TRUE(world.fatal.has_value());
  EXPECT_NE(world.fatal->find("Move its directory away"), std::string::npos);
}

TEST(ServiceAgreementTest, WhoIsRightGoesOnAndNamesTheOther) {
  World world;
  AppliedReport report = lead_and_report(world);
  hear(world, kOther, report);
  report.digest ^= 1;
  hear(world, kThird, report);
  EXPECT_FALSE(world.fatal.has_value());
  ASSERT_FALSE(world.lines.empty());
  EXPECT_NE(world.lines.back().text.find("has come to another state"), std::string::npos);
  EXPECT_EQ(world.say("SET a 2\r\n"), "+OK\r\n");
}

TEST(ServiceAgreementTest, TwoThatApplyTheSameReportTheSame) {
  World leader, follower;
  const AppliedReport report = lead_and_report(leader);
  have_three_members(follower);
  follower.follow(1, kOther);
  for (const raft::EntryPtr& entry : leader.history) {
    follower.last_index = base::LogIndex(entry->index.value() - 1);
    follower.commit_foreign(1, entry->kind, entry->payload);
  }
  follower.settle();
  hear(follower, kOther, report);
  ASSERT_FALSE(follower.told_reports.empty());
  EXPECT_TRUE(follower.told_reports.back().agrees_with(report));
}

}  // namespace
}  // namespace node::testing
