// Signals on a loop.
#include "server/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace {

TEST(Signals, AreTold) {
  server::Loop loop;
  int told = 0;
  server::Signals signals(loop, [&] {
    ++told;
    loop.stop();
  });
  raise(SIGTERM);
  loop.run([] { return base::Instant::max(); }, [] { return true; });
  EXPECT_EQ(told, 1);
}

// The sanitizers see it if the loop closes what is there no more.
TEST(Signals, MayGoBeforeTheLoopHasClosedThem) {
  server::Loop loop;
  {
    const server::Signals signals(loop, [] {});
  }
  std::vector<char> other(4096, 'x');
  loop.finish();
  EXPECT_EQ(other.size(), 4096U);
}

}  // namespace
