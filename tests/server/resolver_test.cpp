// Names that are looked up in threads of their own.
#include "server/resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

using server::Resolver;

// A name server that answers nobody until it is told to.
struct Silent {
  std::mutex mutex;
  std::condition_variable may_go;
  bool goes = false;
  int asked = 0, ended = 0;
  int look_up(const char*, const char* port, const addrinfo* hints, addrinfo** found) {
    std::unique_lock lock(mutex);
    ++asked;
    may_go.notify_all();
    may_go.wait(lock, [this] { return goes; });
    lock.unlock();
    const int code = getaddrinfo("127.0.0.1", port, hints, found);
    lock.lock();
    ++ended;
    may_go.notify_all();
    return code;
  }
};

class ResolverTest : public testing::Test {
 protected:
  Resolver make() {
    return Resolver(
        [this] {
          const std::lock_guard lock(silent->mutex);
          ++woken;
          silent->may_go.notify_all();
        },
        [server = silent](const char* host, const char* port, const addrinfo* hints,
                          addrinfo** found) { return server->look_up(host, port, hints, found); });
  }
  template <class Claim>
  void wait(Claim claim) {
    std::unique_lock lock(silent->mutex);
    silent->may_go.wait(lock, claim);
  }
  void answer() {
    const std::lock_guard lock(silent->mutex);
    silent->goes = true;
    silent->may_go.notify_all();
  }
  std::shared_ptr<Silent> silent = std::make_shared<Silent>();
  int woken = 0;
};

TEST_F(ResolverTest, AnAddressIsAnsweredAtOnce) {
  Resolver resolver = make();
  resolver.ask(7, "10.1.2.3", "80");
  resolver.ask(8, "::1", "81");
  const auto answers = resolver.take();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].id, 7U);
  EXPECT_EQ(answers[0].error, "");
  EXPECT_EQ(answers[0].address.ss_family, AF_INET);
  EXPECT_EQ(ntohs(reinterpret_cast<const sockaddr_in&>(answers[0].address).sin_port), 80);
  EXPECT_EQ(answers[1].address.ss_family, AF_INET6);
  EXPECT_EQ(woken, 2);
}

TEST_F(ResolverTest, ANameIsAskedForOnceForAllWhoWantIt) {
  Resolver resolver = make();
  resolver.ask(1, "name", "80");
  resolver.ask(2, "name", "80");
  resolver.ask(3, "name", "81");
  wait([&] { return silent->asked == 2; });
  EXPECT_TRUE(resolver.take().empty());
  answer();
  wait([&] { return woken == 2; });
  const auto answers = resolver.take();
  ASSERT_EQ(answers.size(), 3U);
  for (const auto& each : answers) EXPECT_EQ(each.error, "");
}

TEST_F(ResolverTest, NobodyWaitsForANameServerThatDoesNotAnswer) {
  {
    Resolver resolver = make();
    resolver.ask(1, "name", "80");
    wait([&] { return silent->asked == 1; });
  }  // stood here as long as the name server was silent
  answer();
  wait([&] { return silent->ended == 1; });
  EXPECT_EQ(woken, 0);
}

}  // namespace
