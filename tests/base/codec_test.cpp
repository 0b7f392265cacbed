// The codec gives back what was written, in a byte order that is fixed; short or malformed input
// fails once and for good.
#include "base/codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace {

TEST(Codec, GivesBackWhatWasWritten) {
  std::string out;
  base::Encoder encoder(out);
  encoder.u8(0xAB);
  encoder.u16(0x1234);
  encoder.u32(0xDEADBEEF);
  encoder.u64(0x0123456789ABCDEFULL);
  encoder.i64(-2);
  encoder.bytes("hello");
  encoder.bytes("");
  base::Decoder decoder(out);
  EXPECT_EQ(decoder.u8(), 0xAB);
  EXPECT_EQ(decoder.u16(), 0x1234);
  EXPECT_EQ(decoder.u32(), 0xDEADBEEF);
  EXPECT_EQ(decoder.u64(), 0x0123456789ABCDEFULL);
  EXPECT_EQ(decoder.i64(), -2);
  EXPECT_EQ(decoder.bytes(), "hello");
  EXPECT_EQ(decoder.bytes(), "");
  EXPECT_TRUE(decoder.ok());
  EXPECT_TRUE(decoder.at_end());
}

TEST(Codec, FixedWidthsAreLittleEndian) {
  std::string out;
  base::Encoder(out).u32(0x01020304);
  EXPECT_EQ(out, "\x04\x03\x02\x01");
}

TEST(Codec, VarintsTakeSevenBitsAByte) {
  const std::vector<std::pair<std::uint64_t, std::size_t>> sizes = {
      {0, 1},     {127, 1},   {128, 2},
      {16383, 2}, {16384, 3}, {std::numeric_limits<std::uint64_t>::max(), 10}};
  for (const auto& [value, size] : sizes) {
    std::string out;
    base::Encoder(out).varint(value);
    EXPECT_EQ(out.size(), size) << value;
    base::Decoder decoder(out);
    EXPECT_EQ(decoder.varint(), value);
    EXPECT_TRUE(decoder.ok() && decoder.at_end());
  }
}

TEST(Codec, EveryShortInputFailsAndYieldsZerosFromThenOn) {
  std::string out;
  base::Encoder encoder(out);
  encoder.u64(7);
  encoder.varint(300);
  encoder.bytes("abc");
  for (std::size_t size = 0; size < out.size(); ++size) {
    base::Decoder decoder(std::string_view(out).substr(0, size));
    (void)decoder.u64();
    (void)decoder.varint();
    (void)decoder.bytes();
    EXPECT_FALSE(decoder.ok()) << size;
    EXPECT_EQ(decoder.u8(), 0);
    EXPECT_EQ(decoder.bytes(), "");
    EXPECT_FALSE(decoder.ok());
  }
}

TEST(Codec, AVarintOfElevenBytesOrOf65BitsIsMalformed) {
  base::Decoder endless(std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11));
  EXPECT_EQ(endless.varint(), 0U);
  EXPECT_FALSE(endless.ok());
  base::Decoder wide(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  EXPECT_EQ(wide.varint(), 0U);
  EXPECT_FALSE(wide.ok());
}

TEST(Codec, ALengthBeyondTheInputReadsNothing) {
  std::string out;
  base::Encoder(out).varint(std::numeric_limits<std::uint64_t>::max());
  base::Decoder decoder(out);
  EXPECT_EQ(decoder.bytes(), "");
  EXPECT_FALSE(decoder.ok());
}

}  // namespace
