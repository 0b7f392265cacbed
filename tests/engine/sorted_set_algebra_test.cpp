// Stories of ZUNION and ZINTER that the differential test met; redis-compat has the rest.
#include <gtest/gtest.h>

#include "tests/engine/model.h"

namespace {

using engine_test::Driver;

TEST(SortedSetAlgebra, InfinityTimesZeroIsZeroInAUnionAndSpoilsASumInAnIntersection) {
  Driver redis;
  redis("ZADD zeros 0 x 0 y");
  redis("ZADD more 3 x 4 y");
  EXPECT_EQ(redis("ZUNION 2 more zeros WEIGHTS 5 inf WITHSCORES"),
            "*4\r\n$1\r\nx\r\n$2\r\n15\r\n$1\r\ny\r\n$2\r\n20\r\n");
  EXPECT_EQ(redis("ZINTER 2 more zeros WEIGHTS 5 inf WITHSCORES"),
            "*4\r\n$1\r\nx\r\n$1\r\n0\r\n$1\r\ny\r\n$1\r\n0\r\n");
  EXPECT_EQ(redis("ZINTER 2 zeros more WEIGHTS inf 5 WITHSCORES"),
            "*4\r\n$1\r\nx\r\n$2\r\n15\r\n$1\r\ny\r\n$2\r\n20\r\n")
      << "of the smallest, here the first, it counts as zero";
  EXPECT_EQ(redis("ZINTER 2 more zeros WEIGHTS 5 inf AGGREGATE MIN WITHSCORES"),
            "*4\r\n$1\r\nx\r\n$2\r\n15\r\n$1\r\ny\r\n$2\r\n20\r\n");
}

}  // namespace
