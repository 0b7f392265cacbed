// The note of the log (docs/formats.md): what is not exactly one is damage.
#include "persistence/log_note.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/crc.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;
using persistence::decode_note;
using persistence::encode_note;
using persistence::LogNote;

constexpr std::size_t kSumBytes = 4, kFlagsAt = 24;

// With a checksum that is right, so that what it covers is judged.
std::string summed(std::string bytes) {
  base::Encoder(bytes).u32(base::crc32c(bytes));
  return bytes;
}
std::string body_of(const LogNote& note) {
  const std::string bytes = encode_note(note);
  return bytes.substr(0, bytes.size() - kSumBytes);
}

const LogNote kNote{.oldest = 3, .newest = 5, .boot_id = "boot"};

TEST(LogNote, OfAnyOtherLengthIsNone) {
  const std::string body = body_of(kNote);
  ASSERT_EQ(decode_note(summed(body)), kNote);
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(decode_note(summed(body.substr(0, size)))) << size;
    EXPECT_FALSE(decode_note(body.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_note(summed(body + "x")));
}

TEST(LogNote, OfAFlagThatThereIsNotIsNone) {
  std::string body = body_of(kNote);
  body[kFlagsAt] = 4;
  EXPECT_FALSE(decode_note(summed(body)));
}

TEST(LogNote, OfSegmentsThatCannotBeIsNone) {
  EXPECT_FALSE(decode_note(encode_note({.oldest = 0, .newest = 5})));
  EXPECT_FALSE(decode_note(encode_note({.oldest = 7, .newest = 5})));
  EXPECT_TRUE(decode_note(encode_note({.oldest = 6, .newest = 5}))) << "there are none";
}

TEST(LogNote, ThatIsOlderThanTheLogIsDamage) {
  SimulatedFileSystem files(1);
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    for (std::uint64_t i = 1; i <= 6; ++i)
      ASSERT_TRUE(log.append({entries({entry(i, 1, std::string(1000, 'x'))})}).ok());
  }
  ASSERT_TRUE(persistence::write_note(files, "log", {.oldest = 1, .newest = 1}).ok());
  const auto opened = SegmentLog(files, "log", kSmall).open(kGroup);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().text().find("log/note at 0"), std::string::npos);
  EXPECT_NE(opened.error().text().find("older than the log"), std::string::npos);
}

}  // namespace
