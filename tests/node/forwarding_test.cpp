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
  // As the leader's service does.
  base::LogIndex propose_for(const node::BatchForwarded& told) {
    constexpr std::uint64_t kNumber = 1'000'000;
    auto& service = cluster.service(leader);
    service.to_consensus.emplace_back(
        node::ProposeBatch{.group = base::kFirstGroup,
                           .id = kNumber,
                           .payload = told.batch.payload,
                           .guest = node::GuestBatch{.member = told.from,
                                                     .epoch = told.epoch,
                                                     .id = told.batch.id,
                                                     .term = told.batch.term}});
    EXPECT_TRUE(cluster.run_until([&] { return service.fates.contains(kNumber); }, 1000));
    return service.fates.at(kNumber).index;
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
  (void)propose_for(told);
  const auto& answers = cluster.service(follower).forward_answers;
  ASSERT_TRUE(cluster.run_until([&] { return answers.size() == 1; }, 1000));
  EXPECT_TRUE(answers[0].is_taken);
  EXPECT_EQ(answers[0].id, 7U);
  EXPECT_EQ(answers[0].term, term());
}

TEST_F(Forwarding, AnAnswerComesEvenIfTheServiceIsNotWokenForAnythingElse) {
  forward(7, term(), batch());
  ASSERT_TRUE(
      cluster.run_until([&] { return cluster.service(leader).forwarded.size() == 1; }, 1000));
  cluster.service(leader).to_consensus.emplace_back(
      node::AnswerForward{.group = base::kFirstGroup,
                          .to = cluster.at(follower).id,
                          .epoch = cluster.service(leader).forwarded[0].epoch,
                          .term = term(),
                          .id = 7,
                          .is_taken = true});
  const auto& answers = cluster.service(follower).forward_answers;
  ASSERT_TRUE(cluster.run_until([&] { return answers.size() == 1; }, 1000));
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
  forward(7, term(), batch());
  ASSERT_TRUE(cluster.run_until([&] { return service.forwarded.size() == 1; }, 1000));
  const base::LogIndex index = propose_for(service.forwarded[0]);
  ASSERT_TRUE(cluster.run_until([&] { return service.applied >= index; }, 1000));
  const std::int64_t committed_ms = cluster.now_ms();
  ASSERT_TRUE(cluster.run_until([&] { return cluster.service(follower).applied >= index; }, 1000));
  EXPECT_LE(cluster.now_ms() - committed_ms, 5);
}

}  // namespace
