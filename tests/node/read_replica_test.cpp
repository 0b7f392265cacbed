// Nodes with raft-voter no among whole consensus machines: how they join, what they never do, what
// comes of a change of the setting (docs/decisions/read-replicas.md).
#include <gtest/gtest.h>

#include <algorithm>

#include "node/messages/node_name.h"
#include "tests/node/harness_cluster.h"

namespace {

using node_test::Cluster;

class ReadReplica : public testing::Test {
 protected:
  static constexpr std::size_t kReader = 3;
  static std::vector<std::string> founders() { return {"host0:7000", "host1:7000", "host2:7000"}; }

  void SetUp() override {
    for (std::size_t i = 0; i < 3; ++i) cluster.start(i, founders());
    ASSERT_TRUE(cluster.run_until(
        [&] { return cluster.leader().has_value() && cluster.raft(2) != nullptr; }, 5000));
    leader = *cluster.leader();
    other = (leader + 1) % 3;
    third = (leader + 2) % 3;
  }
  void begin(std::size_t node, bool wants_vote) {
    cluster.at(node).wants_vote = wants_vote;
    if (node == kReader)
      cluster.start_alone(node);
    else
      cluster.start(node, founders());
  }
  void begin_again(std::size_t node, bool wants_vote) {
    cluster.crash(node);
    begin(node, wants_vote);
  }
  void join() {
    begin(kReader, false);
    cluster.run(1000);
    ASSERT_EQ(ask(leader, node::MeetNode{cluster.at(kReader).address}), "");
    ASSERT_TRUE(cluster.run_until(
        [&] { return is_learner(kReader) && cluster.raft(kReader) != nullptr; }, 5000));
  }
  std::string ask(std::size_t node, decltype(node::ClusterRequest::what) what) {
    const std::uint64_t id = cluster.service(node).request(std::move(what));
    const auto& answers = cluster.service(node).answers;
    if (!cluster.run_until([&] { return answers.contains(id); }, 12000)) return "late";
    return answers.at(id);
  }
  bool write(const std::string& text) {
    const auto leads = cluster.leader();
    if (!leads) return false;
    cluster.service(*leads).propose(text);
    return has(*leads, text);
  }
  bool has(std::size_t node, const std::string& text) {
    return cluster.run_until(
        [&] {
          const auto& list = cluster.service(node).list;
          return std::find(list.begin(), list.end(), text) != list.end();
        },
        5000);
  }
  // As the membership in force at the leader says.
  const raft::Member* member(std::size_t node) {
    const auto leads = cluster.leader();
    return leads ? cluster.raft(*leads)->membership().find(cluster.at(node).id) : nullptr;
  }
  bool is_voter(std::size_t node) { return member(node) != nullptr && member(node)->is_voter; }
  bool is_learner(std::size_t node) { return member(node) != nullptr && !member(node)->is_voter; }

  Cluster cluster{4, 23};
  std::size_t leader = 0, other = 0, third = 0;
};

TEST_F(ReadReplica, FoundsNothingAndWaitsToBeMet) {
  begin(kReader, false);
  cluster.run(5000);
  EXPECT_FALSE(cluster.is_born(kReader));
  EXPECT_TRUE(
      cluster.has_line(kReader, "waiting for a cluster that adds this node (CLUSTER MEET)"));
  EXPECT_FALSE(cluster.service(kReader).view.is_born);
}

TEST_F(ReadReplica, FollowsAsALearnerForEverAndIsShownAsOne) {
  join();
  ASSERT_TRUE(write("a"));
  EXPECT_TRUE(has(kReader, "a"));
  cluster.run(10'000);
  EXPECT_TRUE(is_learner(kReader));
  EXPECT_EQ(cluster.raft(kReader)->role(), raft::Role::kLearner);
  const node::ClusterView& view = cluster.service(*cluster.leader()).view;
  const auto shown = std::find_if(view.peers.begin(), view.peers.end(), [&](const auto& peer) {
    return peer.id == cluster.at(kReader).id;
  });
  ASSERT_NE(shown, view.peers.end());
  EXPECT_FALSE(shown->is_voter);
  EXPECT_FALSE(shown->wants_vote);
  EXPECT_EQ(shown->lag_bytes, 0U);
  EXPECT_EQ(view.change, "");
}

TEST_F(ReadReplica, MayAskForItsInvitationItself) {
  begin(kReader, false);
  cluster.run(1000);
  EXPECT_EQ(ask(kReader, node::MeetNode{cluster.at(other).address}), "");
  EXPECT_TRUE(cluster.run_until([&] { return is_learner(kReader); }, 5000));
}

TEST_F(ReadReplica, NeitherLeadsNorMakesAMajority) {
  join();
  EXPECT_EQ(ask(kReader, node::TakeOver{.is_forced = true}),
            "ERR this node never leads: it was started with 'raft-voter no'");
  cluster.crash(leader);
  cluster.crash(other);
  cluster.run(10'000);
  EXPECT_FALSE(cluster.leader().has_value());
  EXPECT_EQ(cluster.raft(kReader)->role(), raft::Role::kLearner);
  begin(other, true);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.leader().has_value(); }, 5000));
  EXPECT_NE(cluster.leader(), kReader);
}

TEST_F(ReadReplica, IsALearnerAfterARestartAndAVoterWhenItIsStartedAsOne) {
  join();
  begin_again(kReader, false);
  cluster.run(5000);
  EXPECT_TRUE(is_learner(kReader));
  begin_again(kReader, true);
  EXPECT_TRUE(cluster.run_until([&] { return is_voter(kReader); }, 5000));
}

TEST_F(ReadReplica, ThatLostItsDirectoryReturnsAsOne) {
  join();
  ASSERT_TRUE(write("a"));
  const base::NodeId was = cluster.at(kReader).id;
  cluster.crash(kReader);
  cluster.empty_directory(kReader);
  begin(kReader, false);
  ASSERT_TRUE(cluster.run_until([&] { return is_learner(kReader); }, 10'000));
  EXPECT_NE(cluster.at(kReader).id, was);
  EXPECT_TRUE(has(kReader, "a"));
  EXPECT_EQ(cluster.raft(*cluster.leader())->membership().find(was), nullptr);
}

// ---- from yes to no ----

TEST_F(ReadReplica, AVoterThatIsStartedAsOneIsMadeALearner) {
  begin_again(other, false);
  ASSERT_TRUE(cluster.run_until([&] { return is_learner(other); }, 5000));
  ASSERT_TRUE(write("a"));
  EXPECT_TRUE(has(other, "a"));
  EXPECT_TRUE(
      cluster.run_until([&] { return cluster.raft(other)->role() == raft::Role::kLearner; }, 5000));
  begin_again(other, true);
  EXPECT_TRUE(cluster.run_until([&] { return is_voter(other); }, 5000));
}

// Its log is the longest: nobody else can be elected.
TEST_F(ReadReplica, AnElectedOneHandsOverAndIsMadeALearnerWhenTheOthersCanGoOn) {
  cluster.crash(other);
  cluster.crash(third);
  cluster.service(leader).propose("known to the leader alone");
  cluster.run(100);
  begin_again(leader, false);
  begin(other, true);
  ASSERT_TRUE(cluster.run_until([&] { return cluster.leader() == other; }, 20'000));
  EXPECT_TRUE(cluster.has_line(leader, "hands leadership over to one that votes"));
  cluster.run(3000);
  EXPECT_TRUE(is_voter(leader)) << "of two that are left one is there";
  EXPECT_TRUE(cluster.has_line(other, "stays a voter until a majority of the others is reachable"));
  EXPECT_EQ(cluster.leader(), other);
  begin(third, true);
  ASSERT_TRUE(cluster.run_until([&] { return is_learner(leader); }, 5000));
  EXPECT_TRUE(has(third, "known to the leader alone"));
}

// ---- without voters there is no cluster ----

TEST_F(ReadReplica, AmongTheFoundersIsAnErrorThatNamesIt) {
  Cluster young(3, 5);
  young.at(2).wants_vote = false;
  young.start_all();
  young.run(10'000);
  EXPECT_FALSE(young.is_born(0));
  EXPECT_TRUE(young.has_line(0,
                             "host2:7000 was started with 'raft-voter no', and a cluster is "
                             "founded by voters: leave it out of raft-peers"));
  EXPECT_TRUE(young.has_line(2, "waiting for a cluster that adds this node (CLUSTER MEET)"));
  young.crash(2);
  young.at(2).wants_vote = true;
  young.start(2);
  EXPECT_TRUE(young.run_until([&] { return young.are_all_born() && young.leader(); }, 10'000));
}

TEST_F(ReadReplica, TheOnlyVoterStaysOneUntilItHasASuccessor) {
  Cluster lone(2, 6);
  lone.start_alone(0);
  ASSERT_TRUE(lone.run_until([&] { return lone.leader().has_value(); }, 2000));
  lone.crash(0);
  lone.at(0).wants_vote = false;
  lone.start_alone(0);
  ASSERT_TRUE(lone.run_until([&] { return lone.leader().has_value(); }, 2000));
  EXPECT_TRUE(lone.has_line(0, "this node is the only voter of its cluster: it goes on as one"));
  lone.start_alone(1);
  lone.run(1000);
  lone.service(0).request(node::MeetNode{lone.at(1).address});
  EXPECT_TRUE(lone.run_until(
      [&] {
        const raft::Raft* raft = lone.raft(1);
        return lone.leader() == 1 && raft->membership().voter_count() == 1 &&
               raft->membership().members.size() == 2;
      },
      20'000));
}

}  // namespace
