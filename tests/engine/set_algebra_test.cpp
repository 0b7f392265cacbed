// Stories of set algebra that the differential test met; redis-compat has the rest.
#include <gtest/gtest.h>

#include <string>

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

TEST(SortedSetAlgebra, MinusZeroStaysOneWhereTheResultIsNotPacked) {
  Driver redis;
  const std::string long_member(65, 'x');
  redis("ZADD s 1 " + long_member + " -0 a");
  redis("ZINTERSTORE t 1 s");
  EXPECT_EQ(redis("ZSCORE t a"), "$2\r\n-0\r\n");
  redis("ZREM s " + long_member);
  redis("ZUNIONSTORE t 1 s");
  EXPECT_EQ(redis("ZSCORE t a"), "$1\r\n0\r\n");
}

TEST(SetAlgebra, ADifferenceKeepsTheEncodingOfTheFirstSetWhereThatIsCopied) {
  Driver redis;
  redis("SADD mixed x 1 2 3");
  redis("SADD x x");
  redis("SDIFFSTORE looked mixed x x");
  EXPECT_EQ(redis("OBJECT ENCODING looked"), "$6\r\nintset\r\n");
  redis("SDIFFSTORE copied mixed x x x");
  EXPECT_EQ(redis("OBJECT ENCODING copied"), "$9\r\nhashtable\r\n");
  EXPECT_EQ(redis("SCARD copied"), ":3\r\n");
  redis("SADD numbers 1 2 3 4");
  redis("SDIFFSTORE copied numbers x x x");
  EXPECT_EQ(redis("OBJECT ENCODING copied"), "$6\r\nintset\r\n");
}

}  // namespace
