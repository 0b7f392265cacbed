// Sorted sets. Small ones are packed: a listpack of members and scores in turn, in order, as in
// Redis. Larger ones are dense: a member table with the scores as payload, whose positions are the
// order that ZSCAN and ZRANDMEMBER see, and a ranked tree over it, which is rebuilt when the set is
// loaded. Everything that asks for a range asks for ranks. Cost: packed O(size), dense O(log n).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/listpack.h"
#include "engine/types/packed_limits.h"
#include "engine/types/ranked_tree.h"
#include "engine/types/table_collection.h"
#include "engine/types/value.h"

namespace engine {

class DenseSortedSet final : public TableCollection {
 public:
  explicit DenseSortedSet(const HashSecret& secret)
      : TableCollection(MemberTable::Payload::kNumber, secret), tree_(table()) {}
  [[nodiscard]] Type type() const override { return Type::kSortedSet; }
  [[nodiscard]] std::string_view encoding() const override { return "skiplist"; }
  [[nodiscard]] CollectionRef copy() const override;
  [[nodiscard]] std::size_t memory_bytes() const override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

  [[nodiscard]] const RankedTree& tree() const { return tree_; }
  void add(std::string_view member, double score);
  void set_score(Position position, double score);
  void remove_member(Position position);

 protected:
  void on_moved(Position from, Position to) override;

 private:
  RankedTree tree_;
};

// Reads a sorted set. Valid until it changes.
class SortedSetView {
 public:
  explicit SortedSetView(const ValueView& value)
      : packed_(value.packed()), dense_(static_cast<const DenseSortedSet*>(value.collection())) {}

  [[nodiscard]] std::uint64_t count() const {
    return dense_ != nullptr ? dense_->count() : Listpack(packed_).count() / 2;
  }
  [[nodiscard]] bool is_packed() const { return dense_ == nullptr; }
  [[nodiscard]] std::optional<double> score(std::string_view member) const;
  // How many come before it; nullopt if it is no member.
  [[nodiscard]] std::optional<std::uint64_t> rank(std::string_view member) const;
  // How many come before the first for which `is_before(member, score)` is false.
  template <class IsBefore>
  [[nodiscard]] std::uint64_t count_before(IsBefore is_before) const;
  // The same where it need not be true for a first part and false for the rest (names, if scores
  // differ): what comes out depends on members and scores alone, not on the shape of the tree,
  // which is another one after loading. O(log^2 n) if dense.
  template <class IsBefore>
  [[nodiscard]] std::uint64_t count_before_by_halving(IsBefore is_before) const;
  // Calls `visit(member, score)` for the ranks first..end-1, in order or backwards, until it
  // returns false.
  template <class Visit>
  void visit_ranks(std::uint64_t first, std::uint64_t end, bool is_backwards, Visit visit) const;

  // Places: positions of a dense set (holes included), ranks of a packed one.
  [[nodiscard]] std::uint64_t place_end() const {
    return dense_ != nullptr ? dense_->table().size() : count();
  }
  [[nodiscard]] bool is_hole(std::uint64_t place) const {
    return dense_ != nullptr && dense_->table().is_hole(place);
  }
  template <class Visit>
  void visit_place(std::uint64_t place, Visit visit) const;

 private:
  std::string_view packed_;
  const DenseSortedSet* dense_;
};

// Owns a sorted set while it is changed.
class SortedSet {
 public:
  // `secret` must outlive what comes out.
  explicit SortedSet(const HashSecret& secret) : packed_(Listpack::empty()), secret_(secret) {}
  SortedSet(Value&& value, const HashSecret& secret);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const { return count() == 0; }
  [[nodiscard]] std::uint64_t count() const;

  // The score of a member, nullopt if it is none.
  [[nodiscard]] std::optional<double> score(std::string_view member) const;
  // Of an absent member. Turns dense where Redis 7.0 does: if there would be too many, or it is
  // long.
  void add(std::string_view member, double score, PackedLimits limits);
  // Of a member that is there.
  void set_score(std::string_view member, double score);
  bool remove(std::string_view member);
  void remove_ranks(std::uint64_t first, std::uint64_t end);
  void make_dense();

 private:
  [[nodiscard]] DenseSortedSet& dense() const { return static_cast<DenseSortedSet&>(*dense_); }

  std::string packed_;
  CollectionRef home_;  // of packed_, see Value::take_packed
  CollectionRef dense_;
  const HashSecret& secret_;
};

// A score as a packed sorted set keeps it if it is an integer (Redis 7.0 double2ll): -0 as 0, none
// beyond half of what a long long holds.
[[nodiscard]] std::optional<std::int64_t> packed_integer(double score);
// The score at `offset` of a packed sorted set.
[[nodiscard]] double packed_score(const Listpack& listpack, std::size_t offset);

template <class IsBefore>
std::uint64_t SortedSetView::count_before(IsBefore is_before) const {
  if (dense_ != nullptr) {
    const MemberTable& table = dense_->table();
    return dense_->tree().count_before([&](RankedTree::Position position) {
      return is_before(table.member(position), table.number(position));
    });
  }
  std::uint64_t before = 0;
  visit_ranks(0, count(), false, [&](std::string_view member, double score) {
    if (!is_before(member, score)) return false;
    ++before;
    return true;
  });
  return before;
}

template <class IsBefore>
std::uint64_t SortedSetView::count_before_by_halving(IsBefore is_before) const {
  if (dense_ == nullptr) return count_before(is_before);
  std::uint64_t low = 0, high = count();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    visit_ranks(middle, middle + 1, false, [&](std::string_view member, double score) {
      is_before(member, score) ? low = middle + 1 : high = middle;
      return false;
    });
  }
  return low;
}

template <class Visit>
void SortedSetView::visit_ranks(std::uint64_t first, std::uint64_t end, bool is_backwards,
                                Visit visit) const {
  end = std::min(end, count());
  if (first >= end) return;
  if (dense_ != nullptr) {
    const MemberTable& table = dense_->table();
    return dense_->tree().visit(is_backwards ? end - 1 : first, end - first, is_backwards,
                                [&](RankedTree::Position position) {
                                  return visit(table.member(position), table.number(position));
                                });
  }
  const Listpack listpack(packed_);
  char scratch[kScratchBytes];
  std::size_t at = listpack.seek(static_cast<std::int64_t>(2 * (is_backwards ? end - 1 : first)));
  for (std::uint64_t left = end - first; left > 0; --left) {
    const std::size_t score = listpack.next(at);
    if (!visit(listpack.at(at).view(scratch), packed_score(listpack, score)) || left == 1) return;
    at = is_backwards ? listpack.previous(listpack.previous(at)) : listpack.next(score);
  }
}

template <class Visit>
void SortedSetView::visit_place(std::uint64_t place, Visit visit) const {
  if (dense_ == nullptr) {
    return visit_ranks(place, place + 1, false, [&](std::string_view member, double score) {
      visit(member, score);
      return false;
    });
  }
  if (!is_hole(place)) visit(dense_->table().member(place), dense_->table().number(place));
}

}  // namespace engine
