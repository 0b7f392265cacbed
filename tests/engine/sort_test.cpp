// Stories of SORT; redis-compat compares it with a real server.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/prng.h"
#include "engine/commands/sort_order.h"
#include "tests/engine/model.h"

namespace {

using engine::commands::sort_part;
using engine::commands::sort_score;
using engine::commands::SortItem;
using engine::commands::SortOrder;
using engine_test::Driver;

TEST(Sort, OrdersByNumberOrByText) {
  Driver redis;
  redis("RPUSH l 10 9 -1 2");
  EXPECT_EQ(redis("SORT l"), "*4\r\n$2\r\n-1\r\n$1\r\n2\r\n$1\r\n9\r\n$2\r\n10\r\n");
  EXPECT_EQ(redis("SORT l ALPHA DESC LIMIT 0 2"), "*2\r\n$1\r\n9\r\n$1\r\n2\r\n");
  EXPECT_EQ(redis("SORT_RO l LIMIT 3 9"), "*1\r\n$2\r\n10\r\n");
  EXPECT_EQ(redis("SORT nothing"), "*0\r\n");
}

TEST(Sort, RefusesWhatRedisRefuses) {
  Driver redis;
  redis("RPUSH l a");
  redis("SET s x");
  EXPECT_EQ(redis("SORT l"), "-ERR One or more scores can't be converted into double\r\n");
  EXPECT_EQ(redis("SORT s"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
  EXPECT_EQ(redis("SORT_RO s"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
  EXPECT_EQ(redis("SORT s LIMIT 1"), "-ERR syntax error\r\n") << "options come first";
  EXPECT_EQ(redis("SORT l LIMIT x 1"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(redis("SORT l LIMIT 1 x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(redis("SORT_RO l STORE t"), "-ERR syntax error\r\n");
  EXPECT_EQ(redis("EXISTS t"), ":0\r\n");
}

TEST(Sort, PatternsFindStringsAndFieldsOfHashes) {
  Driver redis;
  redis("RPUSH l 1 2 3");
  redis("MSET w_1 30 w_2 20 w_3 10");
  redis("HSET h_1 f 2");
  redis("HSET h_2 f 3");
  redis("HSET h_3 f 1");
  EXPECT_EQ(redis("SORT l BY w_*"), "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n");
  EXPECT_EQ(redis("SORT l BY h_*->f GET # GET w_*"),
            "*6\r\n$1\r\n3\r\n$2\r\n10\r\n$1\r\n1\r\n$2\r\n30\r\n$1\r\n2\r\n$2\r\n20\r\n");
  EXPECT_EQ(redis("SORT l GET w_*->f GET h_* GET plain LIMIT 0 1"), "*3\r\n$-1\r\n$-1\r\n$-1\r\n")
      << "wrong types and patterns without a place for the element find nothing";
}

TEST(Sort, WhatIsNotToBeSortedKeepsItsOrderForwardsAndBackwards) {
  Driver redis;
  redis("RPUSH l c a b");
  redis("ZADD z 3 x 1 y 2 w");
  EXPECT_EQ(redis("SORT l BY nosort LIMIT 1 2"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(redis("SORT l BY nosort DESC LIMIT 0 2"), "*2\r\n$1\r\nb\r\n$1\r\na\r\n");
  EXPECT_EQ(redis("SORT z BY nosort LIMIT 0 2"), "*2\r\n$1\r\ny\r\n$1\r\nw\r\n");
  EXPECT_EQ(redis("SORT z BY nosort DESC LIMIT 0 2"), "*2\r\n$1\r\nx\r\n$1\r\nw\r\n");
}

TEST(Sort, StoreMakesAListOrRemovesTheKey) {
  Driver redis;
  redis("SADD s b a c");
  redis("SET t x EX 100");
  EXPECT_EQ(redis("SORT s BY nosort STORE t"), ":3\r\n");
  EXPECT_EQ(redis("LRANGE t 0 -1"), "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n")
      << "what is stored never has the order of a hash table";
  EXPECT_EQ(redis("TTL t"), ":-1\r\n");
  EXPECT_EQ(redis("SORT s ALPHA GET nokey_* LIMIT 0 2 STORE t"), ":2\r\n");
  EXPECT_EQ(redis("LRANGE t 0 -1"), "*2\r\n$0\r\n\r\n$0\r\n\r\n");
  EXPECT_EQ(redis("SORT nothing STORE t"), ":0\r\n");
  EXPECT_EQ(redis("EXISTS t"), ":0\r\n");
}

TEST(Sort, AKeyPastItsTimeIsNotFoundAndIsDeletedByTheWrite) {
  Driver redis;
  redis("RPUSH l 1 2");
  redis("MSET w_1 5 w_2 4");
  redis("PEXPIRE w_2 10");
  redis.time_ms += 10;
  EXPECT_EQ(redis("SORT l BY w_* GET w_*"), "*2\r\n$-1\r\n$1\r\n5\r\n");
  EXPECT_EQ(redis("DBSIZE"), ":2\r\n");
}

TEST(Sort, ASmallSortedSetIsASkipListAfterwards) {
  Driver redis;
  redis("ZADD z 1 3");
  EXPECT_EQ(redis("OBJECT ENCODING z"), "$8\r\nlistpack\r\n");
  EXPECT_EQ(redis("SORT z"), "*1\r\n$1\r\n3\r\n");
  EXPECT_EQ(redis("OBJECT ENCODING z"), "$8\r\nskiplist\r\n");
}

TEST(Sort, ReadsNumbersAsTheCLibraryDoes) {
  EXPECT_EQ(sort_score(""), 0.0);
  EXPECT_EQ(sort_score(" 1"), 1.0);
  EXPECT_EQ(sort_score("0x10"), 16.0);
  EXPECT_EQ(sort_score(std::string("7\0x", 3)), 7.0);
  EXPECT_EQ(sort_score("1 "), std::nullopt);
  EXPECT_EQ(sort_score("nan"), std::nullopt);
  EXPECT_EQ(sort_score("1e999"), std::nullopt);
}

TEST(Sort, TextEndsAtItsFirstZeroByteUnlessItIsStored) {
  const SortItem a{.element = std::string("a\0b", 3)}, b{.element = std::string("a\0a", 3)};
  EXPECT_EQ((SortOrder{.is_alpha = true}.compare(a, b)), 0);
  EXPECT_GT((SortOrder{.is_alpha = true, .is_binary = true}.compare(a, b)), 0);
}

std::vector<std::string> texts(const std::vector<SortItem>& items, std::size_t first,
                               std::size_t last) {
  std::vector<std::string> out;
  for (std::size_t i = first; i <= last; ++i) out.push_back(*items[i].weight);
  return out;
}

TEST(Sort, APartOfTheOrderIsThatPartOfTheWhole) {
  base::Prng prng(3);
  for (int round = 0; round < 2000; ++round) {
    std::vector<SortItem> items(1 + prng.below(120));
    const std::uint64_t range = 1 + prng.below(60);
    for (SortItem& item : items) item.weight = std::to_string(prng.below(range));
    const SortOrder order{
        .is_alpha = true, .is_descending = prng.chance(1, 2), .has_pattern = true};
    const std::size_t first = prng.below(items.size());
    const std::size_t last = first + prng.below(items.size() - first);
    std::vector<SortItem> whole = items;
    sort_all(whole, order);
    const int splits_max =
        static_cast<int>(prng.below(30));  // few: as for an input made to be slow
    sort_part(items, order, first, last, splits_max);
    ASSERT_EQ(texts(items, first, last), texts(whole, first, last)) << "round " << round;
  }
}

}  // namespace
