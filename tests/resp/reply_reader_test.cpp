// The reply reader: every type, nested, cut anywhere; what is no reply breaks the stream for good.
#include "resp/reply_reader.h"

#include <gtest/gtest.h>

namespace {

using resp::Reply;
using resp::ReplyReader;

std::vector<Reply> read(const std::vector<std::string_view>& pieces, bool* is_broken = nullptr) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
  }
  if (is_broken != nullptr) *is_broken = reader.is_broken();
  return replies;
}

Reply one(std::string_view text) {
  auto replies = read({text});
  EXPECT_EQ(replies.size(), 1U) << text;
  return replies.empty() ? Reply{} : replies.front();
}

bool breaks(std::string_view text) {
  bool is_broken = false;
  (void)read({text}, &is_broken);
  return is_broken;
}

const std::string_view kStream =
    "+OK\r\n-ERR "
    "no\r\n:-42\r\n$5\r\nhe\r\no\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,3.5\r\n(123456789012345678901\r\n"
    "*3\r\n:1\r\n*2\r\n+a\r\n*0\r\n$0\r\n\r\n%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n>2\r\n+message\r\n+"
    "x\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n"
    "|1\r\n+ttl\r\n:3\r\n*1\r\n|1\r\n+a\r\n+b\r\n:9\r\n:1\r\n";

TEST(ReplyReader, AnyCutGivesTheSameReplies) {
  const auto whole = read({kStream});
  ASSERT_EQ(whole.size(), 17U);
  for (std::size_t cut = 0; cut <= kStream.size(); ++cut) {
    EXPECT_EQ(read({kStream.substr(0, cut), kStream.substr(cut)}), whole) << cut;
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < kStream.size(); ++i) bytes.push_back(kStream.substr(i, 1));
  EXPECT_EQ(read(bytes), whole);
}

TEST(ReplyReader, ReadsScalars) {
  EXPECT_EQ(one("+OK\r\n").text, "OK");
  EXPECT_TRUE(one("-ERR no\r\n").is_error());
  EXPECT_EQ(one(":-42\r\n").integer, -42);
  EXPECT_EQ(one("$5\r\nhe\r\no\r\n").text, "he\r\no");
  EXPECT_TRUE(one("$-1\r\n").is_null);
  EXPECT_TRUE(one("*-1\r\n").is_null);
  EXPECT_TRUE(one("_\r\n").is_null);
  EXPECT_EQ(one("#f\r\n").integer, 0);
  EXPECT_EQ(one("=7\r\ntxt:abc\r\n").text, "txt:abc");
}

TEST(ReplyReader, NestsAggregates) {
  const Reply reply = one("*2\r\n%1\r\n+k\r\n*1\r\n:1\r\n~0\r\n");
  ASSERT_EQ(reply.elements.size(), 2U);
  EXPECT_EQ(reply.elements[0].elements[1].elements[0].integer, 1);
  EXPECT_EQ(reply.elements[1].type, '~');
}

TEST(ReplyReader, AttributesStayWithTheReplyTheyStandBefore) {
  const auto replies = read({"|1\r\n+ttl\r\n:3\r\n*1\r\n:9\r\n|0\r\n:1\r\n"});
  ASSERT_EQ(replies.size(), 2U);
  ASSERT_EQ(replies[0].attributes.size(), 2U);
  EXPECT_EQ(replies[0].attributes[1].integer, 3);
  EXPECT_TRUE(replies[1].attributes.empty());
}

TEST(ReplyReader, WhatIsNoReplyBreaksTheStreamForGood) {
  for (const char* text :
       {"x\r\n", "\r\n", ":x\r\n", ":01\r\n", "$-2\r\n", "*-2\r\n", "%-1\r\n", "#x\r\n", "_x\r\n",
        "=-1\r\n", "$1\r\nabc", "*1\r\n?\r\n", "$9223372036854775807\r\n", "$x\r\n"}) {
    EXPECT_TRUE(breaks(text)) << text;
  }
  ReplyReader reader;
  reader.feed("x\r\n+OK\r\n");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.is_broken());
}

TEST(ReplyReader, DepthAndLineLengthAreBounded) {
  std::string deep;
  for (int i = 0; i < 7501; ++i) deep += "*1\r\n";
  EXPECT_TRUE(breaks(deep));
  EXPECT_FALSE(breaks(deep.substr(4)));
  EXPECT_TRUE(breaks(std::string(70000, '+')));
}

TEST(ReplyReader, AHugeAnnouncedCountCostsNothing) {
  EXPECT_FALSE(breaks("*9223372036854775807\r\n"));
  EXPECT_FALSE(breaks("%9223372036854775807\r\n"));
}

}  // namespace
