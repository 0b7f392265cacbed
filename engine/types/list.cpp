#include "engine/types/list.h"

#include <algorithm>

namespace engine {

ListLimits ListLimits::from_setting(std::int64_t setting) {
  static constexpr std::uint64_t kBytes[] = {4096, 8192, 16384, 32768, 65536};
  if (setting >= 0) return {0, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(setting))};
  return {kBytes[std::min<std::int64_t>(-setting, 5) - 1], 0};
}

bool ListLimits::has_room(std::size_t bytes, std::size_t elements, std::string_view element) const {
  constexpr std::size_t kOverhead = 8;  // Redis's guess of what an element takes beside its bytes
  constexpr std::size_t kSafeBytes = 8192;  // however many elements are allowed
  const std::size_t bytes_then = bytes + element.size() + kOverhead;
  if (bytes_max != 0) return bytes_then <= bytes_max;
  return elements < elements_max && bytes_then <= kSafeBytes;
}

List::List(Value&& value) {
  if (value.is_packed()) {
    packed_ = value.take_packed(home_);
  } else {
    dense_ = value.take_collection();
  }
}

Value List::release() && {
  if (dense_) return Value::from_collection(std::move(dense_));
  return Value::from_packed(Type::kList, Packing::kListpack, std::move(packed_), std::move(home_));
}

std::uint64_t List::count() const { return dense_ ? dense_->count() : Listpack(packed_).count(); }

void List::make_dense() {
  auto made = std::make_unique<DenseList>();
  if (!Listpack(packed_).is_empty()) made->append_chunk(std::move(packed_));
  dense_ = CollectionRef(std::move(made));
  packed_.clear();
}

void List::push(std::string_view element, bool at_head, const ListLimits& limits) {
  if (!dense_ && !limits.has_room(packed_.size(), count(), element)) make_dense();
  if (dense_) return dense().push(element, at_head, limits);
  Listpack::insert(packed_, at_head ? Listpack::kFirst : packed_.size() - 1, element);
}

std::string List::pop(bool at_head) {
  if (dense_) {
    const DenseList::Place place = at_head ? dense().first() : dense().last();
    std::string element = dense().at(place).string();
    static_cast<void>(dense().erase(place));
    return element;
  }
  const Listpack listpack(packed_);
  const std::size_t at = at_head ? Listpack::kFirst : listpack.previous(listpack.end());
  std::string element = listpack.at(at).string();
  Listpack::erase(packed_, at);
  return element;
}

void List::set(std::uint64_t index, std::string_view element, const ListLimits& limits) {
  if (!dense_ && !limits.has_room(packed_.size(), 0, element)) make_dense();
  if (dense_) return dense().replace(index, element, limits);
  Listpack::replace(packed_, Listpack(packed_).seek(static_cast<std::int64_t>(index)), element);
}

bool List::insert(std::string_view pivot, std::string_view element, bool after,
                  const ListLimits& limits) {
  if (!dense_) {
    const Listpack listpack(packed_);
    const std::size_t at = listpack.find(Listpack::kFirst, pivot);
    if (at == Listpack::kNone) return false;
    if (limits.has_room(packed_.size(), count(), element)) {
      Listpack::insert(packed_, after ? listpack.next(at) : at, element);
      return true;
    }
    make_dense();
  }
  DenseList::Place at = dense().first();
  while (!dense().is_end(at) && !dense().at(at).equals(pivot)) at = dense().next(at);
  if (dense().is_end(at)) return false;
  dense().insert(at, element, after, limits);
  return true;
}

std::uint64_t List::remove(std::string_view element, std::uint64_t count, bool from_tail) {
  std::uint64_t removed = 0;
  const auto is_enough = [&] { return count != 0 && removed == count; };
  if (!dense_) {
    std::size_t at = from_tail ? Listpack(packed_).previous(packed_.size() - 1) : Listpack::kFirst;
    while (!is_enough() && at != Listpack::kNone && at != packed_.size() - 1) {
      const Listpack listpack(packed_);
      const std::size_t before = from_tail ? listpack.previous(at) : 0;
      const bool is_equal = listpack.at(at).equals(element);
      const std::size_t behind = from_tail ? before : listpack.next(at);
      if (is_equal) {
        Listpack::erase(packed_, at);
        ++removed;
      }
      at = from_tail ? before : is_equal ? at : behind;
    }
    return removed;
  }
  if (dense().count() == 0) return 0;
  DenseList::Place at = from_tail ? dense().last() : dense().first();
  while (!is_enough() && !dense().is_end(at)) {
    if (!dense().at(at).equals(element)) {
      at = from_tail ? dense().previous(at) : dense().next(at);
      continue;
    }
    ++removed;
    const DenseList::Place behind = dense().erase(at);
    if (!from_tail) {
      at = behind;
    } else if (dense().count() == 0) {
      break;
    } else {
      at = dense().is_end(behind) ? dense().last() : dense().previous(behind);
    }
  }
  return removed;
}

void List::erase_range(std::uint64_t first, std::uint64_t count) {
  if (count == 0) return;
  if (dense_) return dense().erase_range(first, count);
  Listpack::erase(packed_, Listpack(packed_).seek(static_cast<std::int64_t>(first)), count);
}

}  // namespace engine
