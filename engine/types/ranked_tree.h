// The order of a dense sorted set: positions of its member table, ordered by (score, member),
// counted, so that a rank is found as quickly as a member. A B+ tree: leaves of 122 positions,
// linked in order; inner nodes of 63 children (what fits 512 and 1,280 bytes), each with the count
// and the first position below it.
// A leaf that is the whole tree has room for as many as it needs. It holds no scores: they are
// looked up in the table. Cost: O(log n) insert, erase, rank, access by rank; about 6 bytes a
// member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/types/member_table.h"

namespace engine {

class RankedTree {
 public:
  using Position = std::uint32_t;

  // `table` must outlive the tree and hold what is inserted, as long as it is in the tree.
  explicit RankedTree(const MemberTable& table) : table_(table) {}
  RankedTree(const RankedTree&) = delete;
  RankedTree& operator=(const RankedTree&) = delete;
  ~RankedTree();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Of a tree of so many members: what is allocated for it, about.
  [[nodiscard]] static std::size_t memory_bytes(std::uint64_t count);
  void insert(Position position);
  // Before the table forgets or changes it.
  void erase(Position position);
  // The member at `from` is about to move to `to`.
  void replace(Position from, Position to);

  // How many members come before the first for which `is_before(position)` is false; it must be
  // true for a first part of the order and false for the rest.
  template <class IsBefore>
  [[nodiscard]] std::uint64_t count_before(IsBefore is_before) const;
  // Calls `visit(position)` for `count` members beginning with that of rank `rank`, upwards or
  // downwards, until it returns false or there are no more.
  template <class Visit>
  void visit(std::uint64_t rank, std::uint64_t count, bool is_downwards, Visit visit) const;

  // Frees some leaves; true when empty. Nobody uses the tree any more.
  bool free_some(std::size_t leaves);

 private:
  static constexpr std::uint16_t kLeafMax = 122, kInnerMax = 63;
  struct Leaf;
  struct Inner;
  struct Node {
    std::uint16_t size = 0;
    std::uint16_t capacity = 0;  // of a leaf
    bool is_leaf = true;
  };
  // A block with room for `capacity` positions.
  struct Leaf : Node {
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    [[nodiscard]] Position* positions() { return reinterpret_cast<Position*>(this + 1); }
    [[nodiscard]] const Position* positions() const {
      return reinterpret_cast<const Position*>(this + 1);
    }
  };
  struct Inner : Node {
    Position firsts[kInnerMax];
    std::uint64_t counts[kInnerMax];
    Node* children[kInnerMax];
  };

  [[nodiscard]] bool is_less(Position a, Position b) const;
  [[nodiscard]] static std::uint64_t count_of(const Node* node);
  [[nodiscard]] static Position first_of(const Node* node);
  [[nodiscard]] std::uint16_t child_for(const Inner* inner, Position position) const;
  [[nodiscard]] std::uint16_t place_in(const Leaf* leaf, Position position) const;
  [[nodiscard]] Node* insert_into(Node* node, Position position);
  [[nodiscard]] Node* insert_into_leaf(Leaf* leaf, Position position);
  void add_child(Inner* inner, std::uint16_t at, Node* child);
  [[nodiscard]] Inner* split(Inner* inner, bool is_at_end);
  void erase_from(Node* node, Position position);
  void remove_child(Inner* inner, std::uint16_t at);
  void mend_child(Inner* inner, std::uint16_t at);
  [[nodiscard]] bool merge(Inner* inner, std::uint16_t left);
  static void unlink(Leaf* leaf);
  [[nodiscard]] static std::uint16_t capacity_for(std::uint64_t count);
  [[nodiscard]] static Leaf* make_leaf(std::uint16_t capacity);
  void resize_root(std::uint16_t capacity);
  static void free_node(Node* node);
  static void destroy(Node* node);

  const MemberTable& table_;
  Node* root_ = nullptr;
  std::uint64_t count_ = 0;
};

template <class IsBefore>
std::uint64_t RankedTree::count_before(IsBefore is_before) const {
  std::uint64_t before = 0;
  const Node* node = root_;
  while (node != nullptr && !node->is_leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    std::uint16_t low = 0,
                  high = inner->size;  // the last child whose first comes before, or child 0
    while (high - low > 1) {
      const auto middle = static_cast<std::uint16_t>((low + high) / 2);
      is_before(inner->firsts[middle]) ? low = middle : high = middle;
    }
    for (std::uint16_t i = 0; i < low; ++i) before += inner->counts[i];
    node = inner->children[low];
  }
  if (node == nullptr) return 0;
  const auto* leaf = static_cast<const Leaf*>(node);
  std::uint16_t low = 0, high = leaf->size;
  while (low < high) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    is_before(leaf->positions()[middle]) ? low = static_cast<std::uint16_t>(middle + 1)
                                         : high = middle;
  }
  return before + low;
}

template <class Visit>
void RankedTree::visit(std::uint64_t rank, std::uint64_t count, bool is_downwards,
                       Visit visit) const {
  if (rank >= count_ || count == 0) return;
  const Node* node = root_;
  while (!node->is_leaf) {
    const auto* inner = static_cast<const Inner*>(node);
    std::uint16_t i = 0;
    for (; rank >= inner->counts[i]; ++i) rank -= inner->counts[i];
    node = inner->children[i];
  }
  const auto* leaf = static_cast<const Leaf*>(node);
  auto at = static_cast<std::int64_t>(rank);
  while (count-- > 0) {
    if (!visit(leaf->positions()[at])) return;
    at += is_downwards ? -1 : 1;
    if (at >= 0 && at < leaf->size) continue;
    leaf = is_downwards ? leaf->previous : leaf->next;
    if (leaf == nullptr) return;
    at = is_downwards ? leaf->size - 1 : 0;
  }
}

}  // namespace engine
