// The value codec, two dresses (DESIGN decision 19): a row's private header (format version, our
// encoding, expiry) and the RDB object encoding behind it, the latter alone for DUMP and RDB files.
// Format: docs/formats.md, chapter Rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/keyspace/entry.h"

namespace engine {

// A value or key longer than this does not stand in its row.
inline constexpr std::size_t kInlineBytesMax = 16 * 1024;
inline constexpr std::size_t kBlockBytes = 64 * 1024;

// Whether the key stands in blocks behind the row; the row then only has its size.
[[nodiscard]] bool has_key_blocks(const Entry& entry);
// Whether a value that lies apart is to have rows of its own, its segments.
[[nodiscard]] bool wants_segments(const ValueView& value);
// A value stands in its row whole if `value_id` is 0; else, where it lies apart, only its head
// does, and its segments are rows under that id (engine/types/segments.h).
[[nodiscard]] std::string encode_row(const Entry& entry, std::uint64_t value_id = 0);

struct DecodedEntry {
  std::string key;
  Value value;
  std::int64_t expiry_ms = kNoExpiry;
  // That follow in blocks, as earlier versions wrote long values; 0: the value is here.
  std::uint64_t value_bytes = 0;
  std::uint64_t key_bytes = 0;
  std::uint64_t value_id = 0;  // whose segments follow; 0: none do
  Type type = Type::kString;   // with packing: what a value in blocks will be
  Packing packing = Packing::kListpack;
};
[[nodiscard]] std::optional<DecodedEntry> decode_row(std::string_view row,
                                                     const HashSecret& secret);

}  // namespace engine
