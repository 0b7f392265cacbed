#include "persistence/remembered.h"

#include <gtest/gtest.h>

namespace {

using persistence::decode_remembered;
using persistence::encode_remembered;

TEST(Remembered, WhatWasKeptComesBackAndNothingShorterOrLongerDoes) {
  for (const std::string& kept : {std::string(), std::string("p\0q", 3)}) {
    const std::string file = encode_remembered(kept);
    EXPECT_EQ(decode_remembered(file), kept);
    for (std::size_t size = 0; size < file.size(); ++size)
      EXPECT_FALSE(decode_remembered(file.substr(0, size))) << size;
    EXPECT_FALSE(decode_remembered(file + "x"));
    EXPECT_FALSE(decode_remembered("x" + file));
  }
}

}  // namespace
