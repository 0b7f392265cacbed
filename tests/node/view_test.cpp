// When the service is told of the cluster, and in which order it is told what else has come about.
#include "node/consensus/view.h"

#include <gtest/gtest.h>

namespace {

using base::milliseconds;
using node::ConsensusOutput;
using node::Outgoing;
using node::ViewTeller;

TEST(ViewTeller, WhatIsUrgentWaitsForAGapAndWhatIsNotForASecond) {
  ViewTeller teller;
  base::Instant now{milliseconds(5000)};
  ConsensusOutput out;
  ASSERT_TRUE(teller.is_due(now)) << "nothing has been told yet";
  node::ClusterView view;
  view.leader = base::NodeId(7);
  teller.tell(now, view, out);
  EXPECT_EQ(out.to_service.size(), 1U);
  EXPECT_EQ(teller.leader(), base::NodeId(7));
  EXPECT_EQ(teller.next_deadline(), base::Instant::max()) << "nothing to tell";
  teller.mark_stale();
  EXPECT_EQ(teller.next_deadline(), now + milliseconds(1000));
  EXPECT_FALSE(teller.is_due(now + milliseconds(999)));
  EXPECT_TRUE(teller.is_due(now + milliseconds(1000)));
  teller.mark_urgent();
  EXPECT_FALSE(teller.is_due(now + milliseconds(99)));
  EXPECT_TRUE(teller.is_due(teller.next_deadline()));
  EXPECT_EQ(teller.next_deadline(), now + milliseconds(100));
}

TEST(Outgoing, KeepsTheOrderAndSaysEverythingOnce) {
  const base::Instant now{milliseconds(5000)};
  Outgoing outgoing;
  ConsensusOutput out;
  out.next_deadline = base::Instant::max();
  outgoing.answer(3, "ERR no");
  outgoing.tell(node::AreYouThere{4});
  outgoing.hand_out_messages(out);
  ASSERT_EQ(out.to_service.size(), 2U);
  EXPECT_EQ(std::get<node::ClusterRequestDone>(out.to_service[0]).error, "ERR no");
  outgoing.tell(node::AreYouThere{5});
  outgoing.say(node::LogLevel::kNotice, "behind the others");
  outgoing.restart();
  out.lines.push_back({node::LogLevel::kNotice, "of a group"});
  outgoing.hand_out(now, out);
  ASSERT_EQ(out.to_service.size(), 3U);
  EXPECT_EQ(std::get<node::AreYouThere>(out.to_service[2]).number, 5U);
  ASSERT_EQ(out.lines.size(), 2U);
  EXPECT_EQ(out.lines[1].text, "behind the others");
  EXPECT_TRUE(out.restarts);
  EXPECT_EQ(out.next_deadline, base::Instant::max());
  outgoing.turn_again();
  ConsensusOutput next;
  next.next_deadline = base::Instant::max();
  outgoing.hand_out(now, next);
  EXPECT_EQ(next.next_deadline, now);
  EXPECT_TRUE(next.to_service.empty() && next.lines.empty() && !next.restarts);
}

}  // namespace
