// Clients that wait, as state of the log (DESIGN decision 5).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/batch.h"
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

}  // namespace
