// How the rows of one keyspace are named (docs/formats.md, chapter Rows): the keys at kKeysPerRow
// neighbouring positions share a row, under the first of them. A row that is too large is cut into
// pieces behind a key; a key that is too large stands in blocks under its own position, as a value
// did that earlier versions wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/checkpoint/codec.h"
#include "engine/keyspace/dense_table.h"

namespace engine::checkpoint {

using Position = DenseTable::Position;

inline constexpr Position kKeysPerRow = 64;
inline constexpr char kKeysVersion =
    '\x81';  // of a row of keys; those of one key begin with 1 to 4

// RowKey::value: what lies under a position. Blocks of values are read and deleted, never written.
enum Part : std::uint64_t { kRow = 0, kValueBlocks = 1, kKeyBlocks = 2 };
using BlockPlace = std::pair<Position, std::uint64_t>;  // a position and a Part

[[nodiscard]] constexpr std::uint64_t blocks_for(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes;
}

}  // namespace engine::checkpoint
