#include "base/growing_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/prng.h"

namespace {

using base::GrowingBytes;

constexpr std::size_t kPaged = GrowingBytes::kPagedBytesMin;

TEST(GrowingBytes, AreWhatAStringIsAfterAnySteps) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::Prng prng(seed);
    GrowingBytes bytes;
    std::string model;
    for (int step = 0; step < 40; ++step) {
      const std::size_t size = prng.below(prng.below(2) == 0 ? 5000 : 2 * kPaged);
      if (prng.below(2) == 0) {
        bytes.resize(size);
        model.resize(size, '\0');
      } else {
        const std::string more(size / 4, static_cast<char>('a' + step % 26));
        bytes.append(more);
        model.append(more);
      }
      ASSERT_TRUE(bytes.view() == model) << "seed " << seed << " step " << step;
    }
    const GrowingBytes moved = std::move(bytes);
    EXPECT_TRUE(moved.view() == model);
  }
}

TEST(GrowingBytes, ZerosTakeNoTimeAndAWrittenByteStaysWhileTheyGrow) {
  GrowingBytes bytes("x");
  for (std::size_t size = 1; size <= std::size_t{8} << 30; size *= 2) bytes.resize(size);
  EXPECT_EQ(bytes.view()[0], 'x');
  EXPECT_EQ(bytes.view()[bytes.size() - 1], '\0');
}

TEST(GrowingBytes, WhatWasCutOffComesBackAsZeros) {
  GrowingBytes bytes(std::string(3 * kPaged, 'x'));
  bytes.resize(kPaged + 5);
  bytes.resize(3 * kPaged);
  EXPECT_EQ(bytes.view()[kPaged + 4], 'x');
  EXPECT_EQ(bytes.view().find_first_not_of('\0', kPaged + 5), std::string_view::npos);
}

TEST(GrowingBytes, ASizeThatCannotBeIsRefusedAndChangesNothing) {
  GrowingBytes bytes("x");
  EXPECT_FALSE(bytes.try_resize(std::numeric_limits<std::size_t>::max()));
  EXPECT_FALSE(bytes.try_resize(std::size_t{1} << 60));
  EXPECT_EQ(bytes.view(), "x");
}

}  // namespace
