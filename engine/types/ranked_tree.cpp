#include "engine/types/ranked_tree.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "engine/types/allocation.h"

namespace engine {

RankedTree::~RankedTree() { destroy(root_); }

// Nodes that were split are about two thirds full; those that grew in ascending order are full.
std::size_t RankedTree::memory_bytes(std::uint64_t count) {
  if (count == 0) return 0;
  if (count <= kLeafMax) return allocation_bytes(sizeof(Leaf) + count * sizeof(Position));
  const auto nodes_for = [](std::uint64_t below, std::uint64_t most) {
    return (3 * below + 2 * most - 1) / (2 * most);
  };
  std::uint64_t nodes = nodes_for(count, kLeafMax);
  std::size_t bytes = nodes * allocation_bytes(sizeof(Leaf) + kLeafMax * sizeof(Position));
  while (nodes > 1) {
    nodes = nodes_for(nodes, kInnerMax);
    bytes += nodes * allocation_bytes(sizeof(Inner));
  }
  return bytes;
}

// As many as the block that holds `count` has room for.
std::uint16_t RankedTree::capacity_for(std::uint64_t count) {
  const std::size_t block = allocation_bytes(sizeof(Leaf) + count * sizeof(Position));
  return static_cast<std::uint16_t>(
      std::min<std::size_t>((block - sizeof(Leaf)) / sizeof(Position), kLeafMax));
}

RankedTree::Leaf* RankedTree::make_leaf(std::uint16_t capacity) {
  void* block = ::operator new(allocation_bytes(sizeof(Leaf) + capacity * sizeof(Position)));
  auto* leaf = new (block) Leaf;
  leaf->capacity = capacity;
  return leaf;
}

// Of a tree that is one leaf.
void RankedTree::resize_root(std::uint16_t capacity) {
  auto* old = static_cast<Leaf*>(root_);
  Leaf* made = make_leaf(capacity);
  made->size = old->size;
  std::copy(old->positions(), old->positions() + old->size, made->positions());
  free_node(old);
  root_ = made;
}

void RankedTree::free_node(Node* node) {
  if (!node->is_leaf) return delete static_cast<Inner*>(node);
  ::operator delete(static_cast<Leaf*>(node));
}

void RankedTree::destroy(Node* node) {
  if (node == nullptr) return;
  if (!node->is_leaf) {
    auto* inner = static_cast<Inner*>(node);
    for (std::uint16_t i = 0; i < inner->size; ++i) destroy(inner->children[i]);
  }
  free_node(node);
}

bool RankedTree::is_less(Position a, Position b) const {
  const double left = table_.number(a), right = table_.number(b);
  return left != right ? left < right : table_.member(a) < table_.member(b);
}

std::uint64_t RankedTree::count_of(const Node* node) {
  if (node->is_leaf) return node->size;
  const auto* inner = static_cast<const Inner*>(node);
  std::uint64_t count = 0;
  for (std::uint16_t i = 0; i < inner->size; ++i) count += inner->counts[i];
  return count;
}

RankedTree::Position RankedTree::first_of(const Node* node) {
  return node->is_leaf ? static_cast<const Leaf*>(node)->positions()[0]
                       : static_cast<const Inner*>(node)->firsts[0];
}

// The last child whose first member is not above the one at `position`; child 0 if none is.
std::uint16_t RankedTree::child_for(const Inner* inner, Position position) const {
  std::uint16_t low = 0, high = inner->size;
  while (high - low > 1) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    is_less(position, inner->firsts[middle]) ? high = middle : low = middle;
  }
  return low;
}

std::uint16_t RankedTree::place_in(const Leaf* leaf, Position position) const {
  const Position* end = leaf->positions() + leaf->size;
  const Position* found = std::lower_bound(
      leaf->positions(), end, position, [this](Position a, Position b) { return is_less(a, b); });
  return static_cast<std::uint16_t>(found - leaf->positions());
}

// ---- insert: a node that is full gives its second part to a new node, which is returned ----

RankedTree::Node* RankedTree::insert_into_leaf(Leaf* leaf, Position position) {
  std::uint16_t at = place_in(leaf, position);
  Leaf* right = nullptr;
  if (leaf->size == kLeafMax) {
    right = make_leaf(kLeafMax);
    // In ascending order leaves are left full.
    const bool is_at_end = at == kLeafMax && leaf->next == nullptr;
    const auto kept = static_cast<std::uint16_t>(is_at_end ? kLeafMax : kLeafMax / 2);
    std::copy(leaf->positions() + kept, leaf->positions() + kLeafMax, right->positions());
    right->size = static_cast<std::uint16_t>(kLeafMax - kept);
    leaf->size = kept;
    right->next = leaf->next;
    right->previous = leaf;
    if (leaf->next != nullptr) leaf->next->previous = right;
    leaf->next = right;
    if (at > kept || is_at_end) {
      at = static_cast<std::uint16_t>(at - kept);
      leaf = right;
    }
  }
  std::copy_backward(leaf->positions() + at, leaf->positions() + leaf->size,
                     leaf->positions() + leaf->size + 1);
  leaf->positions()[at] = position;
  ++leaf->size;
  return right;
}

void RankedTree::add_child(Inner* inner, std::uint16_t at, Node* child) {
  const auto shift = [&](auto* values) {
    std::copy_backward(values + at, values + inner->size, values + inner->size + 1);
  };
  shift(inner->firsts);
  shift(inner->counts);
  shift(inner->children);
  inner->firsts[at] = first_of(child);
  inner->counts[at] = count_of(child);
  inner->children[at] = child;
  ++inner->size;
}

RankedTree::Inner* RankedTree::split(Inner* inner, bool is_at_end) {
  auto* right = new Inner;
  right->is_leaf = false;
  const auto kept = static_cast<std::uint16_t>(is_at_end ? kInnerMax - 1 : kInnerMax / 2);
  for (std::uint16_t i = kept; i < inner->size; ++i) {
    const auto to = static_cast<std::uint16_t>(i - kept);
    right->firsts[to] = inner->firsts[i];
    right->counts[to] = inner->counts[i];
    right->children[to] = inner->children[i];
  }
  right->size = static_cast<std::uint16_t>(inner->size - kept);
  inner->size = kept;
  return right;
}

RankedTree::Node* RankedTree::insert_into(Node* node, Position position) {
  if (node->is_leaf) return insert_into_leaf(static_cast<Leaf*>(node), position);
  auto* inner = static_cast<Inner*>(node);
  const std::uint16_t at = child_for(inner, position);
  Node* added = insert_into(inner->children[at], position);
  inner->firsts[at] = first_of(inner->children[at]);
  if (added == nullptr) {
    ++inner->counts[at];
    return nullptr;
  }
  inner->counts[at] = count_of(inner->children[at]);
  const auto place = static_cast<std::uint16_t>(at + 1);
  Inner* right = inner->size == kInnerMax ? split(inner, place == kInnerMax) : nullptr;
  if (right == nullptr || place <= inner->size) {
    add_child(inner, place, added);
  } else {
    add_child(right, static_cast<std::uint16_t>(place - inner->size), added);
  }
  return right;
}

void RankedTree::insert(Position position) {
  if (root_ == nullptr) root_ = make_leaf(capacity_for(1));
  if (root_->is_leaf && root_->size == root_->capacity && root_->size < kLeafMax)
    resize_root(capacity_for(root_->size + 1U));
  Node* right = insert_into(root_, position);
  ++count_;
  if (right == nullptr) return;
  auto* root = new Inner;
  root->is_leaf = false;
  add_child(root, 0, root_);
  add_child(root, 1, right);
  root_ = root;
}

// ---- erase: a child that is empty goes, one that fits into its neighbour joins it ----

void RankedTree::unlink(Leaf* leaf) {
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
}

void RankedTree::remove_child(Inner* inner, std::uint16_t at) {
  const auto shift = [&](auto* values) {
    std::copy(values + at + 1, values + inner->size, values + at);
  };
  shift(inner->firsts);
  shift(inner->counts);
  shift(inner->children);
  --inner->size;
}

bool RankedTree::merge(Inner* inner, std::uint16_t at) {
  if (at + 1 >= inner->size) return false;
  Node* left = inner->children[at];
  Node* right = inner->children[at + 1];
  const int most = left->is_leaf ? kLeafMax / 2 : kInnerMax / 2;
  if (left->size + right->size > most) return false;
  if (left->is_leaf) {
    auto* into = static_cast<Leaf*>(left);
    auto* from = static_cast<Leaf*>(right);
    std::copy(from->positions(), from->positions() + from->size, into->positions() + into->size);
    into->size = static_cast<std::uint16_t>(into->size + from->size);
    unlink(from);
    free_node(from);
  } else {
    auto* into = static_cast<Inner*>(left);
    auto* from = static_cast<Inner*>(right);
    for (std::uint16_t i = 0; i < from->size; ++i) add_child(into, into->size, from->children[i]);
    delete from;
  }
  inner->counts[at] += inner->counts[at + 1];
  inner->firsts[at] = first_of(left);
  remove_child(inner, static_cast<std::uint16_t>(at + 1));
  return true;
}

void RankedTree::mend_child(Inner* inner, std::uint16_t at) {
  Node* child = inner->children[at];
  if (child->size == 0) {
    if (child->is_leaf) unlink(static_cast<Leaf*>(child));
    destroy(child);
    return remove_child(inner, at);
  }
  inner->firsts[at] = first_of(child);
  if (!merge(inner, at) && at > 0)
    static_cast<void>(merge(inner, static_cast<std::uint16_t>(at - 1)));
}

void RankedTree::erase_from(Node* node, Position position) {
  if (node->is_leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    const std::uint16_t at = place_in(leaf, position);
    CHECK(at < leaf->size && leaf->positions()[at] == position);
    std::copy(leaf->positions() + at + 1, leaf->positions() + leaf->size, leaf->positions() + at);
    --leaf->size;
    return;
  }
  auto* inner = static_cast<Inner*>(node);
  const std::uint16_t at = child_for(inner, position);
  erase_from(inner->children[at], position);
  --inner->counts[at];
  mend_child(inner, at);
}

void RankedTree::erase(Position position) {
  erase_from(root_, position);
  --count_;
  if (root_->is_leaf && root_->capacity > capacity_for(root_->size + root_->size / 4 + 4U))
    resize_root(capacity_for(root_->size));
  while (!root_->is_leaf && root_->size <= 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->size == 1 ? old->children[0] : nullptr;
    delete old;
    if (root_ == nullptr) return;
  }
}

void RankedTree::replace(Position from, Position to) {
  Node* node = root_;
  while (!node->is_leaf) {
    auto* inner = static_cast<Inner*>(node);
    const std::uint16_t at = child_for(inner, from);
    if (inner->firsts[at] == from) inner->firsts[at] = to;
    node = inner->children[at];
  }
  auto* leaf = static_cast<Leaf*>(node);
  const std::uint16_t at = place_in(leaf, from);
  CHECK(at < leaf->size && leaf->positions()[at] == from);
  leaf->positions()[at] = to;
}

bool RankedTree::free_some(std::size_t leaves) {
  while (leaves-- > 0 && root_ != nullptr) {
    Node* node = root_;
    Inner* parent = nullptr;
    while (!node->is_leaf && node->size > 0) {
      parent = static_cast<Inner*>(node);
      node = parent->children[parent->size - 1];
    }
    free_node(node);
    if (parent == nullptr) {
      root_ = nullptr;
    } else {
      --parent->size;
    }
  }
  count_ = 0;
  return root_ == nullptr;
}

}  // namespace engine
