// The seam between threads; run under ThreadSanitizer too (./dev test tsan).
#include "server/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "server/wake_flag.h"

namespace server {
namespace {

using Letter = std::pair<int, int>;  // sender, number

constexpr int kSenders = 3, kLetters = 2000;

std::vector<std::thread> start_senders(Mailbox<Letter>& mailbox) {
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&mailbox, sender] {
      for (int number = 0; number < kLetters; ++number) {
        mailbox.send({sender, number});
        if (number % 64 == 0) std::this_thread::yield();
      }
    });
  }
  return senders;
}

void expect_in_order(const std::vector<Letter>& letters) {
  std::vector<int> next(kSenders, 0);
  for (const auto& [sender, number] : letters)
    EXPECT_EQ(number, next[static_cast<std::size_t>(sender)]++);
}

// What an owner does: take, and sleep only if it may.
std::vector<Letter> receive_all(Mailbox<Letter>& mailbox, WakeFlag& flag) {
  std::vector<Letter> all, taken;
  while (all.size() < std::size_t{kSenders} * kLetters) {
    mailbox.take(taken);
    all.insert(all.end(), taken.begin(), taken.end());
    if (taken.empty() && mailbox.announce_sleep()) {
      EXPECT_TRUE(flag.wait(std::chrono::minutes(10))) << "a wake-up was lost";
    }
  }
  return all;
}

TEST(Mailbox, EverySendersLettersArriveInOrderAndASleeperIsWoken) {
  Mailbox<Letter> mailbox;
  WakeFlag flag;
  mailbox.set_wake([&flag] { flag.wake(); });
  std::vector<std::thread> senders = start_senders(mailbox);
  const std::vector<Letter> all = receive_all(mailbox, flag);
  for (std::thread& sender : senders) sender.join();
  expect_in_order(all);
}

TEST(Mailbox, OnlyAnAnnouncedSleepIsEndedAndOnlyOnce) {
  Mailbox<int> mailbox;
  int wakes = 0;
  mailbox.set_wake([&wakes] { ++wakes; });
  mailbox.send(1);
  EXPECT_EQ(wakes, 0) << "the owner is busy";
  EXPECT_FALSE(mailbox.announce_sleep()) << "a letter is there";
  std::vector<int> taken;
  mailbox.take(taken);
  EXPECT_EQ(taken, std::vector<int>{1});
  EXPECT_TRUE(mailbox.announce_sleep());
  std::vector<int> more = {2, 3};
  mailbox.send_all(more);
  mailbox.send(4);
  EXPECT_EQ(wakes, 1);
  mailbox.take(taken);
  EXPECT_EQ(taken, (std::vector<int>{2, 3, 4}));
}

TEST(Mailbox, AVisitorDoesTheWorkOfASleeperWhoThenSleepsOn) {
  Mailbox<int> mailbox;
  int wakes = 0;
  bool may_visit = true;
  std::vector<int> taken, done;
  mailbox.set_wake([&wakes] { ++wakes; });
  mailbox.set_visit([&] {
    if (!may_visit) return false;
    mailbox.take(taken);
    if (done.empty()) mailbox.send(10);  // while it works nobody is woken, and nobody visits
    done.insert(done.end(), taken.begin(), taken.end());
    if (mailbox.sleeps_on()) return true;
    mailbox.take(taken);
    done.insert(done.end(), taken.begin(), taken.end());
    return mailbox.sleeps_on();
  });
  mailbox.send(1);
  EXPECT_TRUE(done.empty()) << "the owner is busy";
  mailbox.take(taken);
  EXPECT_TRUE(mailbox.announce_sleep());
  mailbox.send(2);
  EXPECT_EQ(done, (std::vector<int>{2, 10}));
  mailbox.send(3);
  EXPECT_EQ(done, (std::vector<int>{2, 10, 3})) << "it sleeps on";
  EXPECT_EQ(wakes, 0);
  may_visit = false;
  mailbox.send(4);
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(mailbox.announce_sleep());
}

TEST(Mailbox, WhatMayNotBeTakenIsLeftWhereItIs) {
  Mailbox<int> mailbox;
  mailbox.set_wake([] {});
  mailbox.send(1);
  mailbox.send(2);
  std::vector<int> taken;
  EXPECT_FALSE(mailbox.take_if(taken, [](const auto& letters) { return letters.size() < 2; }));
  EXPECT_TRUE(taken.empty());
  EXPECT_TRUE(mailbox.take_if(taken, [](const auto& letters) { return letters.size() == 2; }));
  EXPECT_EQ(taken, (std::vector<int>{1, 2}));
}

// The owner wakes now and then for reasons of its own; a lock keeps it and visitors apart.
TEST(Mailbox, VisitorsAndAnOwnerThatWakesGetEverySendersLettersOnceAndInOrder) {
  Mailbox<Letter> mailbox;
  WakeFlag flag;
  std::mutex has_turn;
  std::vector<Letter> all, taken;
  const auto take = [&] {
    mailbox.take(taken);
    all.insert(all.end(), taken.begin(), taken.end());
  };
  std::atomic<int> visits = 0, wakes = 0;
  mailbox.set_wake([&] { ++wakes, flag.wake(); });
  mailbox.set_visit([&] {
    const std::unique_lock lock(has_turn, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    ++visits;
    do take();
    while (!mailbox.sleeps_on());
    return true;
  });
  // It sleeps when the first letter comes, and has not woken by itself yet: that one is a visit.
  ASSERT_TRUE(mailbox.announce_sleep());
  std::vector<std::thread> senders = start_senders(mailbox);
  while (visits + wakes == 0) std::this_thread::yield();
  EXPECT_GT(visits, 0);
  for (bool is_all = false; !is_all;) {
    {
      const std::lock_guard lock(has_turn);
      take();
      is_all = all.size() == std::size_t{kSenders} * kLetters;
    }
    if (!is_all && mailbox.announce_sleep()) flag.wait(std::chrono::milliseconds(1));
  }
  for (std::thread& sender : senders) sender.join();
  expect_in_order(all);
}

TEST(WakeFlag, AWakeBeforeTheWaitIsNotLostAndCountsOnce) {
  WakeFlag flag;
  flag.wake();
  flag.wake();
  EXPECT_TRUE(flag.wait(std::chrono::milliseconds(0)));
  EXPECT_FALSE(flag.wait(std::chrono::milliseconds(1)));
}

TEST(WakeFlag, AnotherThreadEndsTheWait) {
  WakeFlag flag;
  std::thread waker([&flag] { flag.wake(); });
  EXPECT_TRUE(flag.wait(std::chrono::minutes(10)));
  waker.join();
}

}  // namespace
}  // namespace server
