// The input buffer keeps what is unread, whole and in order, whatever the rhythm of filling and
// consuming.
#include "resp/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/prng.h"

namespace {

using resp::InputBuffer;

TEST(InputBuffer, GivesBackWhatWasAppendedInOrder) {
  base::Prng random(7);
  InputBuffer buffer;
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    std::string piece(random.below(random.chance(1, 50) ? 40000 : 300), '\0');
    for (char& c : piece) c = static_cast<char>(random.next());
    buffer.append(piece);
    expected += piece;
    const std::size_t size = random.below(std::min<std::size_t>(expected.size(), 600) + 1);
    buffer.consume(size);
    expected.erase(0, size);
    if (i % 1000 == 0) {
      buffer.consume(expected.size());
      expected.clear();
    }
    ASSERT_EQ(buffer.unread(), expected) << i;
  }
}

TEST(InputBuffer, ASteadyPipelineNeverGrowsIt) {
  InputBuffer buffer;
  const std::string piece(InputBuffer::kCapacityMin / 4, 'x');
  for (int i = 0; i < 1000; ++i) {
    buffer.append(piece);
    buffer.consume(piece.size() - (i == 0 ? 10 : 0));  // ten bytes of an unfinished command stay
  }
  EXPECT_EQ(buffer.capacity(), InputBuffer::kCapacityMin);
}

TEST(InputBuffer, ConsumedBytesStayReadableUntilTheNextAppend) {
  InputBuffer buffer;
  buffer.append("hello");
  const std::string_view view = buffer.unread();
  buffer.consume(5);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(view, "hello");
}

TEST(InputBuffer, AnAnnouncedBulkIsNotAllocatedBeforeItsBytesCome) {
  InputBuffer buffer;
  buffer.append(std::string(1000, 'x'));
  (void)buffer.prepare(16 * 1024, std::size_t{512} << 20);
  EXPECT_LE(buffer.capacity(), 32U * 1024);
}

TEST(InputBuffer, GivesMemoryBackOnlyWhenIdle) {
  InputBuffer buffer;
  buffer.append(std::string(100000, 'x'));
  buffer.release_if_idle();
  EXPECT_GE(buffer.capacity(), 100000U);
  buffer.consume(100000);
  buffer.release_if_idle();
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("again");
  EXPECT_EQ(buffer.unread(), "again");
}

TEST(InputBufferDeathTest, ConsumingMoreThanIsUnreadIsOurMistake) {
  InputBuffer buffer;
  buffer.append("abc");
  EXPECT_DEATH(buffer.consume(4), "claim is false");
}

}  // namespace
