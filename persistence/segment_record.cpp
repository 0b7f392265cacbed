#include "persistence/segment_record.h"

#include <cstring>

#include "base/codec.h"
#include "base/crc.h"
#include "base/limits.h"

namespace persistence::segment {
namespace {

constexpr std::string_view kMagic = "QRTLOG03", kMagicBefore = "QRTLOG02";  // that one: no salt
constexpr std::uint32_t kVersion = 3;
constexpr std::size_t kCheckedFrom = 8;
constexpr std::size_t kBatchAt = 24;  // no record has batch 0

}  // namespace

std::uint32_t append_record(std::string& out, Header header, std::uint32_t previous_crc,
                            std::string_view body, std::uint32_t salt) {
  std::string head;
  base::Encoder encoder(head);
  encoder.u32(static_cast<std::uint32_t>(body.size()));
  encoder.u32(0);
  encoder.u32(previous_crc);
  encoder.u8(static_cast<std::uint8_t>(header.kind));
  encoder.u8(header.flags);
  encoder.u8(header.entry_kind);
  encoder.u8(0);
  encoder.u32(header.group.value());
  encoder.u32(static_cast<std::uint32_t>(body.size()));  // again, where the checksum sees it
  encoder.u64(header.batch);
  encoder.u64(header.index.value());
  encoder.u64(header.term.value());
  encoder.u64(header.synced);
  const std::uint32_t crc =
      base::crc32c(body, base::crc32c(std::string_view(head).substr(kCheckedFrom), salt));
  for (std::size_t i = 0; i < 4; ++i) head[4 + i] = static_cast<char>(crc >> (8 * i));
  out += head;
  out += body;
  out.append(record_bytes(body.size()) - kHeaderBytes - body.size(), '\0');
  return crc;
}

bool may_begin_record(std::string_view file, std::uint64_t at) {
  constexpr char kNoBatch[8] = {};
  return std::memcmp(file.data() + at + kBatchAt, kNoBatch, sizeof kNoBatch) != 0;
}

std::optional<Parsed> parse_record(std::string_view file, std::uint64_t at, std::uint32_t salt) {
  if (at + kHeaderBytes > file.size()) return {};
  base::Decoder in(file.substr(at, kHeaderBytes));
  Parsed parsed;
  Header& header = parsed.header;
  header.length = in.u32();
  header.crc = in.u32();
  header.previous_crc = in.u32();
  header.kind = static_cast<Kind>(in.u8());
  header.flags = in.u8();
  header.entry_kind = in.u8();
  in.u8();
  header.group = base::GroupId(in.u32());
  const std::uint32_t length_again = in.u32();
  header.batch = in.u64();
  header.index = base::LogIndex(in.u64());
  header.term = base::Term(in.u64());
  header.synced = in.u64();
  const bool is_shaped =
      header.length == length_again && header.length <= base::limits::kRecordBytesMax &&
      header.batch > header.synced && at + kHeaderBytes + header.length <= file.size();
  if (!is_shaped) return {};
  const std::string_view checked =
      file.substr(at + kCheckedFrom, kHeaderBytes - kCheckedFrom + header.length);
  if (base::crc32c(checked, salt) != header.crc) return {};
  parsed.body = file.substr(at + kHeaderBytes, header.length);
  parsed.end = at + record_bytes(header.length);
  return parsed;
}

std::string file_header(std::uint64_t number, std::uint32_t salt) {
  std::string bytes(kMagic);
  base::Encoder out(bytes);
  out.u32(kVersion);
  out.u32(salt);
  out.u64(number);
  out.u32(base::crc32c(bytes));
  out.u32(0);
  return bytes;
}

base::Result<FileHeader> parse_file_header(std::string_view file, const std::string& path) {
  const auto wrong = [&path](base::Cause cause, const char* detail) {
    return base::Error{
        .cause = cause, .operation = "read log", .object = path + " at 0", .detail = detail};
  };
  if (file.size() < kFileHeaderBytes)
    return wrong(base::Cause::kCorrupt, "the file is shorter than its header");
  base::Decoder in(file.substr(8, kFileHeaderBytes - 8));
  const std::uint32_t version = in.u32();
  FileHeader header;
  header.salt = in.u32();
  header.number = in.u64();
  const std::uint32_t crc = in.u32();
  const bool is_padded = in.u32() == 0;
  const bool is_older = file.starts_with(kMagicBefore) && version + 1 == kVersion;
  if (!(file.starts_with(kMagic) || is_older) || crc != base::crc32c(file.substr(0, 24)) ||
      !is_padded) {
    return wrong(base::Cause::kCorrupt, "the header is damaged");
  }
  if (version != kVersion && !is_older)
    return wrong(base::Cause::kUnsupported, "written by another version");
  return header;
}

std::string encode_meta(const raft::SnapshotMeta& meta) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(meta.index.value());
  out.u64(meta.term.value());
  out.u64(meta.generation);
  out.bytes(raft::encode_membership(meta.membership));
  return bytes;
}

std::optional<raft::SnapshotMeta> decode_meta(std::string_view bytes) {
  base::Decoder in(bytes);
  raft::SnapshotMeta meta;
  meta.index = LogIndex(in.u64());
  meta.term = Term(in.u64());
  meta.generation = in.u64();
  auto membership = raft::decode_membership(in.bytes());
  if (!in.ok() || !in.at_end() || !membership) return {};
  meta.membership = std::move(*membership);
  return meta;
}

std::string encode_carry(const Carry& carry) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u64(carry.hard_state.term.value());
  out.u64(carry.hard_state.vote.value());
  out.u64(carry.last_index.value());
  out.u64(carry.last_term.value());
  out.bytes(encode_meta(carry.base));
  return bytes;
}

std::optional<Carry> decode_carry(std::string_view bytes) {
  base::Decoder in(bytes);
  Carry carry;
  carry.hard_state = {Term(in.u64()), NodeId(in.u64())};
  carry.last_index = LogIndex(in.u64());
  carry.last_term = Term(in.u64());
  auto base = decode_meta(in.bytes());
  if (!in.ok() || !in.at_end() || !base) return {};
  carry.base = std::move(*base);
  return carry;
}

}  // namespace persistence::segment
