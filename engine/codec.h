// The value codec, two dresses (DESIGN decision 19): a row's private header (format version, our encoding, expiry) and the RDB
// object encoding behind it, the latter alone for DUMP and RDB files. Format: docs/formats.md, chapter Rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/types/dense_table.h"

namespace engine {

// A value longer than this is written as blocks behind its row.
inline constexpr std::size_t kInlineValueBytesMax = 16 * 1024;
inline constexpr std::size_t kBlockBytes = 64 * 1024;

// The row of an entry and, for large values, its blocks in order.
struct EncodedEntry {
  std::string row;
  std::vector<std::string> blocks;
};
[[nodiscard]] EncodedEntry encode_entry(const TableEntry& entry);

struct DecodedEntry {
  std::string key;
  Value value;
  std::int64_t expiry_ms = kNoExpiry;
  std::uint64_t blocks = 0;      // how many follow
  std::uint64_t total_bytes = 0; // of them together
};
[[nodiscard]] std::optional<DecodedEntry> decode_entry(std::string_view row);

// RDB string encoding: length prefix and bytes, or an integer of 8, 16 or 32 bits.
void encode_rdb_string(std::string& out, std::string_view bytes);
[[nodiscard]] std::optional<std::string> decode_rdb_string(std::string_view& in);

}  // namespace engine
