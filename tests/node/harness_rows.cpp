// Until persistence/ has them.
#include "base/codec.h"
#include "persistence/storage.h"
namespace persistence {
__attribute__((weak)) std::string encode_rows(const std::vector<Row>& rows) {
  std::string bytes;
  base::Encoder out(bytes);
  for (const Row& row : rows) out.u64(row.key.keyspace), out.u64(row.key.position), out.u64(row.key.value), out.u64(row.key.block), out.bytes(row.body);
  return bytes;
}
__attribute__((weak)) std::optional<std::vector<Row>> decode_rows(std::string_view bytes) {
  base::Decoder in(bytes);
  std::vector<Row> rows;
  while (in.ok() && !in.at_end()) {
    Row row;
    row.key = {in.u64(), in.u64(), in.u64(), in.u64()};
    row.body = in.bytes();
    rows.push_back(row);
  }
  if (!in.ok()) return {};
  return rows;
}
}  // namespace persistence
