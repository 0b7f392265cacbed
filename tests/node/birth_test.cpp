// Birth (DESIGN decision 12), told with whole consensus machines over byte pipes.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/node/harness_cluster.h"

namespace {

using node_test::Cluster;

void print_lines(Cluster& cluster) {
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    for (const std::string& line : cluster.at(i).lines)
      std::cerr << "node " << i << ": " << line << "\n";
  }
}

// All nodes are of one cluster with the same members, and it serves.
void expect_one_cluster_that_serves(Cluster& cluster, std::int64_t patience_ms = 20'000) {
  const bool is_born =
      cluster.run_until([&] { return cluster.are_all_born() && cluster.leader(); }, patience_ms);
  if (!is_born) print_lines(cluster);
  ASSERT_TRUE(is_born);
  const raft::Membership& first = cluster.raft(0)->membership();
  EXPECT_EQ(first.members.size(), cluster.size());
  for (std::size_t i = 0; i < cluster.size(); ++i)
    EXPECT_EQ(cluster.raft(i)->membership(), first) << i;
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  cluster.service(*cluster.leader()).propose("hello");
  EXPECT_TRUE(cluster.run_until(
      [&] {
        for (std::size_t i = 0; i < cluster.size(); ++i) {
          if (cluster.service(i).list != std::vector<std::string>{"hello"}) return false;
        }
        return true;
      },
      5000));
}

TEST(Birth, ThreeNodesThatStartTogetherFoundOneCluster) {
  Cluster cluster(3, 1);
  cluster.start_all();
  expect_one_cluster_that_serves(cluster);
  EXPECT_LT(cluster.now_ms(), 4000);
}

TEST(Birth, StartOrderDoesNotMatter) {
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    for (const std::int64_t gap_ms : {0, 3, 700, 5000}) {
      Cluster cluster(3, 7 + static_cast<std::uint64_t>(gap_ms));
      for (const std::size_t node : order) {
        cluster.start(node);
        cluster.run(gap_ms);
      }
      expect_one_cluster_that_serves(cluster);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Birth, WithoutPeersANodeIsAClusterOfOneAtOnce) {
  Cluster cluster(1, 1);
  const std::int64_t began_ms = cluster.now_ms();
  cluster.start_alone(0);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 100));
  EXPECT_LE(cluster.now_ms() - began_ms, 10);
  EXPECT_EQ(cluster.raft(0)->membership().members.size(), 1U);
  EXPECT_TRUE(cluster.service(0).leadership.is_sole_voter);
  EXPECT_EQ(cluster.service(0).membership.members.front().id, cluster.at(0).id);
}

TEST(Birth, AListOfOnlyThisNodeFoundsAClusterOfOne) {
  Cluster cluster(1, 1);
  cluster.start(0);
  expect_one_cluster_that_serves(cluster);
}

TEST(Birth, NobodyFoundsWhileOneIsMissingAndTheLogSaysWho) {
  Cluster cluster(3, 1);
  cluster.start(0);
  cluster.start(1);
  cluster.run(30'000);
  EXPECT_FALSE(cluster.is_born(0));
  EXPECT_FALSE(cluster.is_born(1));
  EXPECT_TRUE(cluster.has_line(0, "waiting for all raft-peers: host2:7000 does not answer"));
  const auto said = std::count_if(
      cluster.at(0).lines.begin(), cluster.at(0).lines.end(),
      [](const std::string& line) { return line.find("waiting for") != std::string::npos; });
  EXPECT_GE(said, 2);
  EXPECT_LE(said, 12);
  EXPECT_FALSE(cluster.service(0).view.is_born);
  EXPECT_NE(cluster.service(0).view.waiting_for.find("host2:7000"), std::string::npos);
  cluster.start(2);
  expect_one_cluster_that_serves(cluster);
  EXPECT_TRUE(cluster.service(0).view.is_born);
}

TEST(Birth, AListWithoutThisNodeIsAnErrorThatNamesIt) {
  Cluster cluster(3, 1);
  cluster.start(0);
  cluster.start(1);
  cluster.start(2, {"host0:7000", "host1:7000"});
  cluster.run(3000);
  EXPECT_EQ(cluster.at(2).fatal,
            "raft-peers host0:7000, host1:7000: none of these addresses is this node");
  EXPECT_FALSE(cluster.is_born(0));
}

TEST(Birth, AListThatNamesThisNodeTwiceIsAnErrorThatNamesIt) {
  Cluster cluster(2, 1);
  cluster.network.listen(0, "alias:7000");
  cluster.start(0, {"host0:7000", "alias:7000", "host1:7000"});
  cluster.run(3000);
  EXPECT_NE(cluster.at(0).fatal.find("host0:7000 and alias:7000 are both this node"),
            std::string::npos)
      << cluster.at(0).fatal;
}

TEST(Birth, AListThatNamesAnotherNodeTwiceIsAnErrorThatNamesIt) {
  Cluster cluster(2, 1);
  cluster.network.listen(1, "alias:7000");
  cluster.start(1);
  cluster.start(0, {"host0:7000", "alias:7000", "host1:7000"});
  cluster.run(3000);
  EXPECT_NE(cluster.at(0).fatal.find("are both one node"), std::string::npos)
      << cluster.at(0).fatal;
}

TEST(Birth, NodesWithDifferentListsFoundNothing) {
  Cluster cluster(4, 1);
  cluster.start(0, {"host0:7000", "host1:7000", "host2:7000"});
  cluster.start(1, {"host0:7000", "host1:7000", "host2:7000", "host3:7000"});
  cluster.start(2, {"host0:7000", "host1:7000", "host2:7000"});
  cluster.start(3, {"host1:7000", "host3:7000"});
  cluster.run(20'000);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(cluster.is_born(i)) << i;
  EXPECT_TRUE(cluster.has_line(0, "host1:7000 does not see the same nodes"));
}

TEST(Birth, IfAPeerBelongsToAClusterNobodyFounds) {
  Cluster cluster(3, 1);
  cluster.start_alone(2);
  cluster.run(1000);
  cluster.start(0);
  cluster.start(1);
  cluster.run(20'000);
  EXPECT_FALSE(cluster.is_born(0));
  EXPECT_FALSE(cluster.is_born(1));
  EXPECT_TRUE(cluster.has_line(0, "host2:7000 belongs to a cluster already"));
  EXPECT_TRUE(cluster.has_line(2, "is not a member of cluster"));
  EXPECT_EQ(cluster.raft(2)->membership().members.size(), 1U);
}

TEST(Birth, WithAMembershipOnDiskTheListIsIgnored) {
  Cluster cluster(3, 1);
  cluster.start_all();
  expect_one_cluster_that_serves(cluster);
  for (std::size_t i = 0; i < 3; ++i) cluster.crash(i);
  for (std::size_t i = 0; i < 3; ++i) cluster.start(i, {"nowhere:1", "host0:7000"});
  ASSERT_TRUE(cluster.run_until([&] { return cluster.are_all_born() && cluster.leader(); }, 5000));
  EXPECT_EQ(cluster.raft(0)->membership().members.size(), 3U);
}

// The birth of three nodes, with one of them dying at its k-th output that does anything; before or
// after its disk has written what was asked for. Whatever happened, all three found one cluster
// when it is back.
class BirthCrash : public testing::TestWithParam<std::size_t> {};

TEST_P(BirthCrash, ACrashAtAnyStepIsMendedByAStart) {
  const std::size_t victim = GetParam();
  for (const bool is_written : {false, true}) {
    for (int step = 1;; ++step) {
      Cluster cluster(3, 5);
      cluster.start_all();
      int left = step;
      bool has_crashed = false;
      cluster.on_output = [&](std::size_t node, const node::ConsensusOutput& out) {
        const bool does_something = !out.sends.empty() || !out.to_log.empty() || !out.dials.empty();
        if (node != victim || has_crashed || !does_something || --left > 0) return true;
        has_crashed = true;
        for (const node::ToLog& request : out.to_log) {
          const auto* append = std::get_if<node::LogAppend>(&request);
          if (is_written && append != nullptr)
            CHECK(cluster.at(node).log->append({append->write}).ok());
        }
        return false;
      };
      const bool is_over =
          cluster.run_until([&] { return cluster.are_all_born() && cluster.leader(); }, 4000);
      if (is_over && !has_crashed) break;  // birth ends before this step
      ASSERT_TRUE(has_crashed) << step;
      cluster.run(static_cast<std::int64_t>(step % 3) * 400);
      cluster.start(victim);
      ASSERT_NO_FATAL_FAILURE(expect_one_cluster_that_serves(cluster))
          << "victim " << victim << " step " << step;
      ASSERT_LT(step, 300);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EachNode, BirthCrash, testing::Values(0, 1, 2));

TEST(Birth, AllCrashAtRandomDuringBirthAgainAndAgain) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Cluster cluster(3, seed);
    base::Prng prng(seed * 77);
    cluster.start_all();
    for (int crash = 0; crash < 12; ++crash) {
      cluster.run(static_cast<std::int64_t>(prng.below(40)));
      const std::size_t victim = prng.below(3);
      cluster.crash(victim);
      cluster.at(victim).log_delay_ms = static_cast<std::int64_t>(prng.below(5));
      cluster.run(static_cast<std::int64_t>(prng.below(10)));
      cluster.start(victim);
    }
    ASSERT_NO_FATAL_FAILURE(expect_one_cluster_that_serves(cluster)) << "seed " << seed;
  }
}

}  // namespace
