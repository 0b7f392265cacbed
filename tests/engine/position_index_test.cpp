// The index of a table while it grows and shrinks: what is in it is found, and the old and the new
// slots together never take much more memory than either.
#include "engine/types/position_index.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/prng.h"
#include "tests/engine/allocated.h"

namespace engine {
namespace {

std::uint64_t hash_of(std::uint64_t position) { return base::mix64(position + 1); }

bool has(const PositionIndex& index, std::uint64_t position) {
  return index.find(hash_of(position), [position](std::uint64_t at) { return at == position; }) ==
         position;
}

// 49,152 and twice as many are counts behind which it grows.
TEST(PositionIndexTest, GrowthNeedsNoMoreMemoryThanTheLargerIndex) {
  const std::size_t before = allocated_bytes();
  PositionIndex index;
  for (std::uint64_t count = 0; count < 210'000;) {
    index.insert(hash_of(count), count, hash_of);
    ++count;
    const std::size_t allocated = allocated_bytes() - before;
    ASSERT_LE(allocated, PositionIndex::memory_bytes(count) * 103 / 100 + 8192) << count;
    // And it comes by and by.
    if (count == 50'000) {
      EXPECT_LT(allocated, PositionIndex::memory_bytes(count) * 7 / 10);
    }
  }
}

TEST(PositionIndexTest, WhatIsInItIsFoundAtEveryStepOfGrowthAndShrinking) {
  base::Prng prng(7);
  PositionIndex index;
  std::vector<bool> is_in(30'000);
  const auto check_some = [&] {
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t position = prng.below(is_in.size());
      ASSERT_EQ(has(index, position), is_in[position]) << position;
    }
  };
  for (const unsigned percent_in : {90U, 10U, 60U, 5U}) {
    for (int step = 0; step < 60'000; ++step) {
      const std::uint64_t position = prng.below(is_in.size());
      const bool wanted = prng.below(100) < percent_in;
      if (wanted == is_in[position]) continue;
      wanted ? index.insert(hash_of(position), position, hash_of)
             : index.erase(hash_of(position), position, hash_of);
      is_in[position] = wanted;
      check_some();
    }
    for (std::uint64_t position = 0; position < is_in.size(); ++position)
      ASSERT_EQ(has(index, position), is_in[position]) << position;
  }
}

// Their home is among the last slots: the first slots, which are walked first, take what has no
// place there.
TEST(PositionIndexTest, HashesThatCrowdAtTheEndAreFoundWhileItGrows) {
  const auto crowded = [](std::uint64_t position) {
    return position % 3 == 0 ? ~0ULL - position : hash_of(position);
  };
  PositionIndex index;
  for (std::uint64_t count = 0; count < 2000; ++count) {
    index.insert(crowded(count), count, crowded);
    for (std::uint64_t position = count % 7; position <= count; position += 7) {
      ASSERT_EQ(index.find(crowded(position), [=](std::uint64_t at) { return at == position; }),
                position);
    }
  }
  for (std::uint64_t position = 0; position < 2000; ++position)
    index.erase(crowded(position), position, crowded);
}

}  // namespace
}  // namespace engine
