// SIGTERM and SIGINT, whoever hears of them. Each test is a process of its own: the threads that
// other tests have left would be given the signals too.
#include "server/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <semaphore>

namespace {

class SignalsTest : public testing::Test {
 protected:
  SignalsTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  // Ends with 0, not by a signal.
  static void expect_to_end(void (*act)()) {
    const auto run = [act] {
      act();
      std::exit(0);
    };
    EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
  }
};

TEST_F(SignalsTest, AreTold) {
  expect_to_end([] {
    server::Signals signals;
    std::counting_semaphore<> told(0);
    signals.tell([&] { told.release(); });
    for (const int number : {SIGTERM, SIGINT, SIGTERM}) {
      kill(getpid(), number);
      told.acquire();
    }
  });
}

TEST_F(SignalsTest, AreRememberedForWhoAsksLater) {
  expect_to_end([] {
    server::Signals signals;
    std::counting_semaphore<> told(0);
    signals.tell([&] { told.release(); });
    kill(getpid(), SIGTERM);
    told.acquire();
    signals.tell(nullptr);
    int heard = 0;
    signals.tell([&] { ++heard; });
    if (heard != 1) std::abort();
  });
}

TEST_F(SignalsTest, HaveNoEffectAtAnInstantWhenNobodyHears) {
  expect_to_end([] {
    {
      server::Signals signals;
      kill(getpid(), SIGTERM);
      signals.tell(nullptr);
      kill(getpid(), SIGINT);
    }
    kill(getpid(), SIGTERM);
  });
}

}  // namespace
