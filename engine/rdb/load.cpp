#include "engine/rdb/load.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/rdb/load_types.h"
#include "engine/rdb/ziplist.h"
#include "engine/types/listpack.h"

namespace engine::rdb {

std::optional<std::string> read_listpack(Reader& in, bool is_ziplist) {
  std::string bytes = in.string();
  if (!in.ok()) return {};
  if (is_ziplist) return listpack_of_ziplist(bytes);
  return Listpack::is_valid(bytes) ? std::optional(std::move(bytes)) : std::nullopt;
}

bool are_pairs(std::string_view bytes) {
  const Listpack listpack(bytes);
  const std::size_t count = listpack.count();
  if (count == 0 || count % 2 != 0) return false;
  std::vector<std::string> firsts;
  firsts.reserve(count / 2);
  for (std::size_t at = Listpack::kFirst; at != listpack.end();
       at = listpack.next(listpack.next(at)))
    firsts.push_back(listpack.at(at).string());
  std::sort(firsts.begin(), firsts.end());
  return std::adjacent_find(firsts.begin(), firsts.end()) == firsts.end();
}

std::optional<Value> load_object(Reader& in, const Settings& settings) {
  const auto type = static_cast<ObjectType>(in.byte());
  if (!in.ok()) return {};
  switch (type) {
    case ObjectType::kString: {
      const std::string text = in.string();
      return in.ok() ? std::optional(Value::from_string(text)) : std::nullopt;
    }
    case ObjectType::kList:
    case ObjectType::kListZiplist:
    case ObjectType::kListQuicklist:
    case ObjectType::kListQuicklist2: return load_list(type, in, settings);
    case ObjectType::kSet:
    case ObjectType::kSetIntset: return load_set(type, in, settings);
    case ObjectType::kSortedSet:
    case ObjectType::kSortedSet2:
    case ObjectType::kSortedSetZiplist:
    case ObjectType::kSortedSetListpack: return load_sorted_set(type, in, settings);
    case ObjectType::kHash:
    case ObjectType::kHashZipmap:
    case ObjectType::kHashZiplist:
    case ObjectType::kHashListpack: return load_hash(type, in, settings);
    case ObjectType::kStream:
    case ObjectType::kStream2: return load_stream(type, in);
  }
  return {};
}

}  // namespace engine::rdb
