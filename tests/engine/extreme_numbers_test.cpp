// Numbers that clients send may be any: no command overflows by them, runs long, or ends the node.
// What a number makes undefined is found under sanitizers, what it makes long by the test's end.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/command/table.h"
#include "tests/engine/shape_fixture.h"

namespace {

using engine_test::Driver;
using engine_test::kCommandShapes;
using engine_test::ShapeFixture;
using engine_test::words_of_shape;

constexpr const char* kExtremes[] = {"9223372036854775807",
                                     "9223372036854775806",
                                     "-9223372036854775808",
                                     "-9223372036854775807",
                                     "-9223372036854775806",
                                     "9223372036854775808",
                                     "18446744073709551615",
                                     "6148914691236517206",
                                     "6148914691236517205",
                                     "-6148914691236517206",
                                     "4611686018427387904",
                                     "-4611686018427387904",
                                     "-4611686018427387903",
                                     "2305843009213693952",
                                     "9223372036854775",
                                     "9223372036854776",
                                     "-9223372036854776",
                                     "4294967296",
                                     "4294967295",
                                     "-4294967296",
                                     "2147483648",
                                     "2147483647",
                                     "-2147483648",
                                     "-2147483649",
                                     "1e308",
                                     "-1e308",
                                     "1e4932",
                                     "-1e4932",
                                     "inf",
                                     "-inf",
                                     "0",
                                     "-1",
                                     "1"};

std::vector<std::vector<std::string>> choices_for(std::string_view shape) {
  const auto places = static_cast<std::size_t>(std::count(shape.begin(), shape.end(), '#'));
  std::vector<std::vector<std::string>> choices;
  if (places == 0) return {{"1"}};
  for (const char* extreme : kExtremes) {
    choices.push_back({extreme});  // everywhere
    for (std::size_t i = 0; places > 1 && i < places; ++i) {
      std::vector<std::string> numbers(places, "1");
      numbers[i] = extreme;
      choices.push_back(std::move(numbers));
    }
  }
  return choices;
}

// One after the other: what one has left behind the next one meets.
TEST(ExtremeNumbers, NoCommandOverflowsOrRunsLong) {
  ShapeFixture fixture;
  for (const std::string_view shape : kCommandShapes) {
    fixture.begin_again();
    fixture.set("reply-bytes-max", "1048576");
    for (const auto& numbers : choices_for(shape)) {
      const std::string reply = fixture.redis.call(words_of_shape(shape, numbers, fixture.payload));
      ASSERT_FALSE(reply.empty()) << shape;
    }
    fixture.redis("XINFO STREAM stream FULL");
    fixture.redis("XPENDING stream g");
    fixture.redis("TTL str");
  }
}

// The figures of a stream and what was delivered when come from a payload too.
TEST(ExtremeNumbers, AStreamWhoseCountersAreAtTheEndGoesOnCounting) {
  Driver redis;
  redis("XADD s 1-1 f v");
  redis("XGROUP CREATE s g 0 ENTRIESREAD 9223372036854775807");
  redis("XSETID s 1-1 ENTRIESADDED 9223372036854775807");
  EXPECT_EQ(redis("XREADGROUP GROUP g c STREAMS s >").substr(0, 4), "*1\r\n");
  EXPECT_NE(redis("XINFO GROUPS s").find(":9223372036854775807"), std::string::npos);
  EXPECT_EQ(redis("XCLAIM s g d 0 1-1 IDLE -9223372036854775808 JUSTID"), "*1\r\n$3\r\n1-1\r\n");
  EXPECT_NE(redis("XPENDING s g - + 10").find(":0\r\n"), std::string::npos) << "idle for no time";
}

TEST(ExtremeNumbers, APickOfMoreThanThereAreIsAll) {
  Driver redis;
  redis("SADD s a b");
  redis("HSET h a 1");
  redis("ZADD z 1 a 2 b");
  for (const char* count : {"6148914691236517206", "9223372036854775807", "3"}) {
    EXPECT_EQ(redis.call({"SRANDMEMBER", "s", count}).substr(0, 4), "*2\r\n") << count;
    EXPECT_EQ(redis.call({"HRANDFIELD", "h", count}), "*1\r\n$1\r\na\r\n") << count;
    EXPECT_EQ(redis.call({"ZRANDMEMBER", "z", count}).substr(0, 4), "*2\r\n") << count;
  }
}

TEST(ExtremeNumbers, TheTableOfShapesHasEveryCommandOfTheState) {
  std::set<const engine::CommandSpec*> seen;
  for (const std::string_view shape : kCommandShapes) {
    const auto words = words_of_shape(shape, {"1"}, "payload");
    const std::vector<std::string_view> argv(words.begin(), words.end());
    seen.insert(engine::engine_commands().resolve(argv).spec);
  }
  const auto check = [&seen](const engine::CommandSpec& spec) {
    const bool is_wanted = spec.read != nullptr || spec.write != nullptr;
    EXPECT_TRUE(!is_wanted || seen.contains(&spec)) << spec.name;
  };
  for (const engine::CommandSpec& spec : engine::engine_commands().all()) {
    check(spec);
    for (const engine::CommandSpec& sub : spec.subcommands) check(sub);
  }
}

// A transaction that has deleted a key asks how many there are before the key's place is given up.
TEST(Slots, AKeyThatIsDeletedIsNotCountedWithinTheTransaction) {
  struct Asker : engine::LocalCommands {
    explicit Asker(const engine::Engine& asked) : engine(asked) {}
    void run_local(std::size_t, const engine::QueuedCommand&, resp::ReplyWriter& reply) override {
      reply.integer(static_cast<std::int64_t>(engine.count_keys_in_slot(12182)));  // of "foo"
    }
    const engine::Engine& engine;
  };
  Driver redis;
  redis("SET foo 1");
  engine::BatchWriter batch;
  batch.exec({}, false, {}, false, {{0, false, {"DEL", "foo"}}, {0, true, {"CLUSTER"}}});
  const std::string payload = batch.seal(redis.time_ms, 1);
  engine::BatchReader reader(payload);
  engine::Element element;
  ASSERT_TRUE(reader.next(element));
  std::string out;
  resp::ReplyWriter reply(out, 2);
  engine::Effects effects;
  Asker asker(redis.engine);
  redis.engine.begin_entry({base::LogIndex(100), redis.time_ms, 1});
  redis.engine.apply(element, reply, effects, &asker);
  EXPECT_EQ(out, "*2\r\n:1\r\n:0\r\n");
}

}  // namespace
