// Random picks are fair: SPOP, SRANDMEMBER, HRANDFIELD and ZRANDMEMBER, from packed and from dense
// collections, by Pearson's chi-squared test. Seeds are fixed: it passes or fails for good.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

struct Case {
  std::string fill;     // up to the first element
  std::string between;  // two elements; a number or value may go in front
  std::string pick;
  std::string restore;  // puts a picked element back; empty if it stays
};

const Case kCases[] = {
    {"SADD k", " ", "SRANDMEMBER k", ""},      {"SADD k", " ", "SRANDMEMBER k 1", ""},
    {"SADD k", " ", "SRANDMEMBER k -1", ""},   {"SADD k", " ", "SPOP k", "SADD k"},
    {"SADD k", " ", "SPOP k 1", "SADD k"},     {"SADD k", " ", "SRANDMEMBER k 5", ""},
    {"SADD k", " ", "SPOP k 5", "SADD k"},     {"HSET k", " v ", "HRANDFIELD k 5", ""},
    {"ZADD k", " 1 ", "ZRANDMEMBER k 5", ""},  {"HSET k", " v ", "HRANDFIELD k", ""},
    {"HSET k", " v ", "HRANDFIELD k 1", ""},   {"HSET k", " v ", "HRANDFIELD k -1", ""},
    {"ZADD k", " 1 ", "ZRANDMEMBER k", ""},    {"ZADD k", " 1 ", "ZRANDMEMBER k 1", ""},
    {"ZADD k", " 1 ", "ZRANDMEMBER k -1", ""},
};

void fill(Driver& redis, const Case& pick, int count) {
  std::string line = pick.fill;
  const bool is_hash = pick.fill.starts_with("HSET");
  for (int i = 0; i < count; ++i)
    line += (is_hash ? " " : pick.between) + "m" + std::to_string(i) + (is_hash ? " v" : "");
  redis(line);
}

// The members of a reply that is a bulk string or an array of them.
std::vector<std::string> members_of(const std::string& reply) {
  std::vector<std::string> members;
  for (std::size_t at = reply.find("\nm"); at != std::string::npos; at = reply.find("\nm", at + 1))
    members.push_back(reply.substr(at + 1, reply.find('\r', at) - at - 1));
  return members;
}

// The sum of squared deviations from `each` times an element, by what is expected.
double chi_squared(const Case& pick, int count, int each) {
  Driver redis;
  fill(redis, pick, count);
  std::map<std::string, int> drawn;
  for (int i = 0; i < each * count;) {
    ++redis.index;  // another seed
    std::string back = pick.restore;
    for (const std::string& member : members_of(redis(pick.pick))) {
      ++drawn[member];
      ++i;
      back += " " + member;
    }
    if (!pick.restore.empty()) redis(back);
  }
  EXPECT_EQ(drawn.size(), static_cast<std::size_t>(count));
  double sum = 0;
  for (const auto& [member, times] : drawn)
    sum += (times - each) * (times - each) / static_cast<double>(each);
  return sum;
}

// Exceeded by chance once in 10,000 times: 99.99 percentiles of 9 and of 149 degrees of freedom.
TEST(RandomPicks, AreFairInPackedCollections) {
  for (const Case& pick : kCases) EXPECT_LT(chi_squared(pick, 10, 500), 33.7) << pick.pick;
}

TEST(RandomPicks, AreFairInDenseCollections) {
  for (const Case& pick : kCases) EXPECT_LT(chi_squared(pick, 150, 40), 222) << pick.pick;
}

}  // namespace
