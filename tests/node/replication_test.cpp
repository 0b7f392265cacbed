// Consensus machines over byte pipes: replication, links that break or stall, large values beside
// heartbeats, snapshots.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "tests/node/harness_cluster.h"

namespace {

using node_test::Cluster;

class Replication : public testing::Test {
 protected:
  void found(std::size_t count = 3) {
    cluster = std::make_unique<Cluster>(count, 11);
    cluster->start_all();
    ASSERT_TRUE(
        cluster->run_until([&] { return cluster->are_all_born() && cluster->leader(); }, 10'000));
    ASSERT_TRUE(put("first"));
  }
  std::size_t leader() { return *cluster->leader(); }
  std::size_t follower() { return (leader() + 1) % cluster->size(); }
  std::uint64_t term() { return cluster->raft(leader())->term().value(); }
  bool has_everywhere(const std::string& payload) {
    for (std::size_t i = 0; i < cluster->size(); ++i) {
      if (cluster->is_up(i) &&
          (cluster->service(i).list.empty() || cluster->service(i).list.back() != payload))
        return false;
    }
    return true;
  }
  bool put(const std::string& payload, std::int64_t patience_ms = 5000) {
    if (!cluster->run_until([&] { return cluster->leader().has_value(); }, patience_ms))
      return false;
    cluster->service(leader()).propose(payload);
    return cluster->run_until([&] { return has_everywhere(payload); }, patience_ms);
  }
  std::unique_ptr<Cluster> cluster;
};

TEST_F(Replication, AProposalIsAppliedOnAllNodesAtTheIndexAndTermItWasTold) {
  found();
  const std::uint64_t id = cluster->service(leader()).propose("payload");
  ASSERT_TRUE(cluster->run_until([&] { return has_everywhere("payload"); }, 100));
  const auto fate = cluster->service(leader()).fates.at(id);
  EXPECT_FALSE(fate.is_refused);
  EXPECT_EQ(fate.index, cluster->service(leader()).applied);
  EXPECT_EQ(fate.term, cluster->raft(leader())->term());
}

TEST_F(Replication, UsesOfKeysReachTheOtherMembersAndAreLostOnABrokenLink) {
  found();
  const std::size_t from = leader(), to = follower();
  const auto tell = [&](const std::string& uses) {
    cluster->service(from).to_consensus.emplace_back(node::TellUses{base::kFirstGroup, uses});
  };
  tell("hot");
  ASSERT_TRUE(cluster->run_until([&] { return !cluster->service(to).uses.empty(); }, 1000));
  EXPECT_EQ(cluster->service(to).uses, std::vector<std::string>{"hot"});
  EXPECT_TRUE(cluster->service(from).uses.empty());
  cluster->crash(to);
  tell("lost");
  cluster->run(100);
  EXPECT_TRUE(put("goes on"));
}

TEST_F(Replication, WhatIsForSubscribersReachesTheOthersInOrderAndIsCountedWhereItCannot) {
  found();
  const std::size_t from = leader(), to = follower();
  const auto tell = [&](const std::string& body, std::uint64_t messages) {
    cluster->service(from).to_consensus.emplace_back(
        node::TellPubsub{.group = base::kFirstGroup, .to = {}, .body = body, .messages = messages});
  };
  tell("a", 1);
  tell("b", 2);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->service(to).pubsub.size() == 2; }, 1000));
  EXPECT_EQ(cluster->service(to).pubsub, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(cluster->service(from).pubsub.empty());
  cluster->crash(to);
  cluster->run(10);
  tell("lost", 3);
  const auto& lost = cluster->service(from).lost;
  const auto is_counted = [&] {
    return std::any_of(lost.begin(), lost.end(), [&](const node::PubsubLost& one) {
      return one.peer == cluster->at(to).id && one.messages == 3 && !one.is_connected;
    });
  };
  EXPECT_TRUE(cluster->run_until(is_counted, 1000));
}

TEST_F(Replication, AMemberIsGreetedWhenItIsLinkedAndWhenItAsksBecauseItHasLostSomething) {
  found();
  const std::size_t from = leader(), to = follower();
  const auto greetings = [&] {
    const auto& linked = cluster->service(from).linked;
    return std::count(linked.begin(), linked.end(), cluster->at(to).id);
  };
  ASSERT_TRUE(cluster->run_until([&] { return greetings() > 0; }, 1000));
  const auto before = greetings();
  // More than is kept for a service that takes none of it.
  constexpr std::size_t kBodyBytes = 8 * base::limits::kMiB;
  for (int i = 0; i < 10; ++i) {
    cluster->service(from).to_consensus.emplace_back(node::TellPubsub{
        .group = base::kFirstGroup, .to = {}, .body = std::string(kBodyBytes, 'c')});
    cluster->run(200);
  }
  EXPECT_EQ(cluster->service(to).pubsub.size(), 8U);
  EXPECT_EQ(greetings(), before);
  cluster->service(to).to_consensus.emplace_back(
      node::PubsubTaken{.group = base::kFirstGroup, .bytes = 8 * kBodyBytes});
  EXPECT_TRUE(cluster->run_until([&] { return greetings() > before; }, 1000));
}

// What it told its clients of that it does not tell again.
TEST_F(Replication, ANodeHasCaughtUpWhenItHasAllThatItMayHaveAppliedBeforeItStarted) {
  found();
  const std::size_t to = follower();
  EXPECT_EQ(cluster->service(to).caught_up.size(), 1U);
  cluster->at(to).is_log_stalled = true;
  ASSERT_TRUE(put("applied and not on its disk"));
  const base::LogIndex applied = cluster->service(to).applied;
  cluster->crash(to);
  cluster->at(to).is_log_stalled = false;
  cluster->start(to);
  ASSERT_TRUE(put("more"));
  const std::vector<base::LogIndex>& caught_up = cluster->service(to).caught_up;
  ASSERT_TRUE(cluster->run_until([&] { return !caught_up.empty(); }, 5000));
  EXPECT_GE(caught_up[0], applied);
  EXPECT_EQ(caught_up.size(), 1U);
}

// An OK says that a majority has it; WAIT must not say less.
TEST_F(Replication, WhoWaitsForFollowersLearnsTheirPositionsAtOnceAndAsTheyCome) {
  found();
  node_test::ListService& service = cluster->service(leader());
  cluster->crash(follower());
  const std::uint64_t id = service.propose("payload");
  ASSERT_TRUE(cluster->run_until([&] { return service.list.back() == "payload"; }, 1000));
  const base::LogIndex index = service.fates.at(id).index;
  service.to_consensus.emplace_back(node::WatchProgress{base::kFirstGroup, 7, index});
  cluster->run(2);
  const auto holders = [&] {
    if (service.progress.empty() || service.progress.back().id != 7) return std::ptrdiff_t{-1};
    const auto& matches = service.progress.back().matches;
    return std::count_if(matches.begin(), matches.end(),
                         [&](const auto& match) { return match.second >= index; });
  };
  EXPECT_EQ(holders(), 1);
  for (std::size_t i = 0; i < cluster->size(); ++i) {
    if (!cluster->is_up(i)) cluster->start(i);
  }
  EXPECT_TRUE(cluster->run_until([&] { return holders() == 2; }, 5000));
  const std::size_t told = service.progress.size();
  ASSERT_TRUE(put("later"));
  EXPECT_EQ(service.progress.size(), told) << "nobody waits any more";
}

TEST_F(Replication, AProposalOnAFollowerIsRefused) {
  found();
  const std::uint64_t id = cluster->service(follower()).propose("payload");
  cluster->run(10);
  EXPECT_TRUE(cluster->service(follower()).fates.at(id).is_refused);
}

TEST_F(Replication, AReadOnAFollowerGetsTheLeadersIndex) {
  found();
  const std::size_t reader = follower();
  const base::LogIndex chosen = raft::LogIndex(cluster->raft(leader())->committed());
  const std::uint64_t read = cluster->service(reader).ask_read();
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->service(reader).reads.contains(read); }, 200));
  EXPECT_GE(cluster->service(reader).reads.at(read), chosen);
}

TEST_F(Replication, AReadOnTheLeaderIsGrantedAfterARound) {
  found();
  const std::uint64_t read = cluster->service(leader()).ask_read();
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->service(leader()).reads.contains(read); }, 100));
  EXPECT_GE(cluster->service(leader()).reads.at(read), cluster->service(leader()).applied);
}

TEST_F(Replication, AMinorityGrantsNoRead) {
  found();
  const std::size_t old = leader();
  cluster->network.isolate(old, 3);
  const std::uint64_t read = cluster->service(old).ask_read();
  cluster->run(2000);
  EXPECT_FALSE(cluster->service(old).reads.contains(read));
  EXPECT_FALSE(cluster->service(old).denied_reads.empty());
}

TEST_F(Replication, TheDeathOfTheLeaderIsHealedFastAndNothingIsLost) {
  found();
  for (int round = 0; round < 5; ++round) {
    const std::size_t old = leader();
    cluster->crash(old);
    const std::int64_t died_ms = cluster->now_ms();
    const std::string payload = "after death " + std::to_string(round);
    ASSERT_TRUE(put(payload));
    EXPECT_LT(cluster->now_ms() - died_ms, 700);
    cluster->start(old);
    ASSERT_TRUE(cluster->run_until([&] { return has_everywhere(payload); }, 3000));
    EXPECT_EQ(cluster->service(old).list.size(), static_cast<std::size_t>(round) + 2);
  }
}

TEST_F(Replication, AFollowerCutOffForLongCatchesUpWithoutDeposingTheLeader) {
  found();
  const std::uint64_t before = term();
  const std::size_t lost = follower();
  cluster->network.isolate(lost, 3);
  cluster->run(10'000);
  for (int i = 0; i < 50; ++i)
    cluster->service(leader()).propose("while away " + std::to_string(i));
  cluster->run(10);
  cluster->network.heal_all();
  ASSERT_TRUE(cluster->run_until([&] { return has_everywhere("while away 49"); }, 5000));
  EXPECT_EQ(term(), before);
}

TEST_F(Replication, ALostLinkIsDialledAgainWithinASecond) {
  found();
  const std::size_t other = follower();
  cluster->network.corrupt_next(leader());  // its bytes break the next link it uses
  cluster->run(200);
  ASSERT_TRUE(put("after the break", 2000));
  bool is_named = false;
  for (std::size_t i = 0; i < 3; ++i)
    is_named = is_named || cluster->has_line(i, "closed: it sent");
  EXPECT_TRUE(is_named);
  EXPECT_TRUE(cluster->is_up(other));
}

TEST_F(Replication, HeartbeatsFlowWhileALargeEntryCrossesASlowLink) {
  found();
  const std::uint64_t before = term();
  cluster->network.set_bytes_per_ms(10'000);  // 10 MB/s: 5 seconds for the entry
  const std::string large(50'000'000, 'x');
  const std::uint64_t sent_before = cluster->network.bytes_sent(leader());
  ASSERT_TRUE(put(large, 30'000));
  EXPECT_EQ(term(), before);
  cluster->run(10'000);
  // It crossed once to each follower, not again and again.
  EXPECT_LT(cluster->network.bytes_sent(leader()) - sent_before, 3 * large.size());
}

TEST_F(Replication, ALargeEntryIsNotSentAgainWhileASlowDiskWritesIt) {
  found();
  const std::uint64_t before = term();
  for (std::size_t i = 0; i < 3; ++i) cluster->at(i).log_delay_ms = 4000;
  const std::string large(20'000'000, 'x');
  const std::uint64_t sent_before = cluster->network.bytes_sent(leader());
  ASSERT_TRUE(put(large, 30'000));
  EXPECT_EQ(term(), before);
  cluster->run(10'000);
  EXPECT_LT(cluster->network.bytes_sent(leader()) - sent_before, 3 * large.size());
}

TEST_F(Replication, SmallEntriesAreNotLostBehindALargeOne) {
  found();
  cluster->network.set_bytes_per_ms(20'000);
  cluster->service(leader()).propose(std::string(20'000'000, 'x'));
  for (int i = 0; i < 200; ++i) {
    cluster->service(leader()).propose("small " + std::to_string(i));
    cluster->run(5);
  }
  ASSERT_TRUE(cluster->run_until([&] { return has_everywhere("small 199"); }, 10'000));
  EXPECT_EQ(cluster->service(follower()).list.size(), 202U);
}

TEST_F(Replication, AStalledDiskOrServiceCausesNoElection) {
  found();
  const std::uint64_t before = term();
  for (std::size_t i = 0; i < 3; ++i) cluster->at(i).is_log_stalled = true;
  cluster->service(leader()).is_stalled = true;
  cluster->service(leader()).propose("slow");
  cluster->run(3000);
  EXPECT_FALSE(has_everywhere("slow"));
  for (std::size_t i = 0; i < 3; ++i) cluster->at(i).is_log_stalled = false;
  cluster->run(10'000);  // a command that runs for ten seconds
  cluster->service(leader()).is_stalled = false;
  ASSERT_TRUE(cluster->run_until([&] { return has_everywhere("slow"); }, 1000));
  EXPECT_EQ(term(), before);
}

// Its log reaches back behind its checkpoint, though it has been started again.
TEST_F(Replication, ARestartedLeaderBringsALateFollowerLevelByItsLog) {
  found();
  const std::size_t first = leader(), late = follower(), third = 3 - first - late;
  cluster->crash(late);
  for (int i = 0; i < 5; ++i) cluster->service(first).propose("more " + std::to_string(i));
  ASSERT_TRUE(cluster->run_until([&] { return cluster->service(first).list.size() == 6; }, 500));
  cluster->service(first).checkpoint();  // the follower has been heard lately: its log stays
  ASSERT_TRUE(cluster->run_until([&] { return cluster->service(first).checkpoints == 1; }, 300));
  cluster->run(20);
  cluster->crash(first);
  cluster->crash(third);
  cluster->start(first);
  cluster->start(late);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader() == first; }, 10'000));
  ASSERT_TRUE(cluster->run_until([&] { return cluster->service(late).list.size() == 6; }, 5000));
  EXPECT_EQ(cluster->service(late).replacements, 0U) << "it got the whole checkpoint";
}

TEST_F(Replication, NothingIsAcknowledgedBeforeItIsDurable) {
  found();
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != leader()) cluster->at(i).is_log_stalled = true;
  }
  cluster->service(leader()).propose("unsafe");
  cluster->run(2000);
  EXPECT_EQ(cluster->service(leader()).list.back(), "first");
}

TEST_F(Replication, TheServiceGetsNoMoreThanTheWindowBeforeItApplies) {
  found();
  const std::size_t slow = follower();
  cluster->service(slow).is_stalled = true;
  for (int i = 0; i < 60; ++i) {
    cluster->service(leader()).propose(std::string(1'000'000, 'x'));
    cluster->run(5);
  }
  cluster->run(1000);
  std::size_t waiting_bytes = 0;
  for (const auto& message : cluster->at(slow).running->service_queue) {
    if (const auto* committed = std::get_if<node::Committed>(&message)) {
      for (const auto& entry : committed->entries) waiting_bytes += entry->payload.size();
    }
  }
  EXPECT_LE(waiting_bytes, base::limits::kApplyWindowBytesMax + 1'000'000);
  EXPECT_GT(waiting_bytes, base::limits::kApplyWindowBytesMax / 2);
  cluster->service(slow).is_stalled =
      false;  // the rest comes back from the log: the cache holds 32 MiB
  ASSERT_TRUE(cluster->run_until([&] { return cluster->service(slow).list.size() == 61; }, 3000));
}

TEST_F(Replication, AFollowerTooFarBehindGetsTheCheckpointInChunks) {
  found();
  const std::size_t lagging = follower();
  cluster->crash(lagging);
  for (int i = 0; i < 40; ++i) {
    cluster->service(leader()).propose("state " + std::to_string(i) + std::string(100'000, 'x'));
    cluster->run(20);
  }
  // Until the leader has given the silent one up, it keeps the log for it.
  cluster->run(2000);
  cluster->service(leader()).checkpoint();
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->service(leader()).checkpoints == 1; }, 1000));
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->at(leader()).log->entries().size() < 10; }, 1000));
  cluster->service(leader()).propose("after the checkpoint");
  cluster->start(lagging);
  ASSERT_TRUE(cluster->run_until([&] { return has_everywhere("after the checkpoint"); }, 10'000));
  EXPECT_EQ(cluster->service(lagging).list, cluster->service(leader()).list);
  EXPECT_EQ(cluster->service(lagging).replacements, 1U);
  EXPECT_EQ(cluster->at(leader()).state->pinned_count(), 0U);
  EXPECT_EQ(cluster->raft(lagging)->snapshot_index(), cluster->at(lagging).state->newest()->index);
  // And it can start from what it was given.
  cluster->crash(lagging);
  cluster->start(lagging);
  ASSERT_TRUE(put("after its restart"));
  EXPECT_EQ(cluster->service(lagging).list, cluster->service(leader()).list);
}

TEST_F(Replication, ANodeThatStartsFromItsCheckpointAppliesOnlyTheRest) {
  found();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(put("before " + std::to_string(i)));
  cluster->service(follower()).checkpoint();
  cluster->run(20);
  ASSERT_TRUE(put("after"));
  const std::size_t node = follower();
  cluster->crash(node);
  cluster->start(node);
  ASSERT_TRUE(put("later"));
  EXPECT_EQ(cluster->service(node).list, cluster->service(leader()).list);
}

TEST_F(Replication, AStrangerOfAnotherClusterIsRefusedOnBothSidesWithALine) {
  found();
  cluster->crash(follower());
  const std::size_t stranger = (leader() + 1) % 3;
  cluster->empty_directory(stranger);
  cluster->start_alone(stranger);  // a cluster of its own, where the members expect one of theirs
  cluster->run(5000);
  EXPECT_TRUE(cluster->has_line(leader(), "is no peer of cluster"));
  EXPECT_EQ(cluster->raft(stranger)->membership().members.size(), 1U);
}

// DESIGN decision 14: under another id, as a learner first, by the leader alone.
TEST_F(Replication, ANodeThatLostItsDirectoryIsReplacedByWhatAnswersAtItsAddress) {
  found();
  const std::size_t lost = follower();
  ASSERT_TRUE(put("kept"));
  cluster->crash(lost);
  cluster->empty_directory(lost);
  cluster->start(lost);
  cluster->run(2000);
  EXPECT_FALSE(cluster->is_born(lost));  // the old one may still be on its way
  EXPECT_TRUE(cluster->has_line(lost, "this node stays outside until CLUSTER MEET"));
  ASSERT_TRUE(cluster->run_until([&] { return cluster->is_born(lost); }, 10'000));
  EXPECT_TRUE(cluster->has_line(leader(), "answers at its address"));
  const auto is_voter_again = [&] {
    return cluster->raft(leader())->membership().voter_count() == 3;
  };
  ASSERT_TRUE(cluster->run_until(is_voter_again, 10'000));
  EXPECT_EQ(cluster->raft(leader())->membership().members.size(), 3U);
  ASSERT_TRUE(put("after"));
  cluster->run(500);
  EXPECT_EQ(cluster->service(lost).list, cluster->service(leader()).list);
}

// Runs a cluster of three on hosts 0 to 2; host 3 is where copies are kept.
void found_with_room_for_a_copy(std::unique_ptr<Cluster>& cluster) {
  cluster = std::make_unique<Cluster>(4, 3);
  for (std::size_t i = 0; i < 3; ++i) cluster->start(i, {"host0:7000", "host1:7000", "host2:7000"});
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader().has_value(); }, 10'000));
}

TEST_F(Replication, AnOldCopyOfADirectoryIsKnownByWhatItsNodeHadPromised) {
  found_with_room_for_a_copy(cluster);
  const std::vector<std::string> peers = {"host0:7000", "host1:7000", "host2:7000"};
  const std::size_t node = (leader() + 1) % 3;
  ASSERT_TRUE(put("before the copy"));
  cluster->run(1000);
  cluster->crash(node);
  cluster->copy_directory(node, 3);
  cluster->start(node, peers);
  cluster->run(1000);
  EXPECT_EQ(cluster->at(node).old_copy, "");  // its own newest directory
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put("after the copy " + std::to_string(i)));
  cluster->run(1000);
  cluster->crash(node);
  const base::NodeId old = cluster->at(node).id;
  cluster->copy_directory(3, node);
  cluster->start(node, peers);
  cluster->run(1000);
  EXPECT_TRUE(cluster->has_line(leader(), "has come back with an older copy of its directory"));
  EXPECT_TRUE(cluster->at(node).old_copy.starts_with("an older copy: it holds term "));
  EXPECT_NE(cluster->at(node).id, old);
  const auto is_level = [&] {
    return cluster->is_born(node) && cluster->raft(leader())->membership().voter_count() == 3 &&
           cluster->service(node).list == cluster->service(leader()).list;
  };
  EXPECT_TRUE(cluster->run_until(is_level, 10'000));
}

// All stop, one comes back with an older copy: the others know from their disks.
TEST_F(Replication, WhatWasPromisedIsRememberedAcrossRestarts) {
  found_with_room_for_a_copy(cluster);
  const std::vector<std::string> peers = {"host0:7000", "host1:7000", "host2:7000"};
  const std::size_t node = (leader() + 1) % 3;
  cluster->run(1000);
  cluster->copy_directory(node, 3);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put("after the copy " + std::to_string(i)));
  cluster->run(15'000);
  for (std::size_t i = 0; i < 3; ++i) cluster->crash(i);
  cluster->copy_directory(3, node);
  for (std::size_t i = 0; i < 3; ++i) cluster->start(i, peers);
  cluster->run(3000);
  EXPECT_TRUE(cluster->at(node).old_copy.starts_with("an older copy: it holds term "));
}

TEST_F(Replication, TwoLiveProcessesWithOneIdentityAreRefusedByName) {
  cluster = std::make_unique<Cluster>(4, 3);
  const std::vector<std::string> peers = {"host0:7000", "host1:7000", "host2:7000"};
  for (std::size_t i = 0; i < 3; ++i) cluster->start(i, peers);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader().has_value(); }, 10'000));
  const std::uint64_t before = term();
  cluster->copy_directory(follower() == 3 ? 0 : follower() % 3, 3);
  cluster->start(3, peers);
  cluster->run(10'000);
  EXPECT_TRUE(cluster->has_line(leader(), "another live process speaks as"));
  EXPECT_TRUE(cluster->has_line(3, "it refuses this node"));
  EXPECT_EQ(term(), before);
}

TEST_F(Replication, ARestartedNodeIsTakenForItselfAtOnce) {
  found();
  const std::size_t node = follower();
  cluster->crash(node);
  cluster->start(node);
  const std::int64_t began_ms = cluster->now_ms();
  ASSERT_TRUE(put("welcome back", 3000));
  EXPECT_LT(cluster->now_ms() - began_ms, 1500);
  EXPECT_FALSE(cluster->has_line(leader(), "another live process"));
}

TEST_F(Replication, LeadershipIsHandedOverWithoutAGap) {
  found();
  const std::size_t old = leader();
  const std::size_t heir = (old + 2) % 3;
  cluster->service(old).transfer(cluster->at(heir).id);
  ASSERT_TRUE(cluster->run_until([&] { return cluster->leader() == heir; }, 100));
  cluster->run(10);
  ASSERT_EQ(cluster->service(old).begun_transfers.size(), 1U) << "its clients can be told in time";
  ASSERT_EQ(cluster->service(old).transfers.size(), 1U);
  EXPECT_TRUE(cluster->service(old).transfers[0].is_done);
  EXPECT_TRUE(put("under the heir"));
}

TEST_F(Replication, ATransferThatCannotBeIsAnsweredWithTheReason) {
  found();
  const std::size_t node = leader();
  cluster->service(follower()).transfer({});
  cluster->run(5);
  EXPECT_EQ(cluster->service(follower()).transfers.at(0).detail, "this node is not the leader");
  cluster->service(node).transfer(base::NodeId(12345));
  cluster->run(5);
  EXPECT_EQ(cluster->service(node).transfers.at(0).detail, "that node is not reachable");
}

TEST_F(Replication, AFullDiskHandsLeadershipOverAndRecoversWhenSpaceReturns) {
  found();
  const std::size_t full = leader();
  cluster->at(full).log->is_full = true;
  cluster->service(full).propose("no room here");
  ASSERT_TRUE(
      cluster->run_until([&] { return cluster->leader() && *cluster->leader() != full; }, 5000));
  EXPECT_TRUE(cluster->service(full).disk_states.at(0).is_full);
  EXPECT_TRUE(
      cluster->has_line(full, "the disk of the log is full, this node acknowledges nothing"));
  cluster->service(leader()).propose("elsewhere");
  ASSERT_TRUE(cluster->run_until(
      [&] { return cluster->service(leader()).list.back() == "elsewhere"; }, 2000));
  cluster->at(full).log->is_full = false;
  ASSERT_TRUE(
      cluster->run_until([&] { return !cluster->service(full).disk_states.back().is_full; }, 2000));
  ASSERT_TRUE(put("with room again"));
  EXPECT_EQ(cluster->at(full).log->entries().size(), cluster->raft(full)->last_index().value());
}

TEST_F(Replication, TheViewTellsWhoIsWhoAndFollowsALoss) {
  found();
  cluster->run(1500);
  const node::ClusterView& view = cluster->service(leader()).view;
  ASSERT_EQ(view.peers.size(), 3U);
  EXPECT_TRUE(view.is_born);
  EXPECT_EQ(view.leader, cluster->at(leader()).id);
  EXPECT_EQ(view.role, raft::Role::kLeader);
  for (const node::PeerView& peer : view.peers) {
    EXPECT_TRUE(peer.is_connected);
    EXPECT_EQ(peer.client_port, 6000);
    EXPECT_EQ(peer.raft_port, 7000);
    EXPECT_EQ(peer.host.substr(0, 4), "host");
    EXPECT_EQ(peer.lag_entries, base::LogIndex(peer.is_self ? 0 : peer.lag_entries.value()));
  }
  const base::NodeId lost = cluster->at(follower()).id;
  cluster->crash(follower());
  cluster->run(300);
  const auto& peers = cluster->service(leader()).view.peers;
  const auto gone = std::find_if(peers.begin(), peers.end(),
                                 [&](const node::PeerView& peer) { return peer.id == lost; });
  ASSERT_NE(gone, peers.end());
  EXPECT_FALSE(gone->is_connected);
}

TEST_F(Replication, AnIdleClusterRunsFewTurns) {
  found();
  cluster->run(2000);
  const std::uint64_t before = cluster->at(leader()).running->turns;
  const std::size_t views = cluster->service(leader()).views;
  cluster->run(10'000);
  EXPECT_LT(cluster->at(leader()).running->turns - before, 1500U);  // heartbeats and their answers
  EXPECT_LE(cluster->service(leader()).views - views, 15U);
}

}  // namespace
