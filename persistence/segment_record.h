// Records of the segment log: layout, checksums, parsing (docs/formats.md, chapter Log). Every
// record is checked by itself and names the checksum of the one before it, so that a gap or a swap
// shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/storage.h"

namespace persistence::segment {

enum class Kind : std::uint8_t {
  kEntry = 1,
  kHardState = 2,
  kTruncate = 3,
  kReset = 4,
  kCarry = 5,
  kEndMark = 6
};

inline constexpr std::uint8_t kLastOfBatch = 1;
inline constexpr std::uint8_t kContinues =
    2;  // the next record of the batch goes on with this entry's payload

struct Header {
  std::uint32_t length = 0;  // of the body
  std::uint32_t crc = 0;     // of everything behind this field, body included
  std::uint32_t previous_crc = 0;
  Kind kind = Kind::kEndMark;
  std::uint8_t flags = 0;
  std::uint8_t entry_kind = 0;
  base::GroupId group;
  std::uint64_t batch = 0;   // 1, 2, 3, ...
  std::uint64_t synced = 0;  // all batches up to this one were durable when this was written
  base::LogIndex index;
  base::Term term;
};

inline constexpr std::size_t kHeaderBytes = 56;
inline constexpr std::size_t kAlignment = 8;
inline constexpr std::size_t kFileHeaderBytes = 32;

// Bytes of a record in the file, padding included.
[[nodiscard]] constexpr std::uint64_t record_bytes(std::uint64_t body) {
  return (kHeaderBytes + body + kAlignment - 1) / kAlignment * kAlignment;
}

// Appends a record; fills in length, previous_crc and crc, and returns crc. `salt`: of the file.
// The checksums begin with it, so that a record which a client has put into a value is none.
std::uint32_t append_record(std::string& out, Header header, std::uint32_t previous_crc,
                            std::string_view body, std::uint32_t salt = 0);

// The record at `at`, nullopt if there is none that checks.
struct Parsed {
  Header header;
  std::string_view body;
  std::uint64_t end = 0;
};
// False: certainly none at `at` (kHeaderBytes of the file are there). Much cheaper than parsing,
// for the zeros that most of a segment consists of.
[[nodiscard]] bool may_begin_record(std::string_view file, std::uint64_t at);
[[nodiscard]] std::optional<Parsed> parse_record(std::string_view file, std::uint64_t at,
                                                 std::uint32_t salt = 0);

struct FileHeader {
  std::uint64_t number = 0;
  std::uint32_t salt = 0;
};
[[nodiscard]] std::string file_header(std::uint64_t number, std::uint32_t salt = 0);
// An error's text if the header does not check.
[[nodiscard]] base::Result<FileHeader> parse_file_header(std::string_view file,
                                                         const std::string& path);

[[nodiscard]] std::string encode_meta(const raft::SnapshotMeta& meta);
[[nodiscard]] std::optional<raft::SnapshotMeta> decode_meta(std::string_view bytes);

// What a segment must know of the ones before it, so that they can be deleted.
struct Carry {
  raft::HardState hard_state;
  raft::SnapshotMeta base;
  LogIndex last_index;
  Term last_term;
};
[[nodiscard]] std::string encode_carry(const Carry& carry);
[[nodiscard]] std::optional<Carry> decode_carry(std::string_view bytes);

}  // namespace persistence::segment
