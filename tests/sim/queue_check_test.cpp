// The judge of queues, asked by hand: what it must not tolerate.
#include "tests/sim/queue_check.h"

#include <gtest/gtest.h>

#include "tests/sim/violation.h"

namespace {

using sim::Outcome;
using sim::QueueCheck;

TEST(QueueCheck, EveryTokenThatIsGoneNeedsATakeOfItsOwn) {
  QueueCheck check;
  check.on_pushed("a", "queue1", Outcome::kDone);
  check.on_pushed("b", "queue1", Outcome::kDone);
  check.on_taken({"queue1"}, Outcome::kUnknown, {});
  EXPECT_THROW(check.check(), sim::Violation) << "one take cannot have taken both";
  check.on_taken({"queue1", "queue2"}, Outcome::kUnknown, {});
  EXPECT_NO_THROW(check.check());
}

TEST(QueueCheck, ATakeOfAnotherQueueIsNoExcuse) {
  QueueCheck check;
  check.on_pushed("a", "queue1", Outcome::kDone);
  check.on_taken({"queue2"}, Outcome::kUnknown, {});
  EXPECT_THROW(check.check(), sim::Violation);
  check.on_moved("queue1", "queue2", Outcome::kNever);
  EXPECT_THROW(check.check(), sim::Violation);
  check.on_moved("queue1", "queue2", Outcome::kUnknown);
  EXPECT_NO_THROW(check.check()) << "it may have been moved there";
}

// Two takes that both could have had the first token, one of which alone could have had the second.
TEST(QueueCheck, TheAssignmentIsNotThatOfWhoComesFirst) {
  QueueCheck check;
  check.on_taken({"queue1", "queue2"}, Outcome::kUnknown, {});
  check.on_taken({"queue1"}, Outcome::kUnknown, {});
  check.on_pushed("a", "queue1", Outcome::kDone);
  check.on_pushed("b", "queue2", Outcome::kDone);
  EXPECT_NO_THROW(check.check());
}

TEST(QueueCheck, ATakeThatWasToldThatItTookNothingTookNothing) {
  for (const Outcome outcome : {Outcome::kNever, Outcome::kDone}) {
    QueueCheck check;
    check.on_pushed("a", "queue1", Outcome::kDone);
    check.on_taken({"queue1"}, outcome, {});
    EXPECT_THROW(check.check(), sim::Violation);
    check.on_taken_into("inbox1", outcome, {});
    check.on_left("inbox1", {"a"});
    EXPECT_THROW(check.check(), sim::Violation);
  }
}

TEST(QueueCheck, AnInboxHoldsWhatItsTakeWasTold) {
  QueueCheck check;
  check.on_pushed("a", "queue1", Outcome::kDone);
  check.on_taken_into("inbox1", Outcome::kDone, "a");
  check.on_left("inbox1", {});
  EXPECT_THROW(check.check(), sim::Violation);
  check.on_left("inbox1", {"a"});
  EXPECT_NO_THROW(check.check());
}

TEST(QueueCheck, AnInboxOfUnknownOutcomeHoldsOneTokenAtMost) {
  QueueCheck check;
  check.on_pushed("a", "queue1", Outcome::kDone);
  check.on_pushed("b", "queue1", Outcome::kDone);
  check.on_taken_into("inbox1", Outcome::kUnknown, {});
  check.on_left("inbox1", {"a", "b"});
  EXPECT_THROW(check.check(), sim::Violation);
}

TEST(QueueCheck, WhatIsPushedWhenNobodyWaitsStays) {
  QueueCheck check;
  check.on_taken({"queue1"}, Outcome::kUnknown, {});
  check.on_pushed_last("z", "queue1", Outcome::kDone);
  EXPECT_THROW(check.check(), sim::Violation) << "a waiter without a client took it";
  check.on_left("queue1", {"z"});
  EXPECT_NO_THROW(check.check());
}

TEST(QueueCheck, NoTokenIsGivenTwiceOrWithoutAPush) {
  QueueCheck check;
  check.on_pushed("a", "queue1", Outcome::kNever);
  check.on_left("queue1", {"a"});
  EXPECT_THROW(check.check(), sim::Violation) << "its push was refused";
  EXPECT_THROW(check.on_left("queue2", {"a"}), sim::Violation);
  QueueCheck other;
  other.on_left("queue1", {"b"});
  EXPECT_THROW(other.check(), sim::Violation);
}

}  // namespace
