// The bytes of docs/formats.md, as they are: a change here is a new version number there.
#include <gtest/gtest.h>

#include "base/crc.h"
#include "engine/checkpoint/codec.h"
#include "engine/engine.h"
#include "engine/types/hash.h"
#include "node/peers/frame.h"
#include "node/peers/hello.h"
#include "persistence/log_note.h"
#include "persistence/segment_record.h"
#include "persistence/storage.h"
#include "raft/message.h"

namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

const raft::Membership kMembers{base::ClusterId(7),
                                {{raft::NodeId(1), "a:1", true}, {raft::NodeId(2), "b:2", false}}};
const raft::SnapshotMeta kPosition{raft::LogIndex(4), raft::Term(2), kMembers, 8};

std::string message(raft::Body body) {
  return hex(raft::encode_message(
      {base::kFirstGroup, raft::NodeId(1), raft::NodeId(2), raft::Term(3), std::move(body)}));
}

TEST(Formats, FrameVersion7) {
  std::string bytes;
  node::append_frame(bytes,
                     {.stream = node::FrameStream::kBulk,
                      .kind = node::WireKind::kRaft,
                      .is_last = true,
                      .part_size_bytes = 2,
                      .cluster = base::ClusterId(7)},
                     "hi");
  EXPECT_EQ(hex(bytes), "dfc35b9c02000000070107010200000007000000000000006869");
}

TEST(Formats, HelloAndBirth) {
  node::Hello hello;
  hello.id = base::NodeId(1);
  hello.epoch = 2;
  hello.cluster = base::ClusterId(7);
  hello.announcement = {.host = "h",
                        .client_port = 6379,
                        .raft_port = 16379,
                        .hostname = "n",
                        .plain_port = 6380,
                        .sentinel_port = 26379};
  hello.birth = {.version = 3, .is_complete = true, .met = {base::NodeId(1)}};
  hello.holding = {base::Term(4), base::NodeId(1), base::LogIndex(9), true};
  EXPECT_EQ(
      hex(node::encode_hello(hello)),
      "0100000000000000020000000000000007000000000000000168eb18fb3f016eec180b670300000000000000"
      "0101010000000000000000ffffffffffffffff040000000000000001000000000000000900000000"
      "0000000101");
  EXPECT_EQ(hex(node::encode_promise({base::Term(4), base::NodeId(1), base::LogIndex(9)})),
            "040000000000000001000000000000000900000000000000");
}

TEST(Formats, RaftMessages) {
  EXPECT_EQ(message(raft::PreVote{raft::Term(4), raft::LogIndex(9), raft::Term(3)}),
            "00010000000100000000000000020000000000000003000000000000000400000000000000090000"
            "00000000000300000000000000");
  EXPECT_EQ(message(raft::PreVoteReply{raft::Term(4), true}),
            "0101000000010000000000000002000000000000000300000000000000040000000000000001");
  EXPECT_EQ(message(raft::Vote{raft::LogIndex(9), raft::Term(3), true}),
            "02010000000100000000000000020000000000000003000000000000000900000000000000030000"
            "000000000001");
  EXPECT_EQ(message(raft::VoteReply{true}),
            "030100000001000000000000000200000000000000030000000000000001");
  const auto entry = std::make_shared<raft::Entry>(
      raft::Entry{raft::LogIndex(10), raft::Term(3), raft::EntryKind::kBatch, "p"});
  EXPECT_EQ(
      message(raft::Append{raft::LogIndex(9), raft::Term(2), raft::LogIndex(8), 5, {entry}, true}),
      "04010000000100000000000000020000000000000003000000000000000900000000000000020000"
      "0000000000080000000000000005000000000000000101030000000000000001000170");
  EXPECT_EQ(
      message(raft::AppendReply{true, raft::LogIndex(4), raft::Term(1), raft::LogIndex(6), 7}),
      "05010000000100000000000000020000000000000003000000000000000104000000000000000100"
      "00000000000006000000000000000700000000000000");
  EXPECT_EQ(message(raft::Heartbeat{raft::LogIndex(4), 7, true}),
            "06010000000100000000000000020000000000000003000000000000000400000000000000070000"
            "000000000001");
  EXPECT_EQ(message(raft::HeartbeatReply{7, raft::LogIndex(4), 250}),
            "07010000000100000000000000020000000000000003000000000000000700000000000000040000"
            "0000000000fa000000");
  EXPECT_EQ(message(raft::InstallSnapshot{kPosition, 3, true, "rows"}),
            "08010000000100000000000000020000000000000003000000000000000400000000000000020000"
            "000000000008000000000000002407000000000000000002010000000000000003613a310102000000"
            "0000000003623a320003000000000000000104726f7773");
  EXPECT_EQ(message(raft::InstallSnapshotReply{raft::LogIndex(4), 3, true}),
            "09010000000100000000000000020000000000000003000000000000000400000000000000030000"
            "000000000001");
  EXPECT_EQ(message(raft::TimeoutNow{}),
            "0a01000000010000000000000002000000000000000300000000000000");
  EXPECT_EQ(message(raft::ReadIndex{8, true}),
            "0d01000000010000000000000002000000000000000300000000000000080000000000000001");
  EXPECT_EQ(message(raft::ReadIndexReply{8, true, raft::LogIndex(4)}),
            "0e010000000100000000000000020000000000000003000000000000000800000000000000010400"
            "000000000000");
}

TEST(Formats, SegmentLogVersion3) {
  namespace segment = persistence::segment;
  constexpr std::uint32_t kSalt = 0x01020304;
  EXPECT_EQ(hex(segment::file_header(5, kSalt)),
            "5152544c4f47303303000000040302010500000000000000fa51a87700000000");
  segment::Header header;
  header.kind = segment::Kind::kEntry;
  header.flags = segment::kLastOfBatch;
  header.entry_kind = 1;
  header.group = base::kFirstGroup;
  header.batch = 6;
  header.index = base::LogIndex(10);
  header.term = base::Term(3);
  header.synced = 5;
  std::string record;
  segment::append_record(record, header, 0xAABBCCDD, "body", kSalt);
  EXPECT_EQ(hex(record),
            "04000000683a8bc5ddccbbaa01010100010000000400000006000000000000000a00000000000000"
            "03000000000000000500000000000000626f647900000000");
  EXPECT_EQ(hex(segment::encode_carry(
                {{raft::Term(3), raft::NodeId(1)}, kPosition, raft::LogIndex(9), raft::Term(2)})),
            "03000000000000000100000000000000090000000000000002000000000000003d04000000000000"
            "00020000000000000008000000000000002407000000000000000002010000000000000003613a3101"
            "020000000000000003623a3200");
}

TEST(Formats, NoteOfTheLogVersion1) {
  const persistence::LogNote note{
      .oldest = 2, .newest = 7, .is_unsynced = true, .is_forgetful = true, .boot_id = "boot"};
  EXPECT_EQ(hex(persistence::encode_note(note)),
            "5152544e4f544531020000000000000007000000000000000304626f6f7480b0c86a");
  EXPECT_EQ(persistence::decode_note(persistence::encode_note(note)), note);
}

TEST(Formats, BatchVersion2) {
  const std::string_view words[] = {"SET", "k", "v"};
  const engine::ClientRef client{base::NodeId(1), 2, base::ConnectionId(3)};
  engine::BatchWriter batch;
  batch.command(0, "", false, words);
  batch.command(15, "user", true, words);
  batch.exec(client, true, "", false, {{.database = 1, .is_local = true, .argv = {"PING"}}});
  batch.watch(client, 2, std::span<const std::string_view>(words, 1));
  batch.unwatch(client);
  batch.swept({{.database = 3, .key = "k", .expiry_ms = 4}});
  batch.drop_clients({base::NodeId(1)});
  batch.setting("name", "value");
  batch.evicted({{.database = 3, .key = "k", .fingerprint = 4}});
  batch.swept_fields({{.database = 3, .key = "k", .first_ms = 4, .count_max = 5}});
  EXPECT_EQ(hex(batch.seal(1000, 9, 0x1234, 7)),
            "02e80300000000000009000000000000000700000034120000000000000a000000"
            "0100000303534554016b017601030475736572"
            "0f0303534554016b0176020001010000000000000002000000000000000300000000000000010101"
            "010450494e4703000100000000000000020000000000000003000000000000000201035345540400"
            "01000000000000000200000000000000030000000000000005000103016b04000000000000000600"
            "010100000000000000070002046e616d650576616c7565"
            "08000103016b0400000000000000"
            "0b000103016b040000000000000005");
  batch.exec(client, false, "", false,
             {{.is_local = true, .argv = {"CONFIG"}, .settings = {"name", "value"}}});
  batch.unblock(client, engine::UnblockReason::kForced, 5);
  EXPECT_EQ(hex(batch.seal(1000, 9, 0, 1)),
            "02e803000000000000090000000000000001000000000000000000000002000000"
            "02000001000000000000000200000000000000"
            "030000000000000001000201"
            "06434f4e46494702046e616d650576616c75650a0001000000000000000200000000000000030000"
            "00000000000305");
}

TEST(Formats, ABatchOfVersion1HasNoLimit) {
  const std::string old("\x01\xe8\x03\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\x01\x04PING",
                        30);
  engine::BatchReader reader(old);
  engine::Element element;
  ASSERT_TRUE(reader.next(element));
  EXPECT_EQ(reader.time_ms(), 1000);
  EXPECT_EQ(reader.seed(), 9U);
  EXPECT_EQ(reader.content_limit(), 0U);
  EXPECT_EQ(reader.rules(), 0U);
  EXPECT_EQ(element.argv, std::vector<std::string_view>{"PING"});
  EXPECT_FALSE(reader.next(element));
  EXPECT_TRUE(reader.ok());
  EXPECT_FALSE(engine::BatchReader("\x03" + old.substr(1)).ok());
}

TEST(Formats, RowsVersion4) {
  EXPECT_EQ(hex(engine::encode_row(engine::Entry("k", engine::Value::from_string("value"), 5))),
            "04010500000000000000016b000576616c7565");
  EXPECT_EQ(hex(engine::encode_row(
                engine::Entry("k", engine::Value::from_string("300"), engine::kNoExpiry))),
            "0404016b00c12c01");
  EXPECT_EQ(
      hex(engine::encode_row(
          engine::Entry(std::string(20000, 'k'),
                        engine::Value::from_string(std::string(20000, 'v')), engine::kNoExpiry),
          9)),
      "0432a09c0100040903a09c01");
  EXPECT_EQ(
      hex(engine::encode_row(engine::Entry(
          "k",
          engine::Value::from_packed(engine::Type::kHash, engine::Packing::kListpack, "packed"),
          engine::kNoExpiry))),
      "0420016b0400067061636b6564");
  engine::Entry large("k",
                      engine::Value::from_packed(engine::Type::kHash, engine::Packing::kListpack,
                                                 std::string(20000, 'p')),
                      engine::kNoExpiry);
  EXPECT_EQ(hex(engine::encode_row(large, 9)), "0520016b0405090100");
  engine::Hash hash(engine::kNoSecret);
  hash.set("f", "v", {.entries_max = 9, .bytes_max = 9});
  hash.set("g", "w", {.entries_max = 9, .bytes_max = 9});
  hash.set_time("g", 5);
  EXPECT_EQ(
      hex(engine::encode_row(engine::Entry("k", std::move(hash).release(), engine::kNoExpiry))),
      "0420016b040302020101"
      "22ffffffffffffffffff0101660176000000000000000001670177"
      "0000000000001440");
  EXPECT_EQ(hex(persistence::encode_rows({{{1, 2, 0, 0}, "body"}})), "01010102000004626f6479");
}

}  // namespace
