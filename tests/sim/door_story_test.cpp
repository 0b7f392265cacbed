// Links that break while a client at a follower's plain door is in the middle of something (DESIGN
// decision 21): the link between the follower and the leader, at any instant, and the client's own.
// The leader stays, so that nothing may be in doubt. And leaders that hand over while clients wait.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/sim/exchange.h"
#include "tests/sim/talker.h"
#include "tests/sim/violation.h"

namespace {

using sim::canonical;
using sim::kMillisecond;
using sim::Story;
using sim::Talker;
using sim::tell;
using sim::Time;

constexpr int kRounds = 12;
constexpr sim::HostId kOtherMachine = 1;

// The log is kept: a follower that comes back finds in it what has become of what it sent.
sim::Scene kept_log() {
  constexpr std::size_t kMegabyte = 1024 * 1024;
  sim::Scene scene;
  scene.sizes.segment_bytes = kMegabyte;
  scene.sizes.checkpoint_log_bytes = scene.sizes.catch_up_bytes = 256 * kMegabyte;
  scene.sizes.append_bytes = 64 * 1024;
  scene.sizes.cache_bytes = kMegabyte;
  return scene;
}

// The follower whose door is used, and the leader that it forwards to.
struct Stage {
  explicit Stage(Story& the_story)
      : story(the_story), leader(the_story.leader()), follower(the_story.follower()) {}

  [[nodiscard]] std::string door_of(std::size_t node) const {
    return story.world.host(node).plain_address();
  }
  // Once or twice within `within` from now.
  void break_soon(Time within) {
    for (std::uint64_t i = story.chance.between(1, 2); i != 0; --i)
      story.world.scheduler.after(
          story.chance.duration(1, within),
          [&network = story.world.network, leader = leader, follower = follower] {
            network.break_between(leader, follower);
          });
  }

  Story& story;
  std::size_t leader, follower;
};

TEST(DoorStory, ATransactionOverABrokenLinkIsCarriedOutOnce) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker client(story, stage.door_of(stage.follower));
    for (int round = 1; round <= kRounds; ++round) {
      stage.break_soon(10 * kMillisecond);
      DEMAND(canonical(client.ask({"MULTI"})) == "+OK", "MULTI is answered");
      story.run_for(story.chance.duration(1, 4 * kMillisecond));
      for (int i = 0; i < 2; ++i) DEMAND(client.ask({"INCR", "n"}).text == "QUEUED", "queued");
      story.run_for(story.chance.duration(1, 4 * kMillisecond));
      const resp::Reply reply = client.ask({"EXEC"});
      DEMAND(reply.elements.size() == 2 && reply.elements[1].integer == 2 * round,
             "EXEC is answered with " + canonical(reply) + " in round " + std::to_string(round));
    }
  });
}

TEST(DoorStory, AWatchIsKeptOverABrokenLink) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker client(story, stage.door_of(stage.follower));
    Talker other(story, stage.door_of(stage.leader), kOtherMachine);
    for (int round = 1; round <= kRounds; ++round) {
      const bool is_touched = story.chance.percent(50);
      DEMAND(canonical(client.ask({"WATCH", "w"})) == "+OK", "WATCH is answered");
      stage.break_soon(10 * kMillisecond);
      story.run_for(story.chance.duration(1, 10 * kMillisecond));
      if (is_touched) (void)other.ask({"INCR", "w"});
      client.send({"MULTI"});
      client.send({"SET", "x", std::to_string(round)});
      for (int i = 0; i < 2; ++i) (void)client.take();
      const resp::Reply reply = client.ask({"EXEC"});
      DEMAND(!is_touched || reply.is_null, "a touched watch is seen: " + canonical(reply));
    }
  });
}

TEST(DoorStory, LargeValuesOverABrokenLinkAreWholeAndKeepTheirOrder) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker client(story, stage.door_of(stage.follower));
    for (int round = 1; round <= kRounds; ++round) {
      const std::string value(story.chance.between(100'000, 600'000),
                              static_cast<char>('a' + round % 26));
      stage.break_soon(20 * kMillisecond);
      client.send({"SET", "large", value});
      client.send({"GET", "large"});
      client.send({"APPEND", "large", "!"});
      client.send({"GET", "large"});
      DEMAND(canonical(client.take()) == "+OK", "SET is answered");
      DEMAND(client.take().text == value, "GET has the value");
      DEMAND(client.take().integer == static_cast<std::int64_t>(value.size() + 1), "APPEND");
      DEMAND(client.take().text == value + "!", "GET has the value again");
    }
  });
}

// A waiter that is let go because of the link hears so, and has taken nothing.
TEST(DoorStory, AWaiterOverABrokenLinkGetsItsElementOrIsToldThatItTookNothing) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker other(story, stage.door_of(stage.leader), kOtherMachine);
    Talker client(story, stage.door_of(stage.follower));
    int taken = 0, left = 0;
    for (int round = 1; round <= kRounds; ++round) {
      client.send({"BLPOP", "queue", "0"});
      story.run_for(story.chance.duration(1, 10 * kMillisecond));
      stage.break_soon(10 * kMillisecond);
      story.run_for(story.chance.duration(1, 12 * kMillisecond));
      const std::string element = std::to_string(round);
      DEMAND(other.ask({"RPUSH", "queue", element}).integer >= 1, "RPUSH is answered");
      const resp::Reply reply = client.take();
      if (!reply.is_error()) {
        DEMAND(reply.elements.size() == 2 && reply.elements[1].text == element,
               "BLPOP is answered with " + canonical(reply));
        ++taken;
        continue;
      }
      DEMAND(reply.text.starts_with("UNBLOCKED"), "BLPOP is refused: " + canonical(reply));
      DEMAND(other.ask({"LPOP", "queue"}).text == element, "whoever was let go has taken nothing");
      ++left;
    }
    DEMAND(taken > kRounds / 4, "waiters are served: " + std::to_string(taken));
  });
}

// The client's own connection: nobody else gets what was on its way, and what it had begun and not
// ended has not happened.
TEST(DoorStory, AClientThatGoesInTheMiddleLeavesNothingBehind) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker other(story, stage.door_of(stage.leader), kOtherMachine);
    const std::string value(300'000, 'v');
    DEMAND(canonical(other.ask({"SET", "large", value})) == "+OK", "SET is answered");
    for (int round = 1; round <= kRounds; ++round) {
      {
        Talker leaving(story, stage.door_of(stage.follower));
        switch (story.chance.below(3)) {
          case 0: leaving.send({"GET", "large"}); break;
          case 1: leaving.send({"MULTI"}), leaving.send({"INCR", "never"}); break;
          default: leaving.send({"BLPOP", "empty", "0"});
        }
        story.run_for(story.chance.duration(1, 12 * kMillisecond));
        story.world.network.break_between(leaving.machine(), stage.follower);
        story.run_for(story.chance.duration(1, 3 * kMillisecond));
      }
      Talker next(story, stage.door_of(stage.follower), kOtherMachine + 1);
      DEMAND(next.ask({"ECHO", "mine"}).text == "mine", "its own reply comes first");
      DEMAND(next.ask({"EXISTS", "never"}).integer == 0, "what had no EXEC has not happened");
    }
    story.wait(
        10 * sim::kSecond,
        [&] {
          return other.ask({"RPUSH", "empty", "x"}).integer == 1 &&
                 other.ask({"LPOP", "empty"}).text == "x";
        },
        "no waiter of a client that has gone takes an element");
  });
}

// Waits and watches of clients at all doors, the former leader's too.
TEST(DoorStory, WaitsAndWatchesOutliveAHandOver) {
  tell(kept_log(), [](Story& story) {
    Stage stage(story);
    Talker other(story, stage.door_of(stage.leader), kOtherMachine);
    std::vector<std::unique_ptr<Talker>> waiting, watching;
    for (std::size_t node = 0; node < story.world.size(); ++node) {
      waiting.push_back(std::make_unique<Talker>(story, stage.door_of(node), 2 + 2 * node));
      watching.push_back(std::make_unique<Talker>(story, stage.door_of(node), 3 + 2 * node));
      const std::string own = std::to_string(node);
      waiting.back()->send({"BLPOP", "queue" + own, "0"});
      DEMAND(canonical(watching.back()->ask({"WATCH", "watched" + own})) == "+OK", "WATCH");
      watching.back()->send({"MULTI"});
      watching.back()->send({"SET", "mark" + own, "1"});
    }
    const std::size_t touched = story.chance.below(story.world.size());
    story.run_for(200 * kMillisecond);
    for (int i = 0; i < 2; ++i) {
      const std::size_t before = story.leader();
      story.world.process(before).begin_transfer();
      story.wait(
          10 * sim::kSecond,
          [&] { return story.world.leader().has_value() && story.leader() != before; },
          "leadership moves");
      story.run_for(200 * kMillisecond);
    }
    (void)other.ask({"SET", "watched" + std::to_string(touched), "new"});
    for (std::size_t node = 0; node < story.world.size(); ++node) {
      const std::string own = std::to_string(node);
      DEMAND(other.ask({"RPUSH", "queue" + own, own}).integer == 1, "RPUSH is answered");
      const resp::Reply taken = waiting[node]->take();
      DEMAND(taken.elements.size() == 2 && taken.elements[1].text == own, canonical(taken));
      for (int i = 0; i < 2; ++i) (void)watching[node]->take();
      const resp::Reply exec = watching[node]->ask({"EXEC"});
      DEMAND(exec.is_null == (node == touched), "EXEC says " + canonical(exec));
    }
  });
}

}  // namespace
