// CLIENT READS BOUNDED where the age of a state is hardest to tell: at a follower that nobody
// speaks to any more, whose clock runs as slowly as is promised, jumps, or was looked at long
// before the read. Claim: what it answers of its own state alone was asked for while that state was
// young enough by true time. That the answers hold what had been applied by then is judged for all
// of the crowd's bounded reads (log_reader).
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>

#include "resp/reply_reader.h"
#include "tests/sim/story.h"

namespace {

using sim::kMillisecond;
using sim::kSecond;
using sim::Story;
using sim::tell;
using sim::Time;

constexpr Time kAgeMost = 400 * kMillisecond;
const std::string kMode = "CLIENT READS BOUNDED 400\r\n";

// Reads at one node; from a machine that no fault touches.
class Reader final : public sim::Party {
 public:
  Reader(Story& story, std::string address)
      : scheduler_(story.world.scheduler),
        network_(story.world.network),
        socket_(network_.dial(story.world.size() + story.crowd.size() + 1, *this, address)) {}
  ~Reader() override { network_.close(socket_); }
  void ask() {
    if (!is_connected_) return;
    waiting_.push_back(scheduler_.now());
    network_.send(socket_, "GET r1\r\n");
  }
  // Its node hears nobody from now on; or it does again.
  void on_cut() { cut_ = scheduler_.now(); }
  void on_healed() { cut_.reset(); }
  // Answers of a node that was cut off, by its own state.
  [[nodiscard]] std::uint64_t alone() const { return alone_; }

  void on_accepted(sim::SocketId, const std::string&) override {}
  void on_connected(sim::SocketId socket) override {
    is_connected_ = true;
    waiting_.push_back(scheduler_.now());
    network_.send(socket, kMode);
  }
  void on_bytes(sim::SocketId, std::string_view bytes) override {
    replies_.feed(bytes);
    while (const auto reply = replies_.next()) {
      DEMAND(!waiting_.empty(), "a reply that nothing was asked for");
      const Time sent = waiting_.front();
      waiting_.pop_front();
      if (!reply->is_error()) on_value(sent);
    }
  }
  void on_closed(sim::SocketId, std::string_view) override { is_connected_ = false; }

 private:
  void on_value(Time sent) {
    if (!cut_ || sent < *cut_) return;
    ++alone_;
    DEMAND(sent <= *cut_ + kAgeMost, "a read was answered by a state that was too old by " +
                                         std::to_string(sent - *cut_ - kAgeMost) + " us");
  }

  sim::Scheduler& scheduler_;
  sim::Network& network_;
  sim::SocketId socket_;
  resp::ReplyReader replies_;
  std::deque<Time> waiting_;  // when they were sent
  std::optional<Time> cut_;
  std::uint64_t alone_ = 0;
  bool is_connected_ = false;
};

void ask_for(Story& story, Reader& reader, Time duration) {
  for (Time passed = 0; passed < duration; passed += kMillisecond)
    reader.ask(), story.run_for(kMillisecond);
}

// `disturb`: what happens to the node once it is cut off.
void cut_off(Story& story, std::size_t node, Reader& reader, const std::function<void()>& disturb) {
  ask_for(story, reader, kSecond);
  story.cut({node}, story.all_but({node}));
  reader.on_cut();
  disturb();
  ask_for(story, reader, 1500 * kMillisecond);
  reader.on_healed();
  story.world.network.heal_all();
  story.run_for(kSecond);
}

sim::Scene with(bool uses_leases, std::int64_t drift_percent_max) {
  sim::Scene scene{.nodes = 3};
  scene.sizes.uses_leases = uses_leases;
  scene.sizes.clock_drift_percent_max = drift_percent_max;
  return scene;
}

// The slowest clock that is promised takes its state for younger than it is.
void make_slow(Story& story, std::size_t node, std::int64_t percent) {
  constexpr std::int64_t kPpmInPercent = 10'000;
  story.world.host(node).clock.set_drift(story.world.scheduler.now(), -percent * kPpmInPercent);
}

TEST(AgeStory, AFollowerThatHearsNobodyAnswersUntilItsStateIsTooOld) {
  tell(with(false, 5), [](Story& story) {
    std::uint64_t alone = 0;
    for (int i = 0; i < 6; ++i) {
      const std::size_t node = story.follower();
      make_slow(story, node, 10);
      const sim::Host& host = story.world.host(node);
      Reader reader(story, i % 2 == 0 ? host.client_address() : host.plain_address());
      cut_off(story, node, reader, [] {});
      alone += reader.alone();
    }
    DEMAND(alone > 20, "no state was young enough");
  });
}

TEST(AgeStory, NeitherAJumpOfTheWallClockNorAPauseBehindTheLookAtTheClockMakesItYounger) {
  tell(with(true, 10), [](Story& story) {
    constexpr std::int64_t kHourMs = 3'600'000;
    std::uint64_t alone = 0;
    for (int i = 0; i < 8; ++i) {
      const std::size_t node = story.follower();
      make_slow(story, node, 10);
      Reader reader(story, story.world.host(node).client_address());
      const Time delay = story.chance.between(0, 300) * kMillisecond;
      const Time held = story.chance.between(100, 900) * kMillisecond;
      cut_off(story, node, reader, [&] {
        story.world.host(node).clock.jump_wall(i % 2 == 0 ? -kHourMs : kHourMs);
        ask_for(story, reader, delay);
        if (i % 3 != 0)
          story.world.process(node).hold_turn(sim::NodeProcess::Part::kService,
                                              story.world.scheduler.now() + held);
      });
      alone += reader.alone();
    }
    DEMAND(alone > 20, "no state was young enough");
  });
}

// A leader that nobody hears is like any other node.
TEST(AgeStory, ADeposedLeaderAnswersUntilItsStateIsTooOld) {
  tell(with(true, 5), [](Story& story) {
    for (int i = 0; i < 5; ++i) {
      const std::size_t node = story.leader();
      make_slow(story, node, 5);
      Reader reader(story, story.world.host(node).client_address());
      cut_off(story, node, reader, [] {});
      story.wait(
          10 * kSecond, [&] { return story.world.leader().has_value(); }, "somebody leads");
    }
  });
}

}  // namespace
