// A large collection of which one element changed is written again by a block, not whole (DESIGN
// decision 18), whatever its type.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;
using Words = std::vector<std::string>;

constexpr int kElements = 200'000, kPerCommand = 1000;
constexpr std::size_t kBlockBytesMax = 32 * 1024;  // its row, its head, and one segment

struct Kind {
  Words begin;                          // of a command that adds elements
  void (*add)(Words& words, int each);  // what of it stands for one
  std::string change;                   // of one element
};

const Kind kKinds[] = {
    {{"HSET", "k"},
     [](Words& words, int i) {
       words.push_back("field:" + std::to_string(i));
       words.push_back("value:" + std::to_string(i));
     },
     "HSET k field:777 changed"},
    {{"SADD", "k"},
     [](Words& words, int i) { words.push_back("member:" + std::to_string(i)); },
     "SADD k one-more"},
    {{"ZADD", "k"},
     [](Words& words, int i) {
       words.push_back(std::to_string(i * 7919 % 100'003));
       words.push_back("member:" + std::to_string(i));
     },
     "ZADD k -1 member:777"},
    {{"RPUSH", "k"},
     [](Words& words, int i) { words.push_back("element:" + std::to_string(i)); },
     "LSET k 777 changed"},
};

std::size_t checkpoint_bytes(Driver& redis) {
  std::size_t bytes = 0;
  for (const base::Row& row : engine_test::export_rows(redis.engine, false))
    bytes += row.body.size();
  return bytes;
}

TEST(ChangeCost, OneElementOfManyWritesABlock) {
  for (const Kind& kind : kKinds) {
    Driver redis;
    for (int first = 0; first < kElements; first += kPerCommand) {
      Words words = kind.begin;
      for (int i = first; i < first + kPerCommand; ++i) kind.add(words, i);
      redis.call(words);
    }
    EXPECT_GT(checkpoint_bytes(redis), std::size_t{kElements} * 10) << kind.change;
    const std::size_t idle_bytes = checkpoint_bytes(redis);
    redis(kind.change);
    EXPECT_LT(checkpoint_bytes(redis) - idle_bytes, kBlockBytesMax) << kind.change;
  }
}

TEST(ChangeCost, OneEntryMoreOfAStreamWritesANode) {
  Driver redis;
  for (int i = 0; i < kElements / 4; ++i) redis("XADD k * field " + std::to_string(i));
  EXPECT_GT(checkpoint_bytes(redis), std::size_t{kElements});
  redis("XADD k * field more");
  EXPECT_LT(checkpoint_bytes(redis), kBlockBytesMax);
}

}  // namespace
