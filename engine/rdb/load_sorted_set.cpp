// Sorted sets. One that comes packed stays so if it has few enough members, however long they are;
// it must be in order.
#include <string>
#include <utility>
#include <vector>

#include "base/number.h"
#include "engine/rdb/load_types.h"
#include "engine/types/sorted_set.h"

namespace engine::rdb {
namespace {

// Whether it stays packed is known when all are there: a packed one does not keep the sign of 0, so
// what is to be dense is so from the beginning.
std::optional<Value> from_members(Reader& in, bool has_text, PackedLimits limits,
                                  const HashSecret& secret) {
  SortedSet dense(secret);
  dense.make_dense();
  std::vector<std::pair<std::string, double>> few;
  const std::uint64_t count = in.count(2);
  bool is_packed = count <= limits.entries_max;
  for (std::uint64_t left = count; left > 0; --left) {
    std::string member = in.string();
    const double score = has_text ? in.text_double() : in.binary_double();
    if (!in.ok() || score != score || dense.score(member)) return {};
    dense.add(member, score, limits);
    is_packed = is_packed && member.size() <= limits.bytes_max;
    if (is_packed) few.emplace_back(std::move(member), score);
  }
  if (dense.is_empty()) return {};
  if (!is_packed) return std::move(dense).release();
  SortedSet packed(secret);
  for (const auto& [member, score] : few) packed.add(member, score, limits);
  return std::move(packed).release();
}

// nullopt: the element is no number.
std::optional<double> score_of(const Listpack::Element& element) {
  if (element.is_integer) return static_cast<double>(element.number);
  return base::parse_double(element.text);
}

// Whether all scores are numbers, and in order.
bool is_in_order(const Listpack& listpack) {
  std::string last_member;
  double last_score = 0;
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t score_at = listpack.next(at);
    const auto score = score_of(listpack.at(score_at));
    std::string member = listpack.at(at).string();
    if (!score || *score != *score) return false;
    const bool is_first = at == Listpack::kFirst;
    const bool is_behind = last_score != score ? last_score < score : last_member < member;
    if (!is_first && !is_behind) return false;
    last_score = *score;
    last_member = std::move(member);
    at = listpack.next(score_at);
  }
  return true;
}

}  // namespace

std::optional<Value> load_sorted_set(ObjectType type, Reader& in, const Settings& settings) {
  const PackedLimits limits = settings.sorted_set_limits();
  if (type == ObjectType::kSortedSet) return from_members(in, true, limits, settings.hash_secret());
  if (type == ObjectType::kSortedSet2)
    return from_members(in, false, limits, settings.hash_secret());
  auto bytes = read_listpack(in, type == ObjectType::kSortedSetZiplist);
  if (!bytes || !are_pairs(*bytes) || !is_in_order(Listpack(*bytes))) return {};
  const bool is_dense = Listpack(*bytes).count() / 2 > limits.entries_max;
  Value value = Value::from_packed(Type::kSortedSet, Packing::kListpack, std::move(*bytes));
  if (!is_dense) return value;
  SortedSet set(std::move(value), settings.hash_secret());
  set.make_dense();
  return std::move(set).release();
}

}  // namespace engine::rdb
