// SIGTERM and SIGINT, whoever hears of them.
#include "server/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <semaphore>

namespace {

TEST(Signals, AreTold) {
  server::Signals signals;
  std::counting_semaphore<> told(0);
  signals.tell([&] { told.release(); });
  for (const int number : {SIGTERM, SIGINT, SIGTERM}) {
    kill(getpid(), number);
    told.acquire();
  }
}

TEST(Signals, AreRememberedForWhoAsksLater) {
  server::Signals signals;
  std::counting_semaphore<> told(0);
  signals.tell([&] { told.release(); });
  kill(getpid(), SIGTERM);
  told.acquire();
  signals.tell(nullptr);
  int heard = 0;
  signals.tell([&] { ++heard; });
  EXPECT_EQ(heard, 1);
}

// The default effect would end this test.
TEST(Signals, HaveNoEffectAtAnInstantWhenNobodyHears) {
  {
    server::Signals signals;
    kill(getpid(), SIGTERM);
    signals.tell(nullptr);
    kill(getpid(), SIGINT);
  }
  kill(getpid(), SIGTERM);
}

}  // namespace
