// What the load generator's figures rest on: quantiles, the ends of replies wherever the stream is
// cut, and commands that a server understands.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/options.h"
#include "bench/reply_counter.h"
#include "bench/workload.h"
#include "resp/parser.h"

namespace bench {
namespace {

TEST(HistogramTest, AQuantileIsAtMostASixtyFourthTooHigh) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 100'000; ++value) histogram.record(value * 1000);
  for (const double fraction : {0.5, 0.99, 0.999}) {
    const double exact = fraction * 100'000 * 1000;
    EXPECT_GE(static_cast<double>(histogram.quantile(fraction)), exact * 0.999);
    EXPECT_LE(static_cast<double>(histogram.quantile(fraction)), exact * (1 + 1.0 / 60));
  }
  EXPECT_EQ(histogram.max(), 100'000'000);
}

TEST(HistogramTest, OneSlowCommandInAThousandShowsInTheTailAlone) {
  Histogram histogram;
  for (int i = 0; i < 998; ++i) histogram.record(1000);
  histogram.record(50'000'000);
  histogram.record(50'000'000);
  EXPECT_LT(histogram.quantile(0.99), 1100);
  EXPECT_GT(histogram.quantile(0.9995), 49'000'000);
}

std::vector<std::string> lines_of(const std::string& stream, std::size_t cut) {
  std::vector<std::string> lines;
  ReplyCounter counter;
  const auto note = [&lines](std::string_view line) { lines.emplace_back(line); };
  counter.feed(std::string_view(stream).substr(0, cut), note);
  counter.feed(std::string_view(stream).substr(cut), note);
  return lines;
}

TEST(ReplyCounterTest, FindsEachReplyWhereverTheStreamIsCut) {
  const std::string stream =
      "+OK\r\n$5\r\na\r\nbc\r\n$-1\r\n*2\r\n$1\r\nx\r\n:7\r\n-ERR no\r\n*0\r\n:0\r\n";
  const std::vector<std::string> expected = {"+OK", "$", "$-1", ":7", "-ERR no", "*0", ":0"};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut)
    EXPECT_EQ(lines_of(stream, cut), expected) << "cut at " << cut;
}

TEST(WorkloadTest, EveryCommandIsARequestThatTheParserTakes) {
  const auto options = parse_options({"--mix", "set,get,incr,lpush,hset,zadd,sadd", "--keys", "9"});
  ASSERT_TRUE(options.ok());
  Workload workload(options.value());
  std::string bytes;
  for (int i = 0; i < 500; ++i) workload.append(bytes);
  resp::RequestParser parser;
  int commands = 0;
  for (std::string_view rest = bytes; !rest.empty(); ++commands) {
    std::size_t consumed = 0;
    ASSERT_EQ(parser.next(rest, consumed), resp::RequestParser::Status::kCommand);
    rest.remove_prefix(consumed);
  }
  EXPECT_EQ(commands, 500);
}

TEST(OptionsTest, AnUnknownNameOrAnEmptyMixIsRefused) {
  EXPECT_FALSE(parse_options({"--mixx", "set"}).ok());
  EXPECT_FALSE(parse_options({"--mix", "sett"}).ok());
  EXPECT_FALSE(parse_options({"--connections", "0"}).ok());
}

}  // namespace
}  // namespace bench
