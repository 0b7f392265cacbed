// Hashes. One that comes packed stays so if it has few enough fields, however long they are; of a
// zipmap Redis looks at the lengths too.
#include <utility>

#include "engine/rdb/load_types.h"
#include "engine/rdb/ziplist.h"
#include "engine/types/hash.h"

namespace engine::rdb {
namespace {

std::optional<Value> from_fields(Reader& in, PackedLimits limits, const HashSecret& secret) {
  Hash hash(secret);
  const std::uint64_t count = in.count(2);
  if (count > limits.entries_max) limits.entries_max = 0;  // as Redis: no detour
  for (std::uint64_t left = count; left > 0; --left) {
    const std::string field = in.string(), value = in.string();
    if (!in.ok() || !hash.set(field, value, limits)) return {};
  }
  if (hash.is_empty()) return {};
  return std::move(hash).release();
}

bool has_longer(const Listpack& listpack, std::uint64_t bytes_max) {
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at)) {
    if (listpack.at(at).size() > bytes_max) return true;
  }
  return false;
}

std::optional<Value> from_listpack(std::string bytes, bool is_dense, const HashSecret& secret) {
  if (!is_dense) {
    if (!are_pairs(bytes)) return {};
    return Value::from_packed(Type::kHash, Packing::kListpack, std::move(bytes));
  }
  const Listpack listpack(bytes);
  if (listpack.count() % 2 != 0) return {};
  Hash hash(secret);
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t value = listpack.next(at);
    if (!hash.set(listpack.at(at).view(field_scratch), listpack.at(value).view(value_scratch), {}))
      return {};
    at = listpack.next(value);
  }
  return std::move(hash).release();
}

}  // namespace

std::optional<Value> load_hash(ObjectType type, Reader& in, const Settings& settings) {
  const PackedLimits limits = settings.hash_limits();
  if (type == ObjectType::kHash) return from_fields(in, limits, settings.hash_secret());
  const bool is_zipmap = type == ObjectType::kHashZipmap;
  auto listpack = is_zipmap ? listpack_of_zipmap(in.string())
                            : read_listpack(in, type == ObjectType::kHashZiplist);
  if (!in.ok() || !listpack || Listpack(*listpack).is_empty()) return {};
  const bool is_dense = Listpack(*listpack).count() / 2 > limits.entries_max ||
                        (is_zipmap && has_longer(Listpack(*listpack), limits.bytes_max));
  return from_listpack(std::move(*listpack), is_dense, settings.hash_secret());
}

}  // namespace engine::rdb
