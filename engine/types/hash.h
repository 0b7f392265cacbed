// Hashes. Small ones are packed: a listpack of fields and values in turn, in order of insertion, as
// in Redis. Larger ones are dense: a member table with the values as payload; a field keeps its
// position. Cost: packed O(size) with a small factor, dense O(1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/settings.h"
#include "engine/types/listpack.h"
#include "engine/types/table_collection.h"
#include "engine/types/value.h"

namespace engine {

class DenseHash final : public TableCollection {
 public:
  DenseHash() : TableCollection(MemberTable::Payload::kBytes) {}
  [[nodiscard]] Type type() const override { return Type::kHash; }
  [[nodiscard]] std::string_view encoding() const override { return "hashtable"; }
  [[nodiscard]] CollectionRef copy() const override;
};

// Reads a hash. Valid until the hash changes.
class HashView {
 public:
  explicit HashView(const ValueView& value)
      : packed_(value.packed()), dense_(static_cast<const DenseHash*>(value.collection())) {}

  [[nodiscard]] std::uint64_t count() const {
    return dense_ != nullptr ? dense_->count() : Listpack(packed_).count() / 2;
  }
  [[nodiscard]] bool is_packed() const { return dense_ == nullptr; }
  // `scratch` (kScratchBytes) holds the digits of a number.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view field, char* scratch) const;
  [[nodiscard]] bool contains(std::string_view field) const;

  // Places: positions of a dense hash (holes included), numbers of a packed one.
  [[nodiscard]] std::uint64_t place_end() const {
    return dense_ != nullptr ? dense_->table().size() : count();
  }
  [[nodiscard]] bool is_hole(std::uint64_t place) const {
    return dense_ != nullptr && dense_->table().is_hole(place);
  }
  // Calls `visit(field, value)` for the place, unless it is a hole. O(place) if packed.
  template <class Visit>
  bool visit_place(std::uint64_t place, Visit visit) const;
  // Calls `visit(field, value)` for each field, in order.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  std::string_view packed_;
  const DenseHash* dense_;
};

// Owns a hash while it is changed.
class Hash {
 public:
  Hash() : packed_(Listpack::empty()) {}
  explicit Hash(Value&& value);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const;

  // True if the field is new.
  bool set(std::string_view field, std::string_view value, PackedLimits limits);
  bool remove(std::string_view field);
  // Turns it dense if one of `words` is too long to be packed. Redis looks at all arguments of a
  // command first.
  template <class Words>
  void make_room(const Words& words, std::size_t first, PackedLimits limits) {
    for (std::size_t i = first; i < words.size() && !dense_; ++i) {
      if (words[i].size() > limits.bytes_max) make_dense();
    }
  }

 private:
  [[nodiscard]] DenseHash& dense() { return static_cast<DenseHash&>(*dense_); }
  void make_dense();

  std::string packed_;
  CollectionRef dense_;
};

template <class Visit>
bool HashView::visit_place(std::uint64_t place, Visit visit) const {
  if (dense_ != nullptr) {
    if (dense_->table().is_hole(place)) return false;
    visit(dense_->table().member(place), dense_->table().bytes(place));
    return true;
  }
  const Listpack listpack(packed_);
  const std::size_t field = listpack.seek(static_cast<std::int64_t>(2 * place));
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  visit(listpack.at(field).view(field_scratch),
        listpack.at(listpack.next(field)).view(value_scratch));
  return true;
}

template <class Visit>
void HashView::for_each(Visit visit) const {
  if (dense_ != nullptr) {
    for (std::uint64_t place = 0; place < place_end(); ++place) visit_place(place, visit);
    return;
  }
  const Listpack listpack(packed_);
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t value = listpack.next(at);
    visit(listpack.at(at).view(field_scratch), listpack.at(value).view(value_scratch));
    at = listpack.next(value);
  }
}

}  // namespace engine
