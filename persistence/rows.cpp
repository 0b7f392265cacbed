// Rows as the bytes of a snapshot chunk (docs/formats.md, chapter Snapshot stream).
#include "base/codec.h"
#include "persistence/storage.h"

namespace persistence {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string encode_rows(const std::vector<Row>& rows) {
  std::string bytes;
  base::Encoder out(bytes);
  out.u8(kVersion);
  out.varint(rows.size());
  for (const Row& row : rows) {
    out.varint(row.key.keyspace);
    out.varint(row.key.position);
    out.varint(row.key.value);
    out.varint(row.key.block);
    out.bytes(row.body);
  }
  return bytes;
}

std::optional<std::vector<Row>> decode_rows(std::string_view bytes) {
  base::Decoder in(bytes);
  if (in.u8() != kVersion) return {};
  const std::uint64_t count = in.varint();
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Row row;
    row.key.keyspace = in.varint();
    row.key.position = in.varint();
    row.key.value = in.varint();
    row.key.block = in.varint();
    row.body = in.bytes();
    rows.push_back(std::move(row));
  }
  if (!in.ok() || !in.at_end()) return {};
  return rows;
}

}  // namespace persistence
