// The tables of pub/sub beside naive models, and what nodes say to each other of it.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "node/clients/pubsub/broker.h"
#include "node/clients/pubsub/incoming.h"
#include "node/clients/pubsub/pattern_index.h"
#include "node/clients/pubsub/push_text.h"
#include "node/clients/pubsub/subscriptions.h"
#include "node/clients/pubsub/wire.h"

namespace node::testing {
namespace {

std::string word(base::Prng& prng, std::string_view letters, std::size_t size_max) {
  std::string made;
  for (std::uint64_t left = prng.below(size_max + 1); left > 0; --left)
    made += letters[prng.below(letters.size())];
  return made;
}

TEST(PatternIndexTest, FindsWhatTryingEachPatternFinds) {
  base::Prng prng(1);
  PatternIndex<int> index;
  std::map<std::string, int> model;
  for (int step = 0; step < 4'000; ++step) {
    const std::string pattern = word(prng, "ab*?[]\\", 5);
    if (prng.below(3) > 0) {
      index.at(pattern) = model[pattern] = step;
    } else {
      index.erase(pattern);
      model.erase(pattern);
    }
    ASSERT_EQ(index.size(), model.size());
    ASSERT_EQ(index.find(pattern) != nullptr, model.contains(pattern));
    const std::string text = word(prng, "ab", 6);
    std::map<std::string, int> found, wanted;
    index.for_each_match(text, [&](const std::string& name, int value) {
      EXPECT_TRUE(found.emplace(name, value).second) << "twice: " << name;
    });
    for (const auto& [name, value] : model)
      if (matches_channel(name, text)) wanted.emplace(name, value);
    ASSERT_EQ(found, wanted) << "'" << text << "'";
  }
}

Session session_of(std::uint64_t id) {
  return Session(base::ConnectionId(id), ConnectInfo{}, base::Instant{});
}

std::size_t place_count(const Session& session) {
  const Subscriber& subscriber = session.subscriber;
  return subscriber.channels.size() + subscriber.patterns.size() + subscriber.shards.size();
}

TEST(SubscriptionsTest, SayOfNamesWhatTheySayOfSessions) {
  base::Prng prng(2);
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::uint64_t id = 0; id < 6; ++id)
    sessions.push_back(
        std::make_unique<Session>(base::ConnectionId(id), ConnectInfo{}, base::Instant{}));
  Subscriptions tables;
  std::map<Subscriptions::Name, std::set<const Session*>> model;
  for (int step = 0; step < 20'000; ++step) {
    Session& session = *sessions[prng.below(sessions.size())];
    const auto kind = static_cast<ChannelKind>(prng.below(kChannelKinds));
    const std::string name = word(prng, "ab*", 2);
    auto& those = model[{kind, name}];
    if (prng.below(50) == 0) {
      tables.forget(session);
      for (auto& [each, all] : model) all.erase(&session);
      EXPECT_FALSE(session.subscriber.is_subscribed());
    } else if (prng.below(2) == 0) {
      EXPECT_EQ(tables.add(session, kind, name), those.insert(&session).second);
    } else {
      EXPECT_EQ(tables.remove(session, kind, name), those.erase(&session) == 1);
    }
    std::size_t places = 0, noted = 0;
    for (const auto& [each, all] : model) {
      ASSERT_EQ(tables.sessions(each.first, each.second), all.size());
      places += all.size();
    }
    for (const auto& one : sessions) noted += place_count(*one);
    ASSERT_EQ(places, noted);
  }
  std::set<const Session*> found;
  for (const Session* one : *tables.find(ChannelKind::kChannel, "a")) found.insert(one);
  EXPECT_EQ(found, (model[{ChannelKind::kChannel, "a"}]));
}

TEST(SubscriptionsTest, WhatHasChangedIsToldOnce) {
  Subscriptions tables;
  Session session = session_of(1);
  tables.add(session, ChannelKind::kChannel, "a");
  tables.add(session, ChannelKind::kChannel, "a");
  EXPECT_EQ(tables.take_changed().size(), 1U);
  EXPECT_FALSE(tables.has_changed());
  tables.forget(session);
  EXPECT_EQ(tables.take_changed(), (std::set<Subscriptions::Name>{{ChannelKind::kChannel, "a"}}));
  EXPECT_TRUE(tables.empty());
}

TEST(PushTextTest, IsAnArrayInResp2AndAPushInResp3) {
  PushText text("message", {"a", "b"});
  EXPECT_EQ(text.for_version(2), "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(text.for_version(3), ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(text.for_version(3).data(), text.for_version(3).data()) << "made once";
}

// -- the wire

std::string batch_of(std::uint64_t first, std::uint64_t count, std::uint64_t after = 0,
                     std::uint64_t epoch = 9) {
  PublishedWriter writer;
  for (std::uint64_t i = 0; i < count; ++i)
    writer.add(i % 2 == 1, "c", "m" + std::to_string(first + i));
  return writer.seal(epoch, first, base::LogIndex(after));
}

TEST(PubsubWireTest, SurvivesAndNothingElseDoes) {
  const std::string bytes = batch_of(7, 2, 300);
  const auto body = decode_pubsub(bytes);
  ASSERT_TRUE(body.has_value());
  const auto& batch = std::get<PublishedBatch>(*body);
  EXPECT_EQ(batch.epoch, 9U);
  EXPECT_EQ(batch.first, 7U);
  EXPECT_EQ(batch.after, base::LogIndex(300));
  ASSERT_EQ(batch.messages.size(), 2U);
  EXPECT_FALSE(batch.messages[0].is_shard);
  EXPECT_TRUE(batch.messages[1].is_shard);
  EXPECT_EQ(batch.messages[1].message, "m8");
  const SubscriberCounts told{
      .epoch = 9, .is_beginning = true, .next = 5, .counts = {{ChannelKind::kShard, "s", 2}}};
  const std::string told_bytes = encode(told);
  const auto counts = decode_pubsub(told_bytes);
  ASSERT_TRUE(counts.has_value());
  EXPECT_EQ(std::get<SubscriberCounts>(*counts).counts[0].sessions, 2U);
  EXPECT_TRUE(std::get<SubscriberCounts>(*counts).is_beginning);
  for (const std::string& whole : {bytes, told_bytes}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode_pubsub(whole.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(decode_pubsub(whole + "x").has_value());
  }
  EXPECT_FALSE(decode_pubsub("\x07").has_value());
}

// -- what comes from others

constexpr base::NodeId kOrigin{5};

bool take(Incoming& incoming, const std::string& bytes, std::uint64_t applied = 0) {
  const auto body = decode_pubsub(bytes);
  return incoming.take(kOrigin, std::get<PublishedBatch>(*body), base::LogIndex(applied), bytes);
}

TEST(IncomingTest, NothingComesTwiceOrLateAndWhatIsMissedIsCounted) {
  Incoming incoming;
  EXPECT_TRUE(take(incoming, batch_of(10, 2)));
  EXPECT_EQ(incoming.missed(), 0U) << "what was before is not known";
  EXPECT_FALSE(take(incoming, batch_of(10, 2))) << "twice";
  EXPECT_TRUE(take(incoming, batch_of(15, 1)));
  EXPECT_EQ(incoming.missed(), 3U);
  EXPECT_FALSE(take(incoming, batch_of(12, 3))) << "by another link, late";
  EXPECT_EQ(incoming.missed(), 3U);
  EXPECT_TRUE(take(incoming, batch_of(1, 1, 0, 10))) << "a new run of that node";
  EXPECT_EQ(incoming.missed(), 3U);
  incoming.begin(kOrigin, 10, 6);
  EXPECT_EQ(incoming.missed(), 7U);
  EXPECT_FALSE(take(incoming, batch_of(5, 1, 0, 10)));
}

TEST(IncomingTest, WhatComesBehindTheLogWaitsForItAndKeepsItsPlace) {
  Incoming incoming;
  EXPECT_FALSE(take(incoming, batch_of(1, 1, 8), 7));
  EXPECT_FALSE(take(incoming, batch_of(2, 1, 0), 7)) << "the one before it waits";
  EXPECT_TRUE(incoming.has_held());
  EXPECT_TRUE(incoming.release(base::LogIndex(7)).empty());
  const std::vector<std::string> bodies = incoming.release(base::LogIndex(8));
  EXPECT_EQ(bodies, (std::vector<std::string>{batch_of(1, 1, 8), batch_of(2, 1, 0)}));
  EXPECT_FALSE(incoming.has_held());
}

TEST(IncomingTest, HoldsNoMoreThanItsBound) {
  Incoming incoming;
  PublishedWriter writer;
  writer.add(false, "c", std::string(Incoming::kHeldBytesMax - 100, 'm'));
  EXPECT_FALSE(take(incoming, writer.seal(9, 1, base::LogIndex(8)), 7));
  EXPECT_EQ(incoming.missed(), 0U);
  writer.add(false, "c", std::string(200, 'm'));
  EXPECT_FALSE(take(incoming, writer.seal(9, 2, base::LogIndex(8)), 7));
  EXPECT_EQ(incoming.missed(), 1U);
  EXPECT_EQ(incoming.release(base::LogIndex(8)).size(), 1U);
}

// -- brokers

class Sent : public PushOutlet {
 public:
  void push(Session& session, std::string_view text) override {
    texts[session.id] += text;
    pointers.insert(text.data());
  }
  std::map<base::ConnectionId, std::string> texts;
  std::set<const char*> pointers;
};

TEST(BrokerTest, OneTextIsSharedByAllWhoHaveSubscribed) {
  Sent sent;
  Broker broker(sent, 1);
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::uint64_t id = 0; id < 100; ++id) {
    sessions.push_back(
        std::make_unique<Session>(base::ConnectionId(id), ConnectInfo{}, base::Instant{}));
    sessions.back()->modes.version = id % 2 == 0 ? 2 : 3;
    broker.subscriptions().add(*sessions.back(), ChannelKind::kChannel, "a");
  }
  EXPECT_EQ(broker.publish(false, "a", std::string(100, 'm')), 100U);
  EXPECT_EQ(sent.texts.size(), 100U);
  EXPECT_EQ(sent.pointers.size(), 2U) << "one of each version";
}

// What one broker has to say, given to another.
void hand_over(Broker& from, Broker& to, base::LogIndex applied = {}) {
  std::vector<ToConsensus> told;
  from.tell(told);
  for (ToConsensus& message : told) {
    auto& body = std::get<TellPubsub>(message).body;
    to.on(PubsubTold{.group = base::kFirstGroup, .from = kOrigin, .body = std::move(body)},
          applied);
  }
}

TEST(BrokerTest, CountsOfOtherNodesAreAddedAndForgottenWithTheirLink) {
  Sent sent_here, sent_there;
  Broker here(sent_here, 1), there(sent_there, 2);
  for (Broker* broker : {&here, &there}) broker->set_has_peers(true);
  Session one = session_of(1), two = session_of(2);
  there.subscriptions().add(one, ChannelKind::kChannel, "a");
  there.subscriptions().add(two, ChannelKind::kPattern, "a*");
  hand_over(there, here);
  EXPECT_EQ(here.publish(false, "a", "m"), 2U);
  EXPECT_EQ(here.publish(true, "a", "m"), 0U);
  hand_over(here, there);
  EXPECT_EQ(sent_there.texts[one.id], "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n");
  EXPECT_EQ(sent_there.texts[two.id], "*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$1\r\na\r\n$1\r\nm\r\n");
  there.subscriptions().forget(two);
  hand_over(there, here);
  EXPECT_EQ(here.receivers(false, "a"), 1U);
  here.on(PubsubLost{.group = base::kFirstGroup, .peer = kOrigin, .messages = 0});
  EXPECT_EQ(here.receivers(false, "a"), 0U);
  there.on(PubsubLinked{.group = base::kFirstGroup, .peer = base::NodeId(6)});
  hand_over(there, here);
  EXPECT_EQ(here.receivers(false, "a"), 1U) << "told all anew";
}

TEST(BrokerTest, AMessageWaitsForThoseOfTheLogThatItsNodeHadBefore) {
  Sent sent_here, sent_there;
  Broker here(sent_here, 1), there(sent_there, 2);
  for (Broker* broker : {&here, &there}) broker->set_has_peers(true);
  Session session = session_of(1);
  there.subscriptions().add(session, ChannelKind::kChannel, "a");
  here.deliver({{false, "a", "1"}}, base::LogIndex(40));
  here.publish(false, "a", "2");
  hand_over(here, there, base::LogIndex(39));
  there.on_applied(base::LogIndex(39));
  EXPECT_EQ(sent_there.texts[session.id], "");
  there.deliver({{false, "a", "1"}}, base::LogIndex(40));
  there.on_applied(base::LogIndex(40));
  EXPECT_EQ(sent_there.texts[session.id],
            "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n2"
            "\r\n");
}

}  // namespace
}  // namespace node::testing
