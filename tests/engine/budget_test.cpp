// Budgets (DESIGN decision 25): what one command may answer and add, judged alike on every node,
// whether it builds the reply or only counts it.
#include <gtest/gtest.h>

#include <array>

#include "engine/command/errors.h"
#include "tests/engine/shape_fixture.h"

namespace {

using engine_test::Applied;
using engine_test::apply_as;
using engine_test::Driver;
using engine_test::kCommandShapes;
using engine_test::Node;
using engine_test::ShapeFixture;

constexpr base::UnixMillis kNow = 1'700'000'000'000;

std::string error_line(std::string_view text) { return "-" + std::string(text) + "\r\n"; }
const std::string kReplyTooLarge = error_line(engine::errors::kReplyTooLarge);
const std::string kGrowthTooLarge = error_line(engine::errors::kGrowthTooLarge);
const std::string kOutOfMemory = error_line(engine::errors::kOutOfMemory);

std::string batch_of(const std::vector<std::vector<std::string>>& commands,
                     std::uint64_t content_limit = 0) {
  engine::BatchWriter batch;
  for (const auto& words : commands) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    batch.command(0, {}, false, argv);
  }
  return batch.seal(kNow, 7, content_limit);
}

std::string exec_of(const std::vector<std::vector<std::string>>& commands,
                    std::uint64_t content_limit = 0) {
  std::vector<engine::QueuedCommand> queued;
  for (const auto& words : commands) queued.push_back({0, false, {words.begin(), words.end()}});
  engine::BatchWriter batch;
  batch.exec({}, false, {}, false, queued);
  return batch.seal(kNow, 7, content_limit);
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

// Three nodes of one cluster: the client of each speaks another protocol, or is elsewhere.
struct Cluster {
  std::array<ShapeFixture, 3> nodes;

  std::uint64_t digest = 0;  // of each, behind what was applied or set last

  void set(std::string_view name, std::string_view value) {
    for (ShapeFixture& node : nodes) node.set(name, value);
    digest = nodes[0].redis.engine.digest();
  }
  void begin_again() {
    for (ShapeFixture& node : nodes) node.begin_again();
    digest = nodes[0].redis.engine.digest();
  }
  // The reply of RESP 2. All nodes must have counted and done the same.
  std::string apply(const std::string& payload) {
    std::array<Applied, 3> applied;
    for (std::size_t i = 0; i < 3; ++i)
      applied[i] = apply_as(static_cast<Node>(i), nodes[i].redis.engine, payload);
    digest = nodes[0].redis.engine.digest();
    for (std::size_t i = 1; i < 3; ++i) {
      EXPECT_EQ(applied[i].counted, applied[0].counted) << i;
      EXPECT_EQ(nodes[i].redis.engine.digest(), digest) << i;
      EXPECT_EQ(nodes[i].redis.engine.content_bytes(), nodes[0].redis.engine.content_bytes());
    }
    EXPECT_EQ(applied[2].replies, "");
    return applied[0].replies;
  }
};

TEST(ReplyBudget, IsJudgedAlikeEverywhereAndWhatIsRefusedHasChangedNothing) {
  Cluster cluster;
  for (const char* limit : {"0", "3000", "100000"}) {
    std::size_t refused = 0;
    cluster.begin_again();
    cluster.set("reply-bytes-max", limit);
    for (const std::string_view shape : kCommandShapes) {
      for (const char* number : {"2", "-1000"}) {
        const std::uint64_t before = cluster.digest;
        const std::string reply = cluster.apply(batch_of({cluster.nodes[0].words(shape, number)}));
        EXPECT_LT(reply.size(), std::stoul(limit) + 2000) << shape;
        if (reply == kReplyTooLarge) {
          ++refused;
          EXPECT_EQ(cluster.digest, before) << shape << " changed something, " << limit;
        }
        if (::testing::Test::HasFailure()) FAIL() << shape << " " << number << " " << limit;
        if (cluster.digest == before) continue;
        cluster.begin_again();
        cluster.set("reply-bytes-max", limit);
      }
    }
    EXPECT_GT(refused, std::string_view(limit) == "0" ? 60U : 4U) << limit;
  }
}

TEST(ReplyBudget, IsOneForAWholeExec) {
  Cluster cluster;
  cluster.set("reply-bytes-max", "45000");
  const std::string replies = cluster.apply(exec_of(
      {{"GET", "long"}, {"GET", "long"}, {"GETDEL", "long"}, {"GET", "long"}, {"SET", "a", "1"}}));
  EXPECT_EQ(replies.substr(0, 4), "*5\r\n");
  EXPECT_EQ(times(replies, "$20000\r\n"), 2U);
  EXPECT_EQ(times(replies, kReplyTooLarge), 2U);
  EXPECT_EQ(cluster.nodes[0].redis("GET a"), "$1\r\n1\r\n");
  EXPECT_EQ(cluster.nodes[0].redis("STRLEN long"), ":20000\r\n") << "GETDEL was refused";
}

TEST(ReplyBudget, WhatMustBeTooLargeIsRefusedBeforeAnythingIsBuilt) {
  Driver redis;
  redis("SADD s a b");
  redis("HSET h a 1");
  redis("ZADD z 1 a");
  EXPECT_EQ(redis("SRANDMEMBER s -9223372036854775807"), kReplyTooLarge);
  EXPECT_EQ(redis("HRANDFIELD h -4611686018427387903 WITHVALUES"), kReplyTooLarge);
  EXPECT_EQ(redis("ZRANDMEMBER z -9223372036854775807"), kReplyTooLarge);
}

// A reply of the size that a string may have is within the budget that is there by default.
TEST(ReplyBudget, CountsThePartsOfAReplyAlikeForBothProtocols) {
  std::string two, three, none;
  resp::ReplyWriter writers[] = {resp::ReplyWriter(two, 2), resp::ReplyWriter(three, 3),
                                 resp::ReplyWriter::counting(none)};
  for (resp::ReplyWriter& reply : writers) {
    reply.begin_counting(1000);
    reply.map(1);
    reply.bulk("four");
    reply.number(0.5);
    reply.boolean(true);
    reply.null();
    reply.verbatim("txt", "text");
    reply.big_number("123");
    const auto place = reply.defer_array();
    reply.integer(5);
    reply.finish_array(place, 1);
    EXPECT_EQ(reply.counted(), 7 * 16U + 4 + 3 + 4 + 3);
    EXPECT_TRUE(reply.has_room(1000 - reply.counted() - 17));
    EXPECT_FALSE(reply.has_room(1000 - reply.counted() - 16));
    EXPECT_FALSE(reply.has_room(0, UINT64_MAX));
    const auto mark = reply.mark();
    reply.bulk(std::string(2000, 'x'));
    EXPECT_TRUE(reply.is_over());
    reply.undo(mark);
    EXPECT_FALSE(reply.is_over());
  }
  EXPECT_LT(two.size(), 200U);
  EXPECT_EQ(none, "");
}

TEST(GrowthBudget, WhatWouldAddTooMuchIsRefusedAndLeavesNothingBehind) {
  Cluster cluster;
  ShapeFixture& first = cluster.nodes[0];
  const std::string packed = first.redis.call({"SET", "packed", std::string(50000, 'p')});
  std::string dumped = first.redis("DUMP packed");
  dumped = dumped.substr(dumped.find('\n') + 1);
  dumped.resize(dumped.size() - 2);
  first.redis("DEL packed");
  const std::vector<std::vector<std::string>> commands = {
      {"COPY", "biglist", "new"},
      {"COPY", "long", "new"},
      {"BITOP", "NOT", "new", "long"},
      {"SETRANGE", "str", "10000", "x"},
      {"SETRANGE", "new", "10000", "x"},
      {"SETBIT", "str", "80000", "1"},
      {"BITFIELD", "new", "SET", "u8", "80000", "1"},
      {"SUNIONSTORE", "new", "bigset", "set"},
      {"SINTERSTORE", "new", "bigset"},
      {"SDIFFSTORE", "new", "bigset", "set"},
      {"ZUNIONSTORE", "new", "1", "bigzset"},
      {"ZINTERSTORE", "new", "1", "bigset"},
      {"ZDIFFSTORE", "new", "1", "bigzset"},
      {"ZRANGESTORE", "new", "bigzset", "0", "-1"},
      {"GEOSEARCHSTORE", "new", "geo", "FROMLONLAT", "13", "38", "BYRADIUS", "9000", "km"},
      {"GEORADIUS", "geo", "13", "38", "9000", "km", "STORE", "new"},
      {"SORT", "biglist", "BY", "nosort", "GET", "#", "GET", "#", "STORE", "new"},
      {"SORT", "zset", "ALPHA", "GET", "#", "GET", "#", "GET", "#", "STORE", "zset"},
      {"PFADD", "new", "a"},
      {"PFMERGE", "new", "hll"},
      {"RESTORE", "new", "0", dumped}};
  cluster.set("growth-bytes-max", "2000");
  for (const auto& words : commands) {
    const std::uint64_t before = cluster.digest;
    const std::string reply = cluster.apply(batch_of({words}));
    EXPECT_EQ(cluster.digest, before) << words[0];
    EXPECT_EQ(reply, kGrowthTooLarge) << words[0];
  }
  EXPECT_EQ(cluster.apply(batch_of({{"SET", "v", std::string(5000, 'v')}})), "+OK\r\n")
      << "what was sent may be kept";
}

TEST(GrowthBudget, IsOneForAWholeExec) {
  Cluster cluster;
  cluster.set("growth-bytes-max", "1000000");
  std::vector<std::vector<std::string>> commands;
  for (int i = 0; i < 100; ++i) commands.push_back({"COPY", "long", "copy" + std::to_string(i)});
  commands.push_back({"SET", "a", "1"});
  const std::string replies = cluster.apply(exec_of(commands));
  EXPECT_EQ(times(replies, ":1\r\n"), 49U);
  EXPECT_EQ(times(replies, kGrowthTooLarge), 51U);
  EXPECT_EQ(times(replies, "+OK\r\n"), 1U);
  EXPECT_EQ(cluster.apply(batch_of({{"COPY", "long", "new"}})), ":1\r\n")
      << "the next one begins anew";
}

TEST(Memory, EachElementOfABatchIsJudgedWhenItIsAppliedByTheLimitOfTheEntry) {
  Cluster cluster;
  const std::uint64_t content = cluster.nodes[0].redis.engine.content_bytes();
  std::vector<std::vector<std::string>> commands;
  for (int i = 0; i < 50; ++i) commands.push_back({"COPY", "long", "copy" + std::to_string(i)});
  commands.push_back({"SET", "a", "1"});
  commands.push_back({"GET", "num"});
  commands.push_back({"DEL", "copy0", "copy1"});
  commands.push_back({"SET", "a", "2"});
  const std::string replies = cluster.apply(batch_of(commands, content + 200000));
  EXPECT_EQ(times(replies, ":1\r\n"), 10U) << "the last one passes the limit";
  EXPECT_EQ(times(replies, kOutOfMemory), 41U);
  EXPECT_TRUE(replies.ends_with("$2\r\n10\r\n:2\r\n+OK\r\n")) << "what frees memory is let through";
  EXPECT_EQ(cluster.apply(batch_of({{"SET", "b", "1"}})), "+OK\r\n") << "no limit, none is known";
}

TEST(Memory, AnExecThatNeedsSomeIsRefusedAsAWhole) {
  Cluster cluster;
  const std::string refused = cluster.apply(exec_of({{"GET", "num"}, {"SET", "a", "1"}}, 1));
  EXPECT_EQ(refused,
            "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory "
            "> 'maxmemory'.\r\n");
  EXPECT_EQ(cluster.apply(exec_of({{"GET", "num"}, {"DEL", "num"}}, 1)),
            "*2\r\n$2\r\n10\r\n:1\r\n");
}

TEST(Memory, AFunctionThatMayWriteIsRefusedBeforeItsArgumentsAreLookedAt) {
  Cluster cluster;
  const std::string source =
      "#!lua name=l\nredis.register_function('f', function() return 1 end)\n"
      "redis.register_function{function_name = 'reads', callback = function() return 2 end, "
      "flags = {'no-writes'}}";
  EXPECT_EQ(cluster.apply(batch_of({{"FUNCTION", "LOAD", source}})), "$1\r\nl\r\n");
  const std::vector<std::vector<std::string>> calls = {
      {"FCALL", "f", "0"}, {"FCALL", "f", "x"}, {"FCALL", "f", "5"}, {"FCALL", "none", "x"}};
  const std::string replies = cluster.apply(batch_of(calls, 1));
  EXPECT_EQ(times(replies, kOutOfMemory), 3U) << replies;
  EXPECT_TRUE(replies.ends_with("-ERR Function not found\r\n")) << replies;
}

// The figure counts what is there, however it came to be.
TEST(Memory, ContentIsAFunctionOfTheState) {
  ShapeFixture fixture;
  Driver& redis = fixture.redis;
  const std::uint64_t at_first = redis.engine.content_bytes();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3000; ++i) {
      const std::string n = std::to_string(i);
      redis.call({"HSET", "grown", n, n + "value"});
      redis.call({"RPUSH", "queue", n});
      redis.call({"APPEND", "text", n});
      redis.call({"SET", "key" + n, n});
      redis.call({"ZADD", "scored", n, n});
      redis.call({"XADD", "log", "*", "f", n});
    }
    redis("XGROUP CREATE log g 0");
    redis("XREADGROUP GROUP g c COUNT 500 STREAMS log >");
    redis("HPEXPIRE grown 100000 FIELDS 2 5 6");
    const auto loaded = engine_test::import_rows(engine_test::export_rows(redis.engine, true));
    EXPECT_EQ(loaded.content_bytes(), redis.engine.content_bytes());
    for (int i = 0; i < 3000; ++i) redis.call({"DEL", "key" + std::to_string(i)});
    redis("DEL grown queue text scored log");
    EXPECT_EQ(redis.engine.content_bytes(), at_first);
  }
}

}  // namespace
