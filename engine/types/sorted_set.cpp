#include "engine/types/sorted_set.h"

#include <vector>

#include "base/number.h"
#include "engine/types/allocation.h"

namespace engine {
namespace {

RankedTree::Position narrow(MemberTable::Position position) {
  return static_cast<RankedTree::Position>(position);
}

void append_score(std::string& bytes, double score) {
  if (const auto integer = packed_integer(score)) return Listpack::append_integer(bytes, *integer);
  char buffer[base::kDoubleTextBytesMax];
  Listpack::append(bytes, base::double_text(score, buffer));
}

}  // namespace

std::optional<std::int64_t> packed_integer(double score) {
  constexpr double kHalf = static_cast<double>(INT64_MAX / 2);
  if (!(score >= -kHalf && score <= kHalf)) return {};
  const auto integer = static_cast<std::int64_t>(score);
  return static_cast<double>(integer) == score ? std::optional(integer) : std::nullopt;
}

double packed_score(const Listpack& listpack, std::size_t offset) {
  const Listpack::Element element = listpack.at(offset);
  if (element.is_integer) return static_cast<double>(element.number);
  return base::parse_double(element.text).value_or(0);
}

// ---- dense ----

CollectionRef DenseSortedSet::copy() const {
  auto made = std::make_unique<DenseSortedSet>(table().secret());
  for (Position position = 0; position < table().size(); ++position) {
    if (!table().is_hole(position)) made->add(table().member(position), table().number(position));
  }
  return CollectionRef(std::move(made));
}

std::size_t DenseSortedSet::memory_bytes() const {
  return allocation_bytes(sizeof *this) + table().memory_bytes() +
         RankedTree::memory_bytes(table().count());
}

bool DenseSortedSet::finish_load() {
  if (!TableCollection::finish_load()) return false;
  std::vector<RankedTree::Position> order(table().size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<RankedTree::Position>(i);
    if (table().number(i) != table().number(i)) return false;  // no score is NaN
  }
  std::sort(order.begin(), order.end(), [this](auto a, auto b) {
    const double left = table().number(a), right = table().number(b);
    return left != right ? left < right : table().member(a) < table().member(b);
  });
  for (const RankedTree::Position position : order) tree_.insert(position);
  return true;
}

bool DenseSortedSet::free_some(std::size_t count) {
  return tree_.free_some(count / 64 + 1) && TableCollection::free_some(count);
}

void DenseSortedSet::add(std::string_view member, double score) {
  tree_.insert(narrow(insert(member, {}, score)));
}

void DenseSortedSet::set_score(Position position, double score) {
  tree_.erase(narrow(position));
  set_number(position, score);
  tree_.insert(narrow(position));
}

void DenseSortedSet::remove_member(Position position) {
  tree_.erase(narrow(position));
  remove(position);
}

void DenseSortedSet::on_moved(Position from, Position to) {
  tree_.replace(narrow(from), narrow(to));
}

// ---- view ----

std::optional<double> SortedSetView::score(std::string_view member) const {
  if (dense_ != nullptr) {
    const auto position = dense_->table().find(member);
    if (position == DenseSortedSet::kNone) return {};
    return dense_->table().number(position);
  }
  const Listpack listpack(packed_);
  const std::size_t at = listpack.find(Listpack::kFirst, member, 1);
  if (at == Listpack::kNone) return {};
  return packed_score(listpack, listpack.next(at));
}

std::optional<std::uint64_t> SortedSetView::rank(std::string_view member) const {
  const auto score = this->score(member);
  if (!score) return {};
  return count_before([&](std::string_view other, double other_score) {
    return other_score != *score ? other_score < *score : other < member;
  });
}

// ---- owner ----

SortedSet::SortedSet(Value&& value, const HashSecret& secret) : secret_(secret) {
  if (value.is_packed()) {
    packed_ = value.take_packed(home_);
  } else {
    dense_ = value.take_collection();
  }
}

Value SortedSet::release() && {
  if (dense_) return Value::from_collection(std::move(dense_));
  return Value::from_packed(Type::kSortedSet, Packing::kListpack, std::move(packed_),
                            std::move(home_));
}

std::uint64_t SortedSet::count() const {
  return dense_ ? dense_->count() : Listpack(packed_).count() / 2;
}

std::optional<double> SortedSet::score(std::string_view member) const {
  const ValueView view =
      dense_ ? ValueView(dense_) : ValueView(Type::kSortedSet, Packing::kListpack, packed_);
  return SortedSetView(view).score(member);
}

void SortedSet::make_dense() {
  if (dense_) return;
  auto made = std::make_unique<DenseSortedSet>(secret_);
  const ValueView view(Type::kSortedSet, Packing::kListpack, packed_);
  SortedSetView(view).visit_ranks(0, UINT64_MAX, false, [&](std::string_view member, double score) {
    made->add(member, score);
    return true;
  });
  dense_ = CollectionRef(std::move(made));
  packed_.clear();
}

void SortedSet::add(std::string_view member, double score, PackedLimits limits) {
  if (!dense_ && (count() + 1 > limits.entries_max || member.size() > limits.bytes_max ||
                  !Listpack::has_room(packed_, member.size())))
    make_dense();
  if (dense_) return dense().add(member, score);
  const Listpack listpack(packed_);
  char scratch[kScratchBytes];
  std::size_t at = Listpack::kFirst;
  while (at != listpack.end()) {
    const std::size_t score_at = listpack.next(at);
    const double other = packed_score(listpack, score_at);
    if (other > score || (other == score && listpack.at(at).view(scratch) > member)) break;
    at = listpack.next(score_at);
  }
  std::string pair = Listpack::empty();
  Listpack::append(pair, member);
  append_score(pair, score);
  Listpack::splice(packed_, at, pair);
}

void SortedSet::set_score(std::string_view member, double score) {
  if (dense_) return dense().set_score(dense().table().find(member), score);
  const std::string kept(member);
  remove(kept);
  add(kept, score, {UINT64_MAX, UINT64_MAX});
}

bool SortedSet::remove(std::string_view member) {
  if (dense_) {
    const auto position = dense().table().find(member);
    if (position == DenseSortedSet::kNone) return false;
    dense().remove_member(position);
    return true;
  }
  const std::size_t at = Listpack(packed_).find(Listpack::kFirst, member, 1);
  if (at == Listpack::kNone) return false;
  Listpack::erase(packed_, at, 2);
  return true;
}

void SortedSet::remove_ranks(std::uint64_t first, std::uint64_t end) {
  end = std::min(end, count());
  if (first >= end) return;
  if (!dense_) {
    const std::size_t at = Listpack(packed_).seek(static_cast<std::int64_t>(2 * first));
    return Listpack::erase(packed_, at, 2 * (end - first));
  }
  std::vector<RankedTree::Position> positions;
  dense().tree().visit(first, end - first, false, [&](RankedTree::Position position) {
    positions.push_back(position);
    return true;
  });
  for (const RankedTree::Position position : positions) dense().remove_member(position);
}

}  // namespace engine
