// Whether the service takes its mail, and what a node does whose service does not.
#include "node/consensus/service_watch.h"

#include <gtest/gtest.h>

#include "tests/node/harness_cluster.h"

namespace {

using node::ServiceWatch;

class ServiceWatchTest : public testing::Test {
 protected:
  // A turn each 50 ms, for `ms`.
  void run(std::int64_t ms) {
    for (; ms > 0; ms -= 50) {
      now += base::milliseconds(50);
      turn();
    }
  }
  void turn() {
    ServiceWatch::Output out = watch.advance(now);
    if (out.ask) asked.push_back(*out.ask);
    if (out.ask && answers) watch.on_answer(now, *out.ask);
    for (const node::LogLine& line : out.lines) lines.push_back(line.text);
    if (out.fatal) fatal = *out.fatal;
  }

  base::Instant now{base::milliseconds(5000)};
  ServiceWatch watch{base::milliseconds(30'000)};
  bool answers = true;
  std::vector<std::uint64_t> asked;
  std::vector<std::string> lines;
  std::string fatal;
};

TEST_F(ServiceWatchTest, AServiceThatAnswersIsAskedOnceASecond) {
  run(60'000);
  EXPECT_GE(asked.size(), 55U);
  EXPECT_LE(asked.size(), 61U);
  EXPECT_FALSE(watch.is_stuck());
  EXPECT_TRUE(lines.empty());
}

TEST_F(ServiceWatchTest, OneThatDoesNotIsStuckAfterTheTimeoutAndItsCommandIsNamed) {
  run(1000);
  answers = false;
  run(1000);
  watch.on_activity(now, {7, "sort"});
  const std::size_t questions = asked.size();
  run(28'000);
  EXPECT_FALSE(watch.is_stuck());
  watch.on_activity(now, {7, "sort"});
  run(2000);
  EXPECT_TRUE(watch.is_stuck());
  EXPECT_EQ(watch.stalls(), 1U);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("taken no mail for 30000 ms"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("command sort has been running for 29"), std::string::npos) << lines[0];
  EXPECT_EQ(asked.size(), questions) << "one question is enough";
}

TEST_F(ServiceWatchTest, TheAnswerEndsIt) {
  run(1000);
  answers = false;
  run(40'000);
  ASSERT_TRUE(watch.is_stuck());
  watch.on_answer(now, asked.back() - 1);
  EXPECT_TRUE(watch.is_stuck()) << "an old answer was taken for this one";
  watch.on_answer(now, asked.back());
  EXPECT_FALSE(watch.is_stuck());
  answers = true;
  run(100'000);
  EXPECT_FALSE(watch.is_stuck());
  EXPECT_EQ(watch.stalls(), 1U);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[1].find("takes its mail again"), std::string::npos) << lines[1];
}

TEST_F(ServiceWatchTest, TenTimesAsLongEndsTheNodeWithTheNameOfTheCommand) {
  run(1000);
  answers = false;
  watch.on_activity(now, {8, "srandmember"});
  run(298'000);
  EXPECT_EQ(fatal, "");
  run(4000);
  EXPECT_NE(fatal.find("command srandmember has been running for 30"), std::string::npos) << fatal;
}

TEST_F(ServiceWatchTest, ANodeThatWasSuspendedTakesItsServiceForAlive) {
  run(1000);
  answers = false;
  run(2000);
  now += base::milliseconds(1'000'000);  // SIGSTOP, a paused machine
  turn();
  EXPECT_FALSE(watch.is_stuck());
  watch.on_answer(now, asked.back());
  answers = true;
  run(60'000);
  EXPECT_EQ(watch.stalls(), 0U);
}

// ---- what follows from it ----

class StuckService : public testing::Test {
 protected:
  void found(std::size_t count = 3) {
    cluster = std::make_unique<node_test::Cluster>(count, 11);
    cluster->start_all();
    ASSERT_TRUE(
        cluster->run_until([&] { return cluster->are_all_born() && cluster->leader(); }, 10'000));
    ASSERT_TRUE(put("first"));
  }
  std::size_t leader() { return *cluster->leader(); }
  bool put(const std::string& payload) {
    if (!cluster->run_until([&] { return cluster->leader().has_value(); }, 5000)) return false;
    cluster->service(leader()).propose(payload);
    return cluster->run_until(
        [&] {
          const auto& list = cluster->service(leader()).list;
          return !list.empty() && list.back() == payload;
        },
        5000);
  }
  std::unique_ptr<node_test::Cluster> cluster;
};

TEST_F(StuckService, ALeaderWhoseServiceTakesNoMailGivesWayAndStandsNoMoreUntilItDoes) {
  found();
  const std::size_t stuck = leader();
  cluster->service(stuck).is_stalled = true;
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->leader().value_or(stuck) != stuck; }, 40'000));
  EXPECT_TRUE(cluster->has_line(stuck, "the service has taken no mail for 30"));
  EXPECT_TRUE(cluster->has_line(stuck, "the service of this node does not answer, stepping down"));
  // With the others gone it stands for nothing, though it could win.
  const std::size_t successor = leader();
  const std::size_t third = 3 - stuck - successor;
  cluster->crash(successor);
  cluster->service(third).is_stalled = true;
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader() == third; }, 20'000));
  cluster->run(40'000);  // now that one gives way too, and nobody leads
  ASSERT_FALSE(cluster->leader());
  const auto before = cluster->raft(stuck)->term();
  cluster->run(10'000);
  EXPECT_EQ(cluster->raft(stuck)->term(), before);
  cluster->service(stuck).is_stalled = false;
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader() == stuck; }, 20'000));
  cluster->service(third).is_stalled = false;
  EXPECT_TRUE(put("third"));
  EXPECT_EQ(cluster->service(stuck).view.service_stalls, 1U);
}

TEST_F(StuckService, ALoneNodeWhoseServiceIsStuckStaysWhatItIs) {
  found(1);
  const auto before = cluster->raft(0)->term();
  cluster->service(0).is_stalled = true;
  cluster->run(100'000);
  EXPECT_TRUE(cluster->has_line(0, "the service has taken no mail for"));
  cluster->service(0).is_stalled = false;
  EXPECT_TRUE(put("second"));
  EXPECT_EQ(cluster->raft(0)->term(), before);
  cluster->service(0).is_stalled = true;
  cluster->run(310'000);
  EXPECT_FALSE(cluster->is_up(0));
  EXPECT_NE(cluster->at(0).fatal.find("This node ends itself"), std::string::npos);
}

}  // namespace
