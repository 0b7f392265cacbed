// The request parser: what it accepts, refuses and ignores is Redis 7.0's, asked of a real server;
// and it does not matter how the bytes are cut.
#include "resp/parser.h"

#include <gtest/gtest.h>

#include "resp/input_buffer.h"

namespace {

using Words = std::vector<std::string>;

struct Outcome {
  std::vector<Words> commands;
  std::string error;
  std::size_t unread = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Words copy(std::span<const std::string_view> argv) { return {argv.begin(), argv.end()}; }

// Parses whatever is whole in `buffer`; false after an error.
bool drain(resp::RequestParser& parser, resp::InputBuffer& buffer, Outcome& outcome) {
  while (true) {
    std::size_t consumed = 0;
    const auto status = parser.next(buffer.unread(), consumed);
    if (status == resp::RequestParser::Status::kNeedMore) return true;
    if (status == resp::RequestParser::Status::kError) {
      outcome.error = parser.error();
      return false;
    }
    if (status == resp::RequestParser::Status::kCommand)
      outcome.commands.push_back(copy(parser.argv()));
    buffer.consume(consumed);
  }
}

Outcome parse(const std::vector<std::string_view>& pieces, const resp::RequestLimits& limits = {}) {
  resp::RequestParser parser;
  parser.set_limits(limits);
  resp::InputBuffer buffer;
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    buffer.append(piece, parser.missing_bytes());
    if (!drain(parser, buffer, outcome)) return outcome;
  }
  outcome.unread = buffer.unread().size();
  return outcome;
}

Outcome parse(std::string_view stream, const resp::RequestLimits& limits = {}) {
  return parse(std::vector<std::string_view>{stream}, limits);
}

std::string error_of(std::string_view stream, const resp::RequestLimits& limits = {}) {
  return parse(stream, limits).error;
}

std::vector<Words> commands_of(std::string_view stream) {
  const Outcome outcome = parse(stream);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.unread, 0U);
  return outcome.commands;
}

const std::string kStreams[] = {
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    "PING\r\n\r\n*1\r\n$4\r\nPING\r\n  SET 'a b' \"c\\x41\\n\" \n*0\r\n*-1\r\nGET x\r\n",
    "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*2\r\n$4\r\nECHO\r\n$6\r\n\r\n$1\r\n\r\n*1\r\n$4\r\nPI",
    "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n+1\r\n",
    "PING\r\n*1000000000000\r\nPING\r\n",
    "PING\r\nECHO \"a\r\nPING\r\n",
};

TEST(Parser, AnyCutOfAStreamGivesTheSameCommandsAndTheSameError) {
  for (const std::string& text : kStreams) {
    const std::string_view stream = text;
    const Outcome whole = parse(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      EXPECT_EQ(parse({stream.substr(0, cut), stream.substr(cut)}), whole)
          << text << " cut at " << cut;
    }
  }
}

TEST(Parser, ByteByByteGivesTheSameToo) {
  for (const std::string& text : kStreams) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i)
      bytes.push_back(std::string_view(text).substr(i, 1));
    EXPECT_EQ(parse(bytes), parse(text)) << text;
  }
}

TEST(Parser, ReadsAPipelineOfArraysWithEmptyAndBinaryArguments) {
  const std::string binary("\0\r\n\xff", 4);
  const std::string stream =
      "*2\r\n$4\r\nECHO\r\n$4\r\n" + binary + "\r\n*2\r\n$0\r\n\r\n$1\r\nx\r\n";
  EXPECT_EQ(commands_of(stream), (std::vector<Words>{{"ECHO", binary}, {"", "x"}}));
}

TEST(Parser, IgnoresEmptyLinesAndEmptyArrays) {
  EXPECT_EQ(commands_of("\r\n\n  \r\n*0\r\n*-1\r\n*-99\r\nPING\r\n"),
            (std::vector<Words>{{"PING"}}));
}

TEST(Parser, KeepsAnUnfinishedCommandUnread) {
  const Outcome outcome = parse("PING\r\n*2\r\n$3\r\nGET\r\n$2\r\nk");
  EXPECT_EQ(outcome.commands.size(), 1U);
  EXPECT_EQ(outcome.unread, std::string_view("*2\r\n$3\r\nGET\r\n$2\r\nk").size());
}

TEST(Parser, ArgumentsOfAnArrayAreViewsIntoTheCallersBytes) {
  const std::string stream = "*1\r\n$4\r\nPING\r\n";
  resp::RequestParser parser;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.next(stream, consumed), resp::RequestParser::Status::kCommand);
  EXPECT_EQ(parser.argv()[0].data(), stream.data() + 8);
  EXPECT_EQ(consumed, stream.size());
}

TEST(Parser, SaysHowManyBytesOfAKnownBulkAreMissing) {
  resp::RequestParser parser;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.next("*1\r\n$100\r\nabc", consumed), resp::RequestParser::Status::kNeedMore);
  EXPECT_EQ(parser.missing_bytes(), 99U);
  EXPECT_EQ(consumed, 0U);
}

TEST(Parser, RefusesWrongArrayLengthsWithRedissText) {
  const std::string text = "Protocol error: invalid multibulk length";
  for (const char* header : {"*\r\n", "*x\r\n", "*+1\r\n", "*01\r\n", "*-0\r\n", "* 1\r\n",
                             "*2147483648\r\n", "*99999999999999999999999\r\n", "*1xx\r\n"}) {
    EXPECT_EQ(error_of(header), text) << header;
  }
  EXPECT_EQ(error_of("*2147483647\r\n"), "");
}

TEST(Parser, RefusesWrongBulkLengthsWithRedissText) {
  const std::string text = "Protocol error: invalid bulk length";
  for (const char* header :
       {"$x\r\n", "$\r\n", "$-1\r\n", "$-0\r\n", "$536870913\r\n", "$18446744073709551617\r\n"}) {
    EXPECT_EQ(error_of(std::string("*1\r\n") + header), text) << header;
  }
  EXPECT_EQ(error_of("*1\r\n$536870912\r\n"), "");
  EXPECT_EQ(error_of("*1\r\n$9\r\n", {.bulk_bytes_max = 8}), text);
}

TEST(Parser, NamesTheByteThatStandsWhereADollarIsDue) {
  EXPECT_EQ(error_of("*1\r\nx4\r\nPING\r\n"), "Protocol error: expected '$', got 'x'");
  EXPECT_EQ(error_of("*1\r\n\xff\r\n"), "Protocol error: expected '$', got '\xff'");
  EXPECT_EQ(error_of("*1\r\n\r\n"),
            "Protocol error: expected '$', got '\r'");  // the writer makes a blank of it
}

TEST(Parser, LooksOnlySoFarForTheEndOfAHeaderOrLine) {
  const std::string limit(64 * 1024, '1');
  EXPECT_EQ(error_of("*" + limit.substr(1)), "");
  EXPECT_EQ(error_of("*" + limit), "Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$" + limit.substr(1)), "");
  EXPECT_EQ(error_of("*1\r\n$" + limit), "Protocol error: too big bulk count string");
  EXPECT_EQ(error_of(limit), "");
  EXPECT_EQ(error_of(limit + "1"), "Protocol error: too big inline request");
}

TEST(Parser, AStrangerMaySendTenArgumentsOfSixteenKilobytes) {
  const resp::RequestLimits stranger{.is_unauthenticated = true};
  EXPECT_EQ(error_of("*10\r\n", stranger), "");
  EXPECT_EQ(error_of("*11\r\n", stranger), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16384\r\n", stranger), "");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", stranger), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(error_of("*11\r\n$16385\r\n"), "");
}

TEST(Parser, LimitsMayWidenBetweenTwoCommandsOfOnePipeline) {
  resp::RequestParser parser;
  parser.set_limits({.is_unauthenticated = true});
  const std::string_view stream = "AUTH x\r\n*11\r\n";
  std::size_t consumed = 0;
  ASSERT_EQ(parser.next(stream, consumed), resp::RequestParser::Status::kCommand);
  parser.set_limits({});
  EXPECT_EQ(parser.next(stream.substr(consumed), consumed), resp::RequestParser::Status::kNeedMore);
}

TEST(Parser, SplitsInlineWordsAsRedisDoes) {
  const auto words = [](std::string_view line) {
    return commands_of(std::string(line) + "\r\n").at(0);
  };
  EXPECT_EQ(words("ECHO foo\"bar\""), (Words{"ECHO", "foobar"}));
  EXPECT_EQ(words("ECHO 'a\\'b\\n'"), (Words{"ECHO", "a'b\\n"}));
  EXPECT_EQ(words("ECHO \"\\x41\\n\\q\\x4\""), (Words{"ECHO", "A\nqx4"}));
  EXPECT_EQ(words("ECHO \"\\r\\t\\b\\a\\\\\\\"\""), (Words{"ECHO", "\r\t\b\a\\\""}));
  EXPECT_EQ(words("ECHO \"\" ''"), (Words{"ECHO", "", ""}));
  EXPECT_EQ(words("ECHO a\vb"), (Words{"ECHO", "a\vb"}));
  EXPECT_EQ(words("\fECHO \"a\"\v"), (Words{"ECHO", "a"}));
  EXPECT_EQ(words("ECHO a\rb"), (Words{"ECHO", "a", "b"}));
  EXPECT_EQ(words("ECHO \"\\xfF\""), (Words{"ECHO", "\xff"}));
}

TEST(Parser, RefusesUnbalancedQuotes) {
  for (const char* line : {"ECHO \"a\r\n", "ECHO 'a\r\n", "ECHO foo\"bar\"baz\r\n",
                           "ECHO \"a\\\r\n", "ECHO 'a'b\r\n"}) {
    EXPECT_EQ(error_of(line), "Protocol error: unbalanced quotes in request") << line;
  }
}

TEST(Parser, ALineMayEndWithoutCarriageReturn) {
  EXPECT_EQ(commands_of("PING\nPING\r\n"), (std::vector<Words>{{"PING"}, {"PING"}}));
}

// 64 MB in 4 KB pieces: with a rescan of the bytes or a growth by constant steps this is 16,000
// passes over megabytes.
TEST(Parser, ABigBulkInSmallPiecesCostsLinearTimeAndAtMostTwiceItsMemory) {
  const std::size_t size = std::size_t{64} << 20;
  const std::string piece(4096, 'v');
  resp::RequestParser parser;
  resp::InputBuffer buffer;
  std::size_t consumed = 0;
  buffer.append("*2\r\n$4\r\nECHO\r\n$" + std::to_string(size) + "\r\n");
  for (std::size_t sent = 0; sent < size; sent += piece.size()) {
    ASSERT_EQ(parser.next(buffer.unread(), consumed), resp::RequestParser::Status::kNeedMore);
    buffer.append(piece, parser.missing_bytes());
    ASSERT_LE(buffer.capacity(), 2 * buffer.unread().size() + resp::InputBuffer::kCapacityMin);
  }
  buffer.append("\r\n", 2);
  ASSERT_EQ(parser.next(buffer.unread(), consumed), resp::RequestParser::Status::kCommand);
  EXPECT_EQ(parser.argv()[1].size(), size);
  EXPECT_LT(buffer.capacity(), size + 64 * 1024)
      << "the announced end is known, so nothing is held beyond it";
}

}  // namespace
