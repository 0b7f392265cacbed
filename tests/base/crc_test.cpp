#include "base/crc.h"

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(Crc, MatchesThePublishedCheckValues) {
  EXPECT_EQ(base::crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(base::crc16("123456789"), 0x31C3U);
  EXPECT_EQ(base::crc64("123456789"), 0xE9C6D914C4B8D9CAULL);
}

// A byte at a time and eight at a time are the same.
TEST(Crc, Crc64OfAWholeIsThatOfItsPartsChainedAtEveryCut) {
  std::string text;
  for (int i = 0; i < 40; ++i) text.push_back(static_cast<char>(i * 37));
  const std::string_view view = text;
  std::uint64_t by_bytes = 0;
  for (std::size_t i = 0; i < view.size(); ++i) by_bytes = base::crc64(view.substr(i, 1), by_bytes);
  EXPECT_EQ(base::crc64(view), by_bytes);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(base::crc64(view.substr(cut), base::crc64(view.substr(0, cut))), by_bytes) << cut;
}

TEST(Crc, Crc32cOfAWholeIsThatOfItsPartsChainedAtEveryCut) {
  std::string text;
  for (int i = 0; i < 40; ++i) text.push_back(static_cast<char>(i * 37));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view view = text;
    EXPECT_EQ(base::crc32c(view.substr(cut), base::crc32c(view.substr(0, cut))), base::crc32c(view))
        << cut;
  }
}

TEST(Crc, SlotUsesTheFirstNonEmptyTagOnly) {
  EXPECT_EQ(base::key_slot("foo"), 12182);
  EXPECT_EQ(base::key_slot("{foo}bar"), base::key_slot("foo"));
  EXPECT_NE(base::key_slot("{}foo"), base::key_slot("foo"));
  EXPECT_EQ(base::key_slot("a{foo"), base::crc16("a{foo") & 0x3FFF);
}

}  // namespace
