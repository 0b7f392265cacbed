// Clients that wait, as state of the log (DESIGN decision 5).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/elements/batch.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

constexpr engine::ClientRef kClient{base::NodeId(1), 1, base::ConnectionId(1)};

void block(Driver& redis, const std::vector<std::string_view>& words) {
  engine::BatchWriter batch;
  batch.blocking(kClient, 2, 0, {}, false, words);
  redis.apply(batch.seal(redis.time_ms, 0));
}

// The one before was answered INDOUBT and took effect all the same.
TEST(Waiters, TheNextCommandOfAClientEndsItsWaitThoughItIsServedAtOnce) {
  Driver redis;
  block(redis, {"BLPOP", "q", "0"});
  ASSERT_TRUE(redis.engine.is_waiting(kClient));
  redis.call({"RPUSH", "other", "a"});
  block(redis, {"BLPOP", "other", "0"});
  EXPECT_FALSE(redis.engine.is_waiting(kClient));
  EXPECT_EQ(redis.call({"RPUSH", "q", "b"}), ":1\r\n");
  EXPECT_EQ(redis.call({"LLEN", "q"}), ":1\r\n");
}

TEST(Waiters, AreFoundByTheRunOfTheirNode) {
  Driver redis;
  block(redis, {"BLPOP", "q", "0"});
  EXPECT_EQ(redis.engine.waiters_of(base::NodeId(1), 1), std::vector{kClient});
  EXPECT_TRUE(redis.engine.waiters_of(base::NodeId(1), 0).empty());
  EXPECT_TRUE(redis.engine.waiters_of(base::NodeId(1), 2).empty());
  EXPECT_TRUE(redis.engine.waiters_of(base::NodeId(2), 1).empty());
}

engine::ClientRef client(std::uint64_t number) {
  return {base::NodeId(1), 1, base::ConnectionId(number)};
}

void block(Driver& redis, std::uint64_t number, const std::string& words) {
  std::vector<std::string> argv;
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    argv.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  engine::BatchWriter batch;
  batch.blocking(client(number), 2, 0, {}, false,
                 std::vector<std::string_view>(argv.begin(), argv.end()));
  redis.apply(batch.seal(redis.time_ms, 0));
}

std::vector<std::uint64_t> who_waits(const Driver& redis) {
  std::vector<std::uint64_t> numbers;
  for (const engine::ClientRef& one : redis.engine.waiters_of(base::NodeId(1), 1))
    numbers.push_back(one.connection.value());
  return numbers;
}

// Which of its keys a client is served from, by what an EXEC did to them before.
TEST(Waiters, AKeyIsReadyWhenItHoldsWhatSomebodyWaitsFor) {
  const auto served_after = [](const std::vector<std::vector<std::string>>& commands,
                               bool others_wait = false) {
    Driver redis;
    redis("SET other:database x");
    block(redis, 1, "BLPOP q3 q2 0");
    if (others_wait) block(redis, 2, "BZPOPMIN elsewhere 0");
    std::vector<engine::QueuedCommand> queued;
    for (const auto& words : commands) queued.push_back({0, false, {words.begin(), words.end()}});
    queued.push_back({0, false, {"RPUSH", "q3", "d"}});
    queued.push_back({0, false, {"RPUSH", "q2", "a"}});
    engine::BatchWriter batch;
    batch.exec({}, false, {}, false, queued);
    redis.apply(batch.seal(redis.time_ms, 0));
    EXPECT_EQ(redis("EXISTS q2 q3"), ":1\r\n");
    return redis("EXISTS q2") == ":0\r\n" ? "q2" : "q3";
  };
  EXPECT_STREQ(served_after({}), "q3");
  EXPECT_STREQ(served_after({{"RPUSH", "q2", "x"}, {"DEL", "q2"}}), "q2");
  EXPECT_STREQ(served_after({{"FLUSHDB"}}), "q3");
  EXPECT_STREQ(served_after({{"SWAPDB", "0", "5"}}), "q3");
  EXPECT_STREQ(served_after({{"SET", "q2", "x"}, {"DEL", "q2"}}), "q3");
  const std::vector<std::vector<std::string>> sorted_set = {{"ZADD", "q2", "1", "x"},
                                                            {"DEL", "q2"}};
  EXPECT_STREQ(served_after(sorted_set), "q3");
  EXPECT_STREQ(served_after(sorted_set, true), "q2") << "somebody waits for one";
}

// What else becomes of a stream that stays makes it no earlier in the order of ready keys either.
TEST(Waiters, AStreamIsReadyWhenSomethingIsAddedAndByNothingElseThatLeavesItThere) {
  for (const char* change : {"XGROUP SETID x g 0", "XTRIM x MAXLEN 0", "XGROUP CREATE x h 0",
                             "XSETID x 5-5", "EXPIRE x 1000", "XGROUP CREATECONSUMER x g c"}) {
    Driver redis;
    redis("XADD x 1-1 f v");
    redis("XADD y 1-1 f v");
    redis("XGROUP CREATE x g $");
    redis("XGROUP CREATE y g $");
    block(redis, 1, "XREADGROUP GROUP g a BLOCK 0 STREAMS x y > >");
    redis(change);
    EXPECT_EQ(who_waits(redis), (std::vector<std::uint64_t>{1})) << change;
    redis("XADD y 9-1 f v");
    EXPECT_TRUE(who_waits(redis).empty()) << change;
    EXPECT_EQ(redis("XPENDING y g").substr(0, 6), "*4\r\n:1") << change;
    block(redis, 1, "XREADGROUP GROUP g a BLOCK 0 STREAMS x y > >");
    redis("XADD x MAXLEN 0 9-1 f v");
    EXPECT_TRUE(who_waits(redis).empty()) << "served without an entry: it is gone again";
  }
}

// Each group has read to a position of its own; and a group's readers stand behind each other.
TEST(Waiters, OfAStreamEveryGroupIsServedAndOfAGroupWhoWaitedFirst) {
  Driver redis;
  redis("XGROUP CREATE x one $ MKSTREAM");
  redis("XGROUP CREATE x two $");
  block(redis, 1, "XREADGROUP GROUP one a BLOCK 0 STREAMS x >");
  block(redis, 2, "XREADGROUP GROUP one b BLOCK 0 STREAMS x >");
  block(redis, 3, "XREADGROUP BLOCK 0 COUNT 1 GROUP two a STREAMS x >");
  block(redis, 4, "XREADGROUP GROUP two b BLOCK 0 STREAMS x >");
  redis("XADD x 1-1 f v");
  EXPECT_EQ(who_waits(redis), (std::vector<std::uint64_t>{2, 4}));
  redis("XADD x 1-2 f v");
  EXPECT_TRUE(who_waits(redis).empty());
}

TEST(Waiters, OfOtherTypesWaitOnAtTheSameKey) {
  Driver redis;
  block(redis, 1, "BZPOPMIN q 0");
  block(redis, 2, "BLPOP q 0");
  block(redis, 3, "BLPOP q other 0");
  redis("RPUSH q a");
  EXPECT_EQ(who_waits(redis), (std::vector<std::uint64_t>{1, 3}));
  redis("ZADD q 1 a");
  EXPECT_EQ(who_waits(redis), (std::vector<std::uint64_t>{3}));
  redis("RPUSH q a b");
  EXPECT_TRUE(who_waits(redis).empty());
  EXPECT_EQ(redis("LLEN q"), ":1\r\n");
}

// The whole line is told, though the first of it gets nothing of the kind it waited for.
TEST(Waiters, OfAStreamThatIsGoneAllAreToldSo) {
  Driver redis;
  redis("XGROUP CREATE x g $ MKSTREAM");
  for (std::uint64_t number = 1; number <= 3; ++number)
    block(redis, number, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >");
  redis("DEL x");
  EXPECT_TRUE(who_waits(redis).empty());
}

TEST(Waiters, AMoveThatCannotBeDoneIsNoReasonToStop) {
  Driver redis;
  redis("SET text 1");
  block(redis, 1, "BLMOVE q text LEFT RIGHT 0");
  block(redis, 2, "BLPOP q 0");
  redis("RPUSH q a");
  EXPECT_TRUE(who_waits(redis).empty());
  EXPECT_EQ(redis("LLEN q"), ":0\r\n");
}

TEST(Waiters, AWaitHasANumberOfItsOwn) {
  Driver redis;
  EXPECT_EQ(redis.engine.wait_of(client(1)), std::nullopt);
  block(redis, 1, "BLPOP q 0");
  const auto wait = redis.engine.wait_of(client(1));
  ASSERT_TRUE(wait.has_value());
  block(redis, 1, "BLPOP q 0");
  ASSERT_TRUE(redis.engine.wait_of(client(1)).has_value());
  EXPECT_NE(redis.engine.wait_of(client(1)), wait);
}

TEST(Waiters, AnEndMeantForAnEarlierWaitEndsNoLaterOne) {
  Driver redis;
  const auto end = [&redis](std::uint64_t wait) {
    engine::BatchWriter batch;
    batch.unblock(client(1), engine::UnblockReason::kGone, wait);
    redis.apply(batch.seal(redis.time_ms, 0));
    return who_waits(redis).empty();
  };
  block(redis, 1, "BLPOP q 0");
  const std::uint64_t first = redis.engine.wait_of(client(1)).value();
  block(redis, 1, "BLPOP q 0");
  EXPECT_FALSE(end(first));
  EXPECT_TRUE(end(redis.engine.wait_of(client(1)).value()));
}

TEST(Waiters, StandInTheSameLinesAfterACheckpoint) {
  Driver redis;
  redis("XGROUP CREATE x g $ MKSTREAM");
  block(redis, 1, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >");
  block(redis, 2, "BLPOP q 0");
  block(redis, 3, "BZPOPMIN q 0");
  const std::uint64_t digest = redis.engine.digest();
  redis.engine = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
  EXPECT_EQ(redis.engine.digest(), digest);
  redis("XADD x 1-1 f v");
  redis("RPUSH q a");
  EXPECT_EQ(who_waits(redis), (std::vector<std::uint64_t>{3}));
}

}  // namespace
