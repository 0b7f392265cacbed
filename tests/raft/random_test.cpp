// Random histories of whole clusters: safety after every step, progress once everything heals.
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/raft/cluster.h"

namespace {

using raft_test::Cluster;
using raft_test::Faults;

// The number of power failures that took entries.
std::uint64_t live_through(std::size_t count, std::uint64_t seed, const Faults& faults,
                           std::uint64_t& elections, std::uint64_t& installs,
                           std::uint64_t& truncations, std::uint64_t& reads,
                           std::uint64_t& member_changes, std::uint64_t& lives) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  try {
    Cluster cluster(count, seed);
    cluster.run(4000, faults);
    cluster.isolate(seed % count);
    cluster.run(1500, faults);
    cluster.isolate({});
    cluster.run(1500, faults);
    EXPECT_TRUE(cluster.converges(4000)) << "no progress after healing";
    EXPECT_GT(cluster.committed(), 20U);
    elections += cluster.elections();
    installs += cluster.installs();
    truncations += cluster.truncations();
    reads += cluster.reads();
    member_changes += cluster.member_changes();
    lives += cluster.lives();
    return cluster.losses();
  } catch (const std::logic_error& violated) {
    ADD_FAILURE() << violated.what();
  }
  return 0;
}

// QUORATE_SEEDS=N: that many instead.
std::uint64_t last_seed() {
  const char* seeds = std::getenv("QUORATE_SEEDS");
  return seeds == nullptr ? 60 : std::stoull(seeds);
}

TEST(RandomCluster, KeepsEverySafetyPropertyAndMakesProgressAfterHealing) {
  std::uint64_t elections = 0, installs = 0, truncations = 0, reads = 0, member_changes = 0,
                lives = 0;
  for (std::uint64_t seed = 1; seed <= last_seed(); ++seed) {
    const Faults rough{.loss_percent = static_cast<unsigned>(seed % 20),
                       .repeat_percent = 5,
                       .delay_ms_max = 1 + static_cast<std::int64_t>(seed % 40),
                       .disk_ms_max = 1 + static_cast<std::int64_t>(seed % 15),
                       .crash_permille = 6,
                       .pause_permille = 4,
                       .checkpoint_permille = 8,
                       .transfer = 4,
                       .link_loss = 10,
                       .stream_loss = 20,
                       .member_change = seed % 2 == 0 ? 600U : 0U};
    live_through(seed % 3 == 0 ? 5 : 3, seed, rough, elections, installs, truncations, reads,
                 member_changes, lives);
    if (HasFailure()) return;
  }
  EXPECT_GT(elections, 150U);
  EXPECT_GT(installs, 30U);
  EXPECT_GT(truncations, 30U);
  EXPECT_GT(reads, 1000U);
  EXPECT_GT(member_changes, 150U);
  EXPECT_GT(lives, 30U);
  RecordProperty("elections", static_cast<int>(elections));
  std::printf(
      "met: %lu elections, %lu snapshot installs, %lu truncations, %lu reads, %lu changes of "
      "members, %lu nodes replaced\n",
      elections, installs, truncations, reads, member_changes, lives);
}

// appendfsync everysec: power failures take entries that were acknowledged, from as many nodes at a
// time as may be without taking them from all that have them.
TEST(RandomCluster, LosesNothingToPowerFailuresThatTakeAcknowledgedEntries) {
  std::uint64_t elections = 0, installs = 0, truncations = 0, reads = 0, member_changes = 0,
                losses = 0, lives = 0;
  for (std::uint64_t seed = 1; seed <= last_seed(); ++seed) {
    const Faults rough{.loss_percent = static_cast<unsigned>(seed % 10),
                       .repeat_percent = 3,
                       .delay_ms_max = 1 + static_cast<std::int64_t>(seed % 20),
                       .disk_ms_max = 1 + static_cast<std::int64_t>(seed % 8),
                       .crash_permille = 4,
                       .power_permille = 12,
                       .pause_permille = 2,
                       .checkpoint_permille = 4,
                       .transfer = 4,
                       .link_loss = 10,
                       .stream_loss = 10,
                       .member_change = seed % 4 == 0 ? 20U : 0U};
    losses += live_through(seed % 3 == 0 ? 5 : 3, seed + 1000, rough, elections, installs,
                           truncations, reads, member_changes, lives);
    if (HasFailure()) return;
  }
  EXPECT_GT(losses, 200U);
  EXPECT_GT(elections, 100U);
  std::printf("met: %lu power failures that took entries, %lu elections\n", losses, elections);
}

TEST(RandomCluster, KeepsOneLeaderWhileNothingFails) {
  Cluster cluster(3, 5);
  cluster.run(20000, Faults{});
  EXPECT_EQ(cluster.elections(), 1U);
}

TEST(RandomCluster, ALoneNodeElectsItselfAndCommits) {
  Cluster cluster(1, 5);
  cluster.run(200, Faults{});
  EXPECT_EQ(cluster.elections(), 1U);
  EXPECT_GT(cluster.committed(), 5U);
}

}  // namespace
