// Reads where what allows them is hardest to come by (DESIGN decision 9). Leases: clocks at the two
// ends of what is promised for them, long round trips, a hand-over whose service is slow to hear of
// it. Reads on followers: of a leader that does not know that it is none. That nobody reads by a
// lease of a term that is over, or behind what had been chosen when it asked, is looked at in every
// turn (node_process.cpp); each story ends with the judgement of all histories. What each is there
// for: the planted mistakes in docs/testing.md.
#include <gtest/gtest.h>

#include "tests/sim/story.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Side;
using sim::Story;
using sim::tell;

sim::Scene with_leases(std::size_t nodes, std::int64_t drift_percent_max) {
  sim::Scene scene{.nodes = nodes};
  scene.sizes.uses_leases = true;
  scene.sizes.clock_drift_percent_max = drift_percent_max;
  return scene;
}

// Reads on one node, linearizably, whatever the answers are: the node is judged by what it gives
// them. From a machine that no fault touches.
class Reader final : public sim::Party {
 public:
  Reader(Story& story, std::size_t node)
      : network_(story.world.network),
        socket_(network_.dial(story.world.size() + story.crowd.size() + 1, *this,
                              story.world.host(node).client_address())) {}
  ~Reader() override { network_.close(socket_); }
  void ask() {
    if (is_connected_) network_.send(socket_, "GET r\r\n");
  }

  void on_accepted(sim::SocketId, const std::string&) override {}
  void on_connected(sim::SocketId socket) override {
    is_connected_ = true;
    network_.send(socket, "CLIENT READS LINEARIZABLE\r\n");
  }
  void on_bytes(sim::SocketId, std::string_view) override {}
  void on_closed(sim::SocketId, std::string_view) override { is_connected_ = false; }

 private:
  sim::Network& network_;
  sim::SocketId socket_;
  bool is_connected_ = false;
};

// The leader is cut off, with clients that go on reading there, until the others have a leader.
void cut_off_the_leader(Story& story) {
  const std::size_t leader = story.leader();
  const Side side = story.with_clients({leader});
  story.cut(side, story.all_but(side));
  story.wait(
      10 * kSecond, [&] { return story.world.leader().has_value() && story.leader() != leader; },
      "the others elect");
  story.run_for(400 * kMillisecond);
  story.world.network.heal_all();
  story.run_for(kSecond);
}

void demand_leases(const Story& story, std::uint64_t turns) {
  DEMAND(story.world.counters.leased_turns > turns, "nobody reads by a lease");
}

TEST(LeaseStory, TheSlowestLeaderAndTheFastestVotersAgreeOnItsEnd) {
  constexpr std::int64_t kDriftPercent = 30, kPpmInPercent = 10'000;
  tell(with_leases(3, kDriftPercent), [](Story& story) {
    for (int i = 0; i < 5; ++i) {
      const std::size_t leader = story.leader();
      for (std::size_t host = 0; host < story.world.size(); ++host) {
        const std::int64_t drift = host == leader ? -kDriftPercent : kDriftPercent;
        story.world.host(host).clock.set_drift(story.world.scheduler.now(), drift * kPpmInPercent);
      }
      story.run_for(500 * kMillisecond);
      cut_off_the_leader(story);
    }
    demand_leases(story, 1000);
  });
}

// It is deaf to nobody: the answers to its last heartbeats still come when nobody hears it any
// more.
TEST(LeaseStory, ItIsCountedFromTheHeartbeatNotFromItsAnswer) {
  tell(with_leases(3, 0), [](Story& story) {
    for (int i = 0; i < 8; ++i) {
      const std::size_t leader = story.leader();
      const sim::Weather far{.least = 80 * kMillisecond, .most = 90 * kMillisecond};
      for (std::size_t node = 0; node < story.world.size(); ++node) {
        if (node == leader) continue;
        story.world.network.set_weather(leader, node, far);
        story.world.network.set_weather(node, leader, far);
      }
      story.run_for(kSecond);
      DEMAND(story.leader() == leader, "it is slow to reach and leads nevertheless");
      for (std::size_t node = 0; node < story.world.size(); ++node)
        if (node != leader) story.world.network.cut(leader, node);
      story.wait(
          10 * kSecond, [&] { return story.world.leader().value_or(leader) != leader; },
          "the others elect");
      story.run_for(400 * kMillisecond);
      story.world.network.heal_all();
      story.world.network.clear_weather();
      story.run_for(kSecond);
    }
    demand_leases(story, 100);
  });
}

TEST(LeaseStory, NobodyIsToldToStandBeforeASlowServiceHasHeardThatItIsOver) {
  tell(with_leases(3, 5), [](Story& story) {
    for (int i = 0; i < 40; ++i) {
      const std::size_t leader = story.leader();
      story.world.process(leader).pause(
          sim::NodeProcess::Part::kService,
          story.world.scheduler.now() + story.chance.between(10, 60) * kMillisecond);
      story.run_for(story.chance.between(0, 5) * kMillisecond);  // its mail gathers
      story.world.process(leader).begin_transfer();
      story.run_for(250 * kMillisecond);
      story.wait(
          5 * kSecond, [&] { return story.world.leader().has_value(); }, "somebody leads");
    }
    demand_leases(story, 1000);
  });
}

TEST(FollowerReadStory, AMinorityWhoseLeaderHasBeenReplacedIsGivenNoIndex) {
  tell({.nodes = 5}, [](Story& story) {
    for (int i = 0; i < 4; ++i) {
      const std::size_t leader = story.leader(), follower = story.follower();
      Reader reader(story, follower);
      const Side side = story.with_clients({leader, follower});
      story.cut(side, story.all_but(side));
      const auto has_new_leader = [&] {
        reader.ask();
        return story.world.leader().has_value() && story.leader() != leader;
      };
      story.wait(10 * kSecond, has_new_leader, "the others elect");
      for (int ms = 0; ms < 300; ++ms) reader.ask(), story.run_for(kMillisecond);
      story.world.network.heal_all();
      story.run_for(kSecond);
    }
  });
}

}  // namespace
