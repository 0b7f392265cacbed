// Records whose checksum is right and which make no sense: a start names the first one, by file and
// position. No disk makes them by chance; a mistake of ours, or a file of another version, would.
#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/limits.h"
#include "persistence/segment_record.h"
#include "tests/persistence/log_fixture.h"

namespace {

using namespace persistence_test;
namespace segment = persistence::segment;
using segment::Header;
using segment::Kind;

struct Record {
  Header header;
  std::string body = {};
};

Header header_of(Kind kind, std::uint64_t index = 0, std::uint8_t flags = segment::kLastOfBatch) {
  Header header;
  header.kind = kind;
  header.flags = flags;
  header.group = kGroup;
  header.batch = 1;
  header.index = LogIndex(index);
  header.term = Term(1);
  return header;
}

void write_note(SimulatedFileSystem& files) {
  const persistence::LogNote note{.oldest = 1, .newest = 1};
  EXPECT_TRUE(persistence::write_note(files, "log", note).ok());
}

// What a start says of a log of these records.
base::Result<LogContents> open_log_of(const std::vector<Record>& records) {
  SimulatedFileSystem files(1);
  write_note(files);
  std::string bytes = segment::file_header(1);
  std::uint32_t crc = 0;
  for (const Record& record : records)
    crc = segment::append_record(bytes, record.header, crc, record.body);
  bytes.resize(std::max<std::size_t>(bytes.size(), 4096), '\0');
  {
    const auto file = files.open("log/0000000001.seg", true).value();
    EXPECT_TRUE(file->write(0, bytes).ok());
  }
  SegmentLog log(files, "log", kSmall);
  return log.open(kGroup);
}

void expect_nonsense(const std::vector<Record>& records) {
  const auto opened = open_log_of(records);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().cause, base::Cause::kCorrupt);
  EXPECT_NE(opened.error().text().find("0000000001.seg at "), std::string::npos);
}

std::string vote_for(std::uint64_t node) {
  std::string body;
  base::Encoder(body).u64(node);
  return body;
}

TEST(LogNonsense, ASoundRecordIsTaken) {
  const auto opened = open_log_of({{header_of(Kind::kHardState), vote_for(3)}});
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  EXPECT_EQ(opened.value().hard_state.vote, raft::NodeId(3));
}

TEST(LogNonsense, AKindOrAFlagThatThereIsNot) {
  expect_nonsense({{header_of(static_cast<Kind>(99))}});
  expect_nonsense({{header_of(Kind::kHardState, 0, segment::kLastOfBatch | 0x40), vote_for(3)}});
  Header header = header_of(Kind::kEntry, 1);
  header.entry_kind = 77;
  expect_nonsense({{header, "x"}});
}

// A large entry is several records of one batch, each but the last marked (docs/formats.md).
TEST(LogNonsense, AnEntryThatGoesOnWhereItsBatchEnds) {
  constexpr std::uint8_t kBoth = segment::kLastOfBatch | segment::kContinues;
  const auto opened = open_log_of({{header_of(Kind::kEntry, 1, segment::kContinues), "a"},
                                   {header_of(Kind::kEntry, 1, kBoth), "b"}});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().cause, base::Cause::kCorrupt);
  EXPECT_NE(opened.error().text().find("0000000001.seg at 96"), std::string::npos)
      << "the second record: " << opened.error().text();
}

TEST(LogNonsense, AnEntryThatAnotherRecordGoesOnWith) {
  const Header first = header_of(Kind::kEntry, 1, segment::kContinues);
  const auto expect_other = [&](const auto& change) {
    Header next = header_of(Kind::kEntry, 1);
    change(next);
    expect_nonsense({{first, "a"}, {next, vote_for(3)}});
  };
  expect_other([](Header& next) { next.kind = Kind::kHardState; });
  expect_other([](Header& next) { next.group = base::GroupId(kGroup.value() + 1); });
  expect_other([](Header& next) { next.index = LogIndex(2); });
  expect_other([](Header& next) { next.term = Term(2); });
  expect_other([](Header& next) { next.entry_kind = 1; });
  expect_other([](Header& next) { next.flags |= 0x40; });
  const auto sound = open_log_of({{first, "a"}, {header_of(Kind::kEntry, 1), "b"}});
  ASSERT_TRUE(sound.ok()) << sound.error().text();
  EXPECT_EQ(sound.value().last_index, LogIndex(1));
}

TEST(LogNonsense, ARecordOfAnotherKindThatGoesOn) {
  constexpr std::uint8_t kBoth = segment::kLastOfBatch | segment::kContinues;
  expect_nonsense({{header_of(Kind::kHardState, 0, kBoth), vote_for(3)}});
}

TEST(LogNonsense, AnEntryThatIsNotTheNext) { expect_nonsense({{header_of(Kind::kEntry, 3), "x"}}); }

TEST(LogNonsense, BodiesThatAreNotWhatTheirKindSays) {
  expect_nonsense({{header_of(Kind::kHardState), "short"}});
  expect_nonsense({{header_of(Kind::kReset), "no meta"}});
  expect_nonsense({{header_of(Kind::kCarry), "no carry"}});
}

// The batch is what counts: one that another stands before, or whose chain is broken, is the torn
// end and goes.
TEST(LogNonsense, ABatchThatDoesNotFollowIsTheTornEnd) {
  Header second = header_of(Kind::kHardState);
  second.batch = 2;
  Header third = second;
  third.batch = 4;
  third.synced = 3;
  const auto opened =
      open_log_of({{header_of(Kind::kHardState), vote_for(3)}, {third, vote_for(4)}});
  EXPECT_FALSE(opened.ok()) << "a later batch: what is between is damaged";
  SimulatedFileSystem files(1);
  write_note(files);
  std::string bytes = segment::file_header(1);
  segment::append_record(bytes, header_of(Kind::kHardState), 0, vote_for(3));
  segment::append_record(bytes, second, 12345, vote_for(4));  // not the checksum before it
  bytes.resize(4096, '\0');
  ASSERT_TRUE(files.open("log/0000000001.seg", true).value()->write(0, bytes).ok());
  SegmentLog log(files, "log", kSmall);
  const auto torn = log.open(kGroup);
  ASSERT_TRUE(torn.ok()) << torn.error().text();
  EXPECT_EQ(torn.value().hard_state.vote, raft::NodeId(3));
}

TEST(LogNonsense, MetaAndCarryOfEveryLengthButTheRightOneAreNone) {
  const raft::SnapshotMeta meta = *reset(5, 2).reset_to;
  const std::string meta_bytes = segment::encode_meta(meta);
  const std::string carry_bytes =
      segment::encode_carry({{Term(3), raft::NodeId(1)}, meta, LogIndex(9), Term(2)});
  for (std::size_t size = 0; size < meta_bytes.size(); ++size)
    EXPECT_FALSE(segment::decode_meta(meta_bytes.substr(0, size)).has_value()) << size;
  for (std::size_t size = 0; size < carry_bytes.size(); ++size)
    EXPECT_FALSE(segment::decode_carry(carry_bytes.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(segment::decode_meta(meta_bytes + "x").has_value());
  EXPECT_FALSE(segment::decode_carry(carry_bytes + "x").has_value());
  EXPECT_TRUE(segment::decode_carry(carry_bytes).has_value());
  std::string without_meta = carry_bytes.substr(0, carry_bytes.size() - meta_bytes.size() - 1);
  base::Encoder(without_meta).bytes("no meta");
  EXPECT_FALSE(segment::decode_carry(without_meta).has_value());
}

TEST(LogNonsense, ARecordThatIsLongerThanItsFileIsNone) {
  std::string bytes = segment::file_header(1);
  const std::size_t at = bytes.size();
  segment::append_record(bytes, header_of(Kind::kEntry, 1), 0, std::string(100, 'x'));
  EXPECT_TRUE(segment::parse_record(bytes, at).has_value());
  EXPECT_FALSE(segment::parse_record(bytes.substr(0, bytes.size() - 16), at).has_value());
}

// ---- what is asked of a log that has little ----

TEST(LogNonsense, AnEmptyLogHasNothingToMarkAndNothingToRead) {
  SimulatedFileSystem files(1);
  SegmentLog log(files, "log", {.segment_bytes = 0, .ballast_bytes = 0});
  ASSERT_TRUE(log.open(kGroup).ok());
  EXPECT_TRUE(log.mark_end().ok());
  EXPECT_TRUE(log.read(kGroup, LogIndex(1), LogIndex(5), 100).value().empty());
}

TEST(LogNonsense, AMembershipOfSeveralRecordsIsWholeAfterAStart) {
  SimulatedFileSystem files(1);
  raft::Membership members{base::ClusterId(3), {}};
  members.members.push_back(
      {raft::NodeId(1), std::string(base::limits::kRecordBytesMax + 100, 'a'), true});
  auto change = std::make_shared<raft::Entry>(raft::Entry{
      LogIndex(1), Term(1), raft::EntryKind::kMembership, raft::encode_membership(members)});
  {
    SegmentLog log(files, "log", kSmall);
    ASSERT_TRUE(log.open(kGroup).ok());
    ASSERT_TRUE(log.append({reset(0, 0), entries({change, entry(2, 1, "x")})}).ok());
    ASSERT_TRUE(log.append({cut(2, {entry(2, 2, "y")})}).ok());
  }
  SegmentLog log(files, "log", kSmall);
  const auto found = log.open(kGroup).value();
  ASSERT_EQ(found.memberships.size(), 1U);
  EXPECT_EQ(raft::decode_membership(found.memberships[0]->payload), members);
  EXPECT_EQ(log.read(kGroup, LogIndex(1), LogIndex(1), 1).value().at(0)->payload, change->payload);
}

}  // namespace
