// Sets: as many integers as the receiver allows stay an intset.
#include "base/number.h"
#include "engine/rdb/load_types.h"
#include "engine/types/set.h"

namespace engine::rdb {
namespace {

std::optional<Value> from_members(Reader& in, std::uint64_t intset_entries_max,
                                  const HashSecret& secret) {
  Set set(secret);
  for (std::uint64_t left = in.count(); left > 0; --left) {
    const std::string member = in.string();
    if (!in.ok() || !set.add(member, intset_entries_max)) return {};
  }
  if (set.is_empty()) return {};
  return std::move(set).release();
}

std::optional<Value> from_intset(Reader& in, std::uint64_t intset_entries_max,
                                 const HashSecret& secret) {
  std::string bytes = in.string();
  if (!in.ok() || !Intset::is_valid(bytes)) return {};
  const Intset intset(bytes);
  if (intset.count() <= intset_entries_max)
    return Value::from_packed(Type::kSet, Packing::kIntset, std::move(bytes));
  Set set(secret);
  for (std::size_t i = 0; i < intset.count(); ++i) set.add(base::integer_text(intset.at(i)), 0);
  return std::move(set).release();
}

}  // namespace

std::optional<Value> load_set(ObjectType type, Reader& in, const Settings& settings) {
  const HashSecret& secret = settings.hash_secret();
  const std::uint64_t entries_max = settings.set_max_intset_entries();
  return type == ObjectType::kSet ? from_members(in, entries_max, secret)
                                  : from_intset(in, entries_max, secret);
}

}  // namespace engine::rdb
