// Transcripts of what Redis 7.0 has not got and later versions have; redis-compat cannot compare
// it.
#include <gtest/gtest.h>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

TEST(BeyondRedis7, RanksCanComeWithScores) {
  Driver redis;
  redis("ZADD z 1 a 2.5 b 3 c");
  EXPECT_EQ(redis("ZRANK z b WITHSCORE"), "*2\r\n:1\r\n$3\r\n2.5\r\n");
  EXPECT_EQ(redis("ZREVRANK z a withscore"), "*2\r\n:2\r\n$1\r\n1\r\n");
  EXPECT_EQ(redis("ZRANK z nobody WITHSCORE"), "*-1\r\n");
  EXPECT_EQ(redis("ZRANK nothing a WITHSCORE"), "*-1\r\n");
  EXPECT_EQ(redis("ZRANK z nobody"), "$-1\r\n");
  EXPECT_EQ(redis("ZRANK z a WITHSCORES"),
            "-ERR wrong number of arguments for 'zrank' command\r\n");
  EXPECT_EQ(redis("ZREVRANK z a WITHSCORE x"),
            "-ERR wrong number of arguments for 'zrevrank' command\r\n");
  redis.resp = 3;
  EXPECT_EQ(redis("ZRANK z b WITHSCORE"), "*2\r\n:1\r\n,2.5\r\n");
  EXPECT_EQ(redis("ZRANK z nobody WITHSCORE"), "_\r\n");
}

}  // namespace
