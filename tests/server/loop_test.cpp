// The loop that drives a machine: a message, a deadline and a stop each lead to a turn.
#include "server/loop.h"

#include <gtest/gtest.h>

#include <thread>

#include "server/clock.h"
#include "server/mailbox.h"

namespace {

using server::Loop;
using server::Mailbox;

TEST(Clocks, GoForwardAndAgreeWithTheCalendar) {
  const base::Clocks first = server::read_clocks();
  const base::Clocks second = server::read_clocks();
  EXPECT_GE(second.now, first.now);
  EXPECT_GT(first.wall_ms, 1'700'000'000'000);  // 2023
}

TEST(Loop, TakesATurnWhenItsDeadlineComes) {
  Loop loop;
  int turns = 0;
  // Nobody wakes it: without its deadlines it would sleep for ever.
  loop.run(
      [&] {
        if (++turns == 3) loop.stop();
        return server::read_clocks().now + base::milliseconds(5);
      },
      [] { return true; });
  EXPECT_EQ(turns, 3);
}

TEST(Loop, DoesNotWaitWhenSomethingHasComeMeanwhile) {
  Loop loop;
  int turns = 0;
  loop.run(
      [&] {
        if (++turns == 1000) loop.stop();
        return base::Instant::max();
      },
      [] { return false; });
  EXPECT_EQ(turns, 1000);
}

// The service and the consensus thread of a node, reduced to counting: each answers the other.
TEST(Loop, OfTwoThreadsPassMailBackAndForthWithoutLosingAWake) {
  constexpr int kRounds = 5000;
  Loop here, there;
  Mailbox<int> to_here, to_there;
  to_here.set_wake([&here] { here.wake(); });
  to_there.set_wake([&there] { there.wake(); });
  const auto turn = [](Loop& loop, Mailbox<int>& own, Mailbox<int>& other) {
    std::vector<int> taken;
    own.take(taken);
    for (const int number : taken) {
      if (number < kRounds) other.send(number + 1);
      if (number >= kRounds - 1) loop.stop();
    }
    return base::Instant::max();
  };
  to_here.send(0);
  std::thread thread([&] {
    there.run([&] { return turn(there, to_there, to_here); },
              [&] { return to_there.announce_sleep(); });
  });
  here.run([&] { return turn(here, to_here, to_there); }, [&] { return to_here.announce_sleep(); });
  thread.join();
}

}  // namespace
