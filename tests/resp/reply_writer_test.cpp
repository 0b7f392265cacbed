// Every kind of reply in both protocol versions, byte for byte as Redis 7.0 writes it (DEBUG
// PROTOCOL).
#include "resp/reply_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace {

using resp::ReplyWriter;

template <class Write>
std::string written(int version, Write write) {
  std::string out;
  ReplyWriter writer(out, version);
  write(writer);
  return out;
}

#define EXPECT_WRITES(call, resp2, resp3)                                          \
  EXPECT_EQ(written(2, [](ReplyWriter& writer) { writer.call; }), resp2) << #call; \
  EXPECT_EQ(written(3, [](ReplyWriter& writer) { writer.call; }), resp3) << #call

TEST(ReplyWriter, KindsThatAreTheSameInBothVersions) {
  EXPECT_WRITES(ok(), "+OK\r\n", "+OK\r\n");
  EXPECT_WRITES(status("PONG"), "+PONG\r\n", "+PONG\r\n");
  EXPECT_WRITES(integer(0), ":0\r\n", ":0\r\n");
  EXPECT_WRITES(integer(std::numeric_limits<std::int64_t>::min()), ":-9223372036854775808\r\n",
                ":-9223372036854775808\r\n");
  EXPECT_WRITES(integer(std::numeric_limits<std::int64_t>::max()), ":9223372036854775807\r\n",
                ":9223372036854775807\r\n");
  EXPECT_WRITES(bulk("Hello World"), "$11\r\nHello World\r\n", "$11\r\nHello World\r\n");
  EXPECT_WRITES(bulk(""), "$0\r\n\r\n", "$0\r\n\r\n");
  EXPECT_WRITES(bulk_integer(-12), "$3\r\n-12\r\n", "$3\r\n-12\r\n");
  EXPECT_WRITES(array(3), "*3\r\n", "*3\r\n");
}

TEST(ReplyWriter, KindsThatRESP3Knows) {
  EXPECT_WRITES(null(), "$-1\r\n", "_\r\n");
  EXPECT_WRITES(null_array(), "*-1\r\n", "_\r\n");
  EXPECT_WRITES(map(3), "*6\r\n", "%3\r\n");
  EXPECT_WRITES(set(3), "*3\r\n", "~3\r\n");
  EXPECT_WRITES(push(2), "*2\r\n", ">2\r\n");
  EXPECT_WRITES(boolean(true), ":1\r\n", "#t\r\n");
  EXPECT_WRITES(boolean(false), ":0\r\n", "#f\r\n");
  EXPECT_WRITES(number(3.141), "$5\r\n3.141\r\n", ",3.141\r\n");
  EXPECT_WRITES(big_number("1234567999999999999999999999999999999"),
                "$37\r\n1234567999999999999999999999999999999\r\n",
                "(1234567999999999999999999999999999999\r\n");
  EXPECT_WRITES(verbatim("txt", "This is a verbatim\nstring"),
                "$25\r\nThis is a verbatim\nstring\r\n",
                "=29\r\ntxt:This is a verbatim\nstring\r\n");
  EXPECT_EQ(written(3, [](ReplyWriter& writer) { writer.attribute(1); }), "|1\r\n");
}

TEST(ReplyWriter, InfinitiesHaveRedissNames) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_WRITES(number(kInfinity), "$3\r\ninf\r\n", ",inf\r\n");
  EXPECT_WRITES(number(-kInfinity), "$4\r\n-inf\r\n", ",-inf\r\n");
}

TEST(ReplyWriter, AnErrorIsOneLineWhateverItsText) {
  EXPECT_WRITES(error("ERR a\r\nb\nc"), "-ERR a  b c\r\n", "-ERR a  b c\r\n");
}

TEST(ReplyWriter, AnArrayMayBeCountedAfterItsElements) {
  const std::string text = written(2, [](ReplyWriter& writer) {
    writer.status("before");
    const auto outer = writer.defer_array();
    writer.integer(1);
    const auto inner = writer.defer_array();
    writer.integer(2);
    writer.finish_array(inner, 1);
    writer.finish_array(outer, 2);
  });
  EXPECT_EQ(text, "+before\r\n*2\r\n:1\r\n*1\r\n:2\r\n");
}

}  // namespace
