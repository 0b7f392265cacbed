// Sets. Of integers alone, and few: packed as an intset. Of other small members, and few: packed as
// a listpack, which is called a hash table where a client can see it, because Redis 7.0 has one
// there. Else dense: a member table. A set never goes back. Cost: packed O(size) with a small
// factor, dense O(1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/types/allocation.h"
#include "engine/types/intset.h"
#include "engine/types/listpack.h"
#include "engine/types/table_collection.h"
#include "engine/types/value.h"

namespace engine {

class DenseSet final : public TableCollection {
 public:
  explicit DenseSet(const HashSecret& secret)
      : TableCollection(MemberTable::Payload::kNone, secret) {}
  [[nodiscard]] Type type() const override { return Type::kSet; }
  [[nodiscard]] std::string_view encoding() const override { return "hashtable"; }
  [[nodiscard]] std::size_t memory_bytes() const override {
    return allocation_bytes(sizeof *this) + table().memory_bytes();
  }
  [[nodiscard]] CollectionRef copy() const override;
};

// Reads a set. Valid until the set changes.
class SetView {
 public:
  explicit SetView(const ValueView& value)
      : packed_(value.packed()),
        packing_(value.packing()),
        dense_(static_cast<const DenseSet*>(value.collection())) {}

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] bool is_packed() const { return dense_ == nullptr; }
  [[nodiscard]] bool contains(std::string_view member) const;

  // Places: positions of a dense set (holes included), numbers of a packed one.
  [[nodiscard]] std::uint64_t place_end() const {
    return dense_ != nullptr ? dense_->table().size() : count();
  }
  [[nodiscard]] bool is_hole(std::uint64_t place) const {
    return dense_ != nullptr && dense_->table().is_hole(place);
  }
  // The member at a place that is no hole; digits go to `scratch` (kScratchBytes). O(place) if
  // packed.
  [[nodiscard]] std::string_view at(std::uint64_t place, char* scratch) const;
  // Calls `visit(member)` for each, in order, until it returns false.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  std::string_view packed_;
  Packing packing_;
  const DenseSet* dense_;
};

// Owns a set while it is changed.
class Set {
 public:
  // `secret` must outlive what comes out.
  explicit Set(const HashSecret& secret) : packed_(Intset::empty()), secret_(secret) {}
  Set(Value&& value, const HashSecret& secret);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const;

  // True if it is new. Above `intset_entries_max` members it is no intset any more.
  bool add(std::string_view member, std::uint64_t intset_entries_max);
  bool remove(std::string_view member);
  // From now on it is none, whatever its members are.
  void leave_intset();

 private:
  // Of our own: Redis 7.0 has no packed form for such sets.
  static constexpr std::size_t kListpackEntriesMax = 128, kListpackMemberBytesMax = 64;

  [[nodiscard]] DenseSet& dense() { return static_cast<DenseSet&>(*dense_); }
  void make_dense();
  bool add_string(std::string_view member);

  std::string packed_;
  Packing packing_ = Packing::kIntset;
  CollectionRef home_;  // of packed_, see Value::take_packed
  CollectionRef dense_;
  const HashSecret& secret_;
};

template <class Visit>
void SetView::for_each(Visit visit) const {
  char scratch[kScratchBytes];
  if (dense_ != nullptr || packing_ == Packing::kIntset) {
    for (std::uint64_t place = 0; place < place_end(); ++place) {
      if (!is_hole(place) && !visit(at(place, scratch))) return;
    }
    return;
  }
  const Listpack listpack(packed_);
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at)) {
    if (!visit(listpack.at(at).view(scratch))) return;
  }
}

}  // namespace engine
