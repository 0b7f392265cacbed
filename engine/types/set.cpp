#include "engine/types/set.h"

#include <charconv>

#include "base/number.h"

namespace engine {

CollectionRef DenseSet::copy() const {
  auto made = std::make_unique<DenseSet>(table().secret());
  made->copy_members(*this, MemberTable::Payload::kNone);
  return CollectionRef(std::move(made));
}

std::uint64_t SetView::count() const {
  if (dense_ != nullptr) return dense_->count();
  return packing_ == Packing::kIntset ? Intset(packed_).count() : Listpack(packed_).count();
}

bool SetView::contains(std::string_view member) const {
  if (dense_ != nullptr) return dense_->table().find(member) != DenseSet::kNone;
  if (packing_ != Packing::kIntset)
    return Listpack(packed_).find(Listpack::kFirst, member) != Listpack::kNone;
  const auto number = base::parse_integer(member);
  return number && Intset(packed_).contains(*number);
}

std::string_view SetView::at(std::uint64_t place, char* scratch) const {
  if (dense_ != nullptr) return dense_->table().member(place);
  if (packing_ == Packing::kIntset) {
    const auto end = std::to_chars(scratch, scratch + kScratchBytes, Intset(packed_).at(place)).ptr;
    return {scratch, static_cast<std::size_t>(end - scratch)};
  }
  const Listpack listpack(packed_);
  return listpack.at(listpack.seek(static_cast<std::int64_t>(place))).view(scratch);
}

Set::Set(Value&& value, const HashSecret& secret) : secret_(secret) {
  if (value.is_packed()) {
    packing_ = value.packing();
    packed_ = value.take_packed(home_);
  } else {
    dense_ = value.take_collection();
  }
}

Value Set::release() && {
  if (dense_) return Value::from_collection(std::move(dense_));
  return Value::from_packed(Type::kSet, packing_, std::move(packed_), std::move(home_));
}

bool Set::is_empty() const {
  if (dense_) return dense_->count() == 0;
  return packing_ == Packing::kIntset ? Intset(packed_).count() == 0 : Listpack(packed_).is_empty();
}

void Set::leave_intset() {
  const std::string numbers = std::exchange(packed_, Listpack::empty());
  packing_ = Packing::kHashtable;
  const Intset intset(numbers);
  for (std::size_t i = 0; i < intset.count(); ++i) {
    if (i == kListpackEntriesMax) make_dense();
    add_string(base::integer_text(intset.at(i)));
  }
}

void Set::make_dense() {
  auto made = std::make_unique<DenseSet>(secret_);
  const Listpack listpack(packed_);
  char scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at))
    made->insert(listpack.at(at).view(scratch), {}, 0);
  dense_ = CollectionRef(std::move(made));
  packed_.clear();
}

bool Set::add_string(std::string_view member) {
  if (dense_) {
    const auto probe = dense().table().probe(member);
    if (dense().table().find(probe) != DenseSet::kNone) return false;
    dense().insert(probe, {}, 0);
    return true;
  }
  if (Listpack(packed_).find(Listpack::kFirst, member) != Listpack::kNone) return false;
  if (member.size() > kListpackMemberBytesMax || Listpack(packed_).count() >= kListpackEntriesMax) {
    make_dense();
    return add_string(member);
  }
  Listpack::append(packed_, member);
  return true;
}

bool Set::add(std::string_view member, std::uint64_t intset_entries_max) {
  if (dense_ || packing_ != Packing::kIntset) return add_string(member);
  const auto number = base::parse_integer(member);
  if (!number) {
    leave_intset();
    return add_string(member);
  }
  if (!Intset::insert(packed_, *number)) return false;
  if (Intset(packed_).count() > intset_entries_max) leave_intset();
  return true;
}

bool Set::remove(std::string_view member) {
  if (dense_) {
    const auto position = dense().table().find(member);
    if (position == DenseSet::kNone) return false;
    dense().remove(position);
    return true;
  }
  if (packing_ == Packing::kIntset) {
    const auto number = base::parse_integer(member);
    return number && Intset::erase(packed_, *number);
  }
  const std::size_t at = Listpack(packed_).find(Listpack::kFirst, member);
  if (at == Listpack::kNone) return false;
  Listpack::erase(packed_, at);
  return true;
}

}  // namespace engine
