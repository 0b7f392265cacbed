// Lists: nodes are kept as they come, elements one by one make nodes as RPUSH does.
#include <utility>
#include <vector>

#include "engine/rdb/load_types.h"
#include "engine/types/list.h"

namespace engine::rdb {
namespace {

std::optional<Value> from_elements(Reader& in, const ListLimits& limits) {
  List list;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    const std::string element = in.string();
    if (in.ok()) list.push(element, false, limits);
  }
  if (!in.ok() || list.is_empty()) return {};
  return std::move(list).release();
}

std::optional<Value> from_ziplist(Reader& in, const ListLimits& limits) {
  const auto bytes = read_listpack(in, true);
  if (!bytes) return {};
  List list;
  const Listpack listpack(*bytes);
  char scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at))
    list.push(listpack.at(at).view(scratch), false, limits);
  if (list.is_empty()) return {};
  return std::move(list).release();
}

// A plain node is one element that was too large for a listpack there; here it is one of its own.
std::optional<std::string> read_node(Reader& in, bool is_ziplist) {
  const std::uint64_t container =
      is_ziplist ? static_cast<std::uint64_t>(NodeContainer::kPacked) : in.length();
  if (container == static_cast<std::uint64_t>(NodeContainer::kPacked))
    return read_listpack(in, is_ziplist);
  if (container != static_cast<std::uint64_t>(NodeContainer::kPlain)) return {};
  const std::string element = in.string();
  if (!in.ok() || element.empty()) return {};  // Redis never makes an empty one and refuses it
  std::string listpack = Listpack::empty();
  Listpack::append(listpack, element);
  return listpack;
}

std::optional<Value> from_nodes(Reader& in, bool are_ziplists) {
  std::vector<std::string> nodes;
  for (std::uint64_t left = in.count(); left > 0; --left) {
    auto node = read_node(in, are_ziplists);
    if (!node) return {};
    if (!Listpack(*node).is_empty()) nodes.push_back(std::move(*node));
  }
  if (!in.ok() || nodes.empty()) return {};
  if (nodes.size() == 1)
    return Value::from_packed(Type::kList, Packing::kListpack, std::move(nodes[0]));
  auto list = std::make_unique<DenseList>();
  for (std::string& node : nodes) list->append_chunk(std::move(node));
  return Value::from_collection(CollectionRef(std::move(list)));
}

}  // namespace

std::optional<Value> load_list(ObjectType type, Reader& in, const Settings& settings) {
  const ListLimits limits = ListLimits::from_setting(settings.list_max_listpack_size());
  if (type == ObjectType::kList) return from_elements(in, limits);
  if (type == ObjectType::kListZiplist) return from_ziplist(in, limits);
  return from_nodes(in, type == ObjectType::kListQuicklist);
}

}  // namespace engine::rdb
