// Claims: whatever lies in a segment file, reading a record, a file header or a record's body never
// reads outside it; a record that checks is the one that its own fields make. And a whole log whose
// only file is the input opens or says why not, every entry that it has can be read, and a second
// start finds what the first one did.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/codec.h"
#include "base/crc.h"
#include "persistence/segment_log.h"
#include "persistence/segment_record.h"
#include "persistence/simulated_file_system.h"

namespace {

namespace segment = persistence::segment;

void put(std::string& file, std::size_t at, std::uint32_t value) {
  std::string bytes;
  base::Encoder(bytes).u32(value);
  file.replace(at, bytes.size(), bytes);
}

// Gives what lies at each record's place a true length, batch number and checksum, so that more
// than the checksum is tried.
void make_records(std::string& file) {
  constexpr std::size_t kCrcAt = 4, kPreviousAt = 8, kReservedAt = 15, kLengthAgainAt = 20,
                        kSyncedAt = 48;
  std::uint32_t previous = 0;
  for (std::size_t at = segment::kFileHeaderBytes; at + segment::kHeaderBytes <= file.size();) {
    const std::size_t room = file.size() - at - segment::kHeaderBytes;
    const auto length = static_cast<std::uint32_t>(
        base::Decoder(std::string_view(file).substr(at)).u8() % (room + 1));
    put(file, at, length);
    put(file, at + kLengthAgainAt, length);
    put(file, at + kPreviousAt, previous);
    file[at + kReservedAt] = 0;
    file.replace(at + kSyncedAt + 1, 7, 7, '\0');
    previous =
        base::crc32c(std::string_view(file).substr(at + 8, segment::kHeaderBytes - 8 + length));
    put(file, at + kCrcAt, previous);
    at += segment::record_bytes(length);
  }
}

void check_records(std::string_view file) {
  for (std::uint64_t at = 0; at < file.size(); at += segment::kAlignment) {
    const auto parsed = segment::parse_record(file, at);
    if (!parsed) continue;
    CHECK(parsed->end > at && segment::may_begin_record(file, at));
    std::string again;
    const std::uint32_t crc =
        segment::append_record(again, parsed->header, parsed->header.previous_crc, parsed->body);
    CHECK(crc == parsed->header.crc || file[at + 15] != 0);
    if (const auto carry = segment::decode_carry(parsed->body))
      CHECK(segment::decode_carry(segment::encode_carry(*carry)).has_value());
    if (const auto meta = segment::decode_meta(parsed->body))
      CHECK(segment::decode_meta(segment::encode_meta(*meta)) == meta);
  }
}

std::string sizes_of_entries(persistence::SegmentLog& log, base::LogIndex first,
                             base::LogIndex last) {
  const auto entries = log.read(base::kFirstGroup, first, last, SIZE_MAX);
  CHECK(entries.ok());
  CHECK(entries.value().size() == last.next().value() - first.value());
  std::string sizes;
  for (const raft::EntryPtr& entry : entries.value())
    sizes += " " + std::to_string(entry->payload.size());
  return sizes;
}

std::string describe(persistence::SegmentLog& log) {
  const auto contents = log.open(base::kFirstGroup);
  if (!contents) return contents.error().text();
  return std::to_string(contents.value().first_index.value()) + ".." +
         std::to_string(contents.value().last_index.value()) + " term " +
         std::to_string(contents.value().hard_state.term.value()) +
         sizes_of_entries(log, contents.value().first_index, contents.value().last_index);
}

void check_log(const std::string& file) {
  persistence::SimulatedFileSystem files(1);
  CHECK(persistence::write_note(files, "log", {.oldest = 1, .newest = 1}).ok());
  auto opened = files.open("log/0000000001.seg", true);
  CHECK(opened.value()->write(0, file).ok());
  const persistence::SegmentLogOptions options{.segment_bytes = 4096, .ballast_bytes = 0};
  persistence::SegmentLog first(files, "log", options);
  const std::string found = describe(first);
  persistence::SegmentLog second(files, "log", options);
  CHECK(describe(second) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string file(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) == 0) {
    make_records(file);
    file.replace(0, std::min(file.size(), segment::kFileHeaderBytes), segment::file_header(1));
  }
  static_cast<void>(segment::parse_file_header(file, "fuzz"));
  check_records(file);
  check_log(file);
  return 0;
}
