#include "base/sha256.h"

#include <gtest/gtest.h>

namespace {

using base::sha256_hex;

TEST(Sha256, TheVectorsOfTheStandard) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesEveryLengthAroundABlock) {
  // Of 55 to 65 times 'x', chained: the padding takes one block, two, or begins with none left.
  std::string all;
  for (std::size_t size = 55; size <= 65; ++size) all += sha256_hex(std::string(size, 'x'));
  EXPECT_EQ(sha256_hex(all), "264abad07ec1e0f0920a43bde5df698a276180a3aaa1c8dfbfc785738ba56e56");
}

TEST(Sha256, ComparesWholeTexts) {
  EXPECT_TRUE(base::equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(base::equal_in_constant_time("", ""));
  EXPECT_FALSE(base::equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(base::equal_in_constant_time("xbc", "abc"));
  EXPECT_FALSE(base::equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(base::equal_in_constant_time("", "a"));
}

}  // namespace
