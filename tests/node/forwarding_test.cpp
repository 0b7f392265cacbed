// Batches of followers on their way to the leader's service and back, through consensus machines
// over byte pipes (node/consensus/forwarding.cpp).
#include <gtest/gtest.h>

#include "engine/elements/batch.h"
#include "tests/node/harness_cluster.h"

namespace {

using node_test::Cluster;

class Forwarding : public testing::Test {
 protected:
  void SetUp() override {
    cluster.start_all();
    ASSERT_TRUE(
        cluster.run_until([&] { return cluster.are_all_born() && cluster.leader(); }, 10'000));
    leader = *cluster.leader();
    follower = (leader + 1) % cluster.size();
    ASSERT_TRUE(cluster.run_until(
        [&] { return cluster.service(follower).leadership.leader == cluster.at(leader).id; },
        1000));
  }
  [[nodiscard]] base::Term term() const { return cluster.raft(leader)->term(); }
  void forward(std::uint64_t id, base::Term in, std::string payload) {
    cluster.service(follower).to_consensus.emplace_back(node::ForwardBatch{
        .group = base::kFirstGroup, .term = in, .id = id, .previous = id - 1, .payload = payload});
  }
  static std::string batch() {
    engine::BatchWriter writer;
    const std::vector<std::string_view> argv{"incr", "n"};
    writer.command(0, {}, false, argv);
    return writer.seal(5, 99);
  }

  Cluster cluster{3, 11};
  std::size_t leader = 0, follower = 0;
};

TEST_F(Forwarding, ABatchReachesTheLeadersServiceAndItsAnswerComesBack) {
  forward(7, term(), batch());
  auto& service = cluster.service(leader);
  ASSERT_TRUE(cluster.run_until([&] { return service.forwarded.size() == 1; }, 1000));
  const node::BatchForwarded& told = service.forwarded[0];
  EXPECT_EQ(told.from, cluster.at(follower).id);
  EXPECT_EQ(told.batch.id, 7U);
  EXPECT_EQ(told.batch.previous, 6U);
  EXPECT_EQ(told.batch.payload, batch());
  service.to_consensus.emplace_back(node::AnswerForward{.group = base::kFirstGroup,
                                                        .to = told.from,
                                                        .epoch = told.epoch,
                                                        .term = told.batch.term,
                                                        .id = 7,
                                                        .is_taken = true,
                                                        .index = {}});
  const auto& answers = cluster.service(follower).forward_answers;
  ASSERT_TRUE(cluster.run_until([&] { return answers.size() == 1; }, 1000));
  EXPECT_TRUE(answers[0].is_taken);
  EXPECT_EQ(answers[0].term, term());
}

TEST_F(Forwarding, InAnotherTermOrWithoutALinkItIsRefusedAtOnce) {
  const auto& answers = cluster.service(follower).forward_answers;
  forward(7, base::Term(term().value() + 1), batch());
  ASSERT_TRUE(cluster.run_until([&] { return answers.size() == 1; }, 1000));
  EXPECT_FALSE(answers[0].is_taken);
  EXPECT_TRUE(cluster.service(leader).forwarded.empty());
}

TEST_F(Forwarding, WhatCannotBeAppliedClosesTheLink) {
  forward(7, term(), "nonsense");
  ASSERT_TRUE(cluster.run_until(
      [&] { return cluster.has_line(leader, "it forwarded a malformed batch"); }, 1000));
  EXPECT_TRUE(cluster.service(leader).forwarded.empty());
}

// Not at the next heartbeat, which is some milliseconds away.
TEST_F(Forwarding, AMemberThatWaitsHearsOfTheCommitAtOnce) {
  auto& service = cluster.service(leader);
  const std::uint64_t id = service.propose("payload");
  ASSERT_TRUE(cluster.run_until([&] { return service.fates.contains(id); }, 1000));
  const base::LogIndex index = service.fates.at(id).index;
  service.to_consensus.emplace_back(node::AnswerForward{.group = base::kFirstGroup,
                                                        .to = cluster.at(follower).id,
                                                        .epoch = 1,
                                                        .term = term(),
                                                        .id = 1,
                                                        .is_taken = true,
                                                        .index = index});
  ASSERT_TRUE(cluster.run_until([&] { return service.applied >= index; }, 1000));
  const std::int64_t committed_ms = cluster.now_ms();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.service(follower).applied >= index; }, 1000));
  EXPECT_LE(cluster.now_ms() - committed_ms, 5);
}

}  // namespace
